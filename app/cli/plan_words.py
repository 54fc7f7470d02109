"""Dates, durations and amounts in words, the same in every part of the page."""

from datetime import date
from decimal import Decimal

from app.cli.visible import visible
from app.services.currencies import decimal_places


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


def amount(value: Decimal, currency: str) -> str:
    """With the places that the currency has, or more where the value has more; nothing is rounded away."""
    places = max(decimal_places(currency), -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{places}f}"


def marked(kind: str) -> tuple[str, str]:
    """Where a fact comes from (`live`, `cached`, `estimate`, `catalogue`), in brackets, with its style."""
    return (f" [{kind}]", "green" if kind == "live" else "dim")
