from datetime import date

import pytest

from app.services.events.festivals import is_in_month_of, spans_within
from app.trips.places.catalogue import Festival


def _festival(when: dict[str, object]) -> Festival:
    about = {"name": "Fair", "description": "A fair.", "source": "made for a test", "when": when}
    return Festival.model_validate(about)


FIXED = _festival({"kind": "fixed", "from": "06-21", "to": "06-23"})
NEW_YEAR = _festival({"kind": "fixed", "from": "12-28", "to": "01-02"})
LEAP = _festival({"kind": "fixed", "from": "02-29", "to": "02-29"})
CARNIVAL = _festival({"kind": "easter", "from_offset": -52, "to_offset": -46})
LAST_SATURDAY = _festival({"kind": "nth_weekday", "month": 7, "weekday": "sat", "nth": -1, "days": 2})
THIRD_THURSDAY = _festival({"kind": "nth_weekday", "month": 11, "weekday": "thu", "nth": 3, "days": 60})
IN_MAY = _festival({"kind": "month", "month": 5})


def test_fixed_days_are_the_same_every_year() -> None:
    assert spans_within(FIXED, date(2027, 6, 1), date(2027, 6, 30)) == [(date(2027, 6, 21), date(2027, 6, 23))]


@pytest.mark.parametrize(("first", "last"), [("2027-06-23", "2027-07-01"), ("2027-06-10", "2027-06-21")])
def test_one_shared_day_is_enough_to_overlap(first: str, last: str) -> None:
    assert len(spans_within(FIXED, date.fromisoformat(first), date.fromisoformat(last))) == 1


def test_the_day_after_the_last_is_too_late() -> None:
    assert spans_within(FIXED, date(2027, 6, 24), date(2027, 6, 30)) == []


@pytest.mark.parametrize("day", ["2026-12-31", "2027-01-01"])
def test_a_festival_over_new_year_is_found_from_both_years(day: str) -> None:
    on = date.fromisoformat(day)
    assert spans_within(NEW_YEAR, on, on) == [(date(2026, 12, 28), date(2027, 1, 2))]


def test_a_leap_day_festival_is_on_the_28th_in_other_years() -> None:
    assert spans_within(LEAP, date(2027, 2, 1), date(2027, 3, 1)) == [(date(2027, 2, 28), date(2027, 2, 28))]
    assert spans_within(LEAP, date(2028, 2, 1), date(2028, 3, 1)) == [(date(2028, 2, 29), date(2028, 2, 29))]


def test_carnival_moves_with_easter() -> None:
    assert spans_within(CARNIVAL, date(2027, 2, 1), date(2027, 2, 28)) == [(date(2027, 2, 4), date(2027, 2, 10))]


def test_the_orthodox_easter_is_reckoned_by_its_own_rite() -> None:
    easter = _festival({"kind": "easter", "from_offset": 0, "to_offset": 0, "rite": "orthodox"})
    assert spans_within(easter, date(2027, 1, 1), date(2027, 12, 31)) == [(date(2027, 5, 2), date(2027, 5, 2))]
    assert spans_within(easter, date(2028, 1, 1), date(2028, 12, 31)) == [(date(2028, 4, 16), date(2028, 4, 16))]


def test_the_last_saturday_of_a_month_and_the_day_after() -> None:
    assert spans_within(LAST_SATURDAY, date(2027, 8, 1), date(2027, 8, 1)) == [(date(2027, 7, 31), date(2027, 8, 1))]


def test_a_long_festival_reaches_into_the_next_year() -> None:
    assert spans_within(THIRD_THURSDAY, date(2027, 1, 10), date(2027, 1, 12)) == [
        (date(2026, 11, 19), date(2027, 1, 17))
    ]


def test_a_festival_with_announced_dates_has_a_month_but_no_days() -> None:
    assert spans_within(IN_MAY, date(2027, 5, 1), date(2027, 5, 30)) == []
    assert is_in_month_of(IN_MAY, [date(2027, 4, 30), date(2027, 5, 1)])
    assert not is_in_month_of(IN_MAY, [date(2027, 4, 30)])
    assert not is_in_month_of(FIXED, [date(2027, 6, 21)])
