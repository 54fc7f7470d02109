"""The fleet as separate processes: two gateways, three weather workers and one of each other kind, on one Redis."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis

from app.api.answers import PlanAnswer
from tests.end_to_end.processes import Fleet, Process
from tests.redis_server import required_server, running_server
from tests.waiting import wait_until_sync

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.integration,
    pytest.mark.timeout("150"),
    pytest.mark.xdist_group("fleet"),
]

OTHERS = ("events", "maps", "budget", "itinerary")
TRIP = {
    "destination": "Paris, France",
    "origin": "New Delhi, India",
    "travel_dates": ["2027-05-01", "2027-05-02", "2027-05-03"],
    "travelers_count": 2,
}


class Running:
    """The fleet of this module, all of it healthy."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.weather = [fleet.worker("weather") for _ in range(3)]
        self.others = [fleet.worker(agent) for agent in OTHERS]
        (self.first_process, self.first), (self.second_process, self.second) = fleet.gateway(), fleet.gateway()
        self.redis = Redis.from_url(fleet.redis_url)
        for client in (self.first, self.second):
            wait_until_sync(lambda client=client: len(instances(client, "weather")) == 3, timeout_s=60)
            wait_until_sync(lambda client=client: client.get("/health").json()["status"] == "healthy", timeout_s=60)

    def close(self) -> None:
        self.redis.close()


def instances(client: httpx2.Client, agent: str) -> list[dict[str, Any]]:
    return client.get("/status").json()["instances"][agent]


@pytest.fixture(scope="module")
def running(redis_server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), redis_server_url)
    try:
        found = Running(fleet)
        yield found
        found.close()
    finally:
        fleet.stop()


@pytest.mark.rows("DC-09", "S0-05", "S0-32", "S0-74", "S0-75", "S0-76", "S0-77", "S0-78", "S0-150")
def test_a_plan_comes_from_five_kinds_of_processes(running: Running) -> None:
    answer = running.first.post("/api/v1/plan-trip", json=TRIP)
    plan = PlanAnswer.model_validate_json(answer.content)
    assert (plan.status, plan.agents_failed) == ("completed", [])


@pytest.mark.rows("DC-08", "S0-170")
def test_two_gateways_serve_each_others_sessions(running: Running) -> None:
    accepted = running.first.post("/api/v1/plan-trip", json=TRIP, headers={"Prefer": "respond-async"}).json()
    lines = running.second.get(accepted["stream"]).text.splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert [events[0]["type"], events[-1]["type"]] == ["started", "completed"]
    state = running.second.get(accepted["location"]).json()
    assert state["data"] == events[-1]["data"] == running.first.get(accepted["location"]).json()["data"]
    assert running.second.delete(accepted["location"]).status_code == 409


@pytest.mark.rows("DC-05", "S0-18", "X-02")
def test_three_weather_workers_share_300_requests_and_each_is_worked_once(running: Running) -> None:
    def worked() -> list[int]:
        return [sum("request_worked" in line for line in process.lines) for process in running.weather]

    wait_until_sync(lambda: running.redis.xlen("agent:weather:request") == 0)
    before = worked()

    def ask(number: int) -> int:
        body = {"location": "Rome", "dates": [f"2027-{1 + number % 12:02}-{1 + number % 28:02}"]}
        client = (running.first, running.second)[number % 2]
        answer = client.post("/api/v1/weather", json=body)
        assert answer.json()["weather_forecast"][0]["date"] == body["dates"][0], "each gets its own answer"
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        assert Counter(pool.map(ask, range(300))) == {200: 300}

    wait_until_sync(lambda: running.redis.xlen("agent:weather:request") == 0)
    wait_until_sync(lambda: sum(worked()) >= sum(before) + 300)
    shares = [after - earlier for after, earlier in zip(worked(), before, strict=True)]
    assert sum(shares) == 300
    assert min(shares) > 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such policy")
def test_workers_let_redis_and_the_gateway_go_first(running: Running) -> None:
    assert {os.sched_getscheduler(worker.pid) for worker in running.others} == {os.SCHED_BATCH}


@pytest.mark.rows("DC-07", "S0-80", "S0-81", "S0-155", "S0-156")
def test_an_operator_sees_the_traffic_with_redis_own_commands(running: Running) -> None:
    held = running.others[-1:]
    for process in held:
        process.send(signal.SIGSTOP)
    try:
        accepted = running.first.post("/api/v1/plan-trip", json=TRIP, headers={"Prefer": "respond-async"}).json()
        session_id = accepted["session_id"]
        wait_until_sync(
            lambda: running.first.get(accepted["location"]).json()["agents"]["itinerary"]["status"] == "running"
        )
        seen = {channel.decode() for channel in running.redis.pubsub_channels("agent:*")}
        assert {"agent:health", f"agent:itinerary:response:{session_id}"} <= seen
        assert f"state:{session_id}".encode() in running.redis.keys("state:*")
        groups = running.redis.xinfo_groups("agent:weather:request")
        assert [(group["name"], group["consumers"]) for group in groups] == [(b"workers", 3)]
        documented = ("weather_data", "events_data", "route_data", "budget_data")
        wait_until_sync(lambda: all(json.loads(running.redis.get(f"state:{session_id}"))[name] for name in documented))
        model = json.loads(running.redis.get(f"state:{session_id}"))
        assert model["itinerary_data"] is None
        assert (model["destination"], model["origin"]) == (TRIP["destination"], TRIP["origin"])
    finally:
        for process in held:
            process.send(signal.SIGCONT)
    wait_until_sync(lambda: running.first.get(accepted["location"]).json()["status"] == "completed", timeout_s=30)


@pytest.mark.rows("S0-13", "S0-160")
def test_every_key_of_a_session_expires(running: Running) -> None:
    plan = running.first.post("/api/v1/plan-trip", json=TRIP).json()
    keys = running.redis.keys(f"*{plan['session_id']}*")
    assert sorted(keys) == [f"state:{plan['session_id']}".encode(), f"streaming:update:{plan['session_id']}".encode()]
    assert all(0 < running.redis.ttl(key) <= 3600 for key in running.redis.keys("s*:*"))
    assert all(running.redis.ttl(key) > 0 for key in running.redis.keys("*"))


@pytest.mark.rows("S0-74", "S0-79")
def test_a_worker_that_is_told_to_stop_leaves_and_its_work_is_done(running: Running) -> None:
    extra = running.fleet.worker("weather")
    wait_until_sync(lambda: len(instances(running.second, "weather")) == 4, timeout_s=30)
    with ThreadPoolExecutor(8) as pool:
        body = {"location": "Oslo", "dates": ["2027-02-01"]}
        answers = [pool.submit(running.first.post, "/api/v1/weather", json=body) for _ in range(60)]
        assert extra.stop() == 0
        assert {answer.result().status_code for answer in answers} == {200}
    wait_until_sync(lambda: len(instances(running.second, "weather")) == 3, timeout_s=20)


def _is_reached(client: httpx2.Client) -> bool:
    health = client.get("/health").json()
    return health["redis_connected"] and health["agents"]["maps"] == "healthy"


@pytest.mark.rows("S0-162")
def test_a_fleet_that_starts_before_its_redis_waits_and_says_so_once(tmp_path: Path) -> None:
    with running_server(required_server()) as url:
        pass
    fleet = Fleet(tmp_path, url)
    early: list[Process] = []
    try:
        early.append(fleet.worker("maps"))
        gateway, client = fleet.gateway()
        early.append(gateway)
        for process in early:
            wait_until_sync(lambda process=process: process.said("Failed to connect to Redis"), timeout_s=30)
        health = client.get("/health").json()
        assert (health["status"], health["redis_connected"]) == ("unhealthy", False)
        refused = client.post("/plan-trip", json=TRIP)
        assert (refused.status_code, refused.json()["code"]) == (503, "redis_unavailable")
        with running_server(required_server(), Path(url.removeprefix("unix://"))):
            wait_until_sync(lambda: _is_reached(client), timeout_s=30)
            answer = client.get("/api/v1/route/compare/Rome/Milan")
            assert answer.status_code == 200
            assert [process.stop() for process in early] in ([0, 0], [0, -15])
    finally:
        fleet.stop()
    for process in early:
        told = [line for line in process.lines if "Failed to connect to Redis" in line]
        assert len(told) == 1, told
