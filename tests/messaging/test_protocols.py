"""The envelope: one form for every message, and one error for what is none."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from app.messaging.errors import DecodeError, MessageTooLargeError
from app.messaging.events import decode_event
from app.messaging.heartbeat import decode_heartbeat
from app.messaging.protocols import (
    Envelope,
    Metadata,
    answer_to,
    decode,
    decode_message,
    encode,
    encode_message,
    metadata_json,
    new_id,
    result_in,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


def request(**changes: Any) -> Envelope:
    fields: dict[str, Any] = {
        "session_id": new_id(),
        "request_id": new_id(),
        "timestamp": datetime.now(UTC),
        "agent": "weather",
        "action": "request",
        "payload": {"destination": "Paris"},
        "metadata": Metadata(timeout_ms=10_000),
    }
    return Envelope(**{**fields, **changes})


@pytest.mark.rows("S0-15", "S0-151", "S0-152", "S0-25")
def test_the_wire_form_has_the_documented_fields() -> None:
    envelope = request(metadata=Metadata(timeout_ms=10_000, correlation_id=new_id()))
    message = json.loads(encode(envelope))
    assert list(message) == ["session_id", "request_id", "timestamp", "agent", "action", "payload", "metadata"]
    assert datetime.fromisoformat(message["timestamp"]) == envelope.timestamp
    assert message["metadata"] == {
        "timeout_ms": 10_000,
        "retry_count": 0,
        "priority": "normal",
        "correlation_id": envelope.metadata.correlation_id,
    }


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_any_payload_survives_the_wire(payload: dict[str, Any]) -> None:
    envelope = request(payload=payload)
    assert decode(encode(envelope)) == envelope


def test_the_deadline_counts_from_the_sending() -> None:
    envelope = request()
    assert envelope.deadline() == envelope.timestamp + timedelta(seconds=10)


def test_fields_of_newer_writers_are_passed_over() -> None:
    message = {**json.loads(encode(request())), "colour": "red"}
    assert decode(json.dumps(message).encode()).agent == "weather"


@pytest.mark.rows("S0-154")
@pytest.mark.parametrize(
    "change",
    [
        {"session_id": "../../etc"},
        {"session_id": None},
        {"request_id": "1"},
        {"timestamp": "yesterday"},
        {"timestamp": "2027-05-01T12:00:00"},
        {"timestamp": "9999-12-31T23:59:59Z"},
        {"agent": "Weather Agent"},
        {"agent": "a:b"},
        {"action": "destroy"},
        {"payload": []},
        {"payload": None},
        {"metadata": {}},
        {"metadata": {"timeout_ms": 0}},
        {"metadata": {"timeout_ms": -1}},
        {"metadata": {"timeout_ms": 10**12}},
        {"metadata": {"timeout_ms": 10, "priority": "vip"}},
        {"metadata": {"timeout_ms": 10, "retry_count": -1}},
    ],
)
def test_a_message_with_a_bad_field_is_refused_by_name(change: dict[str, Any]) -> None:
    raw = json.dumps({**json.loads(encode(request())), **change}).encode()
    with pytest.raises(DecodeError, match=next(iter(change))) as caught:
        decode(raw)
    assert caught.value.raw == raw


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_decode_error(raw: bytes) -> None:
    for read in (decode, decode_event, decode_heartbeat):
        with pytest.raises(DecodeError):
            read(raw)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": 7},
        {"type": "progress", "progress_percent": None},
        {"type": "progress", "progress_percent": 101},
        {"type": "progress", "message": 1},
        {"type": "progress", "status": []},
        {"type": "progress", "id": "x"},
        {"type": "progress", "timestamp": "now"},
        {"type": "agent_failed", "step": {}},
    ],
)
def test_an_event_with_a_member_of_another_kind_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        decode_event(json.dumps(event).encode())


def test_deep_nesting_is_refused_not_a_crash() -> None:
    with pytest.raises(DecodeError):
        decode(b'{"payload":' + b"[" * 100_000)


def test_a_message_above_the_limit_is_neither_sent_nor_read() -> None:
    big = request(payload={"text": "x" * 2000})
    with pytest.raises(MessageTooLargeError, match="weather"):
        encode(big, max_bytes=1000)
    with pytest.raises(DecodeError, match="above the limit"):
        decode(encode(big), max_bytes=1000)


# ---- payloads that are only handed on


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_what_was_delivered_is_handed_on_as_it_came(payload: dict[str, Any]) -> None:
    delivered = result_in(encode(request(payload=payload, action="response")))
    assert delivered is not None
    assert json.loads(delivered) == payload


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_a_message_is_taken_apart_without_a_look_at_its_payload(payload: dict[str, Any]) -> None:
    envelope = request(payload=payload)
    message = decode_message(encode(envelope))
    assert message.envelope == envelope.model_copy(update={"payload": {}})
    assert json.loads(message.payload) == payload


def test_an_answer_above_the_limit_is_none() -> None:
    raw = encode(request(payload={"text": "x" * 2000}, action="response"))
    with pytest.raises(DecodeError, match="above the limit"):
        result_in(raw, max_bytes=1000)


def test_an_error_delivers_nothing() -> None:
    assert result_in(encode(request(payload={"action": "response"}, action="error"))) is None


def test_another_member_beside_the_payload_is_none_of_it() -> None:
    """What newer writers add is passed over, wherever it stands."""
    raw = encode(request(payload={"a": 1}, action="response"))
    raw = raw.replace(b',"metadata":', b',"later":{"payload":{"b":2}},"metadata":')
    delivered = result_in(raw)
    assert delivered is not None
    assert json.loads(delivered) == {"a": 1}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"metadata": {"timeout_ms": 1}},
        {"a": '"payload":{"b":1},"metadata":{'},
        {"a": {"payload": {"x": 1, "metadata": {}}}},
        {"a": "}}}", "b": "{{{"},
    ],
)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("more", [{}, {"later": 1}, {"later": {"x": 1, "metadata": {}}}, {"later": ',"metadata":{'}])
def test_whatever_wrote_an_answer_its_payload_is_found(
    payload: dict[str, Any], order: tuple[int, int], separators: tuple[str, str], more: dict[str, Any]
) -> None:
    message = json.loads(encode(request(payload=payload, action="response")))
    last = [("payload", message.pop("payload")), ("metadata", message.pop("metadata"))]
    raw = json.dumps({**message, **dict(last[place] for place in order), **more}, separators=separators)
    delivered = result_in(raw.encode())
    assert delivered is not None
    assert json.loads(delivered) == payload
    assert json.loads(decode_message(raw.encode()).payload) == payload


@given(st.binary(max_size=60), st.integers(0, 300))
def test_an_answer_with_bytes_exchanged_is_refused_or_has_a_payload_that_is_json(junk: bytes, at: int) -> None:
    raw = encode(request(payload={"rows": [1, 2, {"a": "b"}]}, action="response"))
    spoilt = raw[:at] + junk + raw[at + len(junk) :]
    try:
        delivered = result_in(spoilt)
    except DecodeError:
        return
    assert delivered is None or isinstance(json.loads(delivered), dict)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"null", b'{"payload":{', b"\xff"])
def test_what_is_no_answer_keeps_its_bytes(raw: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        result_in(raw)
    assert refused.value.raw == raw


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_a_message_from_parts_is_the_one_that_is_encoded(payload: dict[str, Any]) -> None:
    told = {"timeout_ms": 10_000, "retry_count": 2, "correlation_id": new_id()}
    at_ms = 1_900_000_000_123
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    envelope = request(payload=payload, metadata=Metadata.model_validate(told), timestamp=at)
    ids = {"session_id": envelope.session_id, "request_id": envelope.request_id, "agent": envelope.agent}
    raw = encode_message(payload=to_json(payload), action="request", metadata=metadata_json(**told), at_ms=at_ms, **ids)  # type: ignore[arg-type]
    assert list(json.loads(raw)) == list(json.loads(encode(envelope)))
    assert decode(raw) == envelope


@pytest.mark.parametrize("tail", ["", " ", "\n", ',"newer":1', ',"newer":[2]', ',"newer":"}}"', ',"newer":{"a":{}}'])
def test_an_answer_carries_its_requests_metadata(tail: str) -> None:
    """Newer writers may say more: in the metadata that is handed on, after them it is passed over."""
    said = {"timeout_ms": 7, "retry_count": 1, "priority": "high", "correlation_id": new_id(), "newer": "x"}
    asked = encode(request()).decode()
    end = tail + "}" if tail.startswith(",") else "}" + tail
    raw = asked[: asked.rindex('"metadata"')] + f'"metadata":{json.dumps(said)}{end}'
    message = decode_message(raw.encode())
    answer = answer_to(message.envelope, "response", b"{}", message.metadata)
    assert decode(answer).metadata == message.envelope.metadata
    assert json.loads(answer)["metadata"]["timeout_ms"] == 7


def test_an_answer_has_room_whatever_metadata_its_request_came_with() -> None:
    said = {"timeout_ms": 7, "newer": "x" * 1_000_000}
    asked = encode(request(payload={})).decode()
    raw = (asked[: asked.rindex('"metadata"')] + f'"metadata":{json.dumps(said)}}}').encode()
    message = decode_message(raw)
    assert len(answer_to(message.envelope, "error", b"{}", message.metadata)) < 1_000
    assert json.loads(message.metadata) == {"timeout_ms": 7, "retry_count": 0, "priority": "normal"}


def test_an_answer_has_its_requests_ids_and_its_own_time() -> None:
    asked = request(timestamp=datetime.now(UTC) - timedelta(seconds=1))
    answer = decode(answer_to(asked, "response", b'{"a":1}'))
    same = {"action": "response", "payload": {"a": 1}, "timestamp": answer.timestamp}
    assert answer == asked.model_copy(update=same)
    assert answer.timestamp > asked.timestamp


def test_a_payload_that_is_written_already_counts_for_the_limit() -> None:
    with pytest.raises(MessageTooLargeError, match="the response of agent"):
        answer_to(request(), "response", b'{"x":"%b"}' % (b"x" * 2**20))


def test_an_id_is_a_uuid_of_version_4() -> None:
    drawn = {new_id() for _ in range(200)}
    assert len(drawn) == 200
    for one in drawn:
        assert (UUID(one).version, UUID(one).variant, str(UUID(one))) == (4, RFC_4122, one)
