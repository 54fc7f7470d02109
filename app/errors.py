"""The root of our errors. Each room hangs its own tree below it; an error of a single file stands there.

RoundTableError
├── app.trips.errors                   what a traveller asked for cannot be planned as asked
├── app.trips.currencies               no such currency
├── app.trips.orienteering.errors      what the solver was handed is no problem that it can solve
├── app.trips.exports.errors           nothing to export, or no such format
├── app.services.outside.errors        a provider gave no facts
├── app.services.money.exchange_rates  no rate for a currency
├── app.agents.errors                  an agent could not do its work
├── app.messaging.errors               the wire: Redis away, bytes that are no message
├── app.core.errors                    sessions: unknown, ended, refused
├── app.workers.errors                 a worker cannot go on, or leaves a request for another time
├── app.api.errors                     a field of an HTTP request at fault, streaming switched off
├── app.api.geocoding                  a place that could not be looked up just now
├── app.config.settings                a setting has a value that it cannot have
└── app.cli.errors                     a command ends here
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
