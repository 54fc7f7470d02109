"""`python -m app run`: the whole fleet on this machine until Ctrl-C."""

import asyncio
import json
import signal
import time
from collections import deque
from datetime import date, timedelta

from rich.console import Console
from rich.text import Text

from app.cli.child_lines import quiet_line
from app.cli.local_fleet import AGENTS, LocalFleet, until_ready
from app.cli.run_place import default_folder
from app.config.settings import Settings, load_settings

READY_WITHIN_S = 90.0
"""How long the fleet may take before it is told what is missing; it goes on starting."""

SAME_SIGNAL_WITHIN_S = 0.5
"""make and timeout pass a signal on that the fleet has had already; nobody presses Ctrl-C twice as fast in earnest."""

LAST_WORDS = 5
"""Lines of Redis that are shown when it crashes; its usual ones are advice to operators of whole machines."""

_COLOURS = {
    "redis": "red",
    "weather": "cyan",
    "events": "magenta",
    "maps": "green",
    "budget": "yellow",
    "itinerary": "blue",
    "gateway": "bold",
}


class RunOutput:
    """What the terminal shows: our own words, and the children's lines behind their names."""

    def __init__(self, console: Console, is_quiet: bool) -> None:
        self._console = console
        self._is_quiet = is_quiet
        self._held_back: deque[str] = deque(maxlen=LAST_WORDS)

    def print_line(self, text: str, style: str = "") -> None:
        self._print(Text(text, style))

    def on_event(self, name: str, text: str) -> None:
        """Something happened to a child. What Redis said last, which is held back otherwise, may say why."""
        while name == "redis" and self._held_back:
            self._print_child_line(name, self._held_back.popleft(), "")
        self._print_child_line(name, text, "yellow")

    def on_output(self, name: str, line: str) -> None:
        """A child wrote a line."""
        if self._is_quiet and name == "redis":
            self._held_back.append(line)
            return
        shown = quiet_line(line) if self._is_quiet else line
        if shown:
            self._print_child_line(name, shown, "")

    def _print_child_line(self, name: str, text: str, style: str) -> None:
        self._print(Text.assemble((f"{name:>9} │ ", _COLOURS.get(name, "")), (text, style)))

    def _print(self, text: Text) -> None:
        try:
            self._console.print(text, soft_wrap=True)
        except (OSError, SystemExit):
            # The terminal is gone, or whoever read the pipe, of which rich makes an exit; the fleet still has to be
            # stopped in order.
            self._console.quiet = True


async def run_fleet(console: Console) -> int:
    """Returns the exit code: 0 when it was stopped in order. Raises CommandError, SettingsError."""
    settings = load_settings()
    is_quiet = not (settings.debug and "debug" in settings.model_fields_set)
    output = RunOutput(console, is_quiet)
    environment = {"DEBUG": "false" if is_quiet else "true"}
    fleet = LocalFleet(
        settings, settings.host, settings.port, default_folder(), environment, output.on_event, output.on_output
    )
    stop = asyncio.Event()
    _stop_on_signals(stop, fleet, output)
    started = time.monotonic()
    try:
        starting = asyncio.create_task(_start(fleet, settings, output, stop, started))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await stopping
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    finally:
        await fleet.stop()
    output.print_line("Stopped.")
    return 0


async def _start(fleet: LocalFleet, settings: Settings, output: RunOutput, stop: asyncio.Event, started: float) -> None:
    output.print_line("Starting Redis, five workers and the gateway …", "dim")
    await fleet.start()
    missing = await until_ready(fleet.gateway_url, READY_WITHIN_S, lambda: not stop.is_set())
    if missing and not stop.is_set():
        output.print_line(
            f"Not ready after {READY_WITHIN_S:.0f} s; missing: {', '.join(missing)}. DEBUG=true shows every line.",
            "yellow",
        )
    elif not missing:
        for text, style in ready_lines(fleet, settings, time.monotonic() - started):
            output.print_line(text, style)


def ready_lines(fleet: LocalFleet, settings: Settings, took_s: float) -> list[tuple[str, str]]:
    """What is worth knowing once the fleet is there, as lines with a style each."""
    url = fleet.gateway_url
    start = date.today() + timedelta(days=90)
    days = [start.isoformat(), (start + timedelta(days=2)).isoformat()]
    trip = {"destination": "Paris, France", "origin": "New Delhi, India", "travel_dates": days, "travelers_count": 2}
    path = "/api/v1/plan-trip/stream" if settings.streaming_enabled else "/api/v1/plan-trip"
    return [
        ("", ""),
        (f"Ringmaster Round Table is ready, {took_s:.1f} s after the start.", "bold green"),
        ("", ""),
        (f"  Gateway  {url}  (HOST {settings.host})", ""),
        (f"  Docs     {url}/docs", ""),
        (f"  Agents   {', '.join(AGENTS)}", ""),
        (f"  Redis    {fleet.redis}", ""),
        ("", ""),
        ("Plan a trip (paste into another terminal):", "bold"),
        ("", ""),
        (f"  curl -N {url}{path} \\", ""),
        ("    -H 'Content-Type: application/json' \\", ""),
        (f"    -d '{json.dumps(trip)}'", ""),
        ("", ""),
        (f'or, to read it here:  python -m app plan Paris --from "New Delhi" --start {days[0]} --travelers 2', ""),
        ("Watch the agents talk:  python -m app watch", ""),
        ("", ""),
        ("Ctrl-C stops everything, twice kills. Warnings follow here; DEBUG=true shows every line.", "dim"),
    ]


def _stop_on_signals(stop: asyncio.Event, fleet: LocalFleet, output: RunOutput) -> None:
    """The first signal stops in order, a second one kills."""
    first_at = 0.0

    def heard() -> None:
        nonlocal first_at
        if stop.is_set():
            if time.monotonic() - first_at < SAME_SIGNAL_WITHIN_S:
                return
            output.print_line("Killing what is left …", "yellow")
            fleet.supervisor.kill()
        else:
            first_at = time.monotonic()
            stop.set()
            output.print_line("\nStopping gateway, workers, Redis … (again to kill)", "dim")

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, heard)
