"""RoundTableError
├── NothingToExportError   there is no itinerary (yet)
└── UnknownFormatError     no such format; names those there are
"""

from collections.abc import Iterable

from app.errors import RoundTableError


class NothingToExportError(RoundTableError):
    code = "no_itinerary"

    def __init__(self, status: str, reason: str) -> None:
        """`reason`: why there can be no plan, "" where that is not what is wrong."""
        why = reason or f"the session is {status or 'in an unknown state'}"
        super().__init__(f"there is no itinerary to export: {why}")


class UnknownFormatError(RoundTableError):
    code = "unknown_format"
    blames_request = True

    def __init__(self, asked: str, known: Iterable[str]) -> None:
        super().__init__(f"no export format {asked[:40]!r}; there are {', '.join(known)}")
