"""RoundTableError
├── LeftForAnotherTimeError   Redis did not take what became of a request; it will be delivered again
└── WedgedError               this worker cannot work any more, and will not by waiting
"""

from app.errors import RoundTableError


class LeftForAnotherTimeError(RoundTableError):
    """Redis refused for longer than anybody can wait for the request."""

    code = "left_for_another_time"


class WedgedError(RoundTableError):
    """The message says what is stuck. Whoever keeps the worker running starts a new one."""

    code = "worker_wedged"
