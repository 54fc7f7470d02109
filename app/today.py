"""The day on which the fleet answers, handed to whoever tells past dates from coming ones."""

from datetime import UTC, date, datetime


def today() -> date:
    """Today's date, UTC."""
    return datetime.now(UTC).date()
