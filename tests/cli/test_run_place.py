"""One fleet a folder; what a killed one left behind is cleared away."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.errors import StartError
from app.cli.own_redis import find_server, redis_program
from app.cli.run_place import LONGEST_SOCKET_PATH, RunPlace, running_fleet, socket_of
from tests.waiting import wait_until_sync


@pytest.fixture
def place(tmp_path: Path) -> Iterator[RunPlace]:
    taken = RunPlace.take(tmp_path / ".run")
    yield taken
    taken.release()


def test_a_second_fleet_in_the_same_folder_is_refused(place: RunPlace) -> None:
    place.leave_note("http://127.0.0.1:8000", uses_own_redis=True)
    with pytest.raises(
        StartError, match=r"A fleet runs from this folder already \(process \d+, http://127.0.0.1:8000\)"
    ):
        RunPlace.take(place.folder)


def test_the_note_is_found_while_the_fleet_runs_and_gone_afterwards(tmp_path: Path) -> None:
    place = RunPlace.take(tmp_path)
    place.leave_note("http://127.0.0.1:8000", uses_own_redis=True)
    note = running_fleet(tmp_path)
    assert note is not None
    assert note.redis_url == place.redis_url
    place.release()
    assert running_fleet(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["redis"]


def test_a_note_of_a_fleet_that_was_killed_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "fleet.json").write_text('{"pid": 1, "gateway_url": "http://127.0.0.1:1", "redis_url": null}')
    assert running_fleet(tmp_path) is None


def test_a_long_folder_has_its_socket_elsewhere(tmp_path: Path) -> None:
    place = RunPlace.take(tmp_path / ("long" * 40))
    assert len(str(place.socket_path)) < LONGEST_SOCKET_PATH
    folder = place.socket_path.parent
    place.release()
    assert not folder.exists()


def test_a_folder_with_odd_characters_has_a_url_that_leads_to_its_socket(tmp_path: Path) -> None:
    place = RunPlace.take(tmp_path / "a b?#%")
    assert socket_of(place.redis_url) == place.socket_path
    place.release()


@pytest.mark.integration
def test_a_redis_that_was_left_behind_is_shut_down_by_the_next_fleet(tmp_path: Path) -> None:
    left = RunPlace.take(tmp_path)
    left.leave_note("http://127.0.0.1:8000", uses_own_redis=True)
    program = redis_program(find_server(), left)
    with subprocess.Popen(program.command, stdout=subprocess.DEVNULL) as server:
        wait_until_sync(left.socket_path.is_socket)
        left.let_go()
        after = RunPlace.take(tmp_path)
        assert server.wait(10) == 0
        assert not after.socket_path.exists()
        after.release()
