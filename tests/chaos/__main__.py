"""Chaos for as long as told: `python -m tests.chaos --seconds 3600 --seed 7`. Exits with 1 where something was found.

Long runs are played in rounds, each on a fleet begun anew and with a seed of its own. Every round prints the command
that plays it again.
"""

# ruff: noqa: T201 - what it prints is what it is for

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.chaos.round import Settings, play, tidy_up
from tests.chaos.schedule import PROFILES

ROUND_S = 120.0


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--seconds", type=float, default=ROUND_S, help="how long; beyond one round: with start and rest"
    )
    parser.add_argument("--seed", type=int, help="left out: one is drawn")
    parser.add_argument("--round-seconds", type=float, default=ROUND_S, help="how long faults may begin in one round")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="full", help="which kinds of faults")
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2, help="of each agent")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--without-audit", action="store_true", help="do not ask GET /api/v1/audit")
    parser.add_argument("--artefacts", type=Path, help="folder of what rounds leave behind; left out: a temporary one")
    parser.add_argument("--keep", action="store_true", help="keep also what rounds without findings leave behind")
    return parser.parse_args(given)


def seeds(seed: int, is_long: bool) -> Iterator[int]:
    """Of the rounds: the seed itself where there is only one, else one after the other drawn from it."""
    if not is_long:
        yield seed
        return
    drawn = random.Random(f"rounds {seed}")
    while True:
        yield drawn.randrange(1_000_000)


async def run(options: argparse.Namespace) -> int:
    """Plays until the time is over. Returns how many rounds had findings."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    is_long = options.seconds > options.round_seconds
    folder = options.artefacts or Path(tempfile.mkdtemp(prefix="chaos-"))
    settings = Settings(
        seed,
        min(options.seconds, options.round_seconds),
        options.profile,
        options.gateways,
        options.workers,
        options.clients,
        not options.without_audit,
    )
    print(f"chaos for {options.seconds:g} s, seed {seed}, artefacts in {folder}", flush=True)
    until, bad, rounds = time.monotonic() + options.seconds, 0, 0
    for round_seed in seeds(seed, is_long):
        rounds += 1
        bad += await _round(rounds, replace(settings, seed=round_seed), folder, options.keep)
        if time.monotonic() > until:
            break
    print(f"{rounds} rounds, {bad} with findings", flush=True)
    return bad


async def _round(number: int, settings: Settings, folder: Path, keep: bool) -> bool:
    """Whether something was found."""
    print(f"round {number}: {settings.command()}", flush=True)
    report = await play(settings, folder / f"round-{number}-seed-{settings.seed}")
    print(f"  {report}", *report.findings, sep="\n    ", flush=True)
    tidy_up(report, keep)
    return bool(report.findings)


async def _until_told_to_stop(options: argparse.Namespace) -> int:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(options)


def main() -> None:
    try:
        sys.exit(1 if asyncio.run(_until_told_to_stop(arguments())) else 0)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("stopped")


if __name__ == "__main__":
    main()
