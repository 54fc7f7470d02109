"""What the weather of a day of the year is usually like: the catalogue's monthly averages, read day by day.

Not a forecast, and labelled so. It has an answer for any date, so it stands last in every chain of weather providers.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.weather.provider import Forecast
from app.services.weather.words import condition_of
from app.trips.places.airports import elevation_near_m
from app.trips.places.catalogue import CATALOGUE_EDITION, City, all_cities
from app.trips.places.distance import great_circle_km
from app.trips.places.place import Place
from app.trips.reports import DayWeather, Provenance, Source

# How far away a catalogue city's averages may be borrowed, and how much higher or lower it may lie: 300 m make
# about 2 °C, as much as a place 150 km off differs anyway.
BORROW_WITHIN_KM = 150
BORROW_WITHIN_M = 300
# How near an airport must be to tell a place's height.
_HEIGHT_WITHIN_KM = 60


@dataclass(frozen=True)
class _DayNormals:
    """Degrees Celsius; `rain_share`: the share of such days with at least 1 mm."""

    high_c: float
    low_c: float
    rain_share: float


class ClimateNormals:
    """Long-term averages of the bundled catalogue, for its cities and what lies near them."""

    def may_know(self, day: date) -> bool:
        return True

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        """Averages of each day, interpolated between mid-months; None throughout where no city is near enough."""
        if place.city is not None:
            return Forecast(_days(place.city, days, "catalogue"), [_source(place.city, "catalogue", None)])
        lender = _lender(place)
        if lender is None:
            return _nothing_known(place, days)
        city, distance_km = lender
        borrowed = f"Averages of {city.name}, {distance_km:.0f} km away, stand in for {place.name}."
        return Forecast(_days(city, days, "estimate"), [_source(city, "estimate", borrowed)], [borrowed])


def _days(city: City, days: list[date], kind: Provenance) -> list[DayWeather]:
    return [_day(_normals(city, day), day, kind) for day in days]


def _day(normals: _DayNormals, day: date, kind: Provenance) -> DayWeather:
    rain_chance_percent = max(0, min(100, round(normals.rain_share * 100)))
    return DayWeather(
        date=day,
        high_c=round(normals.high_c, 1),
        low_c=round(normals.low_c, 1),
        rain_chance_percent=rain_chance_percent,
        condition=condition_of(normals.high_c, rain_chance_percent),
        kind=kind,
    )


def _normals(city: City, day: date) -> _DayNormals:
    """Linear between the middles of the two months round the day; the month's own averages hold in its middle."""
    before, after = _months_round(day)
    start, end = _middle(before), _middle(after)
    share = (day.toordinal() - start) / (end - start)
    earlier, later = _normals_of_month(city, before), _normals_of_month(city, after)
    return _DayNormals(
        high_c=_between(earlier.high_c, later.high_c, share),
        low_c=_between(earlier.low_c, later.low_c, share),
        rain_share=_between(earlier.rain_share, later.rain_share, share),
    )


def _months_round(day: date) -> tuple[date, date]:
    """The firsts of the two months whose middles lie round the day."""
    this = day.replace(day=1)
    if day.toordinal() >= _middle(this):
        return this, (this + timedelta(days=31)).replace(day=1)
    return (this - timedelta(days=1)).replace(day=1), this


def _middle(first: date) -> float:
    return first.toordinal() + (_days_in_month(first) - 1) / 2


def _normals_of_month(city: City, first: date) -> _DayNormals:
    month = city.climate.months[first.month - 1]
    return _DayNormals(month.high_c, month.low_c, month.rain_days / _days_in_month(first))


def _days_in_month(first: date) -> int:
    return monthrange(first.year, first.month)[1]


def _between(earlier: float, later: float, share: float) -> float:
    return earlier + (later - earlier) * share


def _lender(place: Place) -> tuple[City, float] | None:
    """The nearest catalogue city close enough and about as high, with its distance; None where there is none."""
    height_m = elevation_near_m(place.latitude, place.longitude, _HEIGHT_WITHIN_KM)
    if height_m is None:
        return None
    near = sorted(
        (distance_km, city.id)
        for city in all_cities().values()
        if (distance_km := great_circle_km(place.latitude, place.longitude, city.latitude, city.longitude))
        <= BORROW_WITHIN_KM
    )
    for distance_km, city_id in near:
        city = all_cities()[city_id]
        city_height_m = elevation_near_m(city.latitude, city.longitude, _HEIGHT_WITHIN_KM)
        if city_height_m is not None and abs(city_height_m - height_m) <= BORROW_WITHIN_M:
            return city, distance_km
    return None


def _source(city: City, kind: Provenance, borrowed: str | None) -> Source:
    label = "Long-term averages, not a forecast; days between the middles of months are interpolated."
    note = f"{label} {borrowed}" if borrowed else label
    return Source(provider=city.climate.source, kind=kind, retrieved_at=CATALOGUE_EDITION, note=note)


def _nothing_known(place: Place, days: list[date]) -> Forecast:
    blank = [
        DayWeather(date=day, high_c=None, low_c=None, rain_chance_percent=None, condition="not known", kind="estimate")
        for day in days
    ]
    warning = f"No climate averages are bundled for {place.full_name} or a similar place near it."
    return Forecast(blank, [], [warning])
