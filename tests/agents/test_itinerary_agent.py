from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.agents.itinerary_agent import ItineraryAgent, ItineraryRequest
from app.llm.task import Reply, Task, Usage
from app.services.itinerary.story import Story
from app.services.itinerary_service import ItineraryService
from app.services.money.exchange_rates import BundledRates
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderBusyError
from app.trips.errors import UnknownPlaceError
from app.trips.reports import ItineraryReport, ModelUsage, Narrative
from tests.agents.listener import Listener

pytestmark = pytest.mark.anyio

AGENT = ItineraryAgent(ItineraryService(BundledRates()))
TRIP = {"destination": "Paris, France", "origin": "New Delhi", "travel_dates": ["2026-07-01", "2026-07-03"]}


@pytest.mark.rows("S0-31")
async def test_the_itinerary_weaver_plans_each_day_and_says_how_far_it_is() -> None:
    listener = Listener()
    report = await AGENT.handle(ItineraryRequest.model_validate(TRIP), listener)
    assert (AGENT.name, AGENT.title) == ("itinerary", "Itinerary Weaver")
    assert len(report.itinerary_days) == 3
    assert listener.percents == sorted(listener.percents)
    assert all(0 < percent < 100 for percent in listener.percents)


@pytest.mark.rows("S0-149")
async def test_failures_of_other_agents_reach_the_plan() -> None:
    request = ItineraryRequest.model_validate({**TRIP, "failures": {"budget": "the worker is away"}})
    report = await AGENT.handle(request, Listener())
    assert any("the worker is away" in text for text in report.fallbacks)


@pytest.mark.rows("S0-149")
def test_results_are_typed_and_strangers_are_refused() -> None:
    with pytest.raises(ValidationError, match="results"):
        ItineraryRequest.model_validate({**TRIP, "results": {"horoscope": {}}})


@pytest.mark.rows("S0-182", "S1-46")
async def test_every_field_of_the_request_reaches_the_plan() -> None:
    """Several destinations, their days and order, the people, the limit and its currency, the wishes."""
    listener = Listener()
    request = ItineraryRequest.model_validate(
        {
            "destinations": ["Rome", {"name": "Florence", "days": 2}],
            "keep_order": True,
            "origin": "London",
            "travel_dates": ["2027-05-03", "2027-05-07"],
            "travelers_count": 3,
            "budget_limit": 4000,
            "currency": "EUR",
            "user_preferences": {
                "must_see": ["Appian Way"],
                "avoid": ["Uffizi"],
                "pace": "relaxed",
                "day_ends": "17:00",
            },
        }
    )
    report = await AGENT.handle(request, listener)
    assert listener.heard[0][0] == "Looking through the sights of Rome, Florence"
    assert [(stretch.name, stretch.days) for stretch in report.destinations] == [("Rome", 3), ("Florence", 2)]
    assert {(stay.rooms, stay.currency) for stay in report.stays} == {(2, "EUR")}
    assert "Appian Way" in [item.title for day in report.itinerary_days for item in day.items]
    assert ("Uffizi Gallery", "avoided") in [(out.name, out.reason) for out in report.left_out]
    assert report.itinerary_framework is not None
    structure = report.itinerary_framework.daily_structure
    assert (structure.pace, structure.day_starts, structure.day_ends) == ("relaxed", "10:00", "17:00")
    assert "The budget: a hard cap on the whole trip." in report.itinerary_framework.optimization_priorities


@pytest.mark.parametrize("field", ["destination", "origin"])
async def test_an_unknown_place_is_an_error_of_the_trip(field: str) -> None:
    with pytest.raises(UnknownPlaceError):
        await AGENT.handle(ItineraryRequest.model_validate({**TRIP, field: "Zzyzzqwx"}), Listener())


class Scripted:
    """A writer that answers as it was told, and keeps what it was asked."""

    name = "a-model"

    def __init__(self, reply: Reply[Any]) -> None:
        self._reply = reply
        self.asked: list[tuple[Task[Any], float]] = []

    async def ask(self, task: Task[Any], deadline: Deadline) -> Reply[Any]:
        self.asked.append((task, deadline.left_s()))
        return self._reply


USAGE = Usage(requests=1, input_tokens=10, output_tokens=20, cost_usd=Decimal("0.001"))


async def told(reply: Reply[Any], trip: dict[str, Any] = TRIP) -> tuple[ItineraryReport, Scripted, Listener]:
    writer, listener = Scripted(reply), Listener()
    agent = ItineraryAgent(ItineraryService(BundledRates()), writer)
    return await agent.handle(ItineraryRequest.model_validate(trip), listener), writer, listener


async def test_a_writer_tells_the_plan_within_the_time_that_is_left() -> None:
    story = Story(overview="You have 3 days.", days=["One.", "Two.", "Three."])
    report, writer, listener = await told(Reply(story, None, USAGE))
    assert report.narrative == Narrative(
        overview="You have 3 days.",
        days=["One.", "Two.", "Three."],
        written_by="a-model",
        usage=ModelUsage(model="a-model", requests=1, input_tokens=10, output_tokens=20, cost_usd=Decimal("0.001")),
    )
    ((task, left_s),) = writer.asked
    assert left_s < listener.deadline.left_s(), "some time is kept back for sending the plan"
    assert listener.heard[-1] == ("Putting the plan into words", 90)
    with pytest.raises(ValueError, match="days has 1 texts"):
        task.check(Story(overview="No.", days=["No."]))
    unseen = report.left_out[0].name
    with pytest.raises(ValueError, match=f"the plan leaves out: {unseen}"):
        task.check(Story(overview=f"You see the {unseen.lower()}.", days=["One.", "Two.", "Three."]))


async def test_where_the_writer_fails_the_plan_s_own_words_stand_and_the_reason_is_said() -> None:
    plain = await AGENT.handle(ItineraryRequest.model_validate(TRIP), Listener())
    report, _, _ = await told(Reply(None, ProviderBusyError("Google Gemini", "asks us to wait"), USAGE))
    assert plain.narrative is not None
    assert report.narrative is not None
    assert report.narrative.note == "Not written by a model: Google Gemini asks us to wait."
    assert report.narrative.usage is not None
    assert (report.narrative.overview, report.narrative.days) == (plain.narrative.overview, plain.narrative.days)
    assert report.itinerary_days == plain.itinerary_days


async def test_a_plan_that_cannot_be_is_told_by_nobody() -> None:
    report, writer, _ = await told(Reply(None, None, None), {**TRIP, "budget_limit": 1})
    assert (report.status, report.narrative, writer.asked) == ("infeasible", None, [])
