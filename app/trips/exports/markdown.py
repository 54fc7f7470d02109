"""Markdown to read and to edit: CommonMark, with one table (GitHub's) for the costs.

Texts of the plan are escaped so that each stays text: no markup, no HTML, no link, also where a renderer makes links of
bare addresses. Only a source's own address is a link.
"""

import re
from collections.abc import Iterator

from app.trips.exports.chapters import Chapter, after_the_days, before_the_days
from app.trips.exports.document import Day, Line, Stop, TripDocument
from app.trips.exports.wording import clock_times, kind_word, long_date, stop_lines

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$^@]")

_LINK_LIKE = re.compile(r":(?=[^\s\d])|(?<=www)\.", re.IGNORECASE)
"""`mailto:x`, `https://`, `www.`: what renderers with links of their own look for. A colon in a time is none."""

_BLOCK_START = re.compile(r"^(?:[-+=:]|(\d{1,9})(?=[.)](?:\s|$)))")
"""What would make a list, a heading or a rule of a line that begins with it."""


def write(trip: TripDocument) -> bytes:
    return ("\n".join(_lines(trip)).rstrip("\n") + "\n").encode()


def escaped(text: str) -> str:
    """The text, for anywhere in a line."""
    special = _SPECIAL.sub(r"\\\g<0>", text)
    without_links = _LINK_LIKE.sub(r"\\\g<0>", special)
    return _BLOCK_START.sub(_escaped_start, without_links)


def _escaped_start(found: re.Match[str]) -> str:
    """A number is escaped behind its digits: before them, a backslash would be one."""
    return f"{found[1]}\\" if found[1] else f"\\{found[0]}"


def _lines(trip: TripDocument) -> Iterator[str]:
    yield f"# {escaped(trip.title)}"
    yield ""
    for chapter in before_the_days(trip):
        yield from _chapter(chapter)
    for day in trip.days:
        yield from _day(day, trip)
    for chapter in after_the_days(trip):
        yield from _chapter(chapter)


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"## {chapter.title}"
    yield ""
    if chapter.rows:
        yield _row(chapter.head)
        yield "| --- | ---: | --- |"
        for row in chapter.rows:
            cells = tuple(map(escaped, row.cells))
            yield _row(tuple(f"**{cell}**" if cell and row.is_sum else cell for cell in cells))
        yield ""
    for line in chapter.lines:
        yield _bullet(line)
    if chapter.lines:
        yield ""


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _bullet(line: Line, depth: int = 0) -> str:
    label = f"**{escaped(line.label)}:**" if line.label else ""
    address = f"<{line.url}>" if line.url else ""
    return "  " * (line.depth + depth) + "- " + " ".join(filter(None, (label, escaped(line.text), address)))


def _day(day: Day, trip: TripDocument) -> Iterator[str]:
    title = f": {escaped(day.title)}" if day.title else ""
    yield f"## Day {day.number}, {long_date(day.date)}{title}"
    yield ""
    if day.place and len(trip.destinations) > 1:
        yield f"In {escaped(day.place)}"
        yield ""
    if day.weather:
        yield f"Weather: {escaped(day.weather)}"
        yield ""
    if day.summary:
        yield escaped(day.summary)
        yield ""
    for stop in day.stops:
        yield from _stop(stop, day, trip)
    if not day.stops:
        yield "Nothing is planned."
    yield ""
    if day.notes:
        yield from (_bullet(Line(note, "Note")) for note in day.notes)
        yield ""


def _stop(stop: Stop, day: Day, trip: TripDocument) -> Iterator[str]:
    title = escaped(stop.title)
    kind = f" ({escaped(kind_word(stop))})" if stop.kind else ""
    yield f"- {clock_times(stop, day.date)} {title if stop.is_way else f'**{title}**'}{kind}"
    yield from (_bullet(line, depth=1) for line in stop_lines(stop, trip))
