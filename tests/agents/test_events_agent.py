from datetime import date

import pytest
from pydantic import ValidationError

from app.agents.events_agent import EventsAgent, EventsRequest
from app.services.event_service import EventService
from tests.agents.listener import Listener

pytestmark = pytest.mark.anyio
AGENT = EventsAgent(EventService(today=lambda: date(2026, 11, 21)))


@pytest.mark.rows("S0-28")
async def test_event_explorer_reports_what_is_on_and_says_how_far_it_is() -> None:
    listener = Listener()
    report = await AGENT.handle(EventsRequest(destination="Paris", travel_dates=[date(2027, 7, 14)]), listener)
    assert (AGENT.name, AGENT.title) == ("events", "Event Explorer")
    assert report.events[0].name == "National Day"
    assert listener.percents == [20, 50, 80]


@pytest.mark.parametrize("limit", [0, 101])
async def test_the_limit_has_its_bounds(limit: int) -> None:
    with pytest.raises(ValidationError, match="limit"):
        EventsRequest(destination="Paris", travel_dates=[date(2027, 7, 14)], limit=limit)


async def test_several_destinations_are_looked_through_at_once() -> None:
    listener = Listener()
    several = {"destination": "Paris", "destinations": [{"name": "Paris"}, {"name": "Rome"}]}
    request = EventsRequest.model_validate({**several, "travel_dates": ["2027-07-14"], "limit": 1})
    report = await AGENT.handle(request, listener)
    assert [(event.name, event.place) for event in report.events] == [("National Day", "Paris")]
    assert listener.heard[1][0] == "Leafing through the calendar of Paris and Rome"
