"""The real fleet while its Redis is emptied, full, halted, cut off or replaced by its replica: the processes stay up,
say so once, and go on."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest
from redis import Redis

from app.cli.listening import check_port
from tests.end_to_end.processes import Fleet, Process
from tests.redis_server import required_server, running_server
from tests.waiting import wait_until_sync

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.integration,
    pytest.mark.timeout("150"),
    pytest.mark.xdist_group("fleet"),
]

AGENTS = ("weather", "events", "maps", "budget", "itinerary")
TRIP = {"destination": "Rome", "origin": "London", "travel_dates": ["2027-06-29"]}
PLAN = "/api/v1/plan-trip"

BACK_WITHIN_S = 3.0
"""What is promised; a machine under load gets some more."""


class Running:
    def __init__(self, fleet: Fleet) -> None:
        self.workers = [fleet.worker(agent) for agent in AGENTS]
        self.gateway, self.client = fleet.gateway()
        self.redis = Redis.from_url(fleet.redis_url)
        wait_until_sync(lambda: self.client.get("/health").json()["status"] == "healthy", timeout_s=60)

    def processes(self) -> list[Process]:
        return [*self.workers, self.gateway]

    def outages_told(self) -> list[int]:
        return [sum("Failed to connect to Redis" in line for line in process.lines) for process in self.processes()]

    def plans(self) -> bool:
        try:
            answer = self.client.post(PLAN, json=TRIP, timeout=15)
        except httpx2.HTTPError:
            return False
        return answer.status_code == 200 and answer.json()["status"] == "completed"

    def plans_again_soon(self) -> None:
        started = time.monotonic()
        wait_until_sync(self.plans, timeout_s=20)
        assert time.monotonic() - started < 3 * BACK_WITHIN_S


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_server(required_server()) as url:
        fleet = Fleet(tmp_path_factory.mktemp("loss"), url)
        try:
            found = Running(fleet)
            yield found
            found.redis.close()
        finally:
            fleet.stop()


@pytest.mark.rows("S2-38", "S2-39")
def test_a_redis_that_is_emptied_is_filled_anew(running: Running) -> None:
    session_id = running.client.post(PLAN, json=TRIP).json()["session_id"]
    running.redis.flushall()
    lost = running.client.get(f"/api/v1/session/{session_id}")
    assert (lost.status_code, lost.json()["code"]) == (404, "session_lost")
    running.plans_again_soon()
    assert running.client.get("/api/v1/audit").json()["is_balanced"]
    eternal = [key for key in running.redis.keys("*") if running.redis.ttl(key) == -1]
    wait_until_sync(lambda: not [key for key in eternal if running.redis.ttl(key) == -1], timeout_s=10)


def test_a_plan_that_is_under_way_when_redis_is_emptied_hangs_nobody(running: Running) -> None:
    itinerary = running.workers[-1]
    wait_until_sync(lambda: running.redis.xlen("agent:itinerary:request") == 0)
    itinerary.send(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(running.client.post, PLAN, json=TRIP)
            wait_until_sync(lambda: running.redis.xlen("agent:itinerary:request"))
            running.redis.flushall()
            answer = waiting.result(15)
        assert (answer.status_code, answer.json()["code"]) == (404, "session_lost")
    finally:
        itinerary.send(signal.SIGCONT)
    running.plans_again_soon()


def test_a_group_that_is_gone_is_made_again(running: Running) -> None:
    for agent in AGENTS:
        running.redis.xgroup_destroy(f"agent:{agent}:request", "workers")
    running.plans_again_soon()
    for agent in AGENTS:
        running.redis.delete(f"agent:{agent}:request")
    running.plans_again_soon()


@pytest.mark.rows("S2-58")
def test_a_full_memory_is_refused_with_a_word_on_when_to_come_back(running: Running) -> None:
    running.redis.config_set("maxmemory", "1")
    try:
        refused = running.client.post(PLAN, json=TRIP)
        assert (refused.status_code, refused.json()["code"]) == (503, "redis_refused")
        assert int(refused.headers["retry-after"]) >= 1
    finally:
        running.redis.config_set("maxmemory", "0")
    running.plans_again_soon()


@pytest.mark.parametrize("kind", ["normal", "pubsub"])
def test_connections_that_are_cut_are_made_again(running: Running, kind: str) -> None:
    for _ in range(3):
        running.redis.client_kill_filter(_type=kind, skipme=True)
    running.plans_again_soon()


@pytest.mark.rows("S2-39")
def test_a_redis_that_halts_holds_plans_up_and_loses_none(running: Running) -> None:
    before = running.outages_told()
    pid = running.redis.info("server")["process_id"]
    with ThreadPoolExecutor(1) as pool:
        os.kill(pid, signal.SIGSTOP)
        try:
            waiting = pool.submit(running.client.post, PLAN, json=TRIP, headers={"Idempotency-Key": "halted"})
            wait_until_sync(lambda: min(_differences(running.outages_told(), before)) >= 1, timeout_s=30)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert waiting.result(20).status_code in (200, 503)
    running.plans_again_soon()
    again = running.client.post(PLAN, json=TRIP, headers={"Idempotency-Key": "halted"})
    assert (again.status_code, again.json()["status"]) == (200, "completed")
    assert max(_differences(running.outages_told(), before)) <= 2, "said once, not once a second"


def _differences(after: list[int], before: list[int]) -> list[int]:
    return [late - early for late, early in zip(after, before, strict=True)]


def test_after_all_that_every_process_is_the_one_that_was_started(running: Running) -> None:
    assert [process.returncode() for process in running.processes()] == [None] * 6
    assert not [line for process in running.processes() for line in process.lines if "Traceback" in line]
    assert running.client.get("/health").json()["status"] == "healthy"


# ---- a failover


@contextmanager
def primary_and_replica() -> Iterator[tuple[Redis, Redis, Path]]:
    """Two servers, the second a replica of the first, and the address at which the first one is."""
    with (
        running_server(required_server()) as first_url,
        running_server(required_server()) as second_url,
        TemporaryDirectory() as folder,
    ):
        address = Path(folder) / "s"
        address.symlink_to(first_url.removeprefix("unix://"))
        with Redis.from_url(first_url) as first, Redis.from_url(second_url) as second:
            _replicate(first, second)
            yield first, second, address


def _replicate(primary: Redis, replica: Redis) -> None:
    """Return once the replica has all that the primary has."""
    port = check_port("127.0.0.1", 0)
    primary.config_set("port", port)
    replica.replicaof("127.0.0.1", port)
    wait_until_sync(lambda: replica.info("replication").get("master_link_status") == "up")


def test_a_plan_outlives_a_failover_to_a_replica(tmp_path: Path) -> None:
    """The old primary lives on, as a replica of the new one, and cuts no connection."""
    with primary_and_replica() as (first, second, address):
        fleet = Fleet(tmp_path, f"unix://{address}")
        try:
            running = Running(fleet)
            running.workers[-1].send(signal.SIGSTOP)
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(running.client.post, PLAN, json=TRIP, timeout=30)
                wait_until_sync(lambda: second.xlen("agent:itinerary:request"))
                second.replicaof("NO", "ONE")
                _replicate(second, first)
                address.unlink()
                address.symlink_to(second.connection_pool.connection_kwargs["path"])
                running.workers[-1].send(signal.SIGCONT)
                answer = waiting.result(30)
            assert (answer.status_code, answer.json()["status"]) == (200, "completed")
            running.plans_again_soon()
            assert [process.returncode() for process in running.processes()] == [None] * 6
            running.redis.close()
        finally:
            fleet.stop()
