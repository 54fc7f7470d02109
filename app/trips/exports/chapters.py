"""What the formats for reading say beside the days, and in what order; Markdown and HTML only differ in how."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.trips.exports.document import Costs, Line, TripDocument
from app.trips.exports.wording import dates, money


@dataclass(frozen=True, slots=True)
class Row:
    """`is_sum`: it adds up what stands above it."""

    cells: tuple[str, str, str]
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """`key`: a word of ours, unique. `head` and `rows`: a table with its amounts in the second column; may be empty."""

    key: str
    title: str
    lines: tuple[Line, ...] = ()
    head: tuple[str, str, str] = ("", "", "")
    rows: tuple[Row, ...] = ()


def before_the_days(trip: TripDocument) -> list[Chapter]:
    """Chapters with something in them."""
    return _filled(
        Chapter("glance", "At a glance", tuple(_glance(trip))),
        Chapter("missing", "What is missing, assumed or estimated", tuple(_missing(trip))),
        Chapter("warnings", "Warnings", tuple(map(Line, trip.warnings))),
        Chapter("transport", "Getting there and about", trip.transport),
        Chapter("moves", "From place to place", trip.moves),
        Chapter("stays", "Where you sleep", trip.stays),
    )


def after_the_days(trip: TripDocument) -> list[Chapter]:
    """Chapters with something in them."""
    events = (*((Line(trip.event_summary),) if trip.event_summary else ()), *trip.events)
    return _filled(
        Chapter("tips", "Tips", tuple(map(Line, trip.tips))),
        *([_cost_chapter(trip.costs)] if trip.costs else []),
        Chapter("events", "What is on", events),
        Chapter("flexibility", "Where the plan can be changed", tuple(map(Line, trip.flexibility))),
        Chapter("left-out", "Left out, and why", trip.left_out),
        Chapter("certificate", "How the plan was checked", trip.certificate),
        Chapter("sources", "Sources", trip.sources),
    )


def _filled(*chapters: Chapter) -> list[Chapter]:
    return [chapter for chapter in chapters if chapter.lines or chapter.rows]


def _glance(trip: TripDocument) -> Iterator[Line]:
    where = ", ".join(filter(None, (*trip.destinations, trip.country)))
    days = len(trip.days)
    found = (
        Line(where, "Where"),
        Line(f"{dates(trip)} ({days} {'day' if days == 1 else 'days'})", "When"),
        Line(trip.origin, "From"),
        Line("" if trip.travelers is None else str(trip.travelers), "Travellers"),
        Line(trip.weather_summary, "Weather"),
        Line(_cost_in_short(trip.costs) if trip.costs else "", "Cost"),
        Line(f"Local times, {trip.timezone}", "Times"),
        Line(trip.message, "Plan"),
        Line(trip.overview, "In short"),
        Line(trip.told_by, "Texts"),
    )
    return (line for line in found if line.text)


def _cost_in_short(costs: Costs) -> str:
    total = f"{money(costs.rows[-1].amount, costs.currency)} in all"
    if costs.per_person is None:
        return f"{total} (an estimate)"
    return f"{total}, {money(costs.per_person, costs.currency)} a person (an estimate)"


def _missing(trip: TripDocument) -> Iterator[Line]:
    for failure in trip.failures:
        yield Line(f"{failure.label} ({failure.text})" if failure.text else failure.label, "Missing")
    yield from map(Line, (*trip.fallbacks, *trip.cautions))


def _cost_chapter(costs: Costs) -> Chapter:
    rows = [
        Row((row.label, money(row.amount, costs.currency), row.basis), is_sum=row.role != "line") for row in costs.rows
    ]
    each = [Line(money(costs.per_person, costs.currency), "For each person")] if costs.per_person else []
    head = ("What", "For the whole party", "How it was reckoned")
    return Chapter("costs", "What it may cost", (*each, *costs.remarks), head, tuple(rows))
