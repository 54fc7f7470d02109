"""Is this machine's worker at work? For a container's health check: exits with 0 or, saying why, with 1.

    python -m app.workers.health weather

A worker that lives but hangs, or lost Redis, beats no more; so the registry is asked, not the process list. It is a
root of its own because it runs as a process beside the worker, and it loads no agent so that it costs little.
"""

import asyncio
import socket
import sys

from app.config.logs import configure_logs
from app.config.settings import SettingsError, load_settings
from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.heartbeat import Heartbeat, decode_heartbeat

TIMEOUT_S = 10.0

USAGE = "Usage: python -m app.workers.health AGENT"


async def fault(broker: Broker, agent: str, host: str) -> str | None:
    """What is wrong with this host's instances of the agent; None where one of them beats."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            registered = (await broker.heartbeats([agent]))[agent]
    except (MessagingError, TimeoutError) as error:
        return f"Redis cannot be asked: {str(error) or 'no answer'}"
    beats = [beat for raw in registered if (beat := _decoded(raw)) and beat.instance.startswith(f"{agent}-{host}-")]
    if not beats:
        return f"no {agent} worker of {host} is in the registry"
    newest = min(beats, key=Heartbeat.age_s)
    if newest.age_s() > newest.longest_silence_s():
        return f"{newest.instance} has been silent for {newest.age_s():.0f} s"
    return f"{newest.instance}: {newest.fault}" if newest.fault else None


def _decoded(raw: bytes) -> Heartbeat | None:
    try:
        return decode_heartbeat(raw)
    except DecodeError:
        return None


async def _ask(url: str, agent: str) -> str | None:
    broker = Broker(url)
    try:
        return await fault(broker, agent, socket.gethostname())
    finally:
        await broker.aclose()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(USAGE)
    configure_logs(debug=False)
    try:
        settings = load_settings()
        found = asyncio.run(_ask(settings.redis_url_or_local(), sys.argv[1]))
    except (SettingsError, ValueError) as error:
        sys.exit(f"Cannot start: {error}")
    sys.exit(found)


if __name__ == "__main__":
    main()
