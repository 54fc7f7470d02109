"""Fifty travellers at once: how many get their plan, and how soon (rows S1-62, S1-63, S2-50).

    python -m benchmarks.load [--model]

Starts the fleet of `make run` on a Redis of its own, asks for fifty plans at the same moment, then for the same fifty
one after another, and ends with the audit. The ratio of the two is what the parallel fleet gains on this machine.

`--model`: each plan is told by a model as well, a stand-in for Gemini on loopback, and its cost is summed (row S1-64);
no other provider can be reached.
"""

import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from app.cli.child import Program
from app.cli.listening import check_port
from app.cli.local_fleet import LocalFleet, until_ready
from app.config.settings import Settings

TRIPS = 50
READY_WITHIN_S = 90.0
CITIES = ("Paris", "Rome", "Tokyo", "Lisbon", "Oslo", "Lima", "Cairo", "Sydney", "Toronto", "Mumbai")

Answer = tuple[float, dict[str, Any]]
"""Seconds until the answer, and the answer."""


async def main(*, with_model: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="rr") as folder:
        settings = Settings(_env_file=None, redis_url=None)  # type: ignore[call-arg]
        port = check_port("127.0.0.1", 0)
        environment = {"DEBUG": "false", **(_only_the_model(port) if with_model else {})}
        fleet = LocalFleet(settings, "127.0.0.1", 0, Path(folder), environment, _quiet, _quiet)
        try:
            if with_model:
                fleet.supervisor.start([_model(port)])
            await fleet.start()
            if missing := await until_ready(fleet.gateway_url, READY_WITHIN_S):
                print(f"not ready: {', '.join(missing)}")
                return 1
            return await _measure(fleet.gateway_url, with_model=with_model)
        finally:
            await fleet.stop()


async def _measure(url: str, *, with_model: bool) -> int:
    async with httpx2.AsyncClient(base_url=url, timeout=120, trust_env=False) as client:
        await _plan(client, 0)
        started = time.monotonic()
        at_once = await asyncio.gather(*(_plan(client, number) for number in range(TRIPS)))
        at_once_s = time.monotonic() - started
        started = time.monotonic()
        one_by_one = [await _plan(client, number) for number in range(TRIPS)]
        one_by_one_s = time.monotonic() - started
        audit = (await client.get("/api/v1/audit")).json()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    for name, answers, took_s in (("at once", at_once, at_once_s), ("one by one", one_by_one, one_by_one_s)):
        print(_line(name, answers, took_s))
    print(f"at once : one by one = 1 : {one_by_one_s / at_once_s:.2f}")
    print(f"audit: {audit}")
    succeeded = sum(answer["status"] == "completed" for _, answer in at_once)
    is_good = succeeded >= 45 and at_once_s <= 120 and audit["is_balanced"]
    if with_model:
        narratives = [answer["data"]["itinerary"]["narrative"] for _, answer in (*at_once, *one_by_one)]
        costs = [told["usage"]["cost_usd"] for told in narratives if told["usage"]]
        by_model = sum(told["written_by"] != "template" for told in narratives)
        print(f"told by the model: {by_model} of {len(narratives)}, for {sum(costs):.4f} USD in all")
        is_good = is_good and sum(costs) > 0
    return 0 if is_good else 1


def _only_the_model(port: int) -> dict[str, str]:
    """Settings of a fleet whose providers are all out of reach but the model."""
    addresses = {name.upper(): "http://127.0.0.1:9" for name in Settings.model_fields if name.endswith("_base_url")}
    model = {"GOOGLE_API_KEY": "a-key-for-the-stand-in", "GEMINI_BASE_URL": f"http://127.0.0.1:{port}"}
    return {**addresses, **model, "PROVIDERS": "auto"}


def _model(port: int) -> Program:
    options = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    command = (sys.executable, "-m", "uvicorn", "benchmarks.gemini_stand_in:app", *options)
    return Program("model", command, is_leashed=True)


def trip(number: int) -> dict[str, Any]:
    """The body of a plan's request; the first ones all differ."""
    return {
        "destination": CITIES[number % len(CITIES)],
        "origin": "Berlin",
        "travel_dates": ["2027-05-01", f"2027-05-{2 + number % 5:02}"],
        "travelers_count": 1 + number % 4,
    }


async def _plan(client: httpx2.AsyncClient, number: int) -> Answer:
    started = time.monotonic()
    answer = await client.post("/api/v1/plan-trip", json=trip(number))
    return time.monotonic() - started, answer.json()


def _line(name: str, answers: list[Answer], took_s: float) -> str:
    took = sorted(seconds for seconds, _ in answers)
    completed = sum(answer["status"] == "completed" for _, answer in answers)
    median_s = statistics.median(took)
    plans = f"{completed} of {len(answers)} completed in {took_s:.2f} s"
    return f"{name}: {plans}; a plan took {median_s:.3f} s (median), {took[-1]:.3f} s at most"


def _quiet(_name: str, _line: str) -> None:
    """What the fleet's processes say is not of interest here."""


if __name__ == "__main__":
    sys.exit(asyncio.run(main(with_model="--model" in sys.argv[1:])))
