"""The trip's workflow: four agents at once, then the itinerary with whatever arrived."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.core.workflow import Outcome, Step, Workflow
from app.trips.request import trip_days

NAME = "trip"

_WHERE = ("destination", "destinations", "places")
_WISHES = ("travelers_count", "budget_range", "budget_limit", "currency", "user_preferences")


def trip_workflow(timeouts_ms: Mapping[str, int], total_ms: int, attempts: int = 1) -> Workflow:
    """`timeouts_ms`: each agent's deadline by its name. `attempts`: how often each is asked within it, where it fails
    in a way that may pass. The plan can do without any one of them. The itinerary prices the trip anew from the route
    that it chose, which the budget agent beside it could not know."""

    def step(
        agent: str,
        result_key: str,
        state_key: str,
        reads: tuple[str, ...],
        needs: tuple[str, ...] = (),
        revises: tuple[str, ...] = (),
    ) -> Step:
        timeout_ms = timeouts_ms[agent]
        return Step(agent, agent, timeout_ms, reads, result_key, state_key, needs, False, attempts, revises)

    return Workflow(
        name=NAME,
        steps=(
            step("weather", "weather", "weather_data", (*_WHERE, "travel_dates")),
            step("events", "events", "events_data", (*_WHERE, "travel_dates")),
            step(
                "maps",
                "route",
                "route_data",
                (*_WHERE, "origin", "keep_order", "travel_dates", "travelers_count", "preferred_transport"),
            ),
            step("budget", "budget", "budget_data", (*_WHERE, "origin", "keep_order", "travel_dates", *_WISHES)),
            step(
                "itinerary",
                "itinerary",
                "itinerary_data",
                (*_WHERE, "origin", "keep_order", "travel_dates", "preferred_transport", *_WISHES),
                needs=("weather", "events", "maps", "budget"),
                revises=("budget",),
            ),
        ),
        timeout_ms=total_ms,
        conclude=conclude,
    )


def conclude(outcome: Outcome) -> dict[str, Any]:
    """One sentence for the traveller on how the planning went, and every day that the trip has."""
    days = trip_days([date.fromisoformat(day) for day in outcome.request["travel_dates"]])
    missing = ", ".join(outcome.failed)
    sentences = {
        "pending": "Trip planning is about to begin",
        "running": "Trip planning is under way",
        "completed": "Trip planning completed successfully",
        "partial": f"Trip planning completed without: {missing}",
        "failed": "Trip planning failed: no agent delivered",
        "timeout": "Trip planning ran out of time before any agent delivered",
        "cancelled": "Trip planning was cancelled",
    }
    return {"message": sentences[outcome.status], "days": [day.isoformat() for day in days]}
