from datetime import date

import pytest
from pydantic import ValidationError

from app.agents.weather_agent import WeatherAgent, WeatherRequest
from app.services.weather.climate_normals import ClimateNormals
from app.services.weather_service import WeatherService
from app.trips.errors import UnknownPlaceError
from tests.agents.listener import Listener

pytestmark = pytest.mark.anyio
AGENT = WeatherAgent(WeatherService(ClimateNormals(), today=lambda: date(2026, 11, 21)))


@pytest.mark.rows("S0-27")
async def test_sky_gazer_reports_the_weather_and_says_how_far_it_is() -> None:
    listener = Listener()
    request = WeatherRequest(destination="Paris, France", travel_dates=[date(2027, 7, 1), date(2027, 7, 3)])
    report = await AGENT.handle(request, listener)
    assert (AGENT.name, AGENT.title) == ("weather", "Sky Gazer")
    assert len(report.weather_forecast) == 3
    assert listener.percents == [20, 50, 80]
    assert listener.heard[1][0] == "Looking up the weather of Paris"


async def test_an_unknown_destination_is_refused_with_near_names() -> None:
    request = WeatherRequest(destination="Pariss", travel_dates=[date(2027, 7, 1)])
    with pytest.raises(UnknownPlaceError, match="Paris, France"):
        await AGENT.handle(request, Listener())


async def test_a_request_with_strange_fields_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        WeatherRequest.model_validate({"destination": "Paris", "travel_dates": ["2027-07-01"], "colour": "red"})


async def test_several_destinations_are_all_named_and_reported() -> None:
    listener = Listener()
    several = {"destination": "Kyoto", "destinations": [{"name": "Kyoto"}, {"name": "Osaka"}, {"name": "Nara, Japan"}]}
    request = WeatherRequest.model_validate({**several, "travel_dates": ["2027-07-01", "2027-07-03"]})
    report = await AGENT.handle(request, listener)
    assert report.location.name == "Kyoto"
    assert [found.location.name for found in report.elsewhere] == ["Osaka", "Nara"]
    assert listener.heard[0][0] == "Looking for Kyoto, Osaka and Nara, Japan on the map"
    assert listener.heard[1][0] == "Looking up the weather of Kyoto, Osaka and Nara"
