"""The day on which workers answer, handed to agents that tell past dates from coming ones."""

from datetime import UTC, date, datetime


def today() -> date:
    """Today's date, UTC."""
    return datetime.now(UTC).date()
