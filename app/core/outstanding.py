"""Which requests wait or are being worked. When Redis comes back, every session asks at once; one look serves them."""

import asyncio

from app.messaging.broker import Broker


class Outstanding:
    """Looks are shared: whoever asks while one is about to begin gets its result."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._looks: dict[str, asyncio.Task[dict[str, str]]] = {}

    async def of(self, agent: str) -> dict[str, str]:
        """The agent's requests: entry id by request id, as of a moment after the call. Raises MessagingError."""
        look = self._looks.get(agent)
        if look is None:
            look = self._looks[agent] = asyncio.create_task(self._look(agent))
        return await asyncio.shield(look)

    async def _look(self, agent: str) -> dict[str, str]:
        await asyncio.sleep(0)
        # From here on it is too late to join: what is written meanwhile may be missing from this look.
        self._looks.pop(agent, None)
        return await self._broker.outstanding(agent)
