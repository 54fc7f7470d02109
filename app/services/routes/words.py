"""Spans of time and distance as travellers read them."""


def hours_text(minutes: int) -> str:
    """`45 min`, `3 h 55 min`, `2 days 4 h`."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(minutes, 24 * 60)
    return f"{days} days {rest // 60} h" if rest >= 60 else f"{days} days"


def km_text(distance_km: float) -> str:
    """Whole kilometres: `6,588 km`."""
    return f"{round(distance_km):,} km"


def days_text(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
