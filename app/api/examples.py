"""Examples for OpenAPI, each tested: the requests are answered, and the answers are real ones."""

import json
from pathlib import Path
from typing import Any

from fastapi.openapi.models import Example
from pydantic import BaseModel

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

ANSWERS_FILE = Path(__file__).with_name("example_answers.json")
ANSWERS: dict[str, Any] = json.loads(ANSWERS_FILE.read_text(encoding="utf-8"))
"""Real answers by name; a test asks the fleet for them again."""


def answer_example(name: str, model: type[BaseModel]) -> dict[str, Any]:
    """A route's answer for OpenAPI: its type, and the example of that name."""
    return {"model": model, "content": {"application/json": {"example": ANSWERS[name]}}}


STREAM_EXAMPLE = (
    'id: 1795229827420-0\ndata: {"type":"started","session_id":"550e8400-e29b-41d4-a716-446655440000",'
    '"workflow":"trip","timestamp":"2026-11-21T02:57:07.420Z","overall_percent":0}\n\n'
    'id: 1795229827431-0\ndata: {"type":"progress","agent":"weather","message":"Looking up the climate of Paris",'
    '"progress_percent":30,"request_id":"60189320-e628-456c-b745-721277b33bb1",'
    '"timestamp":"2026-11-21T02:57:07.431Z","overall_percent":6}\n\n'
)
