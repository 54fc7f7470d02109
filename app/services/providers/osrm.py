"""OSRM's roads: the table of all ways of a trip, and a single way."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderRefusedQuestionError
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import Form, NoneIsDefault
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.routes.roads import ROADS, FoundRoad, Mode, Road, RoadMatrix, is_square, road_or_none
from app.trips.problem import Spot

PUBLIC_HOSTS = ("router.project-osrm.org", "routing.openstreetmap.de")
PUBLIC_INTERVAL_S = 1.0
MOST_SPOTS = 100
"""What a server takes unless it was started with another `--max-table-size`."""

# The name in the path is decoration: a server answers by the one profile that it was prepared with.
_PROFILES: dict[Mode, str] = {"driving": "driving", "cycling": "bike", "walking": "foot"}
_NO_ROAD = ("NoRoute", "NoSegment")
_NOT_FOR_US = ("NoSegment", "NoTable", "TooBig")


_DRIVING: tuple[Mode, ...] = ("driving",)


class _Waypoint(Form):
    """`distance`: from the spot that was asked for to the road, in metres."""

    distance: Annotated[float, NoneIsDefault] = 0.0


class _Table(Form):
    """Seconds and metres, `[source][destination]`. All but `code` is missing where it is not `Ok`."""

    code: str
    durations: list[list[float | None]] = []
    distances: list[list[float | None]] = []
    sources: list[_Waypoint] = []
    destinations: list[_Waypoint] = []


class _Way(Form):
    distance: float
    duration: float


class _Routes(Form):
    code: str
    routes: list[_Way] = []
    waypoints: list[_Waypoint] = []


class Osrm:
    """Open Source Routing Machine on OpenStreetMap's roads; FOSSGIS runs the public server.

    Base address: https://router.project-osrm.org. Documentation: https://project-osrm.org/docs/v26.4.0/http. Terms of
    the public server (https://github.com/Project-OSRM/osrm-backend/wiki/Demo-server and
    https://www.fossgis.de/arbeitsgruppen/osm-server/nutzungsbedingungen/): one call a second, our name in the user
    agent, attribution of OpenStreetMap, a link for those who want to mend its map; no heavy use.

    `modes`: what the server was prepared for. At the public address that is driving, whatever the path says.
    """

    BASE_URL = "https://router.project-osrm.org"
    ATTRIBUTION = Attribution(
        "OSRM",
        "https://www.openstreetmap.org/copyright",
        "Routes by OSRM (https://project-osrm.org); map data © OpenStreetMap contributors, ODbL; mistakes on the map: "
        "https://www.openstreetmap.org/fixthemap",
    )

    def __init__(self, hub: ProviderHub, base_url: str, modes: Collection[Mode] = _DRIVING) -> None:
        is_public = urlsplit(base_url).hostname in PUBLIC_HOSTS
        limits = UsageLimits(interval_s=PUBLIC_INTERVAL_S if is_public else 0.0)
        self._api = ProviderApi(hub, "osrm", base_url, self.ATTRIBUTION, limits)
        self._modes = modes

    async def matrix(self, spots: Sequence[Spot], mode: Mode, deadline: Deadline) -> Fetched[RoadMatrix] | None:
        """None for other modes, and for more spots than it takes."""
        if mode not in self._modes or len(spots) > MOST_SPOTS:
            return None
        query = {"annotations": "duration,distance", "generate_hints": "false"}
        call = Call(f"/table/v1/{_PROFILES[mode]}/{_points(spots)}", query)
        try:
            fetched = await self._api.ask(_Table, call, ROADS, deadline, self._has_size(len(spots)))
        except ProviderRefusedQuestionError as error:
            if _code(error) in _NOT_FOR_US:
                return None
            raise
        return fetched.replaced(RoadMatrix(_roads(fetched.value), self.ATTRIBUTION))

    async def route(self, origin: Spot, destination: Spot, mode: Mode, deadline: Deadline) -> Fetched[FoundRoad] | None:
        """None for other modes."""
        if mode not in self._modes:
            return None
        query = {"overview": "false", "generate_hints": "false"}
        call = Call(f"/route/v1/{_PROFILES[mode]}/{_points((origin, destination))}", query)
        try:
            fetched = await self._api.ask(_Routes, call, ROADS, deadline, self._has_a_route)
        except ProviderRefusedQuestionError as error:
            if _code(error) in _NO_ROAD:
                return Fetched(FoundRoad(None, self.ATTRIBUTION), datetime.now(UTC), is_live=True)
            raise
        way, ends = fetched.value.routes[0], fetched.value.waypoints
        road = road_or_none(way.distance, way.duration, ends[0].distance, ends[-1].distance)
        return fetched.replaced(FoundRoad(road, self.ATTRIBUTION))

    def _has_size(self, size: int) -> Callable[[_Table], None]:
        def check(table: _Table) -> None:
            self._is_ok(table.code)
            tables_fit = is_square(table.durations, size) and is_square(table.distances, size)
            if not tables_fit or len(table.sources) != size or len(table.destinations) != size:
                raise ProviderAnswerError(self.ATTRIBUTION.provider, "answered with a table of another size")

        return check

    def _has_a_route(self, answer: _Routes) -> None:
        self._is_ok(answer.code)
        if not answer.routes or len(answer.waypoints) != 2:
            raise ProviderAnswerError(self.ATTRIBUTION.provider, "answered without a route")

    def _is_ok(self, code: str) -> None:
        """What it documents for HTTP 400 is taken the same in a 200."""
        if code != "Ok":
            raise ProviderRefusedQuestionError(self.ATTRIBUTION.provider, "cannot answer this", 200, {"code": code})


def _points(spots: Sequence[Spot]) -> str:
    """Longitude first; to about a metre, so that the same question is the same."""
    return ";".join(f"{spot.longitude:.5f},{spot.latitude:.5f}" for spot in spots)


def _roads(table: _Table) -> tuple[tuple[Road | None, ...], ...]:
    ends = [waypoint.distance for waypoint in table.destinations]
    return tuple(
        tuple(road_or_none(*cell) for cell in zip(metres, seconds, [start.distance] * len(ends), ends, strict=True))
        for metres, seconds, start in zip(table.distances, table.durations, table.sources, strict=True)
    )


def _code(error: ProviderRefusedQuestionError) -> str | None:
    code = error.body.get("code") if isinstance(error.body, dict) else None
    return code if isinstance(code, str) else None
