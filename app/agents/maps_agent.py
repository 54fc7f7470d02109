"""Trailblazer: how to get to the destination, and about in it; what lies around it; and where a place is."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.errors import AgentInputError, LookUpError
from app.agents.stops_request import StopsRequest
from app.services.maps_service import MapsService
from app.services.outside.errors import ProviderError
from app.services.places.geocoding import Geocoding
from app.services.places.surroundings import PlaceSurroundings, Surroundings, warnings_of
from app.services.places.words import listed
from app.trips.places.known import KnownPlace
from app.trips.places.place import Place
from app.trips.reports import RouteReport
from app.trips.request import MAX_TRAVELERS, LocalTransport, PlaceName, TravelDates, trip_days


class RoutesRequest(StopsRequest):
    """`travel_dates` None: the length of the trip is not known. `preferred_transport`: how to get about once there.

    `keep_order`: several destinations are visited as listed, so that only the ways between neighbours have to fit.
    """

    origin: PlaceName
    keep_order: bool = True
    travel_dates: TravelDates | None = None
    travelers_count: int = Field(default=1, ge=1, le=MAX_TRAVELERS)
    preferred_transport: LocalTransport | None = None


class GeocodeRequest(BaseModel):
    """Where is it? Asked for names that the gazetteer lacks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    geocode: PlaceName


def _kind(values: Any) -> str:
    is_geocode = "geocode" in values if isinstance(values, dict) else isinstance(values, GeocodeRequest)
    return "geocode" if is_geocode else "routes"


class MapsRequest(RootModel[Any]):
    """Either of the two; a request for routes unless it has a member `geocode`."""

    root: Annotated[
        Annotated[RoutesRequest, Tag("routes")] | Annotated[GeocodeRequest, Tag("geocode")], Discriminator(_kind)
    ]


class MapsAgent(BaseAgent[MapsRequest, RouteReport | KnownPlace]):
    """Without `geocoding` it cannot be asked where a place is, without `surroundings` it tells nothing of what lies
    around the destinations."""

    name = "maps"
    title = "Trailblazer"
    capabilities: tuple[str, ...] = ("routes", "route_comparison", "local_transport")
    request_type = MapsRequest
    is_cacheable = True

    def __init__(
        self, service: MapsService, geocoding: Geocoding | None = None, surroundings: Surroundings | None = None
    ) -> None:
        self._service = service
        self._geocoding = geocoding
        self._surroundings = surroundings
        if geocoding is not None:
            self.capabilities = (*self.capabilities, "geocoding")

    async def handle(self, request: MapsRequest, context: AgentContext) -> RouteReport | KnownPlace:
        """Raises UnknownPlaceError for an origin or destination that is nowhere on the map; for a name to look up,
        AgentInputError where nobody knows it, and LookUpError where nobody can be asked."""
        if isinstance(request.root, GeocodeRequest):
            return await self._geocode(request.root.geocode, context)
        return await self._routes(request.root, context)

    async def _geocode(self, name: str, context: AgentContext) -> KnownPlace:
        try:
            place = None if self._geocoding is None else await self._geocoding.place(name, context.deadline)
        except ProviderError as error:
            raise LookUpError(str(error)) from error
        if place is None:
            raise AgentInputError(f"no place called {name!r} is known")
        return KnownPlace.of(place)

    async def _routes(self, request: RoutesRequest, context: AgentContext) -> RouteReport:
        names = listed([request.origin, *(stop.name for stop in request.stops)])
        await context.progress(f"Looking for {names} on the map", 20)
        origin = await request.place(request.origin)
        destination, *further = await request.stop_places()
        ways = f"from {origin.name} to {destination.name}"
        if further:
            ways = f"between {listed([place.name for place in (origin, destination, *further)])}"
        await context.progress(f"Comparing the ways {ways}", 50)
        days = len(trip_days(request.travel_dates)) if request.travel_dates else None
        report, around = await asyncio.gather(
            self._service.routes(
                origin,
                destination,
                days,
                request.preferred_transport,
                further,
                keep_order=request.keep_order,
                deadline=context.deadline,
            ),
            self._around([destination, *further] if request.travel_dates else [], context),
        )
        await context.progress("Working out how to get about there", 80)
        return with_surroundings(report, around)

    async def _around(self, places: Sequence[Place], context: AgentContext) -> list[PlaceSurroundings]:
        """Only for a trip: whoever just compares routes has no use for it."""
        if self._surroundings is None:
            return []
        around = self._surroundings.around
        return await asyncio.gather(*(around(place, context.deadline) for place in places))


def with_surroundings(report: RouteReport, around: Sequence[PlaceSurroundings]) -> RouteReport:
    """The report with what was found around the destinations, and why something was not."""
    if not around:
        return report
    warnings = [*report.warnings, *warnings_of(around)]
    sources = [*report.sources, *(source for one in around for source in one.sources)]
    return report.model_copy(
        update={
            "places_found": [one.found for one in around if one.found is not None],
            "warnings": list(dict.fromkeys(warnings)),
            "sources": list(dict.fromkeys(sources)),
        }
    )
