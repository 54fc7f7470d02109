"""Server-sent events: a session's log, framed. `data:` lines with an `id:` each; comments keep the line alive.

The response is our own because thousands are open at once: a viewer has one task, its request's, and all share one
timer. sse-starlette's response has five tasks a viewer; its framing is used.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from pydantic_core import to_json
from sse_starlette import ServerSentEvent
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.api.eager_start import begin
from app.api.served_outside import serve_outside
from app.core.session_feeds import OpenView
from app.core.session_timeline import LogEvent, View

log = structlog.get_logger(__name__)

KEEP_ALIVE_S = 15.0
"""After so much silence a comment is sent, lest a proxy takes the connection for dead."""

SEND_TIMEOUT_S = 30.0
"""A client that takes nothing for that long is let go; it can attach again where it was."""

LOOK_EVERY_S = 1.0
"""Between two looks for clients that take nothing and for streams that were silent; it is how exact both times are."""

PORTION_BYTES = 64 * 1024
"""Events that are there together leave together, until they are so many bytes: as many as the server buffers."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Not stored, and not buffered by proxies."""

KEEP_ALIVE = ServerSentEvent(comment="keep-alive", sep="\n").encode()


class OpenStreams:
    """The open streams of a gateway, and the one timer that looks after them: none where none is open."""

    def __init__(self) -> None:
        self._streams: set[EventStream] = set()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def with_one_more(self, stream: "EventStream") -> Iterator[None]:
        self._streams.add(stream)
        if self._timer is None:
            self._look_later()
        try:
            yield
        finally:
            self._streams.discard(stream)

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._streams:
            self._look_later()
        for stream in self._streams:
            stream.stood_still(LOOK_EVERY_S)


class EventStream(Response):
    """Ends with its view, or when its client leaves, or has taken nothing for too long.

    The request's task only waits for the client to leave. What is there is sent from where it is learnt of; where the
    client does not take it at once, the rest of that is a task.
    """

    media_type = "text/event-stream"

    def __init__(
        self, viewing: OpenView, open_streams: OpenStreams, headers: Mapping[str, str], frame: "Frame | None" = None
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({**headers, **HEADERS})
        self._viewing = viewing
        self._frame = frame or Frame()
        self._open_streams = open_streams
        self._still_s = 0.0
        self._is_open = self._is_complete = False
        self._untaken: asyncio.Task[None] | None = None
        self._error: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await serve_outside(self._serve, scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        self._send = send
        try:
            async with asyncio.timeout(None) as self._patience:
                with self._viewing(self._go_on) as self._view, self._open_streams.with_one_more(self):
                    self._is_open = True
                    self._go_on()
                    await _departure(receive)
        except TimeoutError:
            if self._error is not None:
                raise self._error from None
            # Nobody's fault but the client's: no trace of it in the server's log.
            log.info("stream_not_read", path=scope["path"], after_s=SEND_TIMEOUT_S)
            await _hang_up(receive)
        finally:
            self._is_open = False
            if self._untaken is not None:
                self._untaken.cancel()

    def _go_on(self) -> None:
        """Send what there is to send, unless the client has not taken the last yet."""
        if self._untaken is not None or not self._is_open:
            return
        try:
            while self._untaken is None and (message := self._next()) is not None:
                self._still_s = 0.0
                self._untaken = begin(self._send(message))
        except Exception as error:  # noqa: BLE001 - raised where the request is, not where the news came from
            self._give_up(error)
        if self._untaken is not None:
            self._untaken.add_done_callback(self._taken)

    def _next(self) -> Message | None:
        """What to send now; None where there is nothing, or all has been sent."""
        if self._is_complete:
            return None
        body = _portion(self._view, self._frame)
        self._is_complete = not body and self._view.is_over
        if not body and not self._is_complete:
            if self._still_s < KEEP_ALIVE_S:
                return None
            body = KEEP_ALIVE
        return {"type": "http.response.body", "body": body, "more_body": not self._is_complete}

    def _taken(self, sent: "asyncio.Task[None]") -> None:
        self._untaken = None
        if sent.cancelled() or not self._is_open:
            return
        if isinstance(error := sent.exception(), Exception):
            self._give_up(error)
        self._go_on()

    def stood_still(self, seconds: float) -> None:
        """Nothing was sent for so much longer. Counted, not clocked: a loop that is kept busy is no client's fault."""
        self._still_s += seconds
        if self._untaken is None:
            if self._still_s >= KEEP_ALIVE_S:
                self._go_on()
        elif self._is_open and self._still_s >= SEND_TIMEOUT_S:
            self._give_up()

    def _give_up(self, error: Exception | None = None) -> None:
        """Have the request's task end."""
        self._is_open, self._error = False, error
        self._patience.reschedule(0)


async def _departure(receive: Receive) -> None:
    """Wait until the client has left, or has been sent everything: servers say so alike."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _hang_up(receive: Receive) -> None:
    """Drop the connection. ASGI has no word for that, and a server that closes it waits, perhaps for ever, until the
    client has read what is buffered. uvicorn's `receive` belongs to an object that has the transport."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        await _departure(receive)


@dataclass(frozen=True, slots=True)
class Frame:
    """Writes an event as its stream has it. `session_id`: told with each event's id, "" where the stream's address
    tells it. Equal ones write the same, so that an event is written once for all its viewers."""

    session_id: str = ""

    def __call__(self, found: LogEvent) -> bytes:
        """Without an id where it is none of the log's: a client that comes back then names the last one that is."""
        named = f"{found.entry_id}@{self.session_id}" if self.session_id else found.entry_id
        data = to_json(found.event).decode()
        return ServerSentEvent(data, id=named if found.entry_id else None, sep="\n").encode()


def _portion(view: View, frame: Frame) -> bytes:
    """What is there for the viewer, framed; empty where there is nothing."""
    frames: list[bytes] = []
    size = 0
    while size < PORTION_BYTES and (found := view.next()) is not None:
        frames.append(found.encoded(frame))
        size += len(frames[-1])
    return b"".join(frames)
