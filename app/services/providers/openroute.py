"""OpenRouteService's roads: the matrix of all ways of a trip, and a single way."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderRefusedQuestionError
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import Form, NoneIsDefault
from app.services.outside.http_call import Call, Secret
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.routes.roads import FARTHEST_SNAP_M, ROADS, FoundRoad, Mode, Road, RoadMatrix, is_square, road_or_none
from app.trips.problem import Spot

MATRICES_A_DAY, ROUTES_A_DAY = 500, 2_000
BUSY_FOR_S = 60.0
"""Its limit a minute slides; it answers 429 to whoever passes it, and does not say until when."""

MOST_CELLS = 3_500

_PROFILES: dict[Mode, str] = {"driving": "driving-car", "cycling": "cycling-regular", "walking": "foot-walking"}

# Answers about the question (docs/api-reference/error-codes.md): no road; and what another provider may know.
_NO_ROAD = (2009, 2010)
_NOT_FOR_US = (2004, 6004, 6010, 6020)


class _Snapped(Form):
    """`snapped_distance` in metres."""

    snapped_distance: Annotated[float, NoneIsDefault] = 0.0


class _Matrix(Form):
    """Seconds and metres, `[source][destination]`. A spot that lies off every road is null."""

    durations: list[list[float | None]]
    distances: list[list[float | None]]
    sources: list[_Snapped | None]
    destinations: list[_Snapped | None]


class _Summary(Form):
    """A way from a place to itself has neither."""

    distance: float = 0.0
    duration: float = 0.0


class _Route(Form):
    summary: _Summary


class _Routes(Form):
    routes: list[_Route] = Field(min_length=1)


class OpenRoute:
    """openrouteservice of HeiGIT, Heidelberg, on OpenStreetMap's roads.

    Base address: https://api.heigit.org/openrouteservice; the older https://api.openrouteservice.org was announced on
    28 April 2026 to be switched off. Documentation: https://openrouteservice.org/dev/ and
    https://giscience.github.io/openrouteservice/api-reference/ (endpoints, error codes). The key stands in the header
    `Authorization`. Limits (https://openrouteservice.org/plans/ and /restrictions/): 500 matrices and 2,000 routes a
    day, 40 of each a minute, 3,500 cells, ways of 6,000 km. Its terms ask for the attribution below.
    """

    BASE_URL = "https://api.heigit.org/openrouteservice"
    ATTRIBUTION = Attribution(
        "OpenRouteService",
        "https://openrouteservice.org/",
        "© openrouteservice.org by HeiGIT; map data © OpenStreetMap contributors, ODbL "
        "(https://www.openstreetmap.org/copyright)",
    )

    def __init__(self, hub: ProviderHub, base_url: str, key: str) -> None:
        def api(slug: str, daily_quota: int) -> ProviderApi:
            secret = Secret("header", "Authorization", key)
            return ProviderApi(
                hub, slug, base_url, self.ATTRIBUTION, UsageLimits(daily_quota, busy_for_s=BUSY_FOR_S), secret
            )

        self._matrices = api("openroute-matrix", MATRICES_A_DAY)
        self._routes = api("openroute-directions", ROUTES_A_DAY)

    async def matrix(self, spots: Sequence[Spot], mode: Mode, deadline: Deadline) -> Fetched[RoadMatrix] | None:
        """None for more spots than it takes, and where one of them lies off its roads: it looks 350 m around."""
        if len(spots) ** 2 > MOST_CELLS:
            return None
        asked = {"locations": _points(spots), "metrics": ["distance", "duration"], "units": "m"}
        call = Call(f"/v2/matrix/{_PROFILES[mode]}", json=asked)
        try:
            fetched = await self._matrices.ask(_Matrix, call, ROADS, deadline, self._has_size(len(spots)))
        except ProviderRefusedQuestionError as error:
            if _code(error) in _NOT_FOR_US:
                return None
            raise
        sources, destinations = fetched.value.sources, fetched.value.destinations
        starts = [spot.snapped_distance for spot in sources if spot is not None]
        ends = [spot.snapped_distance for spot in destinations if spot is not None]
        if len(starts) < len(spots) or len(ends) < len(spots):
            return None
        return fetched.replaced(RoadMatrix(_roads(fetched.value, starts, ends), self.ATTRIBUTION))

    async def route(self, origin: Spot, destination: Spot, mode: Mode, deadline: Deadline) -> Fetched[FoundRoad] | None:
        """None for a way that is longer than it reckons."""
        asked = {
            "coordinates": _points((origin, destination)),
            "radiuses": [FARTHEST_SNAP_M, FARTHEST_SNAP_M],
            "units": "m",
            "geometry": False,
            "instructions": False,
        }
        call = Call(f"/v2/directions/{_PROFILES[mode]}/json", json=asked)
        try:
            fetched = await self._routes.ask(_Routes, call, ROADS, deadline)
        except ProviderRefusedQuestionError as error:
            if _code(error) in _NO_ROAD:
                return Fetched(FoundRoad(None, self.ATTRIBUTION), datetime.now(UTC), is_live=True)
            if _code(error) in _NOT_FOR_US:
                return None
            raise
        summary = fetched.value.routes[0].summary
        road = Road(summary.distance / 1000, summary.duration)
        return fetched.replaced(FoundRoad(road, self.ATTRIBUTION))

    def _has_size(self, size: int) -> Callable[[_Matrix], None]:
        def check(matrix: _Matrix) -> None:
            tables_fit = is_square(matrix.durations, size) and is_square(matrix.distances, size)
            if not tables_fit or len(matrix.sources) != size or len(matrix.destinations) != size:
                raise ProviderAnswerError(self.ATTRIBUTION.provider, "answered with a matrix of another size")

        return check


def _points(spots: Sequence[Spot]) -> list[list[float]]:
    """Longitude first; to about a metre, so that the same question is the same."""
    return [[round(spot.longitude, 5), round(spot.latitude, 5)] for spot in spots]


def _roads(matrix: _Matrix, starts: list[float], ends: list[float]) -> tuple[tuple[Road | None, ...], ...]:
    return tuple(
        tuple(road_or_none(*cell) for cell in zip(metres, seconds, [start] * len(ends), ends, strict=True))
        for metres, seconds, start in zip(matrix.distances, matrix.durations, starts, strict=True)
    )


def _code(error: ProviderRefusedQuestionError) -> int | None:
    """Its own code: `{"error": {"code": 2010, "message": …}}`."""
    inner = error.body.get("error") if isinstance(error.body, dict) else None
    code = inner.get("code") if isinstance(inner, dict) else None
    return code if isinstance(code, int) else None
