"""The reckoning, line by line. The page adds the lines up itself and says so where they do not give the sums told."""

from collections.abc import Iterator
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.cli.plan_words import marked, plain
from app.trips.currencies import in_full
from app.trips.reports import BudgetReport

CATEGORIES = ("transportation", "accommodation", "food", "activities")


def costs(report: BudgetReport) -> Iterator[RenderableType]:
    sums = report.budget_breakdown
    currency = plain(sums.currency)
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    for category in CATEGORIES:
        part: Decimal = getattr(sums, category)
        grid.add_row(Text(category.capitalize(), "bold"), Text(in_full(part, currency), "bold"))
        for line in report.lines:
            if line.category == category:
                label = Text.assemble(plain(line.label), marked(line.kind))
                basis = Padding(Text(plain(line.basis), "dim"), (0, 0, 0, 2))
                grid.add_row(Padding(Group(label, basis), (0, 0, 0, 2)), Text(in_full(line.amount, currency), "dim"))
    days = f"{report.days} days" if report.days > 1 else "1 day"
    people = f"{report.travelers_count} travellers" if report.travelers_count > 1 else "1 traveller"
    grid.add_row("", "")
    grid.add_row(
        Text(f"Total for {people}, {days}, {report.budget_range}", "bold"),
        Text(f"{in_full(sums.total, currency)} {currency}", "bold green"),
    )
    grid.add_row("Per person", Text(f"{in_full(report.cost_per_person, currency)} {currency}"))
    yield grid
    for fault in faults(report):
        yield Text(fault, "red")
    for rate in report.exchange_rates:
        said = f"1 {rate.from_currency} = {rate.rate:g} {rate.to_currency}, {rate.as_of}, {rate.source}"
        yield Text(plain(said), "dim")
    for assumption in report.assumptions:
        yield Text(plain(assumption), "dim")


def faults(report: BudgetReport) -> list[str]:
    """Sums that are not what their parts add up to, to the last cent; empty where all are."""
    sums = report.budget_breakdown
    parts = {category: getattr(sums, category) for category in CATEGORIES}
    found = []
    for category, told in parts.items():
        lines = [line.amount for line in report.lines if line.category == category]
        if lines and sum(lines) != told:
            found.append(f"The lines of {category} add up to {sum(lines)}, not to {told}")
    if sum(parts.values()) != sums.total:
        found.append(f"The parts add up to {sum(parts.values())}, not to the total {sums.total}")
    return found
