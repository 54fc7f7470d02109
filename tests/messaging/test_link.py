"""One connection to Redis, as the event loop sees it: bytes come in, and whoever is due gets them."""

from typing import Any

import pytest
from hiredis import Reader

from app.messaging.link import PIECE_BYTES, Link, PendingReply

pytestmark = pytest.mark.anyio

NEWS = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n%b\r\n"


def news(word: bytes) -> bytes:
    return NEWS % (len(word), word)


async def test_what_comes_in_with_its_end_is_not_listened_to() -> None:
    """Whoever hears of something may end the connection over it: the rest of those bytes are nobody's any more."""
    heard: list[bytes] = []
    ended: list[str] = []

    def pushed(message: list[Any]) -> None:
        heard.append(message[2])
        if message[2] == b"two":
            link.end("enough")

    link = Link(lambda _, reason, *__: ended.append(reason), pushed, lambda *_: None, None)
    link.data_received(b"".join(map(news, (b"one", b"two", b"three"))))
    assert (heard, ended) == ([b"one", b"two"], ["enough"])


@pytest.mark.parametrize("at_once", [1, 7, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 10 * PIECE_BYTES])
async def test_all_that_comes_in_is_heard_once_and_in_order_however_it_is_cut(at_once: int) -> None:
    """Messages smaller and larger than what the parser is fed at once."""
    said = [b"%d" % number + b"x" * size for number, size in enumerate((0, 9, PIECE_BYTES // 2, 3 * PIECE_BYTES, 1))]
    heard: list[bytes] = []
    link = Link(lambda *_: None, lambda message: heard.append(message[2]), lambda *_: None, None)
    raw = b"".join(map(news, said))
    for start in range(0, len(raw), at_once):
        link.data_received(raw[start : start + at_once])
    assert heard == said


async def test_the_parser_is_never_fed_more_than_a_piece_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would move the whole rest of it again after each message."""
    fed: list[int] = []

    class Fed(Reader):
        def feed(self, data: bytes, start: int = 0, length: int = -1) -> None:  # type: ignore[override]
            fed.append(length)
            super().feed(data, start, length)

    monkeypatch.setattr("app.messaging.link.Reader", Fed)
    raw = news(b"x" * 1000) * 50
    Link(lambda *_: None, lambda _: None, lambda *_: None, None).data_received(raw)
    assert sum(fed) == len(raw)
    assert max(fed) == PIECE_BYTES


async def test_a_reply_of_several_confirmations_is_done_with_the_last() -> None:
    """And what is published in between is heard, and is no part of it."""
    answered: list[str] = []
    heard: list[bytes] = []
    link = Link(
        lambda *_: None, lambda message: heard.append(message[2]), lambda due, _: answered.append(due.name), None
    )
    link.due.extend(PendingReply(None, name, confirmations) for name, confirmations in (("SUBSCRIBE", 2), ("PING", 0)))  # type: ignore[arg-type]
    confirmation = b">3\r\n$9\r\nsubscribe\r\n$1\r\n%b\r\n:1\r\n"
    link.data_received(confirmation % b"a" + news(b"early"))
    assert (answered, heard) == ([], [b"early"])
    link.data_received(confirmation % b"b" + b"+PONG\r\n")
    assert answered == ["SUBSCRIBE", "PING"]


@pytest.mark.parametrize("raw", [b"+PONG\r\n", b">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", b"HTTP/1.1 400\r\n"])
async def test_what_nobody_asked_for_ends_it(raw: bytes) -> None:
    ended: list[str] = []
    link = Link(lambda _, reason, *__: ended.append(reason), lambda _: None, lambda *_: None, None)
    link.data_received(raw)
    assert len(ended) == 1
    assert ended[0].startswith("Redis speaks no protocol of ours")
