"""What is believed of the announcements of a session, and when the log is read instead."""

from datetime import UTC, datetime

import pytest

from app.core.session_news import Look, SessionNews
from app.core.state import LoggedEvent
from app.messaging import channels, events
from app.messaging.protocols import encode_message, new_id

SESSION = new_id()
LOG = channels.session_log(SESSION)
ANSWERS = channels.response_channel("weather", SESSION)


@pytest.fixture
def news() -> SessionNews:
    return SessionNews(SESSION, ["weather", "events"])


def announced(event: bytes, entry_id: str = "5-0") -> bytes:
    """As the log's script announces an entry."""
    return b'{"id":"%b","after":"4-0",' % entry_id.encode() + event[1:]


def answer(request_id: str, payload: bytes = b'{"high_c":21}', action: str = "response") -> bytes:
    ids = {"session_id": SESSION, "request_id": request_id, "agent": "weather"}
    return encode_message(**ids, action=action, payload=payload, metadata=b'{"timeout_ms":1000}')  # type: ignore[arg-type]


def completed(request_id: str) -> bytes:
    return announced(events.step_completed("weather", request_id, "weather-1", 12))


@pytest.mark.rows("S0-147")
def test_it_listens_to_the_log_and_to_each_agent_s_answers(news: SessionNews) -> None:
    assert news.channels == [LOG, ANSWERS, channels.response_channel("events", SESSION)]


def test_an_answer_and_the_word_that_the_log_has_it_are_one_piece_of_news(news: SessionNews) -> None:
    request_id = new_id()
    news.heard(ANSWERS, answer(request_id))
    news.heard(LOG, completed(request_id))
    entry = news.take()
    assert isinstance(entry, LoggedEvent)
    assert (entry.entry_id, entry.result, entry.is_final) == ("5-0", b'{"high_c":21}', False)
    assert not news


@pytest.mark.parametrize("heard_first", [None, "of another request", "an error"])
def test_an_outcome_without_its_answer_is_read_from_the_log(news: SessionNews, heard_first: str | None) -> None:
    request_id = new_id()
    said = {
        "of another request": answer(new_id()),
        "an error": answer(request_id, action="error"),
    }
    if heard_first in said:
        news.heard(ANSWERS, said[heard_first])
    news.heard(LOG, completed(request_id))
    assert news.take() is Look.ON


def test_an_answer_counts_for_the_next_announcement_alone(news: SessionNews) -> None:
    request_id = new_id()
    news.heard(ANSWERS, answer(request_id))
    news.heard(LOG, announced(events.progress("events", new_id(), "half", 50)))
    news.heard(LOG, completed(request_id))
    assert isinstance(news.take(), LoggedEvent)
    assert news.take() is Look.ON


def test_what_may_be_the_end_is_read_from_the_log(news: SessionNews) -> None:
    at = datetime.now(UTC)
    news.heard(LOG, announced(events.ended("cancelled", b'{"data":{}}', at)))
    assert news.take() is Look.ON


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[]", b'{"type":7}', b"\xff\x00", b"{" * 50_000])
def test_what_cannot_be_understood_is_passed_over(news: SessionNews, raw: bytes) -> None:
    news.heard(LOG, raw)
    assert news.take() is None


def test_an_answer_that_is_none_is_passed_over_with_its_announcement(news: SessionNews) -> None:
    request_id = new_id()
    news.heard(ANSWERS, b"x" + request_id.encode())
    news.heard(LOG, completed(request_id))
    assert news.take() is None
    assert not news


def test_after_trouble_the_log_is_read_anew(news: SessionNews) -> None:
    assert not news
    news.distrust()
    assert news.has_some.is_set()
    assert news.take() is Look.ANEW


def test_what_we_wrote_ourselves_is_no_news(news: SessionNews) -> None:
    """Where it is announced as the log announces: others may publish the same words."""
    asked = events.step_requested("weather", "weather", new_id())
    other = events.step_requested("events", "events", new_id())
    news.wrote(asked)
    news.heard(LOG, asked)
    news.heard(LOG, announced(other))
    told = len(news._inbox)
    news.has_some.clear()
    news.heard(LOG, announced(asked))
    assert (len(news._inbox), news.has_some.is_set()) == (told, False)
    news.heard(LOG, announced(asked))
    assert len(news._inbox) == told + 1, "once"
    assert all(isinstance(news.take(), LoggedEvent) for _ in range(told + 1))


def test_an_answer_stays_with_its_announcement_whatever_we_wrote_in_between(news: SessionNews) -> None:
    request_id, asked = new_id(), events.step_requested("events", "events", new_id())
    news.wrote(asked)
    news.heard(ANSWERS, answer(request_id))
    assert not news, "it is no news before the log has it"
    news.heard(LOG, announced(asked))
    news.heard(LOG, completed(request_id))
    entry = news.take()
    assert isinstance(entry, LoggedEvent)
    assert entry.result == b'{"high_c":21}'


def test_after_the_log_was_read_anew_nothing_is_our_own(news: SessionNews) -> None:
    asked = events.step_requested("weather", "weather", new_id())
    news.wrote(asked)
    news.forget_own()
    news.heard(LOG, announced(asked))
    assert isinstance(news.take(), LoggedEvent)
