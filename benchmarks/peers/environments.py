"""Makes the peers' environments, `.bench/NAME`, one each: they cannot agree on a version of the Redis client library,
and each is to run with the newest that it takes."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".bench"

QUEUES = ("taskiq", "arq")


def python_of(queue: str) -> str:
    """Its interpreter, with what `requirements-NAME.txt` lists; installed where that has changed since."""
    wanted, folder = HERE / f"requirements-{queue}.txt", ENVIRONMENTS / queue
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        try:
            _install_with_uv(folder, python, wanted)
        except (OSError, subprocess.CalledProcessError):
            _install_with_pip(folder, python, wanted)
        stamp.write_text(wanted.read_text())
    return str(python)


def versions(queue: str) -> str:
    """Of the queue and what stands between it and Redis."""
    pins = [line for line in (HERE / f"requirements-{queue}.txt").read_text().splitlines() if not line.startswith("#")]
    told = (pin.replace("==", " ") for pin in pins if pin.startswith((queue, "redis", "hiredis", "uvloop")))
    return ", ".join(told)


def _install_with_uv(folder: Path, python: Path, wanted: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
    _run(uv, "pip", "install", "--quiet", "--python", python, "-r", wanted)


def _install_with_pip(folder: Path, python: Path, wanted: Path) -> None:
    _run(sys.executable, "-m", "venv", "--clear", folder)
    _run(python, "-m", "pip", "install", "--quiet", "-r", wanted)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)
