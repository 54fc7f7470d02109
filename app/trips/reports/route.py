"""What the maps agent reports: the ways there and between the destinations, and what was found around each of them."""

from typing import Literal

from pydantic import Field

from app.trips.places.catalogue import Interest, SightKind
from app.trips.reports.parts import Coordinates, Provenance, Report, ResolvedPlace, Source

TravelMode = Literal["flight", "driving", "cycling", "walking", "none"]

Access = Literal["yes", "limited", "no"]
"""Whether a wheelchair gets in."""


class RouteOption(Report):
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


class Connection(Report):
    """The best way between two places of a trip with several destinations; the way back takes as long."""

    origin: ResolvedPlace
    destination: ResolvedPlace
    route: RouteOption


class FoundSight(Report):
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


class FoundEatery(Report):
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


class FoundStay(Report):
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


class PlacesFound(Report):
    """What lies around one destination, the best of each list first; any of them may be empty. `place`: its name.
    `provenance`: of all of it. `catalogue_urls`: pages on OpenStreetMap of sights that the catalogue has, by their ids
    there."""

    place: str
    provenance: Provenance = "live"
    sights: list[FoundSight]
    eateries: list[FoundEatery]
    stays: list[FoundStay]
    catalogue_urls: dict[str, str] = {}


class RouteReport(Report):
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
    places_found: list[PlacesFound] = []
    warnings: list[str] = []
    sources: list[Source]
