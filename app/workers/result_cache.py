"""An agent's results, kept for a while for identical questions: by agent, our version, how its providers are set, the
day, and the fields of the request that the agent reads. So a changed budget asks nobody for the weather again, and a
trip that was planned a minute ago is planned from what is there.

One mechanism on four levels: a whole plan (all its agents' results are kept), one agent's common questions, and the
parts of a plan. What providers answered is kept below, by `services/outside`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import structlog
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from app.agents.base_agent import BaseAgent
from app.agents.kept_reports import as_cached
from app.errors import RoundTableError
from app.messaging.broker import Broker
from app.version import VERSION

log = structlog.get_logger(__name__)

DEGRADED_TTL_S = 60
"""A result that had to do without a provider is kept no longer: the provider may be back by then."""

_Agent = BaseAgent[Any, Any]


@dataclass(frozen=True)
class KeptResult:
    """`report_json`: in the form that `as_cached` gives it. `age_s`: since the agent made it."""

    report_json: bytes
    age_s: int


class ResultCache:
    """`ttl_s` 0: nothing is kept. `setup`: how the agent's providers are set, in any words."""

    def __init__(self, broker: Broker, ttl_s: int, setup: str = "") -> None:
        self._broker = broker
        self._ttl_s = ttl_s
        self._setup = setup
        self.hits = 0

    def serves(self, agent: _Agent) -> bool:
        return self._ttl_s > 0 and agent.is_cacheable

    async def find(self, agent: _Agent, request: BaseModel) -> KeptResult | None:
        """Never raises: whatever is wrong with the cache, the agent can do its work."""
        try:
            raw = await self._broker.get(_owner(agent), self.digest(agent, request))
        except RoundTableError as error:
            log.debug("kept_results_not_read", reason=str(error))
            return None
        kept = None if raw is None else _read(raw)
        self.hits += kept is not None
        return kept

    def keep(self, agent: _Agent, request: BaseModel, report_json: bytes, *, is_whole: bool = True) -> None:
        """On its way when this returns, before anything that is said to Redis later; nobody waits for it. `is_whole`:
        no provider was missing from it."""
        if not agent.is_cacheable:
            return
        head = to_json({"made_at": datetime.now(UTC).isoformat()})
        ttl_s = self._ttl_s if is_whole else min(self._ttl_s, DEGRADED_TTL_S)
        cached = head + b"\n" + as_cached(report_json)
        self._broker.put(_owner(agent), self.digest(agent, request), cached, ttl_s)

    def digest(self, agent: _Agent, request: BaseModel) -> str:
        """A request holds other agents' results; whether these came from the cache makes no difference."""
        asked = as_cached(request.model_dump_json().encode())
        day = datetime.now(UTC).date().isoformat()
        return sha256(b"\n".join([VERSION.encode(), self._setup.encode(), day.encode(), asked])).hexdigest()[:32]


def _owner(agent: _Agent) -> str:
    return f"agent-{agent.name}"


def _read(raw: bytes) -> KeptResult | None:
    """None for bytes that are none of ours."""
    head, _, report_json = raw.partition(b"\n")
    try:
        made_at = datetime.fromisoformat(from_json(head)["made_at"])
        is_report = isinstance(from_json(report_json), dict)
        age_s = (datetime.now(UTC) - made_at).total_seconds()
    except (ValueError, TypeError, KeyError):
        is_report = False
    if not is_report:
        log.warning("kept_result_not_understood")
        return None
    return KeptResult(report_json, max(0, int(age_s)))
