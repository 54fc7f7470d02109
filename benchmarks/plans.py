"""Real plans on bundled facts: through the fleet of `make run`, beside the same agents in one process without Redis.

    python -m benchmarks.plans [--short]

For 1, 8 and 32 plans in flight: plans/s and how long a plan takes; for every agent how long it works and how many of
its requests succeed (row S2-49: more than 95 %); a plan's processing time (row S2-48: less than 5 s). The agents in one
process are built as the workers build theirs, four are asked at once, then the itinerary; what they lack is the
gateway, the log, and that anything survives. So the ratio is what the fleet costs, and what its processes gain.

Fifty travellers at once are in `load.py` (rows S1-62, S1-63).
"""

import argparse
import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from app.agents.base_agent import BaseAgent
from app.api.places import known_places
from app.config.settings import Settings
from app.core.workflow import Step
from app.services.outside.deadlines import Deadline
from app.trips.request import TripRequest
from app.trips.workflow import trip_workflow
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from benchmarks.bodies import AGENTS
from benchmarks.client import PLAN_PATH, Connection, as_body, connected, connections
from benchmarks.gateway import cpu_s_of, quiet_logs, real_fleet
from benchmarks.load import CITIES, trip
from benchmarks.measure import aligned, machine, quantile
from benchmarks.window import OWN_PART, Window, window

IN_FLIGHT = (1, 8, 32)
WINDOW_S, SHORT_WINDOW_S = 8.0, 2.0

SUCCESS_ABOVE = 0.95
PROCESSING_BELOW_MS = 5_000


@dataclass
class Outcomes:
    """Of one contender, over all windows. By agent: milliseconds of each request that succeeded, and how many did
    not. `processing_ms`, `statuses`: of the plans."""

    took_ms: dict[str, list[float]] = field(default_factory=lambda: {agent: [] for agent in AGENTS})
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(AGENTS, 0))
    processing_ms: list[int] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def success(self, agent: str) -> float:
        succeeded = len(self.took_ms[agent])
        return succeeded / (succeeded + self.failed[agent])


# ---- in one process


class Alone:
    """What an agent is told of the world where there is none."""

    @property
    def deadline(self) -> Deadline:
        return Deadline.after(60.0)

    async def progress(self, message: str, percent: int) -> None:
        pass


class Agents:
    """The five of them, as their workers build them, and the trip's workflow."""

    def __init__(self) -> None:
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        self._steps = trip_workflow(settings.step_timeouts_ms(), settings.orchestrator_timeout).steps
        built: Sequence[BaseAgent[Any, Any]] = (
            weather_worker.build(),
            events_worker.build(),
            maps_worker.build(),
            budget_worker.build(),
            itinerary_worker.build(),
        )
        self._agents = {agent.name: agent for agent in built}
        self._numbers = count()

    async def plan(self, outcomes: Outcomes) -> dict[str, Any]:
        """The reports by agent; all of them, else it is an error."""
        asked = TripRequest.model_validate(trip(next(self._numbers)))
        places = await known_places(destination=asked.destination, origin=asked.origin)
        request = {**asked.model_dump(mode="json"), "places": places}
        results: dict[str, Any] = {}
        while ready := [step for step in self._steps if step.name not in results and set(step.needs) <= set(results)]:
            reports = await asyncio.gather(*(self._report(step, request, results, outcomes) for step in ready))
            results.update(zip((step.name for step in ready), reports, strict=True))
        assert set(results) == set(AGENTS)
        return results

    async def _report(self, step: Step, request: dict[str, Any], results: dict[str, Any], outcomes: Outcomes) -> Any:
        agent = self._agents[step.agent]
        began = time.perf_counter()
        asked = {name: request[name] for name in step.reads if name in request}
        if step.needs:
            asked["results"] = {name: results[name] for name in step.needs}
        report = await agent.handle(agent.request_type.model_validate(asked), Alone())
        outcomes.took_ms[agent.name].append((time.perf_counter() - began) * 1000)
        return report.model_dump(mode="json")


async def main(window_s: float) -> None:
    quiet_logs()
    fleets, alone, agents = Outcomes(), Outcomes(), Agents()
    rows, ratios = [["in flight", "", "plans/s", "p50 ms", "p99 ms", "CPU ms/plan"]], []
    async with real_fleet() as fleet:
        await _warm_up(fleet.gateway_url, agents)
        for in_flight in IN_FLIGHT:
            ours = await _through_the_fleet(fleet.gateway_url, partial(cpu_s_of, fleet), in_flight, window_s, fleets)
            bare = await window([partial(agents.plan, alone)] * in_flight, window_s, dict)
            rows += [_row(in_flight, "fleet", ours), _row(in_flight, "one process", bare)]
            ratios.append(_ratio(in_flight, ours, bare))
    print(machine("fastapi", "uvicorn", "redis", "pydantic"))
    print(aligned(rows))
    print("\n".join(ratios))
    print(_by_agent(fleets, alone))
    complete, slowest = fleets.statuses["completed"], max(fleets.processing_ms)
    print(f"{complete} of {fleets.statuses.total()} plans complete")
    verdict = "reached" if slowest < PROCESSING_BELOW_MS else "missed"
    print(f"processing time: at most {slowest:,} ms; goal below {PROCESSING_BELOW_MS:,} ms: {verdict}")


async def _warm_up(url: str, agents: Agents) -> None:
    """Every city once: what is read of it the first time is kept."""
    async with connected(url) as connection:
        for number in range(len(CITIES)):
            await connection.plan(as_body(trip(number)))
            await agents.plan(Outcomes())


# ---- through the fleet


async def _through_the_fleet(
    url: str, cpu_s: Callable[[], dict[str, float]], in_flight: int, window_s: float, outcomes: Outcomes
) -> Window[dict[str, Any]]:
    numbers = count()
    async with connections(url, in_flight) as opened:
        lanes = [partial(_plan, connection, numbers) for connection in opened]
        found = await window(lanes, window_s, cpu_s)
    async with connected(url) as connection:
        for answer in found.results:
            await _judge(connection, answer, outcomes)
    return found


async def _plan(connection: Connection, numbers: "count[int]") -> dict[str, Any]:
    """Not refused; complete or not, that is counted."""
    answer: dict[str, Any] = await connection.post(PLAN_PATH, as_body(trip(next(numbers))))
    return answer


async def _judge(connection: Connection, answer: dict[str, Any], outcomes: Outcomes) -> None:
    outcomes.processing_ms.append(answer["processing_time_ms"])
    outcomes.statuses[answer["status"]] += 1
    session = await connection.get(f"/api/v1/session/{answer['session_id']}")
    for agent, told in session["agents"].items():
        if told["status"] == "completed":
            outcomes.took_ms[agent].append(told["duration_ms"])
        else:
            outcomes.failed[agent] += 1


# ---- the report


def _row(in_flight: int, name: str, found: Window[Any]) -> list[str]:
    cpu_ms = found.cpu_ms()
    own = cpu_ms.pop(OWN_PART)
    parts = ", ".join(f"{part} {ms:.1f}" for part, ms in sorted(cpu_ms.items()))
    told = f"{sum(cpu_ms.values()):.1f}: {parts}; client {own:.1f}" if cpu_ms else f"{own:.1f}"
    quantiles = (f"{found.quantile_ms(share):.1f}" for share in (0.5, 0.99))
    return [str(in_flight), name, f"{found.per_s:.1f}", *quantiles, told]


def _ratio(in_flight: int, ours: Window[Any], bare: Window[Any]) -> str:
    cost_ms = sum(ms for part, ms in ours.cpu_ms().items() if part != OWN_PART)
    cpu, p50 = cost_ms / bare.cpu_ms()[OWN_PART], ours.quantile_ms(0.5) / bare.quantile_ms(0.5)
    figures = f"{ours.per_s / bare.per_s:.2f} plans/s, {p50:.2f} p50, {cpu:.2f} CPU"
    return f"{in_flight} in flight, fleet : one process = {figures}"


def _by_agent(fleets: Outcomes, alone: Outcomes) -> str:
    heads = [
        "agent",
        "p50 ms",
        "p99 ms",
        "in one process p50 ms",
        "p99 ms",
        "success",
        f"goal above {SUCCESS_ABOVE:.0%}",
    ]
    return aligned([heads, *(_agent_row(agent, fleets, alone) for agent in AGENTS)])


def _agent_row(agent: str, fleets: Outcomes, alone: Outcomes) -> list[str]:
    times = (
        f"{value:.1f}"
        for found in (fleets.took_ms[agent], alone.took_ms[agent])
        for value in (statistics.median(found), quantile(found, 0.99))
    )
    success = fleets.success(agent)
    asked = len(fleets.took_ms[agent]) + fleets.failed[agent]
    verdict = "reached" if success > SUCCESS_ABOVE else "missed"
    return [agent, *times, f"{success:.1%} of {asked}", verdict]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plans")
    parser.add_argument("--short", action="store_true", help="shorter windows")
    asyncio.run(main(SHORT_WINDOW_S if parser.parse_args().short else WINDOW_S))
