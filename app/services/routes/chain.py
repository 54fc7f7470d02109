"""Ways by road from the first of several providers that has an answer. Where nobody has one, the estimates stand."""

from collections.abc import Sequence

from app.services.outside.chain import Answered, first_answer
from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Fetched
from app.services.routes.roads import FoundRoad, Mode, RoadMatrix, RoadProvider
from app.trips.problem import Spot


class RouteChain:
    """`providers`: in the order in which they are asked. The verbs are those of one provider, with the errors of those
    that failed beside the answer. Never raises ProviderError."""

    def __init__(self, providers: Sequence[RoadProvider]) -> None:
        self._providers = providers

    async def matrix(self, spots: Sequence[Spot], mode: Mode, deadline: Deadline) -> Answered[Fetched[RoadMatrix]]:
        """The ways between each two of the spots, in one call to each provider that is asked."""
        return await first_answer(self._providers, lambda provider: provider.matrix(spots, mode, deadline))

    async def route(
        self, origin: Spot, destination: Spot, mode: Mode, deadline: Deadline
    ) -> Answered[Fetched[FoundRoad]]:
        return await first_answer(self._providers, lambda provider: provider.route(origin, destination, mode, deadline))
