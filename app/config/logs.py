"""Logging for every process: one line an event on standard output, time first, with the bound session id.

Our own events are written without a detour through the standard library, whose records cost several times the line. The
libraries' own loggers follow in the same form.
"""

import logging
import sys
from io import TextIOWrapper
from typing import Any

import structlog
from pydantic_core import to_json


def configure_logs(debug: bool) -> None:
    """Readable lines with `debug`, one JSON object a line without."""
    level = logging.DEBUG if debug else logging.INFO
    if isinstance(sys.stdout, TextIOWrapper):
        # A letter that the terminal's encoding has not is written out; what is logged must not fail for it.
        sys.stdout.reconfigure(errors="backslashreplace")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    # Plain: the pretty one shows every local variable, takes seconds over it, and nothing else runs meanwhile.
    plain = structlog.dev.plain_traceback
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=0, exception_formatter=plain)]
        if debug
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_as_json)]
    )
    structlog.configure(
        processors=[*shared, *renderer],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(shared, renderer)


def write_line(line: str) -> None:
    """To standard output, at once: what a process said last before it died is what somebody will want to read."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class _Lines:
    """What structlog hands its finished lines to. `name`: of the module that logs."""

    def __init__(self, name: str = "app") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        write_line(line)

    debug = info = warning = error = critical = exception = msg


def _as_json(event: dict[str, Any], **_: Any) -> str:
    return to_json(event, fallback=repr).decode()


def _configure_libraries(shared: list[structlog.typing.Processor], renderer: list[structlog.typing.Processor]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
