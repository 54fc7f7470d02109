"""The bundled destination catalogue: one JSON file a city, read into the types below.

It stands apart from `gazetteer.py` because these facts are ours to keep true, while the gazetteer's come from
libraries. Both gateway and workers read it; nothing here asks the network.

Each fact names whose it is. The editors compiled sights, hours, tickets and festivals after the publishers named, from
knowledge and spot checks; the pages themselves were not fetched, so every plan says to check before you go. A climate's
`source` says whether its figures were re-read. What was doubtful was left out.

Closing days and seasons are those of which the sight's own note tells. Where it gives no dates ("late March", "in the
days before"), a closing is no longer and a season no longer than what the words surely mean.
"""

import re
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.trips.places.closures import Closure, Season, is_closed_by
from app.trips.places.yearly_dates import WEEKDAYS, EasterDates, Fact, FixedDates, MonthDay, NthWeekday, Weekday

CATALOGUE_EDITION = date(2026, 11, 21)
"""The edition of all bundled data: the day on which it was put together, shown as the date of its facts."""

Continent = Literal["Africa", "Asia", "Europe", "North America", "Oceania", "South America"]
Interest = Literal[
    "adventure",
    "architecture",
    "art",
    "beach",
    "culture",
    "family",
    "food",
    "history",
    "music",
    "nature",
    "nightlife",
    "relaxation",
    "religion",
    "science",
    "shopping",
    "sport",
    "views",
]
SightKind = Literal[
    "aquarium",
    "archaeological_site",
    "beach",
    "bridge",
    "castle",
    "cemetery",
    "church",
    "garden",
    "island",
    "landmark",
    "library",
    "market",
    "memorial",
    "monument",
    "mosque",
    "museum",
    "nature",
    "neighbourhood",
    "palace",
    "park",
    "shopping",
    "square",
    "stadium",
    "street",
    "temple",
    "theatre",
    "theme_park",
    "tower",
    "viewpoint",
    "waterfront",
    "zoo",
]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

_RANGE = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")


def minutes_of_range(text: str) -> tuple[int, int]:
    """`"09:00-18:00"` as minutes after midnight, `(540, 1080)`; closing at midnight is `24:00`.

    Raises ValueError where the text has another form, ends before it starts, or passes midnight.
    """
    match = _RANGE.match(text)
    if match is None:
        raise ValueError(f"opening hours {text!r} are not of the form HH:MM-HH:MM")
    open_h, open_m, close_h, close_m = (int(part) for part in match.groups())
    start, end = open_h * 60 + open_m, close_h * 60 + close_m
    if not start < end <= 24 * 60:
        raise ValueError(f"opening hours {text!r} must end after they start, at 24:00 at the latest")
    return start, end


class TicketPrice(Fact):
    """What one adult pays at the door, as known for `year`; the visitor from abroad where prices differ. 0 is free."""

    adult: float = Field(ge=0)
    currency: CurrencyCode
    year: int = Field(ge=2018, le=2030)


class Sight(Fact):
    """One place worth a visit.

    `hours`: the regular week; a day left out or empty is a closed day; `"always"` is open access (a square, a
    bridge); None: not known. `closed_dates`, `closed_on`: closing days beside the week, the same every year and by a
    rule. `seasons`: it is closed outside them; empty where it is open all year. `visit_minutes`: a usual visit. `rank`:
    3 = what most first-time visitors come for, 2 = well known, 1 = a good addition. `price` None: not known, or part of
    another sight's ticket, `ticket_of`.
    """

    id: Slug
    name: str
    kind: SightKind
    interests: list[Interest] = Field(min_length=1)
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    indoor: bool
    visit_minutes: int = Field(ge=15, le=600)
    rank: int = Field(ge=1, le=3)
    hours: dict[Weekday, list[str]] | Literal["always"] | None
    closed_dates: list[MonthDay] = []
    closed_on: list[Closure] = []
    seasons: list[Season] = []
    price: TicketPrice | None
    ticket_of: Slug | None = None
    source: str = Field(min_length=8)
    note: str | None = None

    def opening_minutes(self, day: date) -> list[tuple[int, int]] | None:
        """Opening windows in minutes after midnight on that day; [] when closed, None when not known."""
        if self.has_closing_day(day) or not self.is_in_season(day):
            return []
        if self.hours == "always":
            return [(0, 24 * 60)]
        if self.hours is None:
            return None
        return [minutes_of_range(text) for text in self.hours.get(WEEKDAYS[day.weekday()], [])]

    def has_closing_day(self, day: date) -> bool:
        """Whether that day is one of its closing days, be it open or not by its week and its season."""
        return day.strftime("%m-%d") in self.closed_dates or any(is_closed_by(rule, day) for rule in self.closed_on)

    def is_in_season(self, day: date) -> bool:
        return not self.seasons or any(season.has(day) for season in self.seasons)

    @model_validator(mode="after")
    def _hours_are_well_formed(self) -> Self:
        if isinstance(self.hours, dict):
            for ranges in self.hours.values():
                windows = [minutes_of_range(text) for text in ranges]
                if any(later[0] < earlier[1] for earlier, later in pairwise(windows)):
                    raise ValueError(f"{self.id}: opening hours overlap: {ranges}")
            if not any(self.hours.values()):
                raise ValueError(f"{self.id}: closed on every day of the week")
        return self


class MonthNormals(Fact):
    """A month's averages: daily high and low in degrees Celsius, days with rain or snow.

    A day counts from 1 mm on, unless the climate's `source` names another threshold.
    """

    high_c: float = Field(ge=-40, le=50)
    low_c: float = Field(ge=-50, le=40)
    rain_days: float = Field(ge=0, le=31)


class Climate(Fact):
    months: list[MonthNormals] = Field(min_length=12, max_length=12)
    source: str = Field(min_length=8)


class RangeCosts(Fact):
    """One budget range: a double room a night, food for a person a day, local transport for a person a day."""

    room_night: float = Field(gt=0)
    food_day: float = Field(gt=0)
    local_transport_day: float = Field(ge=0)


class PriceLevels(Fact):
    """Rounded estimates, not quotes, in prices of `year`."""

    currency: CurrencyCode
    year: int = Field(ge=2018, le=2030)
    budget: RangeCosts
    mid_range: RangeCosts = Field(alias="mid-range")
    luxury: RangeCosts
    source: str = Field(min_length=8)


class MonthOnly(Fact):
    """Takes place in that month; the days are announced each year."""

    kind: Literal["month"]
    month: int = Field(ge=1, le=12)


class Festival(Fact):
    """A yearly event. `free`: True or False only where that is known, else None."""

    name: str
    when: Annotated[FixedDates | EasterDates | NthWeekday | MonthOnly, Field(discriminator="kind")]
    description: str
    venue: str | None = None
    free: bool | None = None
    source: str = Field(min_length=8)


class City(Fact):
    """A destination that is planned in full. `holiday_subdivision`: its region in the `holidays` library, if any."""

    id: Slug
    name: str
    country: str
    country_code: str = Field(pattern=r"^[A-Z]{2}$")
    continent: Continent
    aliases: list[str] = []
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    timezone: str
    currency: CurrencyCode
    holiday_subdivision: str | None = None
    airports: list[Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]] = []
    summary: str
    dishes: list[str] = []
    tips: list[str] = []
    climate: Climate
    price_levels: PriceLevels
    festivals: list[Festival] = []
    sights: list[Sight] = Field(min_length=12)


@cache
def all_cities() -> dict[str, City]:
    """Every city of the catalogue by its id, in alphabetical order of ids."""
    folder = files(__package__) / "cities"
    found = (City.model_validate_json(entry.read_bytes()) for entry in folder.iterdir() if entry.name.endswith(".json"))
    return {city.id: city for city in sorted(found, key=lambda city: city.id)}
