"""`python -m app` before its commands are loaded."""

import subprocess
import sys
from pathlib import Path

_INTERRUPTED_WHILE_LOADING = """
import runpy, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "app.cli.commands":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
runpy.run_module("app", run_name="__main__")
"""


def test_ctrl_c_while_it_loads_ends_it_without_a_trace() -> None:
    command = [sys.executable, "-c", _INTERRUPTED_WHILE_LOADING]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")
