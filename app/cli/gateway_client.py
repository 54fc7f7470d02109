"""Speaks to a running gateway: is it one, plan this trip, cancel it. A stream that breaks off is taken up again where
it broke, so a plan outlives a gateway that is restarted meanwhile."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from app.cli.errors import CommandError, GatewayAwayError, RefusedError
from app.cli.listening import is_this_machine

Answer = dict[str, Any]
"""JSON from the gateway; amounts are decimals, as they were written."""

CONNECT_TIMEOUT_S = 5.0
"""Also for answers that need no work: the status, a cancel."""

SILENCE_TIMEOUT_S = 60.0
"""The gateway says something at least every 15 s, and a plan is there within its own deadline."""

WHOLE_PLAN_TIMEOUT_S = 600.0
"""For a plan that is waited for in silence; the gateway's own deadline is far shorter."""

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""Of one event; the last one has the whole plan."""

ATTEMPTS = 20
"""How often a stream that broke is attached to again, without anything new in between."""

ATTEMPT_PAUSE_S = 0.5
"""Before each."""

_STREAMING_DISABLED = "streaming_disabled"


class GatewayClient:
    """`transport`: how requests travel; None for the network. Raises RefusedError for what is no address, and
    CommandError where the environment names a proxy that cannot be used."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        if not _is_address(url):
            raise RefusedError(f"{url} is no address of a gateway: http://host:port")
        self.url = url.rstrip("/")
        try:
            self._client = httpx2.AsyncClient(
                base_url=self.url,
                timeout=httpx2.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
                trust_env=not is_this_machine(urlsplit(url).hostname or ""),
                follow_redirects=True,
                transport=transport,
            )
        except (ImportError, ValueError, httpx2.InvalidURL) as error:
            proxies = "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY"
            raise CommandError(f"No proxy that can be used: {proxies} must be http or https addresses") from error
        self.session_id: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def status(self) -> Answer | None:
        """What the gateway says of the fleet, None where nothing that is a gateway of ours answers."""
        try:
            answer = await self._client.get("/status", timeout=CONNECT_TIMEOUT_S)
            status = _parsed(answer.text)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            return None
        return status if answer.status_code == 200 and isinstance(status.get("agents"), dict) else None

    async def plan_raw(self, trip: Answer) -> str:
        """The whole plan, as the gateway wrote it. Raises RefusedError, GatewayAwayError."""
        try:
            answer = await self._client.post("/api/v1/plan-trip", json=trip, timeout=WHOLE_PLAN_TIMEOUT_S)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _away(self.url, error) from error
        if answer.status_code != 200:
            raise problem(answer.status_code, answer.text)
        try:
            _parsed(answer.text)
        except ValueError as error:
            raise GatewayAwayError(f"No gateway answers at {self.url}: what it sent is no plan") from error
        return answer.text

    async def plan(self, trip: Answer) -> AsyncGenerator[Answer, None]:
        """The session's events in order, the last with the whole plan. Raises RefusedError, GatewayAwayError, and
        CommandError where the session is lost."""
        last_event_id, attempt = "", 0
        while True:
            try:
                async with aclosing(self._events(trip, last_event_id)) as events:
                    async for event_id, event in events:
                        _check_goes_on(event)
                        last_event_id, attempt = event_id or last_event_id, 0
                        self.session_id = event.get("session_id") or self.session_id
                        yield event
                        if is_final(event):
                            return
                raise GatewayAwayError("the stream ended before the plan was there")
            except (httpx2.HTTPError, httpx2.InvalidURL, GatewayAwayError) as error:
                attempt += 1
                if self.session_id is None or attempt > ATTEMPTS:
                    raise _away(self.url, error) from error
                await asyncio.sleep(ATTEMPT_PAUSE_S)
            except _StreamingDisabledError:
                yield _parsed(await self.plan_raw(trip))
                return

    async def cancel(self) -> None:
        """Nobody wants the plan any more. A gateway that cannot be told ends it by its deadline."""
        if self.session_id is not None:
            try:
                await self._client.delete(f"/api/v1/session/{self.session_id}", timeout=CONNECT_TIMEOUT_S)
            except httpx2.HTTPError:
                return

    async def _events(self, trip: Answer, last_event_id: str) -> AsyncGenerator[tuple[str, Answer], None]:
        """The stream of a new session, or of ours from that event on."""
        if self.session_id is None:
            source = self._client.sse(
                "/api/v1/plan-trip/stream", method="POST", json=trip, max_event_size=MAX_EVENT_BYTES
            )
        else:
            headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
            source = self._client.sse(
                f"/api/v1/session/{self.session_id}/stream", headers=headers, max_event_size=MAX_EVENT_BYTES
            )
        async with source as stream:
            if stream.response.status_code != 200:
                body = (await stream.response.aread()).decode(errors="replace")
                if self.session_id is not None and stream.response.status_code >= 500:
                    raise GatewayAwayError(str(problem(stream.response.status_code, body)))
                raise problem(stream.response.status_code, body)
            async for sse in stream:
                try:
                    yield sse.id, _parsed(sse.data)
                except ValueError as error:
                    raise GatewayAwayError("the stream holds something that is no event") from error


class _StreamingDisabledError(Exception):
    """The gateway plans, but does not stream."""


def _check_goes_on(event: Answer) -> None:
    """Raises GatewayAwayError where the gateway has cut the stream, CommandError where the session is lost."""
    if event.get("type") == "cut":
        raise GatewayAwayError(str(event.get("message")))
    if event.get("type") == "lost":
        raise CommandError(f"The plan is lost: {event.get('message')}")


def is_final(event: Answer) -> bool:
    """Whether this event ends its session: it alone carries the whole answer."""
    return "data" in event and "status" in event


def problem(status: int, body: str) -> Exception:
    """A problem+json as the error to raise, with the fields at fault by name where the sentence does not have them."""
    try:
        found = _parsed(body)
    except ValueError:
        found = {}
    if found.get("code") == _STREAMING_DISABLED:
        return _StreamingDisabledError()
    text = str(found.get("detail") or found.get("title") or f"the gateway answered with status {status}")
    faults = found.get("errors")
    for fault in faults if isinstance(faults, list) else []:
        if isinstance(fault, dict) and str(fault.get("message")) not in text:
            text += f"; {fault.get('field')}: {fault.get('message')}"
    return RefusedError(text) if 400 <= status < 500 else CommandError(f"The gateway cannot plan now: {text}")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        return False


def _away(url: str, error: Exception) -> GatewayAwayError:
    return GatewayAwayError(f"No gateway answers at {url}: {error or type(error).__name__}")


def _parsed(text: str) -> Answer:
    """Raises ValueError for what is no JSON object."""
    found = json.loads(text, parse_float=Decimal)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found
