"""Weather in words: a day's condition, and a trip's summary with what to pack."""

from datetime import date
from typing import Literal

from app.trips.places.place import Place
from app.trips.reports import DayWeather, TemperatureRange

# Upper bounds of the day's high in degrees Celsius, and of the chance of rain in percent, each with its word.
_WARMTH = ((0, "freezing"), (8, "cold"), (15, "cool"), (21, "mild"), (28, "warm"), (34, "hot"))
_WETNESS = ((12, "dry"), (30, "mostly dry"), (45, "some {}"), (60, "often {}"))
# Below these highs snow falls instead of rain, or as well.
_SNOW_BELOW_C = 2
_SLEET_BELOW_C = 6

Sky = Literal["thunderstorms", "snow", "fog"]
"""What of a provider's weather code is worth a word beside warmth and wetness."""


def condition_of(high_c: float, rain_chance_percent: int | None, sky: Sky | None = None) -> str:
    """`warm, mostly dry`; `hot, often rain, thunderstorms`. Without a chance of rain nothing is said of it."""
    words = [next((word for bound, word in _WARMTH if high_c < bound), "very hot")]
    if rain_chance_percent is not None:
        wetness = next((word for bound, word in _WETNESS if rain_chance_percent < bound), "{} likely")
        words.append(wetness.format("snow" if sky == "snow" else _wet_word(high_c)))
    # The code is of the day's worst hour in one run of a model: where rain is as good as ruled out it is not believed.
    if sky is not None and "dry" in words and sky != "fog":
        sky = None
    return ", ".join([*words, sky] if sky and not any(sky in word for word in words) else words)


def _wet_word(high_c: float) -> str:
    if high_c < _SNOW_BELOW_C:
        return "snow"
    return "rain or snow" if high_c < _SLEET_BELOW_C else "rain"


def temperature_range(days: list[DayWeather]) -> TemperatureRange:
    """Mean of the known lows and mean of the known highs, to a tenth; None where none is known."""
    return TemperatureRange(
        min=_mean([day.low_c for day in days if day.low_c is not None]),
        max=_mean([day.high_c for day in days if day.high_c is not None]),
    )


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def summary_of(place: Place, days: list[DayWeather]) -> str:
    """One to three sentences for the traveller: temperatures, rain, what to pack."""
    known = [day for day in days if day.high_c is not None and day.low_c is not None]
    if not known:
        return f"The usual weather of {place.name} is not known here; look at a forecast before you pack."
    highs = [day.high_c for day in known if day.high_c is not None]
    lows = [day.low_c for day in known if day.low_c is not None]
    chances = [day.rain_chance_percent for day in known if day.rain_chance_percent is not None]
    sentences = [
        f"Expect {_degrees(highs)} by day and {_degrees(lows)} at night in {place.name}{_basis(known)}.",
        _rain_sentence(chances, _wet_word(min(highs))),
        f"Pack {_packing(max(highs), min(lows), max(chances, default=0))}.",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def is_average(day: DayWeather) -> bool:
    """Whether it is what such a day is usually like, and no provider's word on that very day."""
    return day.kind in ("estimate", "catalogue")


def _basis(known: list[DayWeather]) -> str:
    """What the temperatures rest on, where that is not a forecast throughout."""
    averages = [is_average(day) for day in known]
    if not any(averages):
        return ""
    if all(averages):
        return " by long-term averages"
    first = averages.index(True)
    if all(averages[first:]):
        return f" (long-term averages from {day_words(known[first].date)} on)"
    return " (partly long-term averages)"


def day_words(day: date) -> str:
    """`12 December`."""
    return f"{day.day} {day:%B}"


def span_words(first: date, last: date) -> str:
    """`12 December`, `12 to 14 December`, `30 November to 2 December`."""
    if first == last:
        return day_words(first)
    is_one_month = (first.year, first.month) == (last.year, last.month)
    return f"{first.day if is_one_month else day_words(first)} to {day_words(last)}"


def _degrees(values: list[float]) -> str:
    low, high = round(min(values)), round(max(values))
    if high - low <= 1:
        return f"about {round(sum(values) / len(values))} °C"
    return f"{low} to {high} °C"


def _rain_sentence(chances: list[int], wet_word: str) -> str:
    if not chances:
        return ""
    if len(chances) == 1:
        return f"The chance of {wet_word} is {chances[0]} %."
    wet_days = sum(chances) / 100
    if wet_days < 0.5:
        return f"{wet_word.capitalize()} is unlikely."
    count = round(wet_days)
    if count == len(chances):
        return f"Expect {wet_word} on nearly every day."
    return f"On average {count} of the {len(chances)} days {'brings' if count == 1 else 'bring'} {wet_word}."


def _packing(warmest_c: float, coldest_c: float, wettest_percent: int) -> str:
    things: list[str] = []
    if warmest_c >= 20:
        things.append("light clothes")
    if warmest_c >= 28:
        things += ["a hat", "sun cream"]
    if coldest_c < 0:
        things += ["a winter coat", "gloves", "warm shoes"]
    elif coldest_c < 8:
        things.append("a warm coat")
    elif coldest_c < 16:
        things += ["a sweater for the evenings"] if warmest_c >= 18 else ["a warm sweater", "a jacket"]
    elif not things:
        things.append("a light jacket")
    if wettest_percent >= 45:
        things += ["an umbrella", "waterproof shoes"]
    elif wettest_percent >= 25 and coldest_c > 0:
        things.append("a light rain jacket")
    return " and ".join(filter(None, [", ".join(things[:-1]), things[-1]]))
