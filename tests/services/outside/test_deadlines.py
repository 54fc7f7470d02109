"""Until when an answer is of use, and what of that one provider gets."""

import time

import pytest

from app.services.outside.deadlines import NO_DEADLINE, TOTAL_S, Deadline

NOW = 1000.0


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: NOW)


def test_it_is_a_moment_and_never_less_than_no_time_is_left_until_then() -> None:
    assert (Deadline.after(3.0), Deadline.after(3.0).left_s()) == (Deadline(NOW + 3.0), 3.0)
    assert Deadline.after(-1.0).left_s() == 0.0


def test_one_provider_gets_half_of_what_is_left_and_never_more_than_its_longest() -> None:
    assert (Deadline.after(3.0).share_s(), Deadline.after(60.0).share_s()) == (1.5, TOTAL_S)
    assert NO_DEADLINE.share_s() == TOTAL_S


def test_it_can_only_be_brought_forward() -> None:
    deadline = Deadline.after(3.0)
    assert (deadline.capped(1.0), deadline.capped(9.0)) == (Deadline.after(1.0), deadline)
    assert NO_DEADLINE.capped(9.0) == Deadline.after(9.0)
    assert deadline.earlier_by(1.0) == Deadline.after(2.0)
