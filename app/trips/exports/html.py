"""One HTML page that needs nothing else: to read on a phone, to print on A4, a day a page.

It is made as a tree and written by the standard library, so every text and attribute is escaped by the writer. There is
no script and nothing is loaded; the page itself forbids both (`POLICY`), for when it is opened from a disk.
"""

import base64
import hashlib
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from app.trips.exports.chapters import Chapter, after_the_days, before_the_days
from app.trips.exports.document import Day, Line, Stop, TripDocument
from app.trips.exports.wording import clock_times, dates, kind_word, long_date, stop_lines

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy: the page's own style and nothing else."""


def write(trip: TripDocument) -> bytes:
    root = Element("html", lang="en")
    _head(root, trip)
    body = _add(root, "body")
    header = _add(body, "header")
    _add(_add(header, "h1"), "bdi", trip.title)
    _add(header, "p", dates(trip), "dates")
    main = _add(body, "main")
    for chapter in before_the_days(trip):
        _chapter(main, chapter)
    for day in trip.days:
        _day(main, day, trip)
    for chapter in after_the_days(trip):
        _chapter(main, chapter)
    _add(_add(body, "footer"), "p", f"Planned by Ringmaster Round Table, {trip.updated_at:%Y-%m-%d %H:%M} UTC.")
    page: bytes = tostring(root, encoding="utf-8", method="html")
    return b"<!DOCTYPE html>\n" + page + b"\n"


def _add(parent: Element, tag: str, text: str = "", css_class: str = "", **attributes: str) -> Element:
    found = SubElement(parent, tag, attributes)
    if css_class:
        found.set("class", css_class)
    found.text = text or None
    # Lines of their own for blocks: for whoever reads the source, or compares two exports.
    found.tail = None if tag in ("bdi", "strong", "a", "time", "span") else "\n"
    return found


def _head(root: Element, trip: TripDocument) -> None:
    head = _add(root, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "meta", name="referrer", content="no-referrer")
    SubElement(head, "meta", name="robots", content="noindex")
    _add(head, "title", f"{trip.title}, {dates(trip)}")
    _add(head, "style", _STYLE)


def _section(parent: Element, key: str, title: str, css_class: str) -> Element:
    section = _add(parent, "section", "", css_class, **{"aria-labelledby": key})
    _add(_add(section, "h2", id=key), "bdi", title)
    return section


def _chapter(main: Element, chapter: Chapter) -> None:
    section = _section(main, chapter.key, chapter.title, "chapter")
    if chapter.rows:
        _table(section, chapter)
    _list(section, chapter.lines)


def _table(parent: Element, chapter: Chapter) -> None:
    # Scrolls by itself where a phone is too narrow for it, and can be reached by keyboard to do so.
    frame = _add(parent, "div", "", "table", tabindex="0", role="region", **{"aria-label": chapter.title})
    table = _add(frame, "table")
    head = _add(_add(table, "thead"), "tr")
    for cell in chapter.head:
        _add(head, "th", cell, scope="col")
    body = _add(table, "tbody")
    for row in chapter.rows:
        line = _add(body, "tr", "", "sum" if row.is_sum else "")
        _add(_add(line, "th", scope="row"), "bdi", row.cells[0])
        _add(line, "td", row.cells[1], "amount")
        _add(_add(line, "td"), "bdi", row.cells[2])


def _list(parent: Element, lines: tuple[Line, ...] | list[Line], css_class: str = "") -> None:
    """Lines as a list, deeper ones as lists within it."""
    if not lines:
        return
    lists = [_add(parent, "ul", "", css_class)]
    for line in lines:
        del lists[line.depth + 1 :]
        while len(lists) <= line.depth:
            above = list(lists[-1])
            lists.append(_add(above[-1] if above else _add(lists[-1], "li"), "ul"))
        _line(_add(lists[-1], "li"), line)


def _line(item: Element, line: Line) -> None:
    if line.label:
        label = _add(item, "strong")
        _add(label, "bdi", line.label).tail = ":"
        label.tail = " "
    _add(item, "bdi", line.text)
    if line.url:
        list(item)[-1].tail = " "
        _add(item, "a", line.url, href=line.url, rel="noreferrer noopener nofollow")


def _day(main: Element, day: Day, trip: TripDocument) -> None:
    section = _add(main, "section", "", "day", **{"aria-labelledby": f"day-{day.number}"})
    heading = _add(section, "h2", id=f"day-{day.number}")
    heading.text = f"Day {day.number}: "
    _add(heading, "time", long_date(day.date), datetime=day.date.isoformat())
    if day.title:
        _add(_add(section, "p", "", "day-title"), "bdi", day.title)
    if day.place and len(trip.destinations) > 1:
        _add(_add(section, "p", "In "), "bdi", day.place)
    if day.weather:
        _add(_add(section, "p", "Weather: ", "weather"), "bdi", day.weather)
    if day.summary:
        _add(_add(section, "p", "", "summary"), "bdi", day.summary)
    if day.stops:
        stops = _add(section, "ol", "", "stops")
        for stop in day.stops:
            _stop(_add(stops, "li", "", "way" if stop.is_way else "stop"), stop, day, trip)
    else:
        _add(section, "p", "Nothing is planned.")
    _list(section, [Line(note) for note in day.notes], "day-notes")


def _stop(item: Element, stop: Stop, day: Day, trip: TripDocument) -> None:
    when = _add(item, "p", "", "when")
    times = clock_times(stop, day.date)
    if stop.starts is None:
        when.text = times
    else:
        _add(when, "time", times, datetime=stop.starts.isoformat())
    if stop.kind:
        _add(when, "span", kind_word(stop), "kind")
    _add(_add(item, "h3"), "bdi", stop.title)
    _list(item, stop_lines(stop, trip), "facts")
