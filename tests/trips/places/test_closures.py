"""Days on which a sight is closed beyond its week: by a rule of the calendar, by a holiday, out of season."""

from datetime import date, timedelta

import pytest
from pydantic import TypeAdapter

from app.trips.places.catalogue import Sight, all_cities
from app.trips.places.closures import Closure, Season, is_closed_by

_CLOSURE: TypeAdapter[Closure] = TypeAdapter(Closure)


def _closed_days(year: int, **rule: object) -> list[str]:
    found = _CLOSURE.validate_python(rule)
    days = (date(year, 1, 1) + timedelta(days=offset) for offset in range(365))
    return [f"{day:%m-%d}" for day in days if is_closed_by(found, day)]


def _sight(city: str, sight_id: str) -> Sight:
    return next(sight for sight in all_cities()[city].sights if sight.id == sight_id)


# ---- the rules


def test_thanksgiving_is_the_fourth_thursday_of_november() -> None:
    assert _closed_days(2027, kind="nth_weekday", month=11, weekday="thu", nth=4, days=1) == ["11-25"]


def test_good_friday_moves_with_easter_and_the_orthodox_easter_is_another_day() -> None:
    assert _closed_days(2027, kind="easter", from_offset=-2, to_offset=-2) == ["03-26"]
    assert _closed_days(2027, kind="easter", from_offset=0, to_offset=0) == ["03-28"]
    assert _closed_days(2027, kind="easter", from_offset=0, to_offset=0, rite="orthodox") == ["05-02"]


def test_the_first_and_the_last_weekday_are_those_of_every_month() -> None:
    assert _closed_days(2027, kind="weekday_of_month", weekday="tue", nth=1)[:3] == ["01-05", "02-02", "03-02"]
    assert _closed_days(2027, kind="weekday_of_month", weekday="mon", nth=-1)[-2:] == ["11-29", "12-27"]


def test_some_weeks_are_closed_to_the_last_day_also_over_new_year() -> None:
    weeks = _closed_days(2027, kind="fixed", **{"from": "12-30", "to": "01-02"})
    assert weeks == ["01-01", "01-02", "12-30", "12-31"]


def test_public_holidays_are_those_of_the_country_and_its_region() -> None:
    assert "07-01" in _closed_days(2027, kind="holidays", country="CA", region="ON")
    assert "05-31" in _closed_days(2027, kind="holidays", country="US", region="IL")
    assert "05-31" not in _closed_days(2027, kind="holidays", country="CA", region="ON")


def test_holidays_of_a_name_are_found_in_the_calendar_that_knows_them() -> None:
    """Where they are estimates as well, and where a day off in lieu has the name with a remark."""
    assert _closed_days(2027, kind="holidays", country="IL", named=["Yom Kippur"]) == ["10-11"]
    assert _closed_days(2027, kind="holidays", country="SG", named=["Chinese New Year"]) == ["02-06", "02-07"]
    assert _closed_days(2030, kind="holidays", country="SG", named=["Chinese New Year"]) == ["02-03", "02-04"]


def test_a_feast_may_last_some_days() -> None:
    assert _closed_days(2027, kind="holidays", country="VN", named=["Lunar New Year"], days=3) == [
        "02-06",
        "02-07",
        "02-08",
    ]


def test_the_closing_day_moves_behind_a_holiday() -> None:
    """Mondays of 2027 that are holidays in Japan: the day after is closed, and no other Tuesday."""
    tuesdays = _closed_days(2027, kind="day_after_holiday", weekday="mon", country="JP")
    assert "07-20" in tuesdays
    assert "07-13" not in tuesdays
    assert all(date.fromisoformat(f"2027-{day}").weekday() == 1 for day in tuesdays)


def test_a_country_whose_holidays_of_that_year_are_not_known_closes_nothing() -> None:
    assert _closed_days(1801, kind="holidays", country="CA", region="ON") == []


def test_a_season_has_its_first_and_its_last_day_also_over_new_year() -> None:
    summer = Season.model_validate({"from": "05-01", "to": "10-31"})
    winter = Season.model_validate({"from": "11-20", "to": "01-06"})
    days = [date(2027, month, day) for month, day in ((5, 1), (10, 31), (11, 1), (11, 20), (1, 6), (1, 7))]
    assert [summer.has(day) for day in days] == [True, True, False, False, False, False]
    assert [winter.has(day) for day in days] == [False, False, False, True, True, False]


# ---- the catalogue


@pytest.mark.parametrize(
    ("city", "sight_id", "day"),
    [
        ("new-york", "metropolitan-museum-of-art", "2027-11-25"),
        ("new-york", "metropolitan-museum-of-art", "2027-05-03"),
        ("chicago", "art-institute-of-chicago", "2027-11-25"),
        ("chicago", "chicago-cultural-center", "2027-11-25"),
        ("washington", "us-capitol", "2027-11-25"),
        ("los-angeles", "getty-center", "2027-11-25"),
        ("las-vegas", "hoover-dam", "2027-11-25"),
        ("seville", "real-alcazar", "2027-03-26"),
        ("lisbon", "jeronimos-monastery", "2027-03-28"),
        ("athens", "acropolis", "2027-05-02"),
        ("athens", "acropolis-museum", "2027-05-02"),
        ("athens", "ancient-agora", "2027-05-02"),
        ("krakow", "schindlers-factory", "2027-03-02"),
        ("toronto", "st-lawrence-market", "2027-07-01"),
        ("tokyo", "tokyo-national-museum", "2027-07-20"),
        ("munich", "deutsches-museum", "2027-02-09"),
        ("prague", "josefov", "2027-10-11"),
        ("hanoi", "ho-chi-minh-mausoleum", "2027-07-15"),
        ("krakow", "remuh-synagogue", "2027-03-06"),
        ("copenhagen", "tivoli-gardens", "2027-03-02"),
        ("chicago", "buckingham-fountain", "2027-11-25"),
    ],
)
def test_a_sight_is_closed_on_the_days_of_which_its_note_tells(city: str, sight_id: str, day: str) -> None:
    """And a week later it is open, but for those that are closed for longer."""
    sight = _sight(city, sight_id)
    on = date.fromisoformat(day)
    assert sight.opening_minutes(on) == []
    closed_again = {"tivoli-gardens", "buckingham-fountain", "ho-chi-minh-mausoleum", "remuh-synagogue"}
    assert (sight.opening_minutes(on + timedelta(days=7)) == []) == (sight_id in closed_again)


def test_tivoli_is_open_in_its_seasons() -> None:
    tivoli = _sight("copenhagen", "tivoli-gardens")
    assert [tivoli.is_in_season(date(2027, month, 20)) for month in range(1, 13)] == [
        *(False, False, False),
        *(True, True, True, True, True, True),
        *(True, True, True),
    ]
    assert not tivoli.is_in_season(date(2027, 10, 1))
