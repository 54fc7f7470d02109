"""Answers to export: the documented one, small ones made to measure, and texts that nobody wants in their files."""

import copy
from typing import Any

from app.api.examples import ANSWERS

SESSION_ID = "01a20f7d-c89a-7f4d-9931-54e64165c6fd"
PARIS = {"latitude": 48.8566, "longitude": 2.3522}
LOUVRE = {"latitude": 48.8606, "longitude": 2.3376}

HOSTILE = (
    "<script>alert(1)</script>",
    "]]><evil/>&amp;<!-- -->",
    "\" onload=\"x' onerror='y",
    "One\r\nATTENDEE:mailto:x@example.org\r\nEND:VEVENT",
    "\u2028line\u2029paragraph\x85next",
    "bell\x07 null\x00 escape\x1b[31m delete\x7f c1\x9b",
    "lone \ud800 surrogate and \ufffe \uffff none",
    "\u202egnitirw desrever\u202c \u2067x\u2069",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 naïve café",
    "متحف اللوفر בית",
    "x" * 300,
    "é漢😀" * 100,
    "[click](https://evil.example) ![i](x) <https://evil.example> https://evil.example www.evil.example a@evil.example",
    "# head | cell \\ `code` **bold** _it_ ~~s~~ $m$ &lt; mailto:a ; , :",
    "1. one",
    "- minus",
    "+ plus",
    "===",
    "---",
    "```",
    "    four spaces",
    "javascript:alert(1)",
    "</style></title></body>",
    "   ",
    "",
)


def item(
    starts: str | None = "10:00", ends: str | None = "11:00", title: str = "Louvre", kind: str = "visit", **more: Any
) -> dict[str, Any]:
    return {"starts": starts, "ends": ends, "kind": kind, "title": title, "coordinates": LOUVRE, "notes": [], **more}


def day(date: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"date": date, "weekday": "?", "title": "A day", "weather": None, "items": list(items), "notes": [], **more}


def answer(*days: dict[str, Any], timezone: str | None = "Europe/Paris", **itinerary: Any) -> dict[str, Any]:
    """A session's answer with these days and nothing but a route beside them.

    `itinerary`: further members of it."""
    place = {"name": "Paris", "country": "France", "country_code": "FR", "coordinates": PARIS, "timezone": timezone}
    return {
        "session_id": SESSION_ID,
        "status": "partial",
        "message": "Trip planning completed without: weather",
        "days": [entry["date"] for entry in days],
        "updated_at": "2026-11-24T21:37:12.384000Z",
        "failures": [{"agent": "weather", "code": "timeout", "message": "Agent weather timed out after 5000ms"}],
        "data": {
            "weather": None,
            "events": None,
            "route": {"destination": place, "origin": {**place, "name": "Lyon"}},
            "budget": None,
            "itinerary": {"itinerary_days": list(days), **itinerary},
        },
    }


def documented() -> dict[str, Any]:
    """The whole answer that the documentation shows, as a session has it."""
    return copy.deepcopy({**ANSWERS["session"], "data": ANSWERS["plan"]["data"]})


def everywhere(text: str) -> dict[str, Any]:
    """The documented answer with that text in place of every text that is free."""
    kept = {"date", "starts", "ends", "timezone", "retrieved_at", "session_id", "updated_at", "created_at", "kind"}

    def replaced(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: replaced(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [replaced(element, name) for element in value]
        return text if isinstance(value, str) and name not in kept | {"days"} else value

    found = replaced(documented())
    found["data"]["itinerary"] |= {
        "certificate": {"is_valid": False, "rules": [{"rule": text, "checked": text, "faults": [text]}]},
        "left_out": [{"name": text, "text": text}],
        "narrative": {"overview": text, "days": [text for _ in documented()["days"]], "written_by": text},
        "stays": [{"name": text, "place": text, "nights": 2}],
        "itinerary_framework": {
            "transition_schedules": [{"origin": text, "mode": text, "note": text}],
            "flexibility_points": [text],
        },
        "destinations": [{"name": text}, {"name": text}],
    }
    found["failures"] = [{"agent": text, "message": text}]
    return found
