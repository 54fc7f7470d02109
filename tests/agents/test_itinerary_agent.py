import pytest
from pydantic import ValidationError

from app.agents.itinerary_agent import ItineraryAgent, ItineraryRequest
from app.services.itinerary_service import ItineraryService
from app.trips.errors import UnknownPlaceError
from tests.agents.listener import Listener

pytestmark = pytest.mark.anyio

AGENT = ItineraryAgent(ItineraryService())
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


async def test_an_unknown_destination_is_an_error_of_the_trip() -> None:
    with pytest.raises(UnknownPlaceError):
        await AGENT.handle(ItineraryRequest.model_validate({**TRIP, "destination": "Zzyzzqwx"}), Listener())
