"""The itinerary: each day with its clock times."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from app.cli.plan_words import day_and_month, plain
from app.trips.currencies import in_full
from app.trips.reports import ItineraryDay, ItineraryItem, ItineraryReport, Narrative, PlanCertificate, WishConflict

_STYLES = {
    "visit": "bold",
    "event": "bold",
    "leg": "bold",
    "meal": "",
    "rest": "dim",
    "travel": "dim",
    "arrival": "",
    "departure": "",
}


def itinerary(report: ItineraryReport) -> Iterator[RenderableType]:
    if report.conflict is not None:
        yield from _conflict(report.conflict)
    if report.narrative is not None:
        yield from _narrative(report.narrative)
    for number, day in enumerate(report.itinerary_days):
        if number:
            yield Text("")
        yield from _day(day)
    for name, detail in report.transport_details.items():
        yield Text("")
        yield Text.assemble((plain(name.replace("_", " ")).capitalize() + ": ", "bold"), plain(detail))
    if report.certificate is not None:
        yield Text("")
        yield _certificate(report.certificate)


def _narrative(narrative: Narrative) -> Iterator[RenderableType]:
    yield Text(plain(narrative.overview))
    if narrative.written_by != "template":
        yield Text(f"Written by {plain(narrative.written_by)}; names and numbers checked against the plan.", "dim")
    elif narrative.note:
        yield Text(plain(narrative.note), "dim")
    yield Text("")


def _conflict(conflict: WishConflict) -> Iterator[RenderableType]:
    yield Text(plain(conflict.text), "bold red")
    for way in conflict.ways_out:
        yield Text(plain(way.text))
    yield Text("")


def _certificate(certificate: PlanCertificate) -> Text:
    kept = sum(1 for rule in certificate.rules if rule.is_kept)
    text = Text(f"Checked by a program of its own: {kept} of {len(certificate.rules)} rules kept.", "green")
    for rule in certificate.rules:
        for fault in rule.faults:
            text.append(f"\n{plain(rule.rule)}: {plain(fault)}", "red")
    return text


def _day(day: ItineraryDay) -> Iterator[RenderableType]:
    yield Text.assemble((day_and_month(day.date), "bold cyan"), "  ", (plain(day.title), "bold"))
    if day.weather:
        yield Text(plain(day.weather), "dim")
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    for item in day.items:
        grid.add_row(Text(f"{item.starts}–{item.ends}", "dim"), _what(item), _price(item))
    yield grid
    for note in day.notes:
        yield Text(plain(note), "yellow")


def _what(item: ItineraryItem) -> Text:
    text = Text(plain(item.title), _STYLES[item.kind])
    source = f"Source: {item.source}" if item.source else None
    for detail in (item.reason, *item.notes, source):
        if detail:
            text.append(f"\n{plain(detail)}", "dim not bold")
    return text


def _price(item: ItineraryItem) -> Text:
    """Per person."""
    if item.price_per_person is None:
        return Text("")
    if not item.price_per_person:
        return Text("free", "green")
    currency = item.currency or ""
    return Text(f"{in_full(item.price_per_person, currency)} {plain(currency)}")
