"""What each agent reports, and so what a plan is made of. Field names are the documented ones of the HTTP answer.

Every report lists its `sources`; each says whether it is live, cached, an estimate or from the bundled catalogue.
Amounts are decimals with the number of places their currency has; in JSON they are numbers.
"""

from app.trips.reports.budget import BudgetBreakdown, BudgetReport, CostLine, ExchangeRate
from app.trips.reports.events import Event, EventsReport
from app.trips.reports.itinerary import (
    BookedNights,
    DailyStructure,
    ItineraryDay,
    ItineraryFramework,
    ItineraryItem,
    ItineraryReport,
    LeftOutSight,
    ModelUsage,
    Narrative,
    PlaceDays,
    PlanCertificate,
    RuleVerdict,
    Transition,
    TripPhase,
    WayOutOffer,
    WishConflict,
)
from app.trips.reports.parts import Amount, ClockTime, Coordinates, Provenance, ResolvedPlace, Source
from app.trips.reports.route import (
    Access,
    Connection,
    FoundEatery,
    FoundSight,
    FoundStay,
    PlacesFound,
    RouteOption,
    RouteReport,
    TravelMode,
)
from app.trips.reports.weather import DayWeather, TemperatureRange, WeatherElsewhere, WeatherReport

__all__ = [
    "Access",
    "Amount",
    "BookedNights",
    "BudgetBreakdown",
    "BudgetReport",
    "ClockTime",
    "Connection",
    "Coordinates",
    "CostLine",
    "DailyStructure",
    "DayWeather",
    "Event",
    "EventsReport",
    "ExchangeRate",
    "FoundEatery",
    "FoundSight",
    "FoundStay",
    "ItineraryDay",
    "ItineraryFramework",
    "ItineraryItem",
    "ItineraryReport",
    "LeftOutSight",
    "ModelUsage",
    "Narrative",
    "PlaceDays",
    "PlacesFound",
    "PlanCertificate",
    "Provenance",
    "ResolvedPlace",
    "RouteOption",
    "RouteReport",
    "RuleVerdict",
    "Source",
    "TemperatureRange",
    "Transition",
    "TravelMode",
    "TripPhase",
    "WayOutOffer",
    "WeatherElsewhere",
    "WeatherReport",
    "WishConflict",
]
