"""What all providers of one worker process share: the HTTP client with its pool, the store of what they answered, the
operator's quotas, and what is known of the network. It also lists them, for heartbeats and the doctor.
"""

import logging
from collections.abc import Iterable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol

import httpx2

from app.services.outside.health import ProviderHealth
from app.services.outside.http_client import http_client
from app.services.outside.network import Network
from app.services.outside.quota import Quota
from app.services.outside.store import FactStore

MAX_CONNECTIONS = 32

for _name in ("httpx2", "httpcore2", "httpx", "httpcore"):
    # They log addresses with their query, in which some providers want the key, and headers as well.
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Provider(Protocol):
    """A provider of facts or a model, as far as the hub has to know it."""

    base_url: str

    def health(self) -> ProviderHealth: ...


class ProviderHub:
    """Made once a process, closed by whoever made it.

    `user_agent`: our name and version, sent to providers as their terms ask, and part of each cache key, so that one
    version never reads what another has cached. `quotas`: by a provider's slug, in place of those of its own terms.
    """

    def __init__(
        self,
        store: FactStore,
        user_agent: str,
        network: Network | None = None,
        quotas: Mapping[str, Quota] | None = None,
    ) -> None:
        self.quotas = quotas or {}
        self.store = store
        self.user_agent = user_agent
        self.network = network or Network()
        self.client = http_client(
            headers={"User-Agent": user_agent},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=8, keepalive_expiry=30.0),
        )
        self._providers: list[_Provider] = []
        self._clients = [self.client]

    def close_with(self, client: httpx2.AsyncClient) -> None:
        """Close that client, which a library needs for itself, when this hub is closed."""
        self._clients.append(client)

    def register(self, provider: _Provider) -> None:
        """List it among those that are probed and whose health is told. Each provider calls this when it is made."""
        self._providers.append(provider)

    def probe_all(self) -> None:
        """Find out in the background, for all registered providers at once, which can be reached, so that no question
        has to wait for it."""
        self.network.look_at(self.base_urls())

    def base_urls(self) -> Iterable[str]:
        return dict.fromkeys(provider.base_url for provider in self._providers)

    def health(self) -> list[ProviderHealth]:
        return [provider.health() for provider in self._providers]

    async def aclose(self) -> None:
        for client in self._clients:
            await client.aclose()
