"""The commands and their options, as a table of contents; each is a file of its own."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from io import TextIOWrapper
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.text import Text

from app.cli.errors import CommandError
from app.cli.visible import visible
from app.config.settings import SettingsError
from app.trips.request import BudgetRange, LocalTransport, Pace

app = typer.Typer(
    name="python -m app",
    help="Ringmaster Round Table on this machine. Settings come from the environment or from .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it."""


@app.command()
def run() -> None:
    """Start the whole fleet: Redis, five workers, the gateway. Ctrl-C stops it.

    Redis is the one that REDIS_URL names, else a bundled one that keeps its data in .run. HOST and PORT say where the
    gateway listens. A crashed process is started again. Shown are warnings and the beginning and end of each session;
    DEBUG=true shows every line of every process.
    """
    from app.cli.run_command import run_fleet

    _exit_with(lambda: run_fleet(Console(highlight=False)))


@app.command()
def plan(
    destination: Annotated[str, typer.Argument(help="Where to; a city, a town, an airport: 'Paris, France'")],
    origin: Annotated[str, typer.Option("--from", help="Where from")],
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day")],
    also: Annotated[list[str] | None, typer.Option(help="A further destination; once for each, in order")] = None,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, inclusive")] = None,
    days: Annotated[int | None, typer.Option(help="Length in days, instead of --end; 3 where neither is given")] = None,
    travelers: Annotated[int, typer.Option(help="How many travel")] = 1,
    budget: Annotated[BudgetRange, typer.Option(help="How much comfort")] = "mid-range",
    interests: Annotated[str, typer.Option(help="Separated by commas: art,food,history")] = "",
    pace: Annotated[Pace | None, typer.Option(help="How full the days are; moderate where not given")] = None,
    transport: Annotated[LocalTransport | None, typer.Option(help="How to get about there")] = None,
    currency: Annotated[str | None, typer.Option(help="EUR, USD …; else that of the origin's country")] = None,
    url: Annotated[str | None, typer.Option(help="A gateway to ask, and no other: https://host:port")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the gateway's answer as it came")] = False,
) -> None:
    """Plan a trip and read it here.

    Asks the gateway that runs on this machine; where none does, a fleet is started for this one plan and stopped again.
    Exit code: 0 with a plan, 1 without one, 2 where the request cannot be planned as it stands.
    """
    from app.cli.plan_command import PlanWishes, plan, trip_of

    async def made() -> int:
        trip = trip_of(
            destination,
            origin,
            start.date(),
            end.date() if end else None,
            days,
            also=also or [],
            travelers_count=travelers,
            budget_range=budget,
            preferred_transport=transport,
            currency=currency,
            interests=[word.strip() for word in interests.split(",") if word.strip()],
            pace=pace,
        )
        progress = Console(stderr=True, highlight=False)
        return await plan(PlanWishes(trip, url, json), Console(highlight=False), progress)

    _exit_with(made)


@app.command()
def doctor() -> None:
    """Say what is configured, reachable, present and missing, and what that means for plans.

    Exit code 0 when a plan is possible. Secrets are never shown.
    """
    from app.cli.doctor import examine

    _exit_with(lambda: examine(Console(highlight=False)))


@app.command()
def watch(
    session: Annotated[str | None, typer.Option(help="Only this session; the beginning of its id is enough")] = None,
    agent: Annotated[str | None, typer.Option(help="Only this agent")] = None,
    health: Annotated[bool, typer.Option(help="Show heartbeats too")] = True,
) -> None:
    """Show the fleet's messages as they pass, one line each, until Ctrl-C.

    Listens on the Redis that REDIS_URL names, else on that of the fleet that `run` started here.
    """
    from app.cli.message_lines import Filter
    from app.cli.watch import watch_traffic

    _exit_with(lambda: watch_traffic(Console(highlight=False), Filter(session, agent, health)))


@app.command()
def audit(json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON")] = False) -> None:
    """Say what became of every session that Redis keeps, from Redis alone, and what must not be.

    Asks the Redis that REDIS_URL names, else that of the fleet that `run` started here. Exit code 1 where a session is
    lost or stuck, or a request was executed twice.
    """
    from app.cli.operations import print_audit

    _exit_with(lambda: print_audit(Console(highlight=False), json))


@app.command(name="dead-letters")
def dead_letters(
    send_again: Annotated[str | None, typer.Option(help="Send this one again: AGENT/ID, as the list has it")] = None,
) -> None:
    """List the requests that could not be worked, with the cause; or send one of them again."""
    from app.cli.operations import print_dead_letters, send_letter_again

    console = Console(highlight=False)
    _exit_with(lambda: print_dead_letters(console) if send_again is None else send_letter_again(console, send_again))


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a letter shows a question mark, and what follows.
            stream.reconfigure(errors="replace")
    app()


def _exit_with(command: Callable[[], Coroutine[Any, Any, int]]) -> None:
    """Run one command to its exit code. What went wrong is one sentence, without a trace."""
    # The commands say themselves what a person needs to hear of the rooms below; logs are for the fleet's processes.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        code = asyncio.run(_until_told_to_stop(command()))
    except (CommandError, SettingsError) as error:
        Console(stderr=True, highlight=False).print(Text(visible(str(error)), "red"), soft_wrap=True)
        code = error.exit_code if isinstance(error, CommandError) else 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = INTERRUPTED
    raise typer.Exit(code)


async def _until_told_to_stop(command: Coroutine[Any, Any, int]) -> int:
    """A command that has no other use for SIGTERM and a closed terminal is cancelled by them, so that it tidies up.

    Once: timeout and make send each signal twice, and the second must not break off the tidying.
    """
    task = asyncio.current_task()
    assert task is not None

    def cancel_once() -> None:
        if not task.cancelling():
            task.cancel()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, cancel_once)
    return await command
