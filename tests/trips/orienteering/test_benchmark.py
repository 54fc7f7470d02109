"""The benchmark's reader, verifier and made-up instances."""

from pathlib import Path

import pytest

from benchmarks.orienteering import against_known, against_longer, report
from benchmarks.toptw.generator import made_up
from benchmarks.toptw.optima import known_optima, read_optima
from benchmarks.toptw.reader import UnreadableInstanceError, parse_instance, read_instance
from benchmarks.toptw.verifier import faults

SOLOMON = """X101

VEHICLE
NUMBER     CAPACITY
  25         200

CUSTOMER
CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME

    0      35      35       0       0     230       0
    1      36      36      17      50     195      10
    2      35      45      10      20      30      10
"""

TOPTW = """5 3 2 4
500 200
 0 35.000 35.000 0 0 0 0 0 230
 1 36.000 36.000 10 17 4 1 15 50 195
 2 35.000 45.000 10 10 1 4 1 2 4 8 20 30

5 10
"""


@pytest.mark.parametrize("text", [SOLOMON, SOLOMON[SOLOMON.index("    0") :], "200\n" + SOLOMON, TOPTW])
def test_both_forms_are_read_the_same(text: str) -> None:
    instance = parse_instance("x101", text)
    first = instance.places[1]
    assert [place.score for place in instance.places] == [0, 17, 10]
    assert (first.x, first.y, first.service, first.opens, first.closes) == (36_000, 36_000, 10, 50, 195)
    assert instance.places[0].closes == 230
    assert instance.scale == 10


def test_distances_are_cut_off_after_one_decimal_or_two() -> None:
    assert parse_instance("x101", TOPTW).distance(0, 1) == 14
    assert parse_instance("pr01", TOPTW).distance(0, 1) == 141
    assert parse_instance("x101", TOPTW.replace("36.000", "36.001")).scale == 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no numbers here",
        "\x00\xff",
        "1 2 3 4",
        "5 3 9 4\n0 1 1 0 0 0 0 0 100",
        TOPTW.replace(" 2 35.000", " 7 35.000"),
        TOPTW.replace("20 30", "20.5 30"),
        TOPTW.replace("20 30", "40 30"),
        SOLOMON.replace("    1  ", "    4  "),
        SOLOMON.replace(" 17 ", " -1 "),
        "0 1 1 0 0 100 0",
        "0 nan 1 0 0 100 0\n1 inf 1 1 0 100 0",
    ],
)
def test_what_has_neither_form_is_refused(text: str) -> None:
    with pytest.raises(UnreadableInstanceError):
        parse_instance("x", text)


def test_a_refusal_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.txt"
    path.write_bytes(b"\xff\xfe nothing")
    with pytest.raises(UnreadableInstanceError, match=r"broken\.txt"):
        read_instance(path)


@pytest.mark.parametrize(
    ("sequences", "score", "fault"),
    [
        ([(2, 1)], 27, None),
        ([()], 0, None),
        ([(1, 2)], 27, "after it closes"),
        ([(1,)], 16, "score"),
        ([(1, 1)], 34, "twice"),
        ([(1,), ()], 17, "2 tours, not 1"),
        ([(3,)], 0, "does not exist"),
        ([(0,)], 0, "does not exist"),
    ],
)
def test_the_verifier_sees_each_fault(sequences: list[tuple[int, ...]], score: int, fault: str | None) -> None:
    found = faults(parse_instance("x101", SOLOMON), 1, sequences, score)
    assert found == [] if fault is None else any(fault in one for one in found)


def test_the_verifier_sees_a_late_return() -> None:
    late = parse_instance("x101", SOLOMON.replace("     230 ", "      39 "))
    assert "back too late" in faults(late, 1, [(2,)], 10)[0]


def test_made_up_instances_are_the_same_every_time() -> None:
    assert made_up() == made_up()
    assert [len(instance.places) for instance in made_up()] == [101, 101, 101, 49, 145, 289]


def test_a_report_has_a_row_for_each_run_and_the_sums() -> None:
    instance = parse_instance("x101", SOLOMON)
    runs = [against_known(instance, 1, 0, 0.1, {("x101", 1): 30}), against_known(instance, 2, 0, 0.1, {})]
    text = report(runs)
    assert "27     30    10.00" in text
    assert "2 runs, gap mean 10.00 %" in text
    assert "0 infeasible" in text


def test_without_optima_a_longer_run_is_what_is_compared_with() -> None:
    run = against_longer(parse_instance("x101", SOLOMON), 1, 0, 0.05, 0)
    assert (run.score, run.best, run.gap) == (27, 27, 0.0)


def test_optima_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "optima"
    path.write_text("# name tours value\nC101 1 320\n\nc101, 2, 590  # two\n")
    assert read_optima(path) == {("c101", 1): 320, ("c101", 2): 590}


def test_more_tours_are_never_worth_less() -> None:
    optima = known_optima()
    for (name, tours), best in optima.items():
        assert best >= optima.get((name, tours - 1), 0)
