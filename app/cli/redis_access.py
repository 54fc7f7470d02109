"""Which Redis a command speaks to, how its address is shown, and the broker on it."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

from app.cli.errors import CommandError
from app.cli.run_place import default_folder, running_fleet
from app.config.settings import Settings
from app.messaging.broker import Broker

NO_ADDRESS = "no address of a Redis: redis://host:port/0, rediss:// or unix://"
"""What is said of a REDIS_URL that cannot be read."""

_UNREADABLE = "no address of a Redis"
_DATABASE = re.compile(r"(/\d*)?")


def redis_of_fleet(settings: Settings) -> str:
    """REDIS_URL, else the Redis of the fleet that runs here, else the usual local one."""
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    fleet = running_fleet(default_folder())
    return fleet.redis_url if fleet is not None and fleet.redis_url else settings.redis_url_or_local()


def broker_at(redis_url: str) -> Broker:
    """Raises CommandError where that is no address."""
    try:
        return Broker(redis_url)
    except ValueError as error:
        raise CommandError(f"REDIS_URL is {NO_ADDRESS}") from error


def address_of(redis_url: str) -> str:
    """The URL without user, password and options. Nothing of what is no address: the password may be anywhere in it."""
    try:
        parts = urlsplit(redis_url)
    except ValueError:
        return _UNREADABLE
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    if parts.scheme not in ("redis", "rediss") or not _DATABASE.fullmatch(parts.path):
        return _UNREADABLE
    name = parts.hostname or "localhost"
    host = f"[{name}]" if ":" in name else name
    with suppress(ValueError):
        host = f"{host}:{parts.port}" if parts.port else host
    return f"{parts.scheme}://{host}{parts.path}"
