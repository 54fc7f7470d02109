"""The URL of a Redis: what is no address is refused without a word of it, since it may hold a password."""

import pytest

from app.messaging.redis_address import parse_redis_url


@pytest.mark.parametrize(
    "url",
    [
        "default:hunter2@host:6379",
        "redis://default:hunter2",
        "redis://default:hunter2#x@host:6379",
        "redis://default:x?hunter2@host:6379",
        "redis://default:1/hunter2@host:6379",
        "redis://default:hunter2\u2100@host:6379",
        "redis://[hunter2",
    ],
)
def test_what_is_refused_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="Redis URL") as refused:
        parse_redis_url(url)
    assert "hunter2" not in str(refused.value)


def test_an_option_that_is_not_known_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="db, ssl_ca_certs"):
        parse_redis_url("rediss://host/?timeout=3")
