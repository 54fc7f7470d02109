"""What the checker answers, and how it writes times and amounts. Apart because every rule's file needs it."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from app.trips.problem import DAY_MINUTES, Fact

Rule = Literal[
    "days",
    "route",
    "legs",
    "presence",
    "location",
    "stays",
    "meals",
    "cuisines",
    "sights",
    "pace",
    "weather",
    "wishes",
    "sums",
    "budget",
    "facts",
]

_LARGEST_WRITTEN = 10**18
"""Numbers past this are nonsense, and Python refuses to write out the longest of them."""


class Fault(Fact):
    """One place where a rule is broken. `day`, `ref`: where in the plan, and the id that it is about, if any."""

    text: str
    day: date | None = None
    ref: str | None = None


class Verdict(Fact):
    """`checked`: what the rule demands, in a sentence. `faults`: in order of the plan; empty where it is kept."""

    rule: Rule
    is_kept: bool
    checked: str
    faults: tuple[Fault, ...] = ()


class Certificate(Fact):
    """`verdicts`: one a rule, in the order of `Rule`; `is_valid`: all are kept."""

    is_valid: bool
    verdicts: tuple[Verdict, ...]


Faults = Iterator[Fault]


def number(value: int) -> str:
    return str(value) if abs(value) < _LARGEST_WRITTEN else "a number beyond all sense"


def clock(minutes: int) -> str:
    """Of minutes after a midnight: 09:05, and 09:05 (+1 day) where they lie on a later day."""
    days, rest = divmod(minutes, DAY_MINUTES)
    text = f"{rest // 60:02}:{rest % 60:02}"
    if minutes == DAY_MINUTES:
        return "24:00"
    if days == 0:
        return text
    return f"{text} ({'+' if days > 0 else ''}{number(days)} day{'' if abs(days) == 1 else 's'})"
