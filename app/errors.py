"""The root of our errors. Each room hangs its own tree below it.

RoundTableError
├── app.trips.errors      what a traveller asked for cannot be planned as asked
├── app.agents.errors     an agent could not do its work
├── app.messaging.errors  the wire: Redis away, bytes that are no message
└── app.core.errors       sessions: unknown, ended, refused
"""


class RoundTableError(Exception):
    """Something the caller can act on.

    `code`: a stable word for programs (`unknown_place`). `retryable`: the same call may succeed later.
    `blames_request`: what was asked for is at fault, not whoever was asked. `retry_after_s`: when it is worth trying
    again, where that is known.
    """

    code = "error"
    retryable = False
    blames_request = False
    retry_after_s: float | None = None
