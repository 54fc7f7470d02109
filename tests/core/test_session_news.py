"""What is believed of the announcements of a session, and when the log is read instead."""

import pytest

from app.core.session_news import Look, OwnEntry, SessionNews
from app.core.state import LoggedEvent
from app.messaging import channels, events
from app.messaging.protocols import new_id, written

SESSION = new_id()
LOG = channels.session_log(SESSION)
REQUEST = new_id()


@pytest.fixture
def news() -> SessionNews:
    return SessionNews(SESSION)


def announced(event: bytes, answer: bytes = b"", entry_id: str = "5-0") -> bytes:
    """As the log's script announces an entry."""
    told = event[1:-1] + b',"answer":' + answer + b"}" if answer else event[1:]
    return b'{"id":"%b","after":"4-0",' % entry_id.encode() + told


def answer(request_id: str, payload: bytes = b'{"high_c":21}', action: str = "response") -> bytes:
    ids = {"session_id": SESSION, "request_id": request_id, "agent": "weather"}
    return written(**ids, action=action, payload=payload, metadata=b'{"timeout_ms":1000}')  # type: ignore[arg-type]


def completed(answer: bytes = b"") -> bytes:
    return announced(events.step_completed("weather", REQUEST, "weather-1", 12), answer)


def test_an_answer_comes_with_the_word_that_the_log_has_it(news: SessionNews) -> None:
    news.heard(LOG, completed(answer(REQUEST)))
    entry = news.take()
    assert isinstance(entry, LoggedEvent)
    assert (entry.entry_id, entry.result, entry.is_final) == ("5-0", b'{"high_c":21}', False)
    assert "answer" not in entry.event
    assert not news


@pytest.mark.parametrize("payload", [b'{",\\"answer\\":":{"answer":1,"b":[{"answer":2}]}}', b'{"answer":{"answer":3}}'])
def test_what_an_answer_holds_is_left_as_it_is(news: SessionNews, payload: bytes) -> None:
    news.heard(LOG, completed(answer(REQUEST, payload)))
    entry = news.take()
    assert isinstance(entry, LoggedEvent)
    assert entry.result == payload


def test_an_event_may_speak_of_answers(news: SessionNews) -> None:
    said = 'I have,"answer":7}'
    news.heard(LOG, announced(events.progress("weather", REQUEST, said, 50)))
    entry = news.take()
    assert isinstance(entry, LoggedEvent)
    assert entry.event["message"] == said


@pytest.mark.parametrize("came_with_it", [b"", answer(new_id(), action="error")])
def test_an_outcome_without_its_answer_is_read_from_the_log(news: SessionNews, came_with_it: bytes) -> None:
    news.heard(LOG, completed(came_with_it))
    assert news.take() is Look.ON


def test_a_failure_comes_with_an_answer_too(news: SessionNews) -> None:
    failed = events.step_failed("weather", "agent_error", "no", REQUEST)
    news.heard(LOG, announced(failed, answer(REQUEST, action="error")))
    entry = news.take()
    assert isinstance(entry, LoggedEvent)
    assert (entry.event["code"], entry.result) == ("agent_error", None)


def test_what_may_be_the_end_is_read_from_the_log(news: SessionNews) -> None:
    at = events.now()
    news.heard(LOG, announced(events.ended("cancelled", b'{"data":{}}', at)))
    assert news.take() is Look.ON


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[]", b'{"type":7}', b"\xff\x00", b"{" * 50_000])
def test_what_cannot_be_understood_is_passed_over(news: SessionNews, raw: bytes) -> None:
    news.heard(LOG, raw)
    assert news.take() is None


@pytest.mark.parametrize("came_with_it", [b"x", b"{", b"7", b'{"payload":{', b"\xff"])
def test_an_answer_that_is_none_is_passed_over_with_its_announcement(news: SessionNews, came_with_it: bytes) -> None:
    news.heard(LOG, completed(came_with_it))
    assert news.take() is None


def test_after_trouble_the_log_is_read_anew(news: SessionNews) -> None:
    assert not news
    news.distrust()
    assert news.has_some.is_set()
    assert news.take() is Look.ANEW


def test_what_we_wrote_ourselves_is_only_taken_for_its_place_in_the_log(news: SessionNews) -> None:
    """And only where it is announced as the log announces: others may publish the same words."""
    asked = events.step_requested("weather", "weather", new_id())
    other = events.step_requested("events", "events", new_id())
    news.wrote(asked)
    for raw in (asked, announced(other), announced(asked), announced(asked)):
        news.heard(LOG, raw)
    took = [news.take() for _ in range(4)]
    assert [isinstance(found, LoggedEvent) for found in took] == [True, True, False, True], "once"
    assert took[2] == OwnEntry("5-0")


def test_after_the_log_was_read_anew_nothing_is_our_own(news: SessionNews) -> None:
    asked = events.step_requested("weather", "weather", new_id())
    news.wrote(asked)
    news.forget_own()
    news.heard(LOG, announced(asked))
    assert isinstance(news.take(), LoggedEvent)
