"""What the budget agent reports: the costs of the whole trip for the whole party, line by line."""

from datetime import date
from typing import Literal

from app.trips.reports.parts import Amount, Provenance, Report, Source
from app.trips.request import BudgetRange


class BudgetBreakdown(Report):
    """The four parts add up to `total` exactly. For the whole party and the whole trip."""

    currency: str
    total: Amount
    transportation: Amount
    accommodation: Amount
    food: Amount
    activities: Amount


class CostLine(Report):
    """One line of the reckoning: `amount` is for the whole party; `basis` says how it was reckoned."""

    category: Literal["transportation", "accommodation", "food", "activities"]
    label: str
    amount: Amount
    basis: str
    kind: Provenance


class ExchangeRate(Report):
    """`rate` units of `to_currency` for one of `from_currency`, as published for `as_of`."""

    from_currency: str
    to_currency: str
    rate: float
    as_of: date
    source: str


class BudgetReport(Report):
    """`cost_per_person` is total / travellers, rounded half-even to the currency's places."""

    budget_breakdown: BudgetBreakdown
    cost_per_person: Amount
    travelers_count: int
    days: int
    budget_range: BudgetRange
    lines: list[CostLine]
    exchange_rates: list[ExchangeRate]
    assumptions: list[str]
    warnings: list[str] = []
    sources: list[Source]
