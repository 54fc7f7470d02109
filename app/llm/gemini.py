"""Google's Gemini, asked by its developer API: https://ai.google.dev/api/generate-content"""

import logging
from collections.abc import AsyncIterator

import httpx2
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from app.llm.model import WITHIN_S, Model
from app.services.outside.errors import ProviderAnswerError
from app.services.outside.http_client import http_client
from app.services.outside.network import CONNECT_TIMEOUT_S
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.quota import QuotaCount

SLUG = "gemini"
TITLE = "Google Gemini"

MAX_BYTES = 1024 * 1024
"""The largest answer that is read."""

# It logs addresses and what it was asked.
logging.getLogger("google_genai").setLevel(logging.WARNING)


def gemini(hub: ProviderHub, key: str, base_url: str, name: str, temperature: float, max_tokens: int) -> Model:
    """The model of that name. Its connections are closed with those of `hub`."""
    quota = QuotaCount(hub.store, SLUG, TITLE, hub.quotas.get(SLUG))

    async def may_ask(_: httpx2.Request) -> None:
        # Here, because the library asks a second time by itself.
        await quota.count_if_possible()

    connections = http_client(
        headers={"Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(WITHIN_S, connect=CONNECT_TIMEOUT_S),
        event_hooks={"request": [may_ask], "response": [_limited]},
    )
    hub.close_with(connections)
    provider = GoogleProvider(api_key=key, http_client=connections, base_url=base_url)
    client = GoogleModel(name, provider=provider)
    return Model(hub, SLUG, TITLE, base_url, client, temperature, max_tokens, quota)


async def _limited(answer: httpx2.Response) -> None:
    """The library reads an answer whole, however long it is. What is packed could unpack to any length."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderAnswerError(TITLE, "sent a packed answer")
    assert isinstance(answer.stream, httpx2.AsyncByteStream)
    answer.stream = _LimitedStream(answer.stream)


class _LimitedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_BYTES:
                raise ProviderAnswerError(TITLE, f"sent more than {MAX_BYTES // 1024} KiB")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
