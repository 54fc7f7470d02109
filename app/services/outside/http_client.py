"""An HTTP client for calls to providers, by way of the proxy that the environment names. A file of its own since the
providers of facts and the model have one each.
"""

from typing import Any

import httpx2
import structlog

log = structlog.get_logger(__name__)


def http_client(**options: Any) -> httpx2.AsyncClient:
    """Where the proxy cannot be used, a client that reaches nobody: plans can do without, and to go round a proxy is
    not ours to decide. `options`: of the client."""
    try:
        return httpx2.AsyncClient(**options)
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        # Without its words: a proxy's address may hold a password.
        hint = "no provider is asked; HTTP_PROXY, HTTPS_PROXY, ALL_PROXY must be http or https addresses"
        log.error("proxy_cannot_be_used", error=type(error).__name__, hint=hint)
        return httpx2.AsyncClient(**options, transport=_Nowhere())


class _Nowhere(httpx2.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no way to it", request=request)
