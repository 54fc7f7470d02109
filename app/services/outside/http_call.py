"""One HTTP call to a provider: bounded in time and size, and whatever goes wrong becomes one of our errors.

Apart from `provider_api.py`, which decides whether to call at all; here is what happens when it does.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, Literal

import httpx2
import structlog
from pydantic_core import from_json

from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderRefusedQuestionError,
    ProviderTimeoutError,
    ProviderUnreachableError,
)
from app.services.outside.network import CONNECT_TIMEOUT_S

log = structlog.get_logger(__name__)

MAX_BYTES = 4 * 1024 * 1024
"""The largest answer that is read; a city's sights, the largest that we ask for, are a tenth of it."""

QUOTA_PAUSE_S = 3600.0
"""How long a provider is left alone that says that our quota is used up, and not until when."""

READ_TIMEOUT_S = 4.0
"""How long a provider may say nothing in the middle of an answer."""

# Of answers that say only that the question cannot be answered; the provider is well.
_OF_THE_QUESTION = (400, 404, 406, 410, 413, 414, 422)
_OF_THE_KEY = (401, 402, 403, 407)
_MOMENTARY = (500, 502, 504)


@dataclass(frozen=True)
class Call:
    """`path` below the base address. `query` and `json` without any key. `form`: a body as a web form would send it.

    `not_entitled`: the status that tells a good key that this very call is not part of what it pays for, where the
    provider says that with a status that otherwise means a wrong key.
    """

    path: str
    query: Mapping[str, str | int | float] | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    not_entitled: int | None = None

    @property
    def method(self) -> Literal["GET", "POST"]:
        return "GET" if self.json is None and self.form is None else "POST"


@dataclass(frozen=True)
class Secret:
    """A key and where the provider wants it. Never part of a message, a log line or a cache's key."""

    place: Literal["header", "query"]
    name: str
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.place} {self.name})"


async def fetch_json(
    client: httpx2.AsyncClient, provider: str, base_url: str, call: Call, secret: Secret | None, total_s: float
) -> Any:
    """The answer's JSON. Raises ProviderError of the kind that fits; a redirect is a failure, since it would carry the
    key elsewhere."""
    try:
        async with asyncio.timeout(total_s):
            status, headers, body = await _fetched(client, provider, base_url, call, secret)
    except TimeoutError as error:
        raise ProviderTimeoutError(provider, f"did not answer within {total_s:.1f} s") from error
    except ProviderError:
        raise
    except httpx2.TimeoutException as error:
        raise ProviderTimeoutError(provider, "stopped answering") from error
    except (httpx2.ConnectError, httpx2.ProxyError) as error:
        raise ProviderUnreachableError(provider, "cannot be reached") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, UnicodeError) as error:
        # The library's own words may hold the address, and so the key.
        broke = f"broke off its answer ({type(error).__name__})"
        raise ProviderFailedError(provider, broke, is_momentary=True) from None
    except Exception as error:  # noqa: BLE001 - whatever a library makes of odd bytes, the chain has to go on
        log.warning("odd_answer", provider=provider, error=type(error).__name__)
        raise ProviderFailedError(provider, f"sent an odd answer ({type(error).__name__})") from None
    if 200 <= status < 300:
        return _decoded(provider, body)
    if status == call.not_entitled:
        raise ProviderRefusedQuestionError(provider, f"does not offer this to our key ({status})", status)
    raise _error_of(provider, status, headers, body, has_key=secret is not None)


async def _fetched(
    client: httpx2.AsyncClient, provider: str, base_url: str, call: Call, secret: Secret | None
) -> tuple[int, httpx2.Headers, bytes]:
    headers = {"Accept": "application/json"}
    query: dict[str, str | int | float] = dict(call.query or {})
    if secret is not None:
        (headers if secret.place == "header" else query)[secret.name] = secret.value
    bodies: dict[str, Any] = {"json": call.json} if call.json is not None else {}
    if call.form is not None:
        bodies = {"data": dict(call.form)}
    timeout = httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    url = base_url.rstrip("/") + call.path
    async with client.stream(
        call.method, url, params=query or None, headers=headers, timeout=timeout, follow_redirects=False, **bodies
    ) as answer:
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ProviderAnswerError(provider, f"sent more than {MAX_BYTES // 1024} KiB")
        return answer.status_code, answer.headers, bytes(body)


def _decoded(provider: str, body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ProviderAnswerError(provider, "sent something other than JSON") from error


def _error_of(provider: str, status: int, headers: httpx2.Headers, body: bytes, *, has_key: bool) -> ProviderError:
    if status == 429:
        return ProviderBusyError(provider, "asks us to wait (429)", retry_after_s(headers))
    if status == 503:
        wait_s = retry_after_s(headers)
        return ProviderBusyError(provider, "is not available for the moment (503)", wait_s)
    if status == 403 and has_key and b"quota" in body[:4096].lower():
        # Some say so with the status of a wrong key (OpenRouteService); nobody has to look for another one.
        return ProviderBusyError(provider, "says that our quota is used up (403)", QUOTA_PAUSE_S)
    if status in _OF_THE_KEY and has_key:
        return ProviderKeyRefusedError(provider, f"refuses our key ({status})")
    if status in _OF_THE_QUESTION:
        return ProviderRefusedQuestionError(provider, f"cannot answer this ({status})", status, _maybe_json(body))
    momentary = status in _MOMENTARY
    return ProviderFailedError(provider, f"failed (HTTP {status})", status, is_momentary=momentary)


def _maybe_json(body: bytes) -> object:
    try:
        return from_json(body[:65536], allow_inf_nan=False)
    except ValueError:
        return None


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds, from either form of `Retry-After` (RFC 9110, 10.2.3); None where there is none that can be read."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
        return max(0.0, seconds) if isfinite(seconds) else None
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
