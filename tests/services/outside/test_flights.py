"""Identical questions at the same time become one."""

import asyncio

import pytest

from app.services.outside.flights import Flights

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


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_all_wait_for_the_first_and_the_next_asks_anew() -> None:
    flights, question = Flights(), Question()
    waiting = [asyncio.create_task(flights.join("a", question.ask)) for _ in range(3)]
    await turns()
    assert "a" in flights
    question.answer.set_result("yes")
    assert await asyncio.gather(*waiting) == ["yes"] * 3
    assert question.asked == 1
    await turns()
    assert "a" not in flights
    assert await flights.join("a", question.ask) == "yes"
    assert question.asked == 2


async def test_an_error_is_everybody_s() -> None:
    flights, question = Flights(), Question()
    waiting = [asyncio.create_task(flights.join("a", question.ask)) for _ in range(2)]
    await turns()
    question.answer.set_exception(ValueError("no"))
    assert [str(found) for found in await asyncio.gather(*waiting, return_exceptions=True)] == ["no", "no"]


@pytest.mark.parametrize("outlive", [True, False])
async def test_one_who_leaves_takes_nothing_from_the_others(outlive: bool) -> None:
    flights, question = Flights(outlive_waiters=outlive), Question()
    first, second = (asyncio.create_task(flights.join("a", question.ask)) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    question.answer.set_result("yes")
    assert await second == "yes"


@pytest.mark.parametrize("outlive", [True, False])
async def test_when_all_have_left_it_goes_on_or_ends(outlive: bool) -> None:
    flights, question = Flights(outlive_waiters=outlive), Question()
    waiting = [asyncio.create_task(flights.join("a", question.ask)) for _ in range(2)]
    await turns()
    for task in waiting:
        task.cancel()
    await turns()
    assert (question.ended, "a" in flights) == ((0, True) if outlive else (1, False))
    later = asyncio.create_task(flights.join("a", question.ask))
    await turns()
    question.answer.set_result("yes")
    assert await later == "yes"
    assert question.asked == (1 if outlive else 2)
