"""Which origins can be reached at all. Asked before a call, so that without a network no plan waits for one provider
after another: all are tried at once, each in a thread that nobody has to wait for (a name server that does not answer
cannot be interrupted), and found again in the background.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

CONNECT_TIMEOUT_S = 1.0
"""The most that a plan may lose where there is no network."""

LOOK_AGAIN_AFTER_S = 15.0
"""How long an origin that could not be reached is left alone."""


@dataclass
class _Origin:
    """`is_reached`: None where it was never looked at."""

    is_reached: bool | None = None
    looked_at: float = 0.0
    look: "asyncio.Future[bool] | None" = field(default=None, repr=False)


class Network:
    """One per process. Belongs to one event loop from its first use on."""

    def __init__(self, connect_timeout_s: float = CONNECT_TIMEOUT_S, look_again_after_s: float = LOOK_AGAIN_AFTER_S):
        self._connect_timeout_s = connect_timeout_s
        self._look_again_after_s = look_again_after_s
        self._origins: dict[tuple[str, int], _Origin] = {}

    def look_at(self, base_urls: Iterable[str]) -> None:
        """Find out in the background, all at once."""
        for base_url in base_urls:
            self._looking(_target(base_url))

    async def reaches(self, base_url: str, left_s: float) -> bool:
        """Whether there is a connection to be had; waits only where nobody has looked yet, and not for long."""
        target = _target(base_url)
        origin = self._origins.setdefault(target, _Origin())
        if origin.is_reached is False and time.monotonic() - origin.looked_at > self._look_again_after_s:
            self._looking(target)
        if origin.is_reached is not None:
            return origin.is_reached
        look = self._looking(target)
        done, _ = await asyncio.wait([look], timeout=min(left_s, self._connect_timeout_s))
        return bool(done) and look.result()

    def lost(self, base_url: str) -> None:
        """A call found no connection."""
        origin = self._origins.setdefault(_target(base_url), _Origin())
        if origin.is_reached is not False:
            origin.is_reached, origin.looked_at = False, time.monotonic()

    def is_reached(self, base_url: str) -> bool | None:
        """None where nobody has looked yet."""
        origin = self._origins.get(_target(base_url))
        return origin.is_reached if origin else None

    def _looking(self, target: tuple[str, int]) -> "asyncio.Future[bool]":
        """The look that is under way, or a new one."""
        origin = self._origins.setdefault(target, _Origin())
        if origin.look is not None and not origin.look.done():
            return origin.look
        loop = asyncio.get_running_loop()
        look = origin.look = loop.create_future()

        def learn(is_reached: bool) -> None:
            origin.is_reached, origin.looked_at = is_reached, time.monotonic()
            if not look.done():
                look.set_result(is_reached)

        # A thread that hangs in a name server must not count as one that looks: the look is over by then.
        loop.call_later(self._connect_timeout_s, lambda: None if look.done() else learn(False))
        threading.Thread(target=self._connect, args=(target, loop, learn), daemon=True).start()
        return look

    def _connect(self, target: tuple[str, int], loop: asyncio.AbstractEventLoop, learn: Callable[[bool], None]) -> None:
        try:
            socket.create_connection(target, timeout=self._connect_timeout_s).close()
            is_reached = True
        except (OSError, UnicodeError):
            is_reached = False
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(learn, is_reached)
            except RuntimeError:
                # The loop has ended meanwhile, and with it everybody who wanted to know.
                return


def _target(base_url: str) -> tuple[str, int]:
    """Host and port to connect to: the proxy's, where the environment names one for the address."""
    proxies = getproxies()
    own = urlsplit(base_url)
    proxy = proxies.get(own.scheme) or proxies.get("all")
    if proxy and own.hostname and not proxy_bypass(own.hostname):
        try:
            return _host_and_port(proxy if "://" in proxy else f"http://{proxy}")
        except ValueError:
            # The HTTP client will have its own words for it.
            return "", 0
    return _host_and_port(base_url)


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
