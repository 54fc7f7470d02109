"""Examples for OpenAPI, each tested: the requests plan, and the answer fits its model."""

from typing import Any

from fastapi.openapi.models import Example

TRIP_REQUESTS: dict[str, Example] = {
    "paris": {
        "summary": "Three days in Paris for two",
        "value": {
            "destination": "Paris, France",
            "origin": "New Delhi, India",
            "travel_dates": ["2027-05-01", "2027-05-02", "2027-05-03"],
            "travelers_count": 2,
            "budget_range": "mid-range",
            "user_preferences": {"interests": ["art", "food", "history"], "pace": "moderate"},
        },
    },
    "smallest": {
        "summary": "The least that is needed: first and last day",
        "value": {"destination": "Tokyo", "origin": "Sydney", "travel_dates": ["2027-04-02", "2027-04-06"]},
    },
}

PLAN_ANSWER: dict[str, Any] = {
    "session_id": "550e8400-e29b-41d4-a716-446655440000",
    "status": "partial",
    "message": "Trip planning completed without: weather, events, maps, budget",
    "days": ["2027-05-01"],
    "data": {
        "weather": None,
        "events": None,
        "route": None,
        "budget": None,
        "itinerary": {
            "itinerary_days": [
                {
                    "date": "2027-05-01",
                    "weekday": "Saturday",
                    "title": "Louvre Museum",
                    "weather": None,
                    "items": [
                        {
                            "starts": "10:00",
                            "ends": "13:00",
                            "kind": "visit",
                            "title": "Louvre Museum",
                            "coordinates": {"latitude": 48.8606, "longitude": 2.3376},
                            "indoor": True,
                            "price_per_person": 22.0,
                            "currency": "EUR",
                            "source": "louvre.fr, hours and admission",
                        }
                    ],
                }
            ],
            "transport_details": {},
            "key_tips": ["Book a time slot."],
            "fallbacks": ["No weather report arrived."],
            "sources": [{"provider": "Bundled catalogue", "kind": "catalogue", "retrieved_at": "2026-11-21"}],
        },
    },
    "processing_time_ms": 8012,
    "agents_completed": ["itinerary"],
    "agents_failed": ["weather", "events", "maps", "budget"],
    "failures": [{"agent": "weather", "code": "timeout", "message": "Agent weather timed out after 10000ms"}],
}

STREAM_EXAMPLE = (
    'id: 1795229827420-0\ndata: {"type":"started","session_id":"550e8400-e29b-41d4-a716-446655440000",'
    '"workflow":"trip","timestamp":"2026-11-21T02:57:07.420Z","overall_percent":0}\n\n'
    'id: 1795229827431-0\ndata: {"type":"progress","agent":"weather","message":"Looking up the climate of Paris",'
    '"progress_percent":30,"request_id":"60189320-e628-456c-b745-721277b33bb1",'
    '"timestamp":"2026-11-21T02:57:07.431Z","overall_percent":6}\n\n'
)
