"""Clients read streams as a browser does, and draw what they do from their seed."""

import pytest

from tests.chaos.__main__ import arguments, seeds
from tests.chaos.clients import TRIPS, hash_of, position
from tests.chaos.round import Settings
from tests.chaos.server_events import event_of


def test_an_event_is_read_with_its_id() -> None:
    event = event_of(["id: 12-0", 'data: {"type":"progress"}'])
    assert event is not None
    assert (event.event_id, event.content["type"]) == ("12-0", "progress")


def test_a_comment_is_no_event() -> None:
    assert event_of([": ping - 2027-05-01"]) is None
    assert event_of([""]) is None


def test_an_event_that_stands_in_no_log_has_no_id() -> None:
    event = event_of(['data: {"type":"cut"}'])
    assert event is not None
    assert event.event_id == ""


def test_events_with_other_words_have_other_digests() -> None:
    one, other = event_of(["id: 1-0", 'data: {"type":"a"}']), event_of(["id: 1-0", 'data: {"type": "a"}'])
    assert one is not None
    assert other is not None
    assert one.seen() != other.seen()
    assert one.seen() == one.seen()


@pytest.mark.parametrize(("earlier", "later"), [("9-0", "10-0"), ("10-0", "10-1"), ("10-9", "10-10"), ("", "0-1")])
def test_places_in_a_log_are_compared_as_numbers(earlier: str, later: str) -> None:
    assert position(earlier) < position(later)


def test_a_key_always_asks_for_the_same_trip() -> None:
    assert hash_of("chaos-1-2-3") == hash_of("chaos-1-2-3")
    assert {hash_of(f"chaos-1-2-{number}") % len(TRIPS) for number in range(10)} == set(range(len(TRIPS)))


def test_a_long_run_has_a_seed_a_round_that_the_first_one_decides() -> None:
    first, again, other = (seeds(seed, is_long=True) for seed in (7, 7, 8))
    drawn = [next(first) for _ in range(5)]
    assert drawn == [next(again) for _ in range(5)]
    assert drawn != [next(other) for _ in range(5)]
    assert len(set(drawn)) == 5


def test_one_round_is_played_with_the_seed_that_is_given() -> None:
    assert list(seeds(7, is_long=False)) == [7]


def test_a_rounds_own_command_plays_it_again() -> None:
    settings = Settings(7, 90.0, "workers", gateways=3, workers=1, clients=5, has_audit=False)
    options = arguments(settings.command().split()[3:])
    given = (options.seed, options.seconds, options.profile, options.gateways, options.workers, options.clients)
    assert given == (7, 90.0, "workers", 3, 1, 5)
    assert options.without_audit
    assert options.seconds <= options.round_seconds
