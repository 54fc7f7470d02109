"""What a budget is asked for; a file of its own because the reckoning and its words both read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.trips.places.place import Place
from app.trips.request import BudgetRange, UserPreferences

GUESTS_A_ROOM = 2


@dataclass(frozen=True)
class BudgetStop:
    """A destination. `days`: of the trip that are spent there, None for an even share of what the others leave."""

    place: Place
    days: int | None = None


@dataclass(frozen=True)
class BudgetQuestion:
    """`asked_currency`: as the traveller gave it, None where not at all. `days`: of the whole trip, 1 or more.

    `stops`: at least one, in the order of the journey; no more of them than days, and with days that add up.
    `keep_order`: the traveller wants that order. `limit`: the most that the trip may cost, in the asked currency, else
    in that of the origin's country.
    """

    stops: tuple[BudgetStop, ...]
    origin: Place | None
    travelers_count: int
    days: int
    budget_range: BudgetRange
    asked_currency: str | None
    preferences: UserPreferences
    keep_order: bool = True
    limit: Decimal | None = None

    @property
    def has_several_stops(self) -> bool:
        return len(self.stops) > 1

    @property
    def rooms(self) -> int:
        return -(-self.travelers_count // GUESTS_A_ROOM)

    @property
    def nights(self) -> int:
        return self.days - 1


def shared_days(asked: Sequence[int | None], total: int) -> list[int]:
    """How many of `total` days each stop gets: what was asked, else an even share of the rest; the earlier get more."""
    open_count = asked.count(None)
    share, left_over = divmod(total - sum(days or 0 for days in asked), open_count or 1)
    found: list[int] = []
    for days in asked:
        found.append(share + (left_over > 0) if days is None else days)
        left_over -= days is None
    return found
