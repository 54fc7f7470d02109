"""What every geocoder keeps, whatever it is asked and answers. Each has a class of its own beside the tests of what it
alone does, which says how it is asked and what its answers look like.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.places.found_places import FoundPlace, Geocoder
from tests.conftest import Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

DAY_S = 24 * 3600


class GeocoderContract:
    """`name_in`: the member of its query that holds the name. `answer`: one with Hallstatt first. `nothing`: answers
    in which nothing is found. `other_forms`: answers that are none. `broken`: answers in which the only good entry has
    the page `good_url`. `of_first`: answers, and the page and the region of the first place found. `goals`: answers
    of one entry, and whether one can travel there."""

    name: str
    key: str | None = None
    path: str
    name_in: str = "q"
    answer: Any
    nothing: Sequence[Any]
    other_forms: Sequence[Any]
    good_url: str
    broken: Sequence[Any]
    of_first: Sequence[tuple[Any, str | None, str | None]]
    goals: Sequence[tuple[Any, bool]]

    def made(self, hub: ProviderHub, url: str) -> Geocoder:
        raise NotImplementedError

    async def found(self, hub: ProviderHub, provider: StandIn, *answers: Any) -> Fetched[list[FoundPlace]]:
        """With these answers from now on."""
        if answers:
            provider.asked.clear()
            provider.answers(self.path, *answers)
        return await self.made(hub, provider.url).search("Hallstatt", Deadline.after(1.0))

    async def test_any_text_can_be_asked_for(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
    ) -> None:
        await self.found(hub, provider, self.answer)
        members = set(provider.asked[0].query)
        for text in ["x" * 5_000, "Hallstatt&limit=50#", "../../etc", "Halle\u202e\u200bstatt"]:
            with subtests.test(text=text[:80]):
                store.entries.clear()
                provider.asked.clear()
                await self.made(hub, provider.url).search(text, Deadline.after(1.0))
                assert (provider.asked[0].path, set(provider.asked[0].query)) == (self.path, members)
                assert len(provider.asked[0].query[self.name_in]) <= 120

    async def test_one_broken_entry_does_not_lose_the_rest(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
    ) -> None:
        for body in self.broken:
            with subtests.test(body=repr(body)[:80]):
                store.entries.clear()
                assert [place.url for place in (await self.found(hub, provider, body)).value] == [self.good_url]

    async def test_members_that_are_missing_are_none(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
    ) -> None:
        for body, url, region in self.of_first:
            with subtests.test(url=url, region=region):
                store.entries.clear()
                first = (await self.found(hub, provider, body)).value[0]
                assert (first.url, first.region) == (url, region)

    async def test_which_kinds_are_goals(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
    ) -> None:
        for body, is_goal in self.goals:
            with subtests.test(body=repr(body)[:300], is_goal=is_goal):
                store.entries.clear()
                assert bool((await self.found(hub, provider, body)).value) is is_goal

    async def test_another_form_is_a_failure(
        self, hub: ProviderHub, provider: StandIn, subtests: pytest.Subtests
    ) -> None:
        for body in self.other_forms:
            with subtests.test(body=repr(body)[:80]), pytest.raises(ProviderAnswerError):
                await self.found(hub, provider, body)

    async def test_nothing_found_is_no_failure(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
    ) -> None:
        for body in self.nothing:
            with subtests.test(body=repr(body)[:80]):
                store.entries.clear()
                assert (await self.found(hub, provider, body)).value == []

    @pytest.mark.rows("S2-63")
    async def test_what_is_found_is_fresh_for_a_month_and_nothing_for_a_day(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
    ) -> None:
        nothing = self.nothing[0]
        for body, days, calls in [(self.answer, 29, 1), (self.answer, 31, 2), (nothing, 0.9, 1), (nothing, 1.1, 2)]:
            with subtests.test(is_nothing=body is nothing, days=days, calls=calls):
                store.entries.clear()
                first = await self.found(hub, provider, body)
                _aged(store, days)
                second = await self.found(hub, provider)
                assert (second.value, second.is_live) == (first.value, calls == 2)
                assert len(provider.asked) == calls
                assert set(store.ttls_s.values()) == {90 * DAY_S}

    async def test_an_outdated_nothing_serves_where_it_does_not_answer(
        self, hub: ProviderHub, provider: StandIn, store: MemoryStore
    ) -> None:
        await self.found(hub, provider, self.nothing[0], Reply(status=500))
        _aged(store, 5)
        fetched = await self.found(hub, provider)
        assert (fetched.value, fetched.stale_because) == ([], f"{self.name} failed (HTTP 500)")

    @pytest.mark.parametrize("failure", FAILURES)
    async def test_every_failure_is_one_of_our_errors_and_tells_no_key(
        self, hub: ProviderHub, provider: StandIn, failure: Failure, logged: Logged
    ) -> None:
        with pytest.raises(failure.expected(has_key=self.key is not None)) as caught:
            await self.found(hub, provider, failure.reply)
        assert self.name in str(caught.value)
        assert self.key is None or self.key not in f"{caught.value!r} {logged.text} {hub.health()}"


def _aged(store: MemoryStore, days: float) -> None:
    """What is kept was read so long ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    for key, raw in store.entries.items():
        store.entries[key] = json.dumps({**json.loads(raw), "at": at}).encode()
