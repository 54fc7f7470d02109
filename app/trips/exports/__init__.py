"""A finished plan as a file to take along. The same plan gives the same bytes: no clock is read here.

`document.py` is what every format reads; `reading.py` makes it of an answer. A new format is a file and a line below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.trips.exports import geojson, gpx, html, ics, markdown
from app.trips.exports.document import TripDocument
from app.trips.exports.errors import NothingToExportError, UnknownFormatError
from app.trips.exports.reading import read

__all__ = [  # noqa: RUF022 grouped by use
    # An answer into bytes
    "export",
    # The same in two steps
    "FORMATS",
    "ExportFormat",
    "TripDocument",
    "read",
    # What can go wrong
    "NothingToExportError",
    "UnknownFormatError",
]  # fmt: skip


@dataclass(frozen=True)
class ExportFormat:
    """`summary`: what it is for, in a few words."""

    media_type: str
    summary: str
    write: Callable[[TripDocument], bytes]


FORMATS: Mapping[str, ExportFormat] = {
    "ics": ExportFormat("text/calendar; charset=utf-8", "for calendars (iCalendar)", ics.write),
    "gpx": ExportFormat("application/gpx+xml", "for navigation devices (GPX 1.1)", gpx.write),
    "geojson": ExportFormat("application/geo+json", "for maps (RFC 7946)", geojson.write),
    "md": ExportFormat("text/markdown; charset=utf-8", "to read and edit (Markdown)", markdown.write),
    "html": ExportFormat("text/html; charset=utf-8", "to read and print, one self-contained page", html.write),
}
"""By the ending of the file's name."""


def export(answer: Mapping[str, Any] | BaseModel, file_format: str) -> bytes:
    """The plan in an answer of ours (of a plan or a session, as JSON or as its model) as a file.

    Raises UnknownFormatError, and NothingToExportError for an answer without an itinerary.
    """
    if file_format not in FORMATS:
        raise UnknownFormatError(file_format, FORMATS)
    return FORMATS[file_format].write(read(answer))
