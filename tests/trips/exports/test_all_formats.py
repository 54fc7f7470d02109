"""What holds for every format."""

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.api.answers import SessionAnswer
from app.trips.exports import FORMATS, UnknownFormatError, export
from tests.trips.exports.plans import answer, day, documented, item

TOP = Path(__file__).parents[3]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_plan_gives_the_same_bytes(file_format: str) -> None:
    plan = documented()
    before = copy.deepcopy(plan)
    assert export(plan, file_format) == export(documented(), file_format)
    assert plan == before, "the plan is left as it was"


def in_three_zones() -> dict[str, Any]:
    zones = ("Asia/Tokyo", "Europe/Rome", "America/Lima")
    return answer(*(day(f"2027-06-{29 - number}", item(timezone=zone)) for number, zone in enumerate(zones)))


def test_the_same_bytes_come_from_another_process() -> None:
    """Nothing depends on the order of hashes, on the machine's zone or on the clock."""
    program = (
        "from app.trips.exports import FORMATS, export;"
        "from tests.trips.exports.test_all_formats import in_three_zones;"
        "print([export(in_three_zones(), name) for name in FORMATS])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "PYTHONPATH": str(TOP)}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, env=environment, cwd=TOP, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str([export(in_three_zones(), name) for name in FORMATS])


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_model_gives_what_its_json_gives(file_format: str) -> None:
    plan = documented()
    assert export(SessionAnswer.model_validate(plan), file_format) == export(plan, file_format)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UnknownFormatError, match="no export format 'pdf'; there are ics, gpx, geojson, md, html"):
        export(documented(), "pdf")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    "items",
    [
        (),
        (item(coordinates=None),),
        (item(None, None),),
        (item("nonsense", "25:99"),),
        ({},),
        (item(price_per_person=0), item("12:00", "13:00", timezone="Nowhere/Nothing")),
    ],
)
def test_days_with_little_on_them_are_exported(file_format: str, items: tuple[dict[str, Any], ...]) -> None:
    assert export(answer(day("2027-06-29", *items), day("2027-06-30")), file_format)


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_unknown_time_zone_is_said_in_every_format(file_format: str) -> None:
    body = export(answer(day("2027-06-29", item()), timezone="Mars/Olympus"), file_format).decode()
    assert "times are written as UTC" in body.replace("\r\n ", "").replace("\n", " ")


def test_starting_the_gateway_does_not_import_the_calendar_library() -> None:
    program = "import sys, app.main; print('icalendar' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
