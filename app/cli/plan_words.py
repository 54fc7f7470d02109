"""Dates, durations and amounts in words, the same in every part of the page."""

from datetime import date

from app.cli.visible import visible


def plain(text: str) -> str:
    """Text from a plan, on one line and harmless to the terminal."""
    return visible(" ".join(text.split()))


def day_and_month(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def day_month_year(day: date) -> str:
    return f"{day_and_month(day)} {day.year}"


def duration(minutes: int) -> str:
    """`2 h 05 min`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02} min" if rest else f"{hours} h"


def marked(kind: str) -> tuple[str, str]:
    """Where a fact comes from (`live`, `cached`, `estimate`, `catalogue`), in brackets, with its style."""
    return (f" [{kind}]", "green" if kind == "live" else "dim")
