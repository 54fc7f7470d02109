"""Names that the bundled gazetteer lacks are asked of the fleet: a maps worker with providers asks its geocoders. The
gateway itself calls nobody outside.
"""

from typing import Any

import structlog
from pydantic import ValidationError

from app.core.orchestrator import Orchestrator
from app.errors import RoundTableError
from app.trips.places.known import KnownPlace

log = structlog.get_logger(__name__)

AGENT, CAPABILITY = "maps", "geocoding"

WITHIN_MS = 5_000
"""A traveller waits for the answer before anything has begun."""


class FleetGeocoder:
    """`timeout_ms`: the agent's deadline, where that is shorter than ours."""

    def __init__(self, orchestrator: Orchestrator, timeout_ms: int) -> None:
        self._orchestrator = orchestrator
        self._timeout_ms = min(timeout_ms, WITHIN_MS)

    async def find(self, name: str) -> dict[str, Any] | None:
        """The place as JSON, as `KnownPlace` has it; None where nobody knows it, or nobody can be asked."""
        beats = self._orchestrator.fleet.instances(AGENT)
        if not any(CAPABILITY in beat.capabilities for beat in beats):
            return None
        try:
            answer = await self._orchestrator.ask(AGENT, {"geocode": name}, self._timeout_ms)
            return KnownPlace.model_validate(answer).model_dump(mode="json")
        except ValidationError:
            log.warning("geocoded_place_not_understood")
        except RoundTableError as error:
            log.info("place_not_geocoded", reason=str(error))
        return None
