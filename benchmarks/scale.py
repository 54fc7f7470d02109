"""What replicas gain, and what being asked through the fleet costs agents that take their time.

    python -m benchmarks.scale [--short]

1. Agents of 1 s that work one request at a time, 1, 2, 4 and 8 of each: how soon a burst of plans is done, beside the
   least that so many replicas need, and how evenly the requests were spread over them (row S2-09). With one of each,
   the four that are asked at once beside the same four asked one after another (row S0-01).
2. Agents with the latencies that the first papers name: a whole trip, beside the same five agents asked one after
   another over the same fleet (rows S0-03, S0-171); one agent alone, beside the time that the agent itself took (row
   S0-172); plans a minute with one replica of each and with five, at default concurrency (rows S0-173, S0-174).

Every plan is checked to be complete. `--short` makes the waits of the second part 0.3 times as long and scales the
plans a minute back.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.config.settings import Settings
from app.core.orchestrator import Orchestrator
from app.messaging.broker import Broker
from app.trips.workflow import trip_workflow
from benchmarks.bodies import AGENTS, FAN_OUT, LAST, REQUESTS, text
from benchmarks.client import TRIP, Connection, as_body, connected, connections
from benchmarks.gateway import POLL_S, Fleet, Status, quiet_logs, waiting_fleet
from benchmarks.measure import aligned, machine, spread
from benchmarks.window import window

WORK_S = 1.0
LATENCIES_S = {"weather": (2, 3), "events": (3, 4), "maps": (2, 3), "budget": (1, 2), "itinerary": (3, 4)}
"""Weather and events as the first papers have them; the others are ours to choose, and of the same kind."""

AT_MOST_ITS_SHARE = 1.5
STAGE_WITHIN_S = 1.5
OVERHEAD_WITHIN_MS = 100

QUESTIONS = {**REQUESTS, LAST: text(8_000, len(AGENTS))}


@dataclass(frozen=True)
class Extent:
    """How much is measured. `bursts`, `steady_rounds`: requests that each replica is to work, all asked for at once or
    in turn. `pace`: by which the latencies are multiplied. `stages`, `trips`: of each kind. `window_s`: in which plans
    are counted."""

    levels: tuple[int, ...]
    bursts: int
    steady_rounds: int
    pace: float
    stages: int
    trips: int
    window_s: float


FULL = Extent((1, 2, 4, 8), bursts=5, steady_rounds=3, pace=1.0, stages=2, trips=4, window_s=10.0)
SHORT = Extent((1, 2), bursts=2, steady_rounds=0, pace=0.3, stages=1, trips=3, window_s=2.5)


async def main(extent: Extent) -> None:
    quiet_logs()
    print(machine("fastapi", "uvicorn", "redis"))
    wait = f"{WORK_S * 1000:g}"
    async with waiting_fleet(dict.fromkeys(AGENTS, wait), WORKER_CONCURRENCY="1") as fleet:
        await replicas(fleet, extent)
        await at_once(fleet, extent)
    waits = {agent: "-".join(f"{s * 1000 * extent.pace:g}" for s in both) for agent, both in LATENCIES_S.items()}
    async with waiting_fleet(waits) as fleet:
        await trips(fleet, extent)
        await single_agents(fleet, extent)
        await plans_a_minute(fleet, extent)


# ---- 1. agents of one second


class Spread:
    """How evenly requests were spread over the instances of a fleet that has worked nothing yet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._before: dict[str, dict[str, int]] = {agent: {} for agent in AGENTS}

    async def plans(self, count: int, replicas: int) -> float:
        """The largest part that any instance had of the so many plans since the last call, as a multiple of an even
        share among the replicas. Waits until the heartbeats tell of all of them."""

        def is_told(status: Status) -> bool:
            found = _finished(status)
            return all(sum(found[agent].values()) == sum(self._before[agent].values()) + count for agent in AGENTS)

        after, before = _finished(await self._fleet.until(is_told)), self._before
        self._before = after
        most = (max(done - before[agent].get(one, 0) for one, done in after[agent].items()) for agent in AGENTS)
        return max(most) / (count / replicas)


def _finished(status: Status) -> dict[str, dict[str, int]]:
    """By agent and instance."""
    return {
        agent: {instance["instance"]: instance["finished"] for instance in instances}
        for agent, instances in status["instances"].items()
    }


async def replicas(fleet: Fleet, extent: Extent) -> None:
    print(f"\nAgents of {WORK_S:g} s, one request at a time; {extent.bursts} plans a replica, all asked for at once")
    rows = [["replicas", "plans", "took s", "least s", "of the ideal", "most of one instance : its share"]]
    spread_of = Spread(fleet)
    for count, following in zip(extent.levels, (*extent.levels[1:], extent.levels[-1]), strict=True):
        plans, least_s = count * extent.bursts, (extent.bursts + 1) * WORK_S
        took_s = await _burst(fleet.url, plans)
        share, _ = await asyncio.gather(spread_of.plans(plans, count), fleet.grow(following))
        cells = (f"{took_s:.2f}", f"{least_s:.2f}", f"{least_s / took_s:.1%}", _share_told(share))
        rows.append([str(count), str(plans), *cells])
    print(aligned(rows))
    if extent.steady_rounds:
        await _steady_load(fleet, extent.steady_rounds, spread_of)


async def _steady_load(fleet: Fleet, rounds: int, spread_of: Spread) -> None:
    """With places to spare, it is up to the fleet who gets what."""
    lanes = fleet.replicas
    await asyncio.gather(*(_plans_in_turn(fleet.url, rounds) for _ in range(lanes)))
    share = _share_told(await spread_of.plans(lanes * rounds, fleet.replicas))
    print(f"{lanes} in flight on {fleet.replicas} replicas, steadily: most of one instance : its share = {share}")


async def _burst(url: str, plans: int) -> float:
    """Seconds until all are done. The least is what the first stage takes, and one more request for the itinerary."""
    async with connections(url, plans) as opened:
        began = time.perf_counter()
        await asyncio.gather(*(connection.plan(as_body(TRIP)) for connection in opened))
        return time.perf_counter() - began


async def _plans_in_turn(url: str, count: int) -> None:
    async with connected(url) as connection:
        for _ in range(count):
            await connection.plan(as_body(TRIP))


def _share_told(share: float) -> str:
    return f"{share:.2f}; goal at most {AT_MOST_ITS_SHARE}: {_verdict(share <= AT_MOST_ITS_SHARE)}"


async def at_once(fleet: Fleet, extent: Extent) -> None:
    """Row S0-01: with the plan's way through the gateway, and without the itinerary's own second."""
    stages = []
    for _ in range(extent.stages):
        took_s, own_s = await _whole_trip(fleet.url)
        stages.append(took_s - own_s[LAST])
    async with asking(fleet.redis_url) as ask:
        one_by_one_s = await _one_after_another(ask, FAN_OUT)
    goal = f"goal below {STAGE_WITHIN_S} s: {_verdict(max(stages) < STAGE_WITHIN_S)}"
    print(f"\nFour agents of {WORK_S:g} s each, at once: {spread(stages, 3)} s; {goal}")
    print(
        f"The same four one after another: {one_by_one_s:.3f} s, {one_by_one_s / statistics.median(stages):.2f} times"
    )


# ---- 2. agents with the papers' latencies


async def trips(fleet: Fleet, extent: Extent) -> None:
    """Rows S0-03 and S0-171, and what these latencies allow at best: the slowest of the four, and the itinerary."""
    parallel = await asyncio.gather(*(_whole_trip(fleet.url) for _ in range(extent.trips)))
    async with asking(fleet.redis_url) as ask:
        sequential = await asyncio.gather(*(_one_after_another(ask, AGENTS) for _ in range(extent.trips)))
    took = [took_s for took_s, _ in parallel]
    least = [max(own[agent] for agent in FAN_OUT) + own[LAST] for _, own in parallel]
    extra_ms = [(took_s - least_s) * 1000 for took_s, least_s in zip(took, least, strict=True)]
    allowed = statistics.mean(sum(own.values()) for _, own in parallel) / statistics.mean(least)
    ranges = ", ".join(f"{agent} {low}–{high} s" for agent, (low, high) in LATENCIES_S.items())
    print(f"\nAgents of {ranges}" + (f"; all times {extent.pace:g} of that" if extent.pace != 1 else ""))
    print(f"A trip: {spread(took)} s; the same agents one after another: {spread(sequential)} s")
    gained = statistics.mean(sequential) / statistics.mean(took)
    print(f"{gained:.2f} times as fast; the agents' own times allow {allowed:.2f} times")
    print(f"The fleet adds to the agents' own times {spread(extra_ms, 0)} ms a trip")


async def _whole_trip(url: str) -> tuple[float, dict[str, float]]:
    """Seconds until the plan, and the agents' own."""
    async with connected(url) as connection:
        began = time.perf_counter()
        plan = await connection.plan(as_body(TRIP))
        took_s = time.perf_counter() - began
        session = await connection.get(f"/api/v1/session/{plan['session_id']}")
    return took_s, {agent: told["duration_ms"] / 1000 for agent, told in session["agents"].items()}


async def single_agents(fleet: Fleet, extent: Extent) -> None:
    """Row S0-172."""
    body = as_body({"location": TRIP["destination"], "dates": TRIP["travel_dates"]})
    where = "/api/v1/events/popular/Lisbon,%20Portugal?starts=2027-05-01"
    asked: dict[str, Callable[[Connection], Awaitable[Any]]] = {
        "weather": lambda connection: connection.post("/api/v1/weather", body),
        "events": lambda connection: connection.get(where),
    }
    lanes = [asyncio.gather(*(_alone(fleet.url, ask) for _ in range(extent.trips))) for ask in asked.values()]
    for agent, found in zip(asked, await asyncio.gather(*lanes), strict=True):
        took, own = [took_s for took_s, _ in found], [own_s for _, own_s in found]
        extra_ms = [(took_s - own_s) * 1000 for took_s, own_s in found]
        goal = f"goal below {OVERHEAD_WITHIN_MS} ms: {_verdict(max(extra_ms) < OVERHEAD_WITHIN_MS)}"
        ratio = statistics.mean(took) / statistics.mean(own)
        print(f"{agent} alone: {spread(took)} s, {ratio:.3f} times the agent's own {spread(own)} s")
        print(f"  the fleet adds {spread(extra_ms, 0)} ms; {goal}")


async def _alone(url: str, ask: Callable[[Connection], Awaitable[Any]]) -> tuple[float, float]:
    """Seconds until the answer, and the agent's own."""
    async with connected(url) as connection:
        began = time.perf_counter()
        report = await ask(connection)
        took_s = time.perf_counter() - began
    return took_s, report["took_ms"] / 1000


async def plans_a_minute(fleet: Fleet, extent: Extent) -> None:
    """Rows S0-173 and S0-174, counted in a window while more plans wait than the agents have places for."""
    for count, in_flight, goal in ((1, 20, 10), (5, 100, 50)):
        await fleet.grow(count)
        async with connections(fleet.url, in_flight) as opened:
            lanes = [partial(one.plan, as_body(TRIP)) for one in opened]
            found = await window(lanes, extent.window_s, fleet.processes.cpu_s)
        per_minute = found.per_s * 60 * extent.pace
        ideal = _ideal_per_minute(count)
        told = f"goal {goal}: {_verdict(per_minute >= goal)}"
        print(f"{count} of each, {in_flight} in flight: {per_minute:.0f} plans a minute; {told}")
        print(f"  {per_minute / ideal:.0%} of the {ideal:.0f} that the places of the slowest agent allow")


def _ideal_per_minute(count: int) -> float:
    """What the agent with the longest mean latency allows, at its default places."""
    places = Settings(_env_file=None).worker_concurrency * count  # type: ignore[call-arg]
    return places * 60 / max(statistics.mean(both) for both in LATENCIES_S.values())


# ---- one after another

Ask = Callable[[str], Awaitable[Any]]


@asynccontextmanager
async def asking(redis_url: str) -> AsyncIterator[Ask]:
    """Asks single agents of the fleet, all five of them; the gateway has no route for the itinerary."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    timeouts_ms, broker = settings.step_timeouts_ms(), Broker(redis_url)
    workflow = trip_workflow(timeouts_ms, settings.orchestrator_timeout)
    orchestrator = Orchestrator(broker, [workflow], settings.state_ttl)
    await orchestrator.start()
    try:
        while not orchestrator.is_listening():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(POLL_S)
        yield lambda agent: orchestrator.ask(agent, {"question": QUESTIONS[agent]}, timeouts_ms[agent])
    finally:
        await orchestrator.aclose()
        await broker.aclose()


async def _one_after_another(ask: Ask, agents: Sequence[str]) -> float:
    """Seconds for all of them."""
    began = time.perf_counter()
    for agent in agents:
        assert (await ask(agent))["rows"], f"{agent} did not report"
    return time.perf_counter() - began


def _verdict(is_reached: bool) -> str:
    return "reached" if is_reached else "missed"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("--short", action="store_true")
    asyncio.run(main(SHORT if parser.parse_args().short else FULL))
