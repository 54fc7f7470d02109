"""What all providers of one worker share: the HTTP client with its pool, the store, what is known of the network."""

import logging
from collections.abc import Iterable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol

import httpx2

from app.services.outside.health import ProviderHealth
from app.services.outside.network import Network
from app.services.outside.quota import Quota
from app.services.outside.store import FactStore

MAX_CONNECTIONS = 32

for _name in ("httpx2", "httpcore2", "httpx", "httpcore"):
    # They log addresses with their query, in which some providers want the key, and headers as well.
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Asked(Protocol):
    """A provider, as far as it matters here."""

    base_url: str

    def health(self) -> ProviderHealth: ...


class Outside:
    """Made once a process, closed by whoever made it. `edition`: our name and version, which providers are told, as
    their terms ask, and by which what another version kept is told apart. `quotas`: by a provider's slug, in place of
    those by its own terms."""

    def __init__(
        self,
        store: FactStore,
        edition: str,
        network: Network | None = None,
        quotas: Mapping[str, Quota] | None = None,
    ) -> None:
        self.quotas = quotas or {}
        self.store = store
        self.edition = edition
        self.network = network or Network()
        self.client = httpx2.AsyncClient(
            headers={"User-Agent": edition},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=8, keepalive_expiry=30.0),
        )
        self._asked: list[_Asked] = []
        self._clients = [self.client]

    def closes(self, client: httpx2.AsyncClient) -> None:
        """One that a library needs for itself, together with ours."""
        self._clients.append(client)

    def has(self, provider: _Asked) -> None:
        """Each provider says so itself."""
        self._asked.append(provider)

    def look_round(self) -> None:
        """Find out, in the background and for all providers at once, which can be reached; before anybody waits."""
        self.network.look_at(self.base_urls())

    def base_urls(self) -> Iterable[str]:
        return dict.fromkeys(provider.base_url for provider in self._asked)

    def health(self) -> list[ProviderHealth]:
        return [provider.health() for provider in self._asked]

    async def aclose(self) -> None:
        for client in self._clients:
            await client.aclose()
