"""RoundTableError
└── TripError
    ├── UnknownPlaceError   no such place; carries near matches
    └── CannotChangeError   a change that makes no sense for the trip (in `changes.py`)
"""

from app.errors import RoundTableError


class TripError(RoundTableError):
    """The request cannot be planned as it stands; the traveller has to change it."""

    code = "invalid_trip"
    blames_request = True


class UnknownPlaceError(TripError):
    """No place of that name is known. `near_matches`: names that are, best first, at most five, may be empty."""

    code = "unknown_place"

    def __init__(self, text: str, near_matches: list[str], hint: str | None = None) -> None:
        self.text = text
        self.near_matches = near_matches
        reason = hint or f"no place called {text!r} is known"
        did_you_mean = f"; did you mean {'; '.join(near_matches)}?" if near_matches else ""
        super().__init__(reason + did_you_mean)
