"""What the itinerary agent reports: the days, their costs, what the checker says of them; or why there is no plan."""

from datetime import date
from typing import Literal

from app.trips.reports.budget import BudgetReport
from app.trips.reports.parts import Amount, ClockTime, Coordinates, Provenance, Report, Source


class ItineraryItem(Report):
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


class ItineraryDay(Report):
    """`items` in order of time, never overlapping. `place`: the destination where the day ends; None in plans that
    are older than this field."""

    date: date
    weekday: str
    title: str
    place: str | None = None
    weather: str | None
    items: list[ItineraryItem]
    notes: list[str] = []


class RuleVerdict(Report):
    """`checked`: what the rule demands. `faults`: where the plan breaks it; none where it is kept."""

    rule: str
    is_kept: bool
    checked: str
    faults: list[str] = []


class PlanCertificate(Report):
    """What an independent checker makes of the plan: it shares no code with the planner and takes its word for
    nothing. `is_valid`: every rule is kept."""

    is_valid: bool
    rules: list[RuleVerdict]


class PlaceDays(Report):
    """One destination in the order of visit. `days`: with that of the move there."""

    name: str
    first_day: date
    days: int


class BookedNights(Report):
    """Nights in a row in one place. `cost`: of all rooms and nights."""

    name: str
    place: str
    first_night: date
    nights: int
    rooms: int
    cost: Amount
    currency: str
    kind: Provenance


class LeftOutSight(Report):
    """A sight or event that is not in the plan, and why."""

    name: str
    place: str
    reason: str
    text: str


class WayOutOffer(Report):
    """A change after which there is a plan. `gives_up`: the wishes that it takes back, or `days`. `least_cost`: what
    the whole trip then costs at least."""

    text: str
    gives_up: list[str]
    least_cost: Amount
    currency: str


class WishConflict(Report):
    """Why there is no plan: the smallest set of wishes that cannot all be met, and what can be done, cheapest first."""

    text: str
    conflict: list[str]
    ways_out: list[WayOutOffer]


class TripPhase(Report):
    """`duration` in days."""

    phase_id: str
    place: str
    first_day: date
    duration: int
    focus: list[str]


class DailyStructure(Report):
    """How the days are built. `meals`: from when to when each begins."""

    pace: str
    day_starts: ClockTime
    day_ends: ClockTime
    most_sights: int
    rest_after_lunch_minutes: int
    meals: dict[str, str]


class Transition(Report):
    """A move from one place to the next; times by the clocks at either end, None where only the day is assumed."""

    date: date
    origin: str
    destination: str
    mode: str
    departs: ClockTime | None
    arrives: ClockTime | None
    note: str


class ItineraryFramework(Report):
    """The plan at a glance. `total_duration` in days. `optimization_priorities`: what counted, first things first.
    `flexibility_points`: where the plan can be changed at little cost."""

    total_duration: int
    phases: list[TripPhase]
    daily_structure: DailyStructure
    transition_schedules: list[Transition]
    optimization_priorities: list[str]
    flexibility_points: list[str]


class ModelUsage(Report):
    """What the model's answers took. `cost_usd`: by list prices; None where none is known for this model, or
    where an answer did not say what it took; then the tokens are those of the others."""

    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Amount | None


class Narrative(Report):
    """The plan in prose; it says nothing that the plan does not. `days`: one text a day, in order.

    `written_by`: `template`, or the name of the model, whose names and numbers were checked against the plan. `note`:
    why no model wrote it, though one is configured. `usage`: None where none answered, or where the plan
    comes from the cache.
    """

    overview: str
    days: list[str]
    written_by: str = "template"
    note: str | None = None
    usage: ModelUsage | None = None


class ItineraryReport(Report):
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
