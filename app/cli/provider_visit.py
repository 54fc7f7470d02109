"""One visit to every provider, and to the model where a key is set: real questions, as the agents would ask them, so
that a wrong key, a spent quota or a missing network is found before a traveller finds it.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from app.agents.base_agent import AgentContext, BaseAgent
from app.config.settings import Settings
from app.errors import RoundTableError
from app.llm.task import Task, Writer
from app.services.outside.deadlines import Deadline
from app.services.outside.health import ProviderHealth
from app.services.outside.store import NoStore
from app.today import today
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from app.workers.provider_setup import ProviderSetup, make_hub

WITHIN_S = 10.0
"""For all of them together: they are asked at once."""

_FROM, _TO = "Lyon", "Paris"
"""Far enough from each other for a road, and known to every provider."""


class _Visit(AgentContext):
    def __init__(self) -> None:
        self._deadline = Deadline.after(WITHIN_S)

    @property
    def deadline(self) -> Deadline:
        return self._deadline

    async def progress(self, message: str, percent: int) -> None:
        return None


async def visit_providers(settings: Settings) -> list[ProviderHealth]:
    """How each does, by its answer to one question; `untried` where another one answered first. Empty where they are
    off. Never raises for a provider that is away: that is a finding."""
    if settings.providers == "offline":
        return []
    hub = make_hub(settings, NoStore())
    setup = ProviderSetup(hub, settings)
    agents = [worker.build(setup) for worker in (weather_worker, events_worker, maps_worker, budget_worker)]
    writer = itinerary_worker.writer_of(setup)
    hub.probe_all()
    tomorrow = (today() + timedelta(days=1)).isoformat()
    questions: list[dict[str, object]] = [
        {"destination": _TO, "travel_dates": [tomorrow]},
        {"destination": _TO, "travel_dates": [tomorrow]},
        {"destination": _TO, "origin": _FROM},
        {"destination": _TO, "origin": _FROM, "days": 2, "currency": "USD"},
    ]
    try:
        async with asyncio.timeout(WITHIN_S + 1):
            visits = [_asked(agent, question) for agent, question in zip(agents, questions, strict=True)]
            await asyncio.gather(*visits, *([_greeted(writer)] if writer else []))
    except TimeoutError:
        pass
    finally:
        await hub.aclose()
    # Two agents may ask the same provider; it is told once, as it does worst.
    found = sorted(hub.health(), key=lambda health: health.state in ("ok", "untried"), reverse=True)
    return list({health.name: health for health in found}.values())


async def _asked(agent: BaseAgent[Any, Any], question: dict[str, object]) -> None:
    with suppress(RoundTableError):
        await agent.handle(agent.request_type.model_validate(question), _Visit())


class _Greeting(BaseModel):
    word: str


async def _greeted(writer: Writer) -> None:
    """As short a question as there is: it costs less than a hundredth of a cent."""
    task = Task("Answer with the word in the data.", '{"word": "ready"}', _Greeting, lambda _: None)
    await writer.ask(task, Deadline.after(WITHIN_S))
