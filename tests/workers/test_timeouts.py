"""Time limits on one timer do what `asyncio.timeout` does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.workers.timeouts import Timeouts

pytestmark = pytest.mark.anyio

FOR_EVER_S = 3_600.0


async def _forever() -> None:
    await asyncio.Event().wait()


async def test_what_is_done_in_time_hears_nothing_of_the_limit() -> None:
    timeouts = Timeouts()
    with timeouts.within(FOR_EVER_S) as limit:
        await asyncio.sleep(0)
    assert not limit.expired()


@pytest.mark.parametrize("seconds", [0.01, 0.0, -5.0])
async def test_what_takes_too_long_is_ended_with_a_timeout(seconds: float) -> None:
    timeouts = Timeouts()
    with pytest.raises(TimeoutError), timeouts.within(seconds) as limit:
        await _forever()
    assert limit.expired()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0, "the cancellation was the limit's alone, and is over"
    await asyncio.sleep(0)


async def test_each_of_many_ends_at_its_own_time() -> None:
    timeouts, ended = Timeouts(), []

    async def work(name: str, seconds: float) -> None:
        try:
            with timeouts.within(seconds):
                await _forever()
        except TimeoutError:
            ended.append(name)

    late = asyncio.create_task(work("late", 0.06))
    soon = asyncio.create_task(work("soon", 0.02))
    sooner = asyncio.create_task(work("sooner", 0.01))
    never = asyncio.create_task(work("never", FOR_EVER_S))
    await asyncio.gather(late, soon, sooner)
    assert ended == ["sooner", "soon", "late"]
    never.cancel()
    with pytest.raises(asyncio.CancelledError):
        await never


async def test_one_that_ended_in_time_is_not_missed_by_those_that_follow() -> None:
    timeouts = Timeouts()
    with timeouts.within(0.02):
        pass
    with pytest.raises(TimeoutError), timeouts.within(0.04):
        await _forever()


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    timeouts = Timeouts()

    async def work() -> None:
        with timeouts.within(FOR_EVER_S):
            await _forever()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelled_by_both_it_is_cancelled() -> None:
    """As with asyncio's own: who wants it to end must not be told that it was too slow."""
    timeouts = Timeouts()

    async def work() -> None:
        with timeouts.within(FOR_EVER_S) as limit:
            limit.reach()
            asyncio.current_task().cancel()  # type: ignore[union-attr]
            await _forever()

    task = asyncio.create_task(work())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_heeds_no_cancellation_keeps_its_result() -> None:
    timeouts = Timeouts()
    with timeouts.within(0.01) as limit:
        try:
            await _forever()
        except asyncio.CancelledError:
            result = "done all the same"
    task = asyncio.current_task()
    assert task is not None
    assert (result, limit.expired(), task.cancelling()) == ("done all the same", True, 0)


@pytest.mark.parametrize("error", [ValueError("of its own"), TimeoutError("of its own")])
async def test_errors_of_the_work_pass(error: Exception) -> None:
    timeouts = Timeouts()
    with pytest.raises(type(error), match="of its own"), timeouts.within(FOR_EVER_S):
        raise error


async def test_a_thousand_limits_need_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, armed = asyncio.get_running_loop(), []
    call_at: Callable[..., asyncio.TimerHandle] = loop.call_at
    monkeypatch.setattr(loop, "call_at", lambda *arguments: armed.append(1) or call_at(*arguments))
    timeouts = Timeouts()

    async def work(gate: Awaitable[None]) -> None:
        with timeouts.within(FOR_EVER_S):
            await gate

    await asyncio.gather(*(work(asyncio.sleep(0)) for _ in range(1_000)))
    assert len(armed) == 1
