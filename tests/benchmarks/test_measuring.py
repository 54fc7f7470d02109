"""What is counted in a benchmark: whole plans within the window, and none that failed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from benchmarks.driven import serve
from benchmarks.measure import aligned, quantile, spread
from benchmarks.window import OWN_PART, window
from benchmarks.wire import LINE_BYTES

pytestmark = pytest.mark.anyio


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [quantile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 3.0, 5.0, 5.0]
    assert quantile([7.0], 0.5) == 7.0


def test_a_spread_has_the_median_and_both_ends() -> None:
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00–3.00)"
    assert spread([10.4], 0) == "10 (10–10)"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([["", "plans/s"], ["ours", "7"]]) == "      plans/s\nours  7"


async def test_a_window_opens_when_every_lane_has_done_one_thing() -> None:
    """What was done to warm up does not count, and CPU time is that of the window alone."""
    slow_may_go, done = asyncio.Event(), {"quick": 0, "slow": 0}
    read: list[float] = []

    async def quick() -> str:
        done["quick"] += 1
        await asyncio.sleep(0)
        if done["quick"] == 50:
            slow_may_go.set()
        return "quick"

    async def slow() -> str:
        await slow_may_go.wait()
        done["slow"] += 1
        await asyncio.sleep(0)
        return "slow"

    def cpu_s() -> dict[str, float]:
        read.append(done["quick"])
        return {"gateway": float(len(read))}

    found = await window([quick, slow], 0.02, cpu_s)
    assert read[0] >= 50, "the first look at the clocks"
    assert len(read) == 2
    assert len(found.took_s) == len(found.results)
    assert {"quick", "slow"} <= set(found.results)
    assert found.results.count("quick") <= done["quick"] - 49
    assert found.cpu_s["gateway"] == 1.0
    assert found.cpu_ms()["gateway"] == pytest.approx(1000 / len(found.took_s))
    assert OWN_PART in found.cpu_s


async def test_what_a_lane_raises_ends_the_window() -> None:
    async def broken() -> None:
        raise ValueError("no plan")

    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="no plan")):
        await window([broken], 0.01, dict)


@asynccontextmanager
async def driver(plan) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, "asyncio.Task[None]"]]:
    """The measuring end of `serve`, and its task."""
    connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set_result((reader, writer))

    async with await asyncio.start_server(accept, "127.0.0.1", 0, limit=LINE_BYTES) as server:
        serving = asyncio.create_task(serve(plan, server.sockets[0].getsockname()[1]))
        reader, writer = await connected
        try:
            yield reader, writer, serving
        finally:
            writer.close()
            await asyncio.wait([serving], timeout=10)


async def test_a_client_process_reports_the_plans_since_its_warm_up() -> None:
    """Plans of the warm-up take 5 ms or more here, those after it none."""
    tried = ended = 0
    pause_s = 0.005

    async def plan() -> None:
        nonlocal tried, ended
        tried += 1
        if tried == 1:
            raise ConnectionError("the workers are still starting")
        await asyncio.sleep(pause_s)
        ended += 1

    async with driver(plan) as (reader, writer, serving):
        assert await reader.readline() == b"ready\n"
        writer.write(json.dumps({"in_flight": 3, "warm_up_s": 0.25, "seconds": 0.05}).encode() + b"\n")
        assert await reader.readline() == b"begun\n"
        pause_s, in_warm_up = 0.0, ended
        figures = json.loads(await reader.readline())
        writer.close()
        await serving
    took_ms = figures["latencies_ms"]
    assert 0 < figures["plans"] == len(took_ms) < ended
    assert figures["seconds"] >= 0.05
    assert in_warm_up > 10
    assert sum(each_ms >= 5 for each_ms in took_ms) < in_warm_up / 2, "only those that were under way"


async def test_a_plan_that_fails_once_one_went_through_ends_the_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    tried = 0

    async def plan() -> None:
        nonlocal tried
        tried += 1
        if tried > 3:
            raise ValueError("not complete")

    async with driver(plan) as (reader, writer, serving):
        assert await reader.readline() == b"ready\n"
        writer.write(json.dumps({"in_flight": 1, "warm_up_s": 5, "seconds": 5}).encode() + b"\n")
        assert await reader.readline() == b"", "hung up at once, with no figures"
        with pytest.raises(ValueError, match="not complete"):
            await serving
    assert "not complete" in capsys.readouterr().err
