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
    """

    code = "error"
    retryable = False
