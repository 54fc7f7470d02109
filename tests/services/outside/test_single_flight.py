"""Identical questions at the same time become one."""

import asyncio

import pytest

from app.services.outside.single_flight import SingleFlight
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


class Question:
    """Counts how often it is asked; is answered when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.ended = 0
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask(self) -> str:
        self.asked += 1
        try:
            return await asyncio.shield(self.answer)
        finally:
            self.ended += 1


async def test_all_wait_for_the_first_and_the_next_asks_anew() -> None:
    single_flight, question = SingleFlight(), Question()
    waiting = [asyncio.create_task(single_flight.join("a", question.ask)) for _ in range(3)]
    await wait_until(lambda: question.asked)
    assert "a" in single_flight
    question.answer.set_result("yes")
    assert await asyncio.gather(*waiting) == ["yes"] * 3
    assert question.asked == 1
    await wait_until(lambda: "a" not in single_flight)
    assert await single_flight.join("a", question.ask) == "yes"
    assert question.asked == 2


async def test_an_error_is_everybody_s() -> None:
    single_flight, question = SingleFlight(), Question()
    waiting = [asyncio.create_task(single_flight.join("a", question.ask)) for _ in range(2)]
    await wait_until(lambda: question.asked)
    question.answer.set_exception(ValueError("no"))
    assert [str(found) for found in await asyncio.gather(*waiting, return_exceptions=True)] == ["no", "no"]


@pytest.mark.parametrize("outlive", [True, False])
async def test_one_who_leaves_takes_nothing_from_the_others(outlive: bool) -> None:
    single_flight, question = SingleFlight(outlive_waiters=outlive), Question()
    first, second = (asyncio.create_task(single_flight.join("a", question.ask)) for _ in range(2))
    await wait_until(lambda: question.asked)
    first.cancel()
    await asyncio.wait([first])
    question.answer.set_result("yes")
    assert await second == "yes"


@pytest.mark.parametrize("outlive", [True, False])
async def test_when_all_have_left_it_goes_on_or_ends(outlive: bool) -> None:
    single_flight, question = SingleFlight(outlive_waiters=outlive), Question()
    waiting = [asyncio.create_task(single_flight.join("a", question.ask)) for _ in range(2)]
    await wait_until(lambda: question.asked)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert ("a" in single_flight) is outlive
    later = asyncio.create_task(single_flight.join("a", question.ask))
    if not outlive:
        await wait_until(lambda: (question.ended, question.asked) == (1, 2))
    question.answer.set_result("yes")
    assert await later == "yes"
    assert question.asked == (1 if outlive else 2)
