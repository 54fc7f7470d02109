"""Gemini behind its stand-in: what it is sent, what it may answer, and that no answer is more than a failure."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from app.llm.gemini import gemini
from app.llm.model import MOST_REQUESTS, Model
from app.llm.task import Reply as ModelReply
from app.llm.task import Task, Usage
from app.services.outside.deadlines import Deadline
from app.services.outside.degradation import track_degradation
from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderNotAskedError,
    ProviderSpentError,
    ProviderTimeoutError,
    ProviderUnreachableError,
)
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.quota import Quota
from tests.conftest import Logged
from tests.llm import gemini_bodies as bodies
from tests.services.conftest import MemoryStore
from tests.services.stand_in import PAGE, XML, Reply, StandIn, stand_in
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

KEY = "k3y-of-gemini"
NAME = "gemini-3.5-flash-lite"


class Poem(BaseModel):
    lines: list[str]


def _rhymes(poem: Poem) -> None:
    if "wrong" in poem.lines:
        raise ValueError("“wrong” does not rhyme")


TASK = Task("Write a poem.", '{"about": "trains"}', Poem, _rhymes)
GOOD = {"lines": ["one", "two"]}
PACKED = gzip.compress(json.dumps(bodies.text(GOOD)).encode())
"""A good answer, and yet nobody knows to what length the next one unpacks."""


@pytest.fixture
async def provider() -> AsyncIterator[StandIn]:
    async with stand_in() as server:
        yield server


@pytest.fixture
async def hub() -> AsyncIterator[ProviderHub]:
    shared = ProviderHub(MemoryStore(), "ringmaster-round-table/test")
    yield shared
    await shared.aclose()


@pytest.fixture
def model(hub: ProviderHub, provider: StandIn) -> Model:
    return gemini(hub, KEY, provider.url, NAME, temperature=0.3, max_tokens=500)


async def answer(model: Model, provider: StandIn, *replies: Any, left_s: float = 5.0) -> ModelReply[Poem]:
    provider.answers(bodies.PATH, *replies)
    return await model.ask(TASK, Deadline.after(left_s))


async def test_the_answer_comes_in_its_form_with_what_it_took(model: Model, provider: StandIn) -> None:
    reply = await answer(model, provider, bodies.text(GOOD))
    assert reply.value == Poem(lines=["one", "two"])
    # 812 tokens at 0.30 dollars a million and 140 at 2.50, by the list prices of November 2026.
    assert reply.usage == Usage(1, 812, 140, Decimal("0.0005936"))
    assert (model.name, model.health().state) == (NAME, "ok")


@pytest.mark.rows("S0-41")
async def test_instructions_and_data_are_kept_apart_and_the_key_is_in_a_header(model: Model, provider: StandIn) -> None:
    await answer(model, provider, bodies.text(GOOD))
    (asked,) = provider.asked
    assert (asked.method, asked.path, asked.query) == ("POST", f"/v1beta/models/{NAME}:generateContent", {})
    assert asked.headers["x-goog-api-key"] == KEY
    sent = asked.json
    assert [part["text"] for part in sent["contents"][0]["parts"]] == [TASK.data]
    assert TASK.data not in json.dumps(sent["systemInstruction"])
    assert TASK.instructions in json.dumps(sent["systemInstruction"])
    config = sent["generationConfig"]
    assert (config["temperature"], config["maxOutputTokens"]) == (0.3, 500)
    assert config["responseMimeType"] == "application/json"


@pytest.mark.rows("S0-19")
async def test_what_does_not_fit_is_asked_for_once_more_with_the_reason(
    model: Model, provider: StandIn, logged: Logged
) -> None:
    reply = await answer(model, provider, bodies.text({"lines": ["wrong"]}), bodies.text(GOOD))
    assert reply.value == Poem(lines=["one", "two"])
    assert reply.usage is not None
    assert (reply.usage.requests, reply.usage.input_tokens) == (2, 1624)
    assert "“wrong” does not rhyme" in json.dumps(provider.asked[1].json, ensure_ascii=False)
    assert "“wrong” does not rhyme" in logged.text, "whoever runs the fleet sees what is refused"


@pytest.mark.rows("S0-19")
@pytest.mark.parametrize(
    "said",
    [
        pytest.param("```json\n" + json.dumps(GOOD) + "\n```", id="fenced"),
        pytest.param("Here you are:\n```json\n" + json.dumps(GOOD) + "\n```\nEnjoy.", id="fenced-with-words-around"),
        pytest.param(json.dumps(GOOD | {"mood": "glad"}), id="with-more-members"),
    ],
)
async def test_json_in_a_wrapping_is_read(model: Model, provider: StandIn, said: str) -> None:
    assert (await answer(model, provider, bodies.text(said))).value == Poem(lines=["one", "two"])


@pytest.mark.rows("S0-19")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(bodies.text({"lines": ["wrong"]}), id="against-the-check"),
        pytest.param(bodies.text("I would rather not."), id="words"),
        pytest.param(bodies.text(json.dumps(GOOD)[:9]), id="truncated"),
        pytest.param(bodies.text(json.dumps(GOOD)[:9], "MAX_TOKENS"), id="cut-at-the-limit"),
        pytest.param(bodies.text("", "SAFETY"), id="stopped-for-safety"),
        pytest.param(bodies.text({"lines": "one"}), id="wrong-type"),
        pytest.param(bodies.text({"lines": None}), id="null"),
        pytest.param(bodies.text([GOOD]), id="a-list"),
        pytest.param(bodies.BLOCKED, id="blocked"),
        pytest.param({"candidates": []}, id="no-candidate"),
        pytest.param({"candidates": [{"content": None}]}, id="no-content"),
        pytest.param({"candidates": [{"content": {"parts": [], "role": "model"}}]}, id="no-parts"),
        pytest.param({"candidates": "none"}, id="candidates-of-another-type"),
        pytest.param({}, id="empty-object"),
        pytest.param([1, None], id="list-for-a-body"),
        pytest.param(17, id="number-for-a-body"),
        pytest.param(Reply(b""), id="empty-body"),
        pytest.param(Reply(PAGE, content_type="text/html"), id="html-in-200"),
        pytest.param(Reply(XML, content_type="text/xml"), id="xml-in-200"),
        pytest.param(Reply(b"\xff\xfe\x00\x80"), id="bytes-that-are-no-text"),
        pytest.param(Reply(b"[" * 100_000), id="nested-without-end"),
        pytest.param(Reply(b'{"candidates": "' + b"x" * 2_000_000 + b'"}'), id="far-too-large"),
        pytest.param(Reply(PACKED, headers={"Content-Encoding": "gzip"}), id="packed"),
    ],
)
async def test_nonsense_is_no_answer_and_costs_two_requests_at_most(model: Model, provider: StandIn, body: Any) -> None:
    reply = await answer(model, provider, body)
    assert reply.value is None
    assert isinstance(reply.error, ProviderAnswerError | ProviderFailedError), reply.error
    assert len(provider.asked) <= MOST_REQUESTS
    assert model.health().state == "failing"


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        pytest.param(bodies.WRONG_KEY, ProviderKeyRefusedError, "refuses our key", id="wrong-key"),
        pytest.param(bodies.error(401, "UNAUTHENTICATED", "no"), ProviderKeyRefusedError, "refuses", id="401"),
        pytest.param(bodies.error(403, "PERMISSION_DENIED", "no"), ProviderKeyRefusedError, "refuses", id="403"),
        pytest.param(bodies.TOO_MANY, ProviderBusyError, "asks us to wait", id="429"),
        pytest.param(bodies.DAY_SPENT, ProviderBusyError, "quota is used up", id="day-spent"),
        pytest.param(bodies.OVERLOADED, ProviderBusyError, "asks us to wait", id="503"),
        pytest.param(bodies.UNKNOWN_MODEL, ProviderFailedError, f"has no model {NAME}: set MODEL_NAME", id="404"),
        pytest.param(bodies.error(400, "INVALID_ARGUMENT", "no"), ProviderFailedError, "does not take", id="400"),
        pytest.param(bodies.error(500, "INTERNAL", "no"), ProviderFailedError, "failed", id="500"),
        pytest.param(Reply(PAGE, 502, content_type="text/html"), ProviderFailedError, "", id="502"),
        pytest.param(
            Reply(b"", 302, {"Location": "http://127.0.0.1:9/"}), ProviderFailedError, "base address", id="redirect"
        ),
        pytest.param(Reply({"a": [1] * 100}, cut_after=20), ProviderError, "", id="cut-off"),
        pytest.param(Reply({"a": "b" * 10_000}, drip_s=0.05), ProviderTimeoutError, "did not answer", id="slow-drip"),
        pytest.param(Reply(hangs=True), ProviderTimeoutError, "did not answer within 0.8 s", id="hangs"),
    ],
)
async def test_every_failure_is_one_of_our_errors_and_tells_no_key(
    model: Model, hub: ProviderHub, provider: StandIn, logged: Logged, body: Any, error: type[ProviderError], words: str
) -> None:
    reply = await answer(model, provider, body, left_s=0.8)
    assert isinstance(reply.error, error), repr(reply.error)
    assert words in str(reply.error)
    assert len(provider.asked) == 1, "none is worth another try: the words can be had without it"
    assert KEY not in f"{reply!r} {reply.error!r} {logged.text} {hub.health()}"


async def test_a_wrong_key_is_one_line_for_whoever_runs_the_fleet(
    model: Model, provider: StandIn, logged: Logged
) -> None:
    for _ in range(3):
        reply = await answer(model, provider, bodies.WRONG_KEY)
        assert isinstance(reply.error, ProviderKeyRefusedError)
    assert len(provider.asked) == 1
    assert logged.text.count("provider_key_refused") == 1
    assert (model.health().name, model.health().state) == ("gemini", "key_refused")


async def test_a_key_that_stays_wrong_is_not_told_of_again(
    model: Model, provider: StandIn, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.outside.breaker.KEY_COOLDOWN_S", 0.0)
    for _ in range(3):
        await answer(model, provider, bodies.WRONG_KEY)
    assert len(provider.asked) == 3
    assert logged.text.count("provider_key_refused") == 1


async def test_who_asks_us_to_wait_is_left_alone_for_so_long(model: Model, provider: StandIn) -> None:
    await answer(model, provider, bodies.TOO_MANY)
    again = await answer(model, provider, bodies.text(GOOD))
    assert isinstance(again.error, ProviderBusyError)
    assert again.error.retry_after_s == 17
    assert len(provider.asked) == 1
    assert "asked again in 17 s" in (model.health().detail or "")


async def test_after_three_failures_it_is_passed_over_and_what_it_failed_is_not_for_keeping(
    model: Model, provider: StandIn
) -> None:
    degraded_by = track_degradation()
    for _ in range(5):
        await answer(model, provider, bodies.text("nonsense", candidatesTokenCount=0))
    assert len(provider.asked) == 3 * MOST_REQUESTS
    assert degraded_by == ["gemini"] * 5


async def test_without_time_or_network_nobody_is_asked(hub: ProviderHub, provider: StandIn, model: Model) -> None:
    assert isinstance((await answer(model, provider, bodies.text(GOOD), left_s=0.0)).error, ProviderNotAskedError)
    hub.network.lost(provider.url)
    assert isinstance((await answer(model, provider, bodies.text(GOOD))).error, ProviderUnreachableError)
    assert provider.asked == []


class FarNetwork(Network):
    """Where it takes a while to find out that there is a connection."""

    async def reaches(self, base_url: str, left_s: float) -> bool:
        await asyncio.sleep(min(left_s, 0.5))
        return True


async def test_the_time_it_takes_to_find_the_model_is_not_granted_to_it_again(provider: StandIn) -> None:
    hub = ProviderHub(MemoryStore(), "ringmaster-round-table/test", FarNetwork())
    model = gemini(hub, KEY, provider.url, NAME, temperature=0.3, max_tokens=500)
    deadline = Deadline.after(0.6)
    provider.answers(bodies.PATH, Reply(hangs=True))
    reply = await model.ask(TASK, deadline)
    late_s = time.monotonic() - deadline.at
    assert isinstance(reply.error, ProviderTimeoutError)
    assert late_s < 0.3
    await hub.aclose()


async def test_a_question_that_is_given_up_says_nothing_of_the_model(model: Model, provider: StandIn) -> None:
    provider.answers(bodies.PATH, Reply(hangs=True))
    asking = asyncio.create_task(model.ask(TASK, Deadline.after(5)))
    await wait_until(lambda: bool(provider.asked))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await answer(model, provider, bodies.text(GOOD))).value is not None


async def test_a_model_without_a_list_price_has_no_cost(hub: ProviderHub, provider: StandIn) -> None:
    unlisted = gemini(hub, KEY, provider.url, "our-own-7", temperature=0.0, max_tokens=100)
    body = bodies.text(GOOD) | {"modelVersion": "our-own-7"}
    reply = await answer(unlisted, provider, body)
    assert reply.usage is not None
    assert (reply.value is not None, reply.usage.cost_usd) == (True, None)


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="empty"),
        pytest.param({"promptTokenCount": -812, "candidatesTokenCount": 140}, id="negative"),
        pytest.param({"promptTokenCount": 10**400, "candidatesTokenCount": 140}, id="more-than-there-can-be"),
        pytest.param({"promptTokenCount": 812, "candidatesTokenCount": 10**4200}, id="longer-than-can-be-written"),
    ],
)
@pytest.mark.filterwarnings("ignore:Failed to extract usage")
async def test_an_answer_that_does_not_say_what_it_took_is_no_free_one(
    model: Model, provider: StandIn, counts: dict[str, int] | None
) -> None:
    """Two answers: the sum of such counts may be one that cannot be written down."""
    reply = await answer(
        model, provider, bodies.text({"lines": ["wrong"]}) | {"usageMetadata": counts}, bodies.text(GOOD)
    )
    assert reply.value is not None
    assert reply.usage == Usage(2, 812, 140, None)


@pytest.mark.parametrize(("calls", "asked"), [(0, 0), (1, 1), (2, 2), (3, 3)])
async def test_its_quota_is_the_operator_s_and_each_request_counts(provider: StandIn, calls: int, asked: int) -> None:
    """Also the second one, for an answer that did not fit."""
    hub = ProviderHub(MemoryStore(), "ringmaster-round-table/test", quotas={"gemini": Quota(calls, "month")})
    model = gemini(hub, KEY, provider.url, NAME, temperature=0.3, max_tokens=500)
    replies = [await answer(model, provider, bodies.text({"lines": ["wrong"]})) for _ in range(2)]
    assert isinstance(replies[-1].error, ProviderSpentError), repr(replies[-1].error)
    assert len(provider.asked) == asked
    health = model.health()
    assert (health.state, health.quota, health.quota_period, health.quota_used) == (
        "quota_spent",
        calls,
        "month",
        calls,
    )
    await hub.aclose()


@pytest.mark.rows("S2-66")
async def test_who_asks_the_same_at_the_same_time_shares_one_answer_which_is_paid_for_once(
    model: Model, provider: StandIn
) -> None:
    provider.answers(bodies.PATH, bodies.text(GOOD))
    replies = await asyncio.gather(*(model.ask(TASK, Deadline.after(5)) for _ in range(8)))
    assert {tuple(reply.value.lines) for reply in replies if reply.value} == {("one", "two")}
    assert [reply.usage is not None for reply in replies].count(True) == 1
    other = Task(TASK.instructions, '{"about": "ships"}', Poem, _rhymes)
    await asyncio.gather(model.ask(TASK, Deadline.after(5)), model.ask(other, Deadline.after(5)))
    assert len(provider.asked) == 3


async def test_who_has_less_time_than_the_one_who_asked_first_does_not_wait_for_him(
    model: Model, provider: StandIn
) -> None:
    provider.answers(bodies.PATH, Reply(hangs=True))
    patient = asyncio.create_task(model.ask(TASK, Deadline.after(30)))
    await wait_until(lambda: bool(provider.asked))
    degraded_by = track_degradation()
    hurried = await model.ask(TASK, Deadline.after(0.1))
    assert isinstance(hurried.error, ProviderTimeoutError)
    assert degraded_by == ["gemini"]
    assert not patient.done()
    patient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await patient


async def test_who_has_more_time_than_the_one_who_asked_first_asks_again_when_that_one_gives_up(
    model: Model, provider: StandIn
) -> None:
    provider.answers(bodies.PATH, Reply(hangs=True), bodies.text(GOOD))
    hurried = asyncio.create_task(model.ask(TASK, Deadline.after(0.3)))
    await wait_until(lambda: bool(provider.asked))
    patient = await model.ask(TASK, Deadline.after(5))
    assert isinstance((await hurried).error, ProviderTimeoutError)
    assert patient.value == Poem(lines=["one", "two"])
    assert patient.usage is not None, "it asked for itself"


async def test_a_failure_that_is_shared_counts_once_and_is_told_to_each(model: Model, provider: StandIn) -> None:
    provider.answers(bodies.PATH, bodies.OVERLOADED)
    degraded_by = track_degradation()
    replies = await asyncio.gather(*(model.ask(TASK, Deadline.after(5)) for _ in range(4)))
    assert all(isinstance(reply.error, ProviderBusyError) for reply in replies)
    assert (len(provider.asked), model.health().failures) == (1, 1)
    assert degraded_by
