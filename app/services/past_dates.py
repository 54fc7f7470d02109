"""What is said about trips in the past (ruling X-11): they are planned, with a warning."""

from datetime import date


def past_dates_warning(days: list[date], today: date) -> str | None:
    """One sentence, or None where no day has passed. `days`: at least one, in order."""
    if days[0] >= today:
        return None
    if days[-1] < today:
        return "The travel dates have passed; the plan shows what those days are usually like."
    return "Some of the travel dates have passed; they are planned like the others."
