"""Members of an answer that become a line or a table of the document, one function each."""

from collections.abc import Iterator
from decimal import Decimal

from app.trips.exports.document import CostRow, Costs, Line
from app.trips.exports.loose import Loose, web_address
from app.trips.exports.wording import money

_PARTS = ("transportation", "accommodation", "food", "activities")


def label(name: str) -> str:
    """A member's name as a reader's word."""
    return (name[:1].upper() + name[1:]).replace("_", " ")


def source(found: Loose) -> Line:
    marks = ", ".join(filter(None, (found["kind"].text(), found["retrieved_at"].text())))
    provider = found["provider"].text() or "unnamed"
    note = f": {found['note'].text()}" if found["note"] else ""
    return Line(f"{provider} ({marks}){note}" if marks else provider + note, url=web_address(found["url"].text()))


def told_by(narrative: Loose) -> str:
    """As `TripDocument` has it."""
    writer = narrative["written_by"].text()
    if writer in ("", "template"):
        return narrative["note"].text()
    return f"The words in short and below each day's title are by {writer}; names and numbers checked against the plan."


def event(found: Loose) -> Line:
    starts, ends = found["starts"].text(), found["ends"].text()
    when = f"{starts} to {ends}" if ends and ends != starts else starts
    what = ", ".join(filter(None, (label(found["kind"].text()), when, found["venue"].text(), found["place"].text())))
    free = "Free of charge." if found["is_free"].flag() else ""
    details = (f"{what}." if what else "", found["description"].text(), found["closes"].text(), free)
    return Line(" ".join(filter(None, details)), found["name"].text(), web_address(found["source"]["url"].text()))


def costs(budget: Loose) -> Costs | None:
    parts = budget["budget_breakdown"]
    total = parts["total"].number()
    if total is None:
        return None
    lines = [(line, line["amount"].number()) for line in budget["lines"]]
    rows = [CostRow(line["label"].text(), amount, line["basis"].text()) for line, amount in lines if amount is not None]
    rows += [CostRow(label(name), found, role="part") for name in _PARTS if (found := parts[name].number()) is not None]
    rates = [
        Line(
            f"1 {rate['from_currency'].text()} = {rate['rate'].text()} {rate['to_currency'].text()} "
            f"of {rate['as_of'].text()} ({rate['source'].text()})",
            "Exchange rate",
        )
        for rate in budget["exchange_rates"]
    ]
    return Costs(
        currency=parts["currency"].text(),
        rows=(*rows, CostRow("Total", total, role="total")),
        per_person=budget["cost_per_person"].number(),
        remarks=(*rates, *map(Line, budget["assumptions"].texts())),
    )


def move(found: Loose) -> Line:
    """From one destination to the next."""
    times = [f"{word} {found[word].text()}" for word in ("departs", "arrives") if found[word]]
    way = f"{found['origin'].text()} to {found['destination'].text()}, {found['mode'].text()}"
    return Line(f"{', '.join((way, *times))}. {found['note'].text()}".strip(), found["date"].text())


def stay(found: Loose) -> Line:
    nights, rooms, cost = (found[name].number() for name in ("nights", "rooms", "cost"))
    told = (
        found["place"].text(),
        _counted(nights, "night"),
        f"from {found['first_night'].text()}" if found["first_night"] else "",
        _counted(rooms, "room"),
        money(cost, found["currency"].text()) if cost is not None else "",
    )
    kind = f" ({found['kind'].text()})" if found["kind"] else ""
    return Line(", ".join(filter(None, told)) + kind, found["name"].text())


def _counted(count: Decimal | None, word: str) -> str:
    return "" if count is None else f"{count} {word}{'' if count == 1 else 's'}"


def left_out(found: Loose) -> Line:
    return Line(found["text"].text() or found["reason"].text(), found["name"].text())


def certificate(found: Loose) -> Iterator[Line]:
    """The independent checker's verdict, then rule by rule; nothing where there is none."""
    if not found:
        return
    is_valid = found["is_valid"].flag()
    yield Line("The plan keeps every rule." if is_valid else "The plan does not keep every rule.", "Verdict")
    for rule in found["rules"]:
        kept = "Kept" if rule["is_kept"].flag() else "Broken"
        yield Line(f"{kept}. {rule['checked'].text()}".strip(), label(rule["rule"].text()))
        yield from (Line(fault, depth=1) for fault in rule["faults"].texts())
