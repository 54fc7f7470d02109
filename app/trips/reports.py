"""What each agent reports, and so what a plan is made of. Field names are the documented ones of the HTTP answer.

Every report lists its `sources`; each says whether it is live, cached, an estimate or from the bundled catalogue.
Amounts are decimals with the number of places their currency has; in JSON they are numbers.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from app.trips.request import BudgetRange

Provenance = Literal["live", "cached", "estimate", "catalogue"]
Amount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Report):
    """Where facts come from. `retrieved_at`: the day they were read, or the edition of bundled data."""

    provider: str
    kind: Provenance
    retrieved_at: date
    url: str | None = None
    note: str | None = None


class Coordinates(_Report):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


class ResolvedPlace(_Report):
    """A place name as it was understood. `assumption`: set where the name was ambiguous."""

    name: str
    country: str
    country_code: str
    coordinates: Coordinates
    timezone: str
    assumption: str | None = None


# ---- weather


class DayWeather(_Report):
    """One day. `rain_chance_percent`: the share of such days with at least 1 mm. Unknown values are None."""

    date: date
    high_c: float | None
    low_c: float | None
    rain_chance_percent: int | None = Field(ge=0, le=100)
    condition: str
    kind: Provenance


class TemperatureRange(_Report):
    """Mean of the days' lows and mean of their highs, in degrees Celsius; None where nothing is known."""

    min: float | None
    max: float | None


class WeatherReport(_Report):
    """`weather_forecast`: one entry a day of the trip, in order."""

    location: ResolvedPlace
    weather_forecast: list[DayWeather]
    weather_summary: str
    average_temp_range: TemperatureRange
    warnings: list[str] = []
    sources: list[Source]


# ---- events


class Event(_Report):
    """`ends` is the last day, inclusive. `is_free`: None where no source says so. `closes`: what it shuts, if known."""

    name: str
    kind: Literal["public_holiday", "observance", "festival", "event"]
    starts: date
    ends: date
    venue: str | None = None
    description: str | None = None
    is_free: bool | None = None
    closes: str | None = None
    source: Source


class EventsReport(_Report):
    """`events` in order of their first day; `free_events`: those of them that are free of charge."""

    location: ResolvedPlace
    events: list[Event]
    event_summary: str
    free_events: list[Event]
    warnings: list[str] = []
    sources: list[Source]


# ---- route

TravelMode = Literal["flight", "driving", "cycling", "walking", "none"]


class RouteOption(_Report):
    """One way to the destination, there only. `duration_minutes`: door to door, 0 where it was not reckoned.

    `reason`: why it is feasible, or not.
    """

    mode: TravelMode
    is_feasible: bool
    distance_km: float
    duration_minutes: int
    description: str
    reason: str
    kind: Provenance


class RouteReport(_Report):
    """`alternative_routes`: every other mode by its name, the infeasible ones marked as such."""

    origin: ResolvedPlace
    destination: ResolvedPlace
    primary_route: RouteOption
    alternative_routes: dict[str, RouteOption]
    route_analysis: str
    local_transport: str
    warnings: list[str] = []
    sources: list[Source]


# ---- budget


class BudgetBreakdown(_Report):
    """The four parts add up to `total` exactly. For the whole party and the whole trip."""

    currency: str
    total: Amount
    transportation: Amount
    accommodation: Amount
    food: Amount
    activities: Amount


class CostLine(_Report):
    """One line of the reckoning: `amount` is for the whole party; `basis` says how it was reckoned."""

    category: Literal["transportation", "accommodation", "food", "activities"]
    label: str
    amount: Amount
    basis: str
    kind: Provenance


class ExchangeRate(_Report):
    """`rate` units of `to_currency` for one of `from_currency`, as published for `as_of`."""

    from_currency: str
    to_currency: str
    rate: float
    as_of: date
    source: str


class BudgetReport(_Report):
    """`cost_per_person` is total / travellers, rounded half-even to the currency's places."""

    budget_breakdown: BudgetBreakdown
    cost_per_person: Amount
    travelers_count: int
    days: int
    budget_range: BudgetRange
    lines: list[CostLine]
    exchange_rates: list[ExchangeRate]
    assumptions: list[str]
    warnings: list[str] = []
    sources: list[Source]


# ---- itinerary


class ItineraryItem(_Report):
    """One entry of a day, in local time. `price_per_person` None: not known; 0: free of charge."""

    starts: ClockTime
    ends: ClockTime
    kind: Literal["arrival", "departure", "travel", "visit", "meal", "rest", "event"]
    title: str
    coordinates: Coordinates | None = None
    indoor: bool | None = None
    price_per_person: Amount | None = None
    currency: str | None = None
    notes: list[str] = []
    reason: str | None = None
    source: str | None = None


class ItineraryDay(_Report):
    """`items` in order of time, never overlapping."""

    date: date
    weekday: str
    title: str
    weather: str | None
    items: list[ItineraryItem]
    notes: list[str] = []


class ItineraryReport(_Report):
    """`itinerary_days`: one entry a day of the trip. `fallbacks`: what stood in for agents that did not deliver."""

    itinerary_days: list[ItineraryDay]
    transport_details: dict[str, str]
    key_tips: list[str]
    fallbacks: list[str]
    warnings: list[str] = []
    sources: list[Source]
