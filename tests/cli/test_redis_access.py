"""An address of a Redis: one that cannot be read is one sentence, and no password is shown."""

import pytest

from app.cli.errors import CommandError
from app.cli.redis_access import address_of, broker_at


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "unix://", "redis://host:port/0"])
def test_what_is_no_address_is_a_sentence_that_names_the_setting(url: str) -> None:
    with pytest.raises(CommandError, match="REDIS_URL is no address of a Redis: redis://host:port/0"):
        broker_at(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:hunter2@host:6380/1?password=hunter2", "redis://host:6380/1"),
        ("rediss://me:hunter2@[::1]/0", "rediss://[::1]/0"),
        ("unix://me:hunter2@/tmp/redis.sock?db=1", "unix:///tmp/redis.sock"),
        ("redis://host:port/0", "redis://host/0"),
        ("default:hunter2@host:6379", "no address of a Redis"),
        ("redis-cli --tls -u redis://default:hunter2@host:6379", "no address of a Redis"),
        ("rediss:/default:hunter2@host:6379", "no address of a Redis"),
        ("redis://me:word/hunter2@host:6379", "no address of a Redis"),
        ("redis://[", "no address of a Redis"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    assert address_of(url) == shown
