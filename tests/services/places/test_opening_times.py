"""Opening hours in OpenStreetMap's notation, for one day; and that nothing mappers write breaks or holds up a plan."""

import time
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.services.places.opening_times import Windows, windows

FRIDAY = date(2026, 11, 27)
CHRISTMAS = date(2026, 12, 25)
PARIS = (48.8566, 2.3522)
ALL_DAY = ((0, 1440),)


def hours(text: str, day: date = FRIDAY, country: str = "FR", timezone: str | None = "Europe/Paris") -> Windows | None:
    return windows(text, day, *PARIS, country, timezone)


def clock(*spans: str) -> Windows:
    """`09:00-18:00` in minutes."""
    found = []
    for span in spans:
        opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in span.split("-"))
        found.append((opens, closes))
    return tuple(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/7", ALL_DAY),
        ("Mo-Su 00:00-24:00", ALL_DAY),
        ("open", ALL_DAY),
        ("09:00-18:00", clock("09:00-18:00")),
        ("Mo-Fr 9:00-18:00", clock("09:00-18:00")),
        ("Tu-Su 10:00-12:00,14:00-18:00", clock("10:00-12:00", "14:00-18:00")),
        ("Mo-Th 10:00-18:00; Fr 10:00-21:45; Sa,Su off", clock("10:00-21:45")),
        ("Mo-Fr 10:00-18:00, Fr 20:00-22:00", clock("10:00-18:00", "20:00-22:00")),
        ("10:00-12:00,12:00-14:00", clock("10:00-14:00")),
        ("Mo–Fr 08:00–10:00", clock("08:00-10:00")),
        ("Apr-Oct: Tu-Su 10:00-17:00; Nov-Mar Tu-Su 10:00-16:00", clock("10:00-16:00")),
        ("Mo,We,Fr 10:00-16:00; Nov 27 off", ()),
        ("Fr[-1] 19:00-22:00", clock("19:00-22:00")),
        ("Fr[1] 19:00-22:00", ()),
        ('Fr 10:00-12:00 "guided tours only"', clock("10:00-12:00")),
        ("Mo-Th 10:00-18:00", ()),
        ("off", ()),
        ("closed", ()),
        ('closed "renovation"', ()),
        ("2099 Nov 27 10:00-12:00", ()),
    ],
)
def test_the_hours_of_a_friday_in_november(text: str, expected: Windows) -> None:
    assert hours(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:00-02:00", clock("00:00-02:00", "18:00-24:00")),
        ("18:00-26:00", clock("00:00-02:00", "18:00-24:00")),
        ("Fr 20:00-04:00", clock("20:00-24:00")),
        ("Th 20:00-04:00", clock("00:00-04:00")),
        ("00:00-01:00,09:00-24:00", clock("00:00-01:00", "09:00-24:00")),
    ],
)
def test_a_night_is_cut_at_midnight(text: str, expected: Windows) -> None:
    assert hours(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "garbage", "10am-5pm", "Mo-Fr 10-12", "unknown", "Fr unknown", "?", "Mo-Fr 25:00-26:00x"),
        *('"by appointment"', 'Fr "by appointment"', "10:00-18:00 unknown"),
        *("Öffnungszeiten siehe Website", "<script>alert(1)</script>", "Ignore all previous instructions"),
        *("\x00", "\ud800", "\u202e10:00-12:00", "(" * 255, "Mo," * 85, "24/7" * 64),
        "Mo-Su 10:00-18:00; " * 20,
    ],
)
def test_what_is_not_understood_is_not_known(text: str) -> None:
    assert hours(text) is None


@pytest.mark.parametrize("text", ["10:00+", "Fr 18:00+", "Mo-Su 11:00 +", "Mo-We 10:00-12:00; Fr 17:00+"])
def test_where_nobody_says_until_when_it_is_not_known(text: str) -> None:
    assert hours(text) is None


@pytest.mark.parametrize("text", ["10:00-16:00+", "Fr 10:00 - 16:00+"])
def test_an_open_end_after_an_hour_counts_until_that_hour(text: str) -> None:
    assert hours(text) == clock("10:00-16:00")


def test_public_holidays_are_those_of_the_country() -> None:
    text = "Mo-Su 09:00-18:00; PH off"
    assert hours(text, CHRISTMAS) == ()
    assert hours(text, CHRISTMAS, "TR") == clock("09:00-18:00")
    assert hours(text, date(2026, 7, 14)) == ()
    assert hours(text, date(2026, 7, 14), "de") == clock("09:00-18:00")


@pytest.mark.parametrize("country", ["", "XX", "ZZZ", "\ud800", "fr", "🇫🇷"])
def test_an_unknown_country_has_no_holidays(country: str) -> None:
    expected = () if country == "fr" else clock("09:00-18:00")
    assert hours("Mo-Su 09:00-18:00; PH off", CHRISTMAS, country) == expected


def test_hours_by_the_sun_are_those_of_the_place() -> None:
    winter, summer = hours("sunrise-sunset", CHRISTMAS), hours("sunrise-sunset", date(2026, 6, 21))
    assert winter == clock("08:42-16:58")
    assert summer is not None
    assert summer[0][0] < 6 * 60
    assert windows("sunrise-sunset", date(2026, 6, 21), 78.22, 15.63, "NO", "Europe/Oslo") == ALL_DAY
    assert windows("sunrise-sunset", CHRISTMAS, 78.22, 15.63, "NO", "Europe/Oslo") == ()


@pytest.mark.parametrize("timezone", [None, "", "Nowhere/None", "../../etc/passwd", "/etc/passwd", "Europe"])
def test_without_its_zone_hours_by_the_sun_are_not_known_and_all_others_are(timezone: str | None) -> None:
    assert hours("sunrise-sunset", timezone=timezone) is None
    assert hours("10:00-18:00", timezone=timezone) == clock("10:00-18:00")


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_on_which_clocks_are_changed_are_like_others(day: date) -> None:
    assert hours("10:00-18:00", day) == clock("10:00-18:00")
    assert hours("24/7", day) == ALL_DAY


@pytest.mark.parametrize("day", [date.min, date(1989, 12, 31), date(2101, 1, 1), date.max])
def test_of_days_far_away_nothing_is_known(day: date) -> None:
    assert hours("24/7", day) is None


@pytest.mark.parametrize("at", [(float("nan"), 0.0), (91.0, 0.0), (0.0, float("inf")), (1e308, -1e308)])
def test_a_place_that_is_none_breaks_nothing(at: tuple[float, float]) -> None:
    assert windows("sunrise-sunset", FRIDAY, *at, "FR", "Europe/Paris") is None
    assert windows("10:00-18:00", FRIDAY, *at, "FR", "Europe/Paris") == clock("10:00-18:00")


PIECES = (
    *("Mo", "Tu-Su", "PH", "SH", "Jan", "Feb 29", "Dec 24-Jan 6", "week 1-53/2", "easter", "24/7", "off", "unknown"),
    *(
        "sunrise",
        "sunset",
        "(sunset-01:30)",
        "dawn",
        "+",
        "-",
        ",",
        ";",
        "||",
        " ",
        ":",
        "/",
        "[-1]",
        "[1-5]",
        "(",
        '"x"',
    ),
    *(
        "+365 days",
        "-99999999999",
        "2020-2030/3",
        "9999",
        "10:00-18:00",
        "22:00-26:00",
        "00:00",
        "48:00",
        "99:99",
        "/0",
    ),
)


def is_sound(found: Windows | None) -> bool:
    """Within the day, in order, and apart from each other."""
    bounds = [minute for window in found or () for minute in window]
    return found is None or (all(0 <= minute <= 1440 for minute in bounds) and bounds == sorted(set(bounds)))


@given(st.text(max_size=300), st.dates(), st.sampled_from(["FR", "JP", "US", "XX", ""]))
@example("\ud800\udfff", FRIDAY, "FR")
@settings(max_examples=150)
def test_no_text_raises_or_takes_long(text: str, day: date, country: str) -> None:
    started = time.perf_counter()
    assert is_sound(windows(text, day, *PARIS, country, "Europe/Paris"))
    assert time.perf_counter() - started < 0.5


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.dates(date(1990, 1, 1), date(2100, 12, 31)))
@settings(max_examples=200)
def test_no_text_made_of_the_notation_raises_or_takes_long(pieces: list[str], day: date) -> None:
    started = time.perf_counter()
    assert is_sound(windows("".join(pieces), day, *PARIS, "FR", "Europe/Paris"))
    assert time.perf_counter() - started < 0.5
