"""What the viewers of the stream benchmark say of what they saw."""

import socket
from typing import Any

import pytest

from benchmarks.viewers import SENT, Viewer, Viewers


def viewer(*pieces: tuple[float, bytes]) -> Viewer:
    """One that got each piece at that time."""
    made = Viewer.__new__(Viewer)
    made.path, made.is_attached = "/stream", True
    made.pieces = [piece for _, piece in pieces]
    made.times = [at for at, _ in pieces]
    made.ends = [sum(len(piece) for piece in made.pieces[: number + 1]) for number in range(len(pieces))]
    return made


def event(number: int, sent_at: float) -> bytes:
    return f'id: {number}-0\ndata: {{"type":"progress","message":"{SENT}{sent_at}"}}\n\n'.encode()


def seen(one: Viewer, written: list[str]) -> dict[str, Any]:
    with socket.socket() as control:
        viewers = Viewers(control)
        viewers._viewers = [one]
        return viewers.seen({"/stream": written})


def test_an_event_has_arrived_with_its_last_byte() -> None:
    raw = event(1, 10.0)
    assert viewer((10.5, raw[:20]), (11.0, raw[20:])).events() == [("1-0", 1.0)]


def test_two_events_of_one_piece_have_a_lag_each() -> None:
    assert viewer((12.0, event(1, 10.0) + b": ping\n\n" + event(2, 11.5))).events() == [("1-0", 2.0), ("2-0", 0.5)]


@pytest.mark.parametrize(
    ("numbers", "missing", "doubled", "disordered"),
    [((1, 2, 3), 0, 0, 0), ((1, 3), 1, 0, 0), ((1, 2, 2, 3), 0, 1, 0), ((2, 1, 3), 0, 0, 1)],
)
def test_what_is_lost_or_comes_twice_or_in_another_order_is_counted(
    numbers: tuple[int, ...], missing: int, doubled: int, disordered: int
) -> None:
    found = seen(viewer(*((20.0, event(number, 19.0)) for number in numbers)), ["1-0", "2-0", "3-0"])
    assert (found["missing"], found["doubled"], found["disordered"]) == (missing, doubled, disordered)
    assert found["lags_s"] == [1.0] * len(numbers)
