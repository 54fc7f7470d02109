"""Names that the bundled gazetteer lacks are asked of the fleet: a maps worker with providers asks its geocoders. The
gateway itself calls nobody outside.
"""

import asyncio
import time
from typing import Any

import structlog
from pydantic import ValidationError

from app.core.errors import AgentExecutionError
from app.core.orchestrator import Orchestrator
from app.errors import RoundTableError
from app.trips.places.known import KnownPlace

log = structlog.get_logger(__name__)

AGENT, CAPABILITY = "maps", "geocoding"

WITHIN_MS = 5_000
"""A traveller waits for the answer before anything has begun."""

AT_ONCE = 4
"""More names are not asked at a time: they come from anybody, and geocoders count."""

FORGET_AFTER_S = 60.0
"""How long a name that nobody knows is not asked again."""

REMEMBER_AT_MOST = 10_000
"""Such names."""

_UNKNOWN = "invalid_request"
"""The agent's word for a name that nobody knows."""


class NotLookedUpError(RoundTableError):
    """Whether there is such a place could not be found out."""

    code = "place_not_looked_up"


class FleetGeocoder:
    """`timeout_ms`: the agent's deadline, where that is shorter than ours."""

    def __init__(self, orchestrator: Orchestrator, timeout_ms: int) -> None:
        self._orchestrator = orchestrator
        self._timeout_ms = min(timeout_ms, WITHIN_MS)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._unknown: dict[str, float] = {}

    async def find(self, name: str) -> dict[str, Any] | None:
        """The place as JSON, as `KnownPlace` has it; None where nobody knows it, or nobody looks names up here.

        Raises NotLookedUpError where those who do could not be asked.
        """
        beats = self._orchestrator.fleet.instances(AGENT)
        if not any(CAPABILITY in beat.capabilities for beat in beats) or self._is_known_to_be_unknown(name):
            return None
        try:
            async with self._turns:
                answer = await self._orchestrator.ask(AGENT, {"geocode": name}, self._timeout_ms)
            return KnownPlace.model_validate(answer).model_dump(mode="json")
        except AgentExecutionError as error:
            if error.code == _UNKNOWN:
                self._remember_unknown(name)
                return None
            raise NotLookedUpError(str(error)) from error
        except (RoundTableError, ValidationError) as error:
            log.warning(
                "place_not_looked_up", reason=str(error) if isinstance(error, RoundTableError) else "odd answer"
            )
            raise NotLookedUpError("it could not be looked up just now") from error

    def _is_known_to_be_unknown(self, name: str) -> bool:
        return self._unknown.get(name, 0.0) > time.monotonic()

    def _remember_unknown(self, name: str) -> None:
        if len(self._unknown) >= REMEMBER_AT_MOST:
            self._unknown.clear()
        self._unknown[name] = time.monotonic() + FORGET_AFTER_S
