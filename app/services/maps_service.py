"""Routes: how to get from one place to another, with every mode judged."""

from app.trips.places.place import Place
from app.trips.reports import RouteReport
from app.trips.request import LocalTransport


class MapsService:
    """Offline estimates of the way there; live route providers can stand before it with the same `routes`."""

    async def routes(
        self, origin: Place, destination: Place, days: int | None, preferred: LocalTransport | None
    ) -> RouteReport:
        """One way, from `origin` to `destination`. `days`: length of the trip, None where it is not known."""
        raise NotImplementedError
