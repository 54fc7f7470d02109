"""The bundled destination catalogue: one JSON file a city, read into the types below.

It stands apart from `gazetteer.py` because these facts are ours to keep true, while the gazetteer's come from
libraries. Both gateway and workers read it; nothing here asks the network.

Each fact names whose it is. The editors compiled sights, hours, tickets and festivals after the publishers named, from
knowledge and spot checks; the pages themselves were not fetched, so every plan says to check before you go. A climate's
`source` says whether its figures were re-read. What was doubtful was left out.
"""

import re
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

CATALOGUE_EDITION = date(2026, 11, 21)
"""The edition of all bundled data: the day on which it was put together, shown as the date of its facts."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
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
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

_RANGE = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class TicketPrice(_Fact):
    """What one adult pays at the door, as known for `year`; the visitor from abroad where prices differ. 0 is free."""

    adult: float = Field(ge=0)
    currency: CurrencyCode
    year: int = Field(ge=2018, le=2030)


class Sight(_Fact):
    """One place worth a visit.

    `hours`: the regular week; a day left out or empty is a closed day; `"always"` is open access (a square, a
    bridge); None: not known. `visit_minutes`: a usual visit. `rank`: 3 = what most first-time visitors come for,
    2 = well known, 1 = a good addition. `price` None: not known, or part of another sight's ticket, as `note` says.
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
    price: TicketPrice | None
    source: str = Field(min_length=8)
    note: str | None = None

    def opening_minutes(self, weekday: int, month_day: str) -> list[tuple[int, int]] | None:
        """Opening windows in minutes after midnight on a date; [] when closed, None when not known.

        `weekday`: 0 is Monday. `month_day`: the date as `MM-DD`.
        """
        if month_day in self.closed_dates:
            return []
        if self.hours == "always":
            return [(0, 24 * 60)]
        if self.hours is None:
            return None
        return [minutes_of_range(text) for text in self.hours.get(WEEKDAYS[weekday], [])]

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


class MonthNormals(_Fact):
    """A month's averages: daily high and low in degrees Celsius, days with rain or snow.

    A day counts from 1 mm on, unless the climate's `source` names another threshold.
    """

    high_c: float = Field(ge=-40, le=50)
    low_c: float = Field(ge=-50, le=40)
    rain_days: float = Field(ge=0, le=31)


class Climate(_Fact):
    months: list[MonthNormals] = Field(min_length=12, max_length=12)
    source: str = Field(min_length=8)


class RangeCosts(_Fact):
    """One budget range: a double room a night, food for a person a day, local transport for a person a day."""

    room_night: float = Field(gt=0)
    food_day: float = Field(gt=0)
    local_transport_day: float = Field(ge=0)


class PriceLevels(_Fact):
    """Rounded estimates, not quotes, in prices of `year`."""

    currency: CurrencyCode
    year: int = Field(ge=2018, le=2030)
    budget: RangeCosts
    mid_range: RangeCosts = Field(alias="mid-range")
    luxury: RangeCosts
    source: str = Field(min_length=8)


class FixedDates(_Fact):
    """The same days every year; `to` before `from` runs over New Year."""

    kind: Literal["fixed"]
    from_: MonthDay = Field(alias="from")
    to: MonthDay


class EasterDates(_Fact):
    """Days counted from Western Easter Sunday, 0 being Easter Sunday itself."""

    kind: Literal["easter"]
    from_offset: int = Field(ge=-70, le=70)
    to_offset: int = Field(ge=-70, le=70)


class NthWeekday(_Fact):
    """Begins on the nth (1-4, or -1 for the last) such weekday of a month and lasts `days` days."""

    kind: Literal["nth_weekday"]
    month: int = Field(ge=1, le=12)
    weekday: Weekday
    nth: Literal[-1, 1, 2, 3, 4]
    days: int = Field(ge=1, le=60)


class MonthOnly(_Fact):
    """Takes place in that month; the days are announced each year."""

    kind: Literal["month"]
    month: int = Field(ge=1, le=12)


class Festival(_Fact):
    """A yearly event. `free`: True or False only where that is known, else None."""

    name: str
    when: Annotated[FixedDates | EasterDates | NthWeekday | MonthOnly, Field(discriminator="kind")]
    description: str
    venue: str | None = None
    free: bool | None = None
    source: str = Field(min_length=8)


class City(_Fact):
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
