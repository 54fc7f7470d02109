"""What stays for a process' whole life is not looked through for garbage again and again."""

import subprocess
import sys


def test_what_a_process_is_made_of_is_set_aside() -> None:
    program = (
        "import gc; from app.garbage import YOUNG_OBJECTS, tune_garbage_collection; tune_garbage_collection(); "
        "print(gc.isenabled(), gc.get_freeze_count() > 1000, gc.get_threshold()[0] == YOUNG_OBJECTS)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True"] * 3


def test_a_gateway_sets_aside_what_it_is_made_of() -> None:
    program = "import gc, app.main; print(gc.get_freeze_count() > 50_000)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True"]
