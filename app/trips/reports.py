"""What each agent reports, and so what a plan is made of. Field names are the documented ones of the HTTP answer.

Every report lists its `sources`; each says whether it is live, cached, an estimate or from the bundled catalogue.
Amounts are decimals with the number of places their currency has; in JSON they are numbers.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from app.trips.places.catalogue import Interest, SightKind
from app.trips.request import BudgetRange

Provenance = Literal["live", "cached", "estimate", "catalogue"]
Amount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Report):
    """Where facts come from. `retrieved_at`: the day they were read, or the edition of bundled data. `fetched_at`: the
    moment, UTC, for what was read from a provider; None for bundled data and estimates."""

    provider: str
    kind: Provenance
    retrieved_at: date
    fetched_at: datetime | None = None
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
    """One day. `rain_chance_percent`: the share of such days with at least 1 mm. Unknown values are None.

    `provider`: who says so, of that very day; None for bundled averages.
    """

    date: date
    high_c: float | None
    low_c: float | None
    rain_chance_percent: int | None = Field(ge=0, le=100)
    condition: str
    kind: Provenance
    provider: str | None = None


class TemperatureRange(_Report):
    """Mean of the days' lows and mean of their highs, in degrees Celsius; None where nothing is known."""

    min: float | None
    max: float | None


class WeatherElsewhere(_Report):
    """The weather of a further destination, on every day of the trip."""

    location: ResolvedPlace
    weather_forecast: list[DayWeather]


class WeatherReport(_Report):
    """`weather_forecast`: one entry a day of the trip, in order. `elsewhere`: of the destinations after the first."""

    location: ResolvedPlace
    weather_forecast: list[DayWeather]
    weather_summary: str
    average_temp_range: TemperatureRange
    elsewhere: list[WeatherElsewhere] = []
    warnings: list[str] = []
    sources: list[Source]


# ---- events


class Event(_Report):
    """`ends` is the last day, inclusive. `is_free`: None where no source says so. `closes`: what it shuts, if known.

    `place`: which of several destinations it takes place at, several names joined by `; `; None where it is at all of
    them. `starts_at`, on the first day, and `ends_at`, on the last, are local times; a night belongs to the day on
    which it begins, so that `ends_at` may be the earlier. `timezone` names their zone, None where it is not known.
    `url`: a page about the event itself. `coordinates`: of the venue.
    """

    name: str
    kind: Literal["public_holiday", "observance", "festival", "event"]
    starts: date
    ends: date
    venue: str | None = None
    description: str | None = None
    is_free: bool | None = None
    closes: str | None = None
    place: str | None = None
    starts_at: ClockTime | None = None
    ends_at: ClockTime | None = None
    timezone: str | None = None
    url: str | None = None
    coordinates: Coordinates | None = None
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


class Connection(_Report):
    """The best way between two places of a trip with several destinations; the way back takes as long."""

    origin: ResolvedPlace
    destination: ResolvedPlace
    route: RouteOption


class RouteReport(_Report):
    """`alternative_routes`: every other mode by its name, the infeasible ones marked as such.

    `connections`: with several destinations, one for each two places of the trip, home among them; else empty.
    `places_found`: what providers found around each destination; empty where none was asked or answered.
    """

    origin: ResolvedPlace
    destination: ResolvedPlace
    primary_route: RouteOption
    alternative_routes: dict[str, RouteOption]
    route_analysis: str
    local_transport: str
    connections: list[Connection] = []
    places_found: "list[PlacesFound]" = []
    warnings: list[str] = []
    sources: list[Source]


Access = Literal["yes", "limited", "no"]
"""Whether a wheelchair gets in."""


class FoundSight(_Report):
    """A sight from OpenStreetMap that the catalogue does not have. `id`: `osm:way/123`. `local_name`: where it differs.

    `visit_minutes`, `indoor`, `interests`: usual for its kind, an estimate. `rank`: 3 = much described the world over,
    2 = well known, 1 = the rest, or not known how well. `opening_hours`: in OpenStreetMap's notation. `is_free`: None
    where nobody says so. `url`: its page on OpenStreetMap, `website` its own. `source`: who tells of it.
    """

    id: str
    name: str
    local_name: str | None = None
    kind: SightKind
    interests: list[Interest]
    coordinates: Coordinates
    indoor: bool
    visit_minutes: int = Field(ge=15, le=600)
    rank: int = Field(ge=1, le=3)
    opening_hours: str | None = None
    is_free: bool | None = None
    wheelchair: Access | None = None
    description: str | None = None
    url: str
    website: str | None = None
    wikipedia: str | None = None
    wikidata: str | None = None
    source: str


class FoundEatery(_Report):
    """A restaurant or café from OpenStreetMap, which tells neither prices nor how good it is. `diets`: what it has on
    offer, such as `vegan`. `url`: its page on OpenStreetMap, `website` its own."""

    id: str
    name: str
    local_name: str | None = None
    kind: Literal["restaurant", "cafe"]
    cuisines: list[str] = []
    diets: list[str] = []
    coordinates: Coordinates
    opening_hours: str | None = None
    wheelchair: Access | None = None
    url: str
    website: str | None = None
    source: str


class FoundStay(_Report):
    """A place to sleep from OpenStreetMap, which tells neither prices nor free rooms. `stars`: its class, 1 to 5."""

    id: str
    name: str
    local_name: str | None = None
    kind: Literal["hotel", "hostel", "guest_house"]
    stars: int | None = Field(default=None, ge=1, le=5)
    has_internet: bool | None = None
    coordinates: Coordinates
    wheelchair: Access | None = None
    url: str
    website: str | None = None
    source: str


class PlacesFound(_Report):
    """What lies around one destination, the best of each list first; any of them may be empty. `place`: its name.
    `provenance`: of all of it. `catalogue_urls`: pages on OpenStreetMap of sights that the catalogue has, by their ids
    there."""

    place: str
    provenance: Provenance = "live"
    sights: list[FoundSight]
    eateries: list[FoundEatery]
    stays: list[FoundStay]
    catalogue_urls: dict[str, str] = {}


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
    """One entry of a day, in local time. `price_per_person` None: not known; 0: free of charge.

    `ref`: what it is, the same in every plan; None for ways, rests and bags. `place`: which destination it is in, and
    `timezone` its zone. `ends_on`: the date of `ends`, where that is a later one. `reasons`: why here and why then;
    `reason` is all of them in one text. `source`, `provenance`: of what is said of the place or the way; the hours of
    the day are the planner's. When it was read, the report's sources say.
    """

    starts: ClockTime
    ends: ClockTime
    kind: Literal["arrival", "departure", "leg", "travel", "visit", "meal", "rest", "event"]
    title: str
    ref: str | None = None
    place: str | None = None
    timezone: str | None = None
    ends_on: date | None = None
    coordinates: Coordinates | None = None
    indoor: bool | None = None
    price_per_person: Amount | None = None
    currency: str | None = None
    notes: list[str] = []
    reason: str | None = None
    reasons: list[str] = []
    source: str | None = None
    provenance: Provenance = "estimate"


class ItineraryDay(_Report):
    """`items` in order of time, never overlapping. `place`: the destination where the day ends; None in plans that
    are older than this field."""

    date: date
    weekday: str
    title: str
    place: str | None = None
    weather: str | None
    items: list[ItineraryItem]
    notes: list[str] = []


class RuleVerdict(_Report):
    """`checked`: what the rule demands. `faults`: where the plan breaks it; none where it is kept."""

    rule: str
    is_kept: bool
    checked: str
    faults: list[str] = []


class PlanCertificate(_Report):
    """What an independent checker makes of the plan: it shares no code with the planner and takes its word for
    nothing. `is_valid`: every rule is kept."""

    is_valid: bool
    rules: list[RuleVerdict]


class PlaceDays(_Report):
    """One destination in the order of visit. `days`: with that of the move there."""

    name: str
    first_day: date
    days: int


class BookedNights(_Report):
    """Nights in a row in one place. `cost`: of all rooms and nights."""

    name: str
    place: str
    first_night: date
    nights: int
    rooms: int
    cost: Amount
    currency: str
    kind: Provenance


class LeftOutSight(_Report):
    """A sight that is not in the plan, and why."""

    name: str
    place: str
    reason: str
    text: str


class WayOutOffer(_Report):
    """A change after which there is a plan. `gives_up`: the wishes that it takes back, or `days`. `least_cost`: what
    the whole trip then costs at least."""

    text: str
    gives_up: list[str]
    least_cost: Amount
    currency: str


class WishConflict(_Report):
    """Why there is no plan: the smallest set of wishes that cannot all be met, and what can be done, cheapest first."""

    text: str
    conflict: list[str]
    ways_out: list[WayOutOffer]


class TripPhase(_Report):
    """`duration` in days."""

    phase_id: str
    place: str
    first_day: date
    duration: int
    focus: list[str]


class DailyStructure(_Report):
    """How the days are built. `meals`: from when to when each begins."""

    pace: str
    day_starts: ClockTime
    day_ends: ClockTime
    most_sights: int
    rest_after_lunch_minutes: int
    meals: dict[str, str]


class Transition(_Report):
    """A move from one place to the next; times by the clocks at either end, None where only the day is assumed."""

    date: date
    origin: str
    destination: str
    mode: str
    departs: ClockTime | None
    arrives: ClockTime | None
    note: str


class ItineraryFramework(_Report):
    """The plan at a glance. `total_duration` in days. `optimization_priorities`: what counted, first things first.
    `flexibility_points`: where the plan can be changed at little cost."""

    total_duration: int
    phases: list[TripPhase]
    daily_structure: DailyStructure
    transition_schedules: list[Transition]
    optimization_priorities: list[str]
    flexibility_points: list[str]


class ModelUsage(_Report):
    """What the model's answers took. `cost_usd`: by list prices; None where none is known for this model."""

    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Amount | None


class Narrative(_Report):
    """The plan in prose; it says nothing that the plan does not. `days`: one text a day, in order.

    `written_by`: `template`, or the name of the model, whose names and numbers were checked against the plan. `note`:
    why no model wrote it, though one is configured. `usage`: None where none answered.
    """

    overview: str
    days: list[str]
    written_by: str = "template"
    note: str | None = None
    usage: ModelUsage | None = None


class ItineraryReport(_Report):
    """`itinerary_days`: one entry a day of the trip; none where `status` says that there is no plan, and then
    `conflict` says why. `fallbacks`: what stood in for agents that did not deliver. `budget`: the costs of just this
    plan, which take the place of the estimate that was made beside it; None where there was none. `narrative`: None
    without a plan.
    """

    status: Literal["planned", "infeasible", "not_found"] = "planned"
    itinerary_days: list[ItineraryDay]
    narrative: Narrative | None = None
    destinations: list[PlaceDays] = []
    transport_details: dict[str, str]
    key_tips: list[str]
    fallbacks: list[str]
    stays: list[BookedNights] = []
    left_out: list[LeftOutSight] = []
    itinerary_framework: ItineraryFramework | None = None
    certificate: PlanCertificate | None = None
    conflict: WishConflict | None = None
    budget: BudgetReport | None = None
    warnings: list[str] = []
    sources: list[Source]
