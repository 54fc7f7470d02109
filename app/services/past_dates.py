"""What is said about trips in the past: they are planned like any other, with a warning."""

from datetime import date


def past_dates_warning(days: list[date], today: date, *, is_observed: bool = False) -> str | None:
    """One sentence, or None where no day has passed. `days`: at least one, in order. `is_observed`: it is known what
    those days were like."""
    if days[0] >= today:
        return None
    if days[-1] >= today:
        return "Some of the travel dates have passed; they are planned like the others."
    if is_observed:
        return "The travel dates have passed; the plan shows what the weather was then."
    return "The travel dates have passed; the plan shows what those days are usually like."
