"""`python -m app plan`: a plan in the terminal, from the gateway that runs or from a fleet started for it alone."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from app.cli.errors import CommandError, GatewayAwayError, RefusedError
from app.cli.gateway_client import Answer, GatewayClient, is_final
from app.cli.listening import url_for
from app.cli.local_fleet import AGENTS, LocalFleet, until_ready
from app.cli.plan_progress import PlanProgress
from app.cli.plan_view import plan_view
from app.cli.run_command import RunOutput
from app.cli.run_place import default_folder, running_fleet
from app.config.settings import Settings, load_settings

READY_WITHIN_S = 60.0
"""How long a fleet that is started for one plan may take."""

DEFAULT_DAYS = 3
WIDEST = 100
"""Characters of a line, however wide the terminal is."""


@dataclass(frozen=True)
class PlanWishes:
    """The command's options. `url`: a gateway to use and no other; None for the one of this machine's settings."""

    trip: Answer
    url: str | None
    is_json_wanted: bool


def trip_of(
    destination: str,
    origin: str,
    start: date,
    end: date | None,
    days: int | None,
    also: Sequence[str] = (),
    **wishes: Any,
) -> dict[str, Any]:
    """The request's body. `also`: the destinations after the first. Wishes that are None or empty are left out.

    Raises RefusedError.
    """
    if end is not None and days is not None:
        raise RefusedError("Give --end or --days, not both")
    if days is not None and days < 1:
        raise RefusedError("--days: a trip has at least one day")
    if end is not None and end < start:
        raise RefusedError(f"--end: {end} is before the start, {start}")
    try:
        last = end or start + timedelta(days=(days or DEFAULT_DAYS) - 1)
    except OverflowError as error:
        raise RefusedError("--days: that is too long a trip") from error
    preferences = {name: wishes.pop(name) for name in ("interests", "pace")}
    given = {name: value for name, value in preferences.items() if value}
    trip = {
        "destination": destination,
        **({"destinations": [destination, *also]} if also else {}),
        "origin": origin,
        "travel_dates": [day.isoformat() for day in dict.fromkeys((start, last))],
        **{name: value for name, value in wishes.items() if value is not None},
        **({"user_preferences": given} if given else {}),
    }
    try:
        json.dumps(trip, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RefusedError("A name holds bytes that are no text in the encoding of this terminal") from error
    return trip


async def plan(wishes: PlanWishes, out: Console, progress: Console) -> int:
    """Print the plan on `out` and how it comes about on `progress`. Returns the exit code. Raises CommandError."""
    settings = load_settings()
    async with _gateway(wishes.url, settings, progress) as gateway:
        if wishes.is_json_wanted:
            raw = await gateway.plan_raw(wishes.trip)
            out.file.write(raw.rstrip("\n") + "\n")
            return _exit_code(json.loads(raw))
        answer = await _followed(gateway, wishes.trip, progress)
    with out.capture() as page:
        for part in plan_view(answer, wishes.trip):
            out.print(part, width=min(out.width, WIDEST))
    out.file.write("".join(f"{line.rstrip()}\n" for line in page.get().splitlines()))
    return _exit_code(answer)


def _exit_code(answer: Answer) -> int:
    """A plan with gaps is a plan."""
    return 0 if answer.get("status") in ("completed", "partial") else 1


async def _followed(gateway: GatewayClient, trip: Answer, console: Console) -> Answer:
    """The session's last event. A plan that nobody waits for any more is cancelled."""
    progress = PlanProgress(console, AGENTS)
    stream = gateway.plan(trip)
    try:
        with progress.shown():
            async for event in stream:
                if is_final(event):
                    return event
                progress.heard(event)
    except asyncio.CancelledError:
        await gateway.cancel()
        raise
    finally:
        await stream.aclose()
    raise GatewayAwayError("The stream ended before the plan was there")


@asynccontextmanager
async def _gateway(url: str | None, settings: Settings, progress: Console) -> AsyncIterator[GatewayClient]:
    """The gateway that was named; else one that runs here; else that of a fleet started for this."""
    note = running_fleet(default_folder())
    nearby = [url_for(settings.host, settings.port), *([note.gateway_url] if note else [])]
    for candidate in [url] if url else nearby:
        async with GatewayClient(candidate) as gateway:
            if url is not None or await gateway.status() is not None:
                yield gateway
                return
    async with _passing_fleet(settings, progress) as fleet_url, GatewayClient(fleet_url) as gateway:
        yield gateway


@asynccontextmanager
async def _passing_fleet(settings: Settings, progress: Console) -> AsyncIterator[str]:
    output = RunOutput(progress, is_quiet=True)
    folder = Path(tempfile.mkdtemp(prefix="round-table-plan-"))
    environment = {"DEBUG": "false"}
    fleet = LocalFleet(settings, "127.0.0.1", 0, folder, environment, output.on_event, lambda name, line: None)
    try:
        text = "No fleet runs on this machine; starting one for this plan …"
        if not progress.is_terminal:
            progress.print(text)
        with progress.status(text):
            await fleet.start()
            missing = await until_ready(fleet.gateway_url, READY_WITHIN_S)
        if "gateway" in missing:
            raise CommandError("The fleet for this plan did not start; `python -m app run` shows why")
        yield fleet.gateway_url
    finally:
        await fleet.stop()
        shutil.rmtree(folder, ignore_errors=True)
