"""`python -m app doctor`: what is configured, reachable, present and missing, and what that means for plans."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.bundled_data import bundled_data
from app.cli.errors import StartError
from app.cli.gateway_client import Answer, GatewayClient
from app.cli.listening import check_port, url_for
from app.cli.local_fleet import AGENTS
from app.cli.own_redis import HOW_TO_GET_ONE, bundled_server, server_on_path
from app.cli.provider_visit import visit_providers
from app.cli.redis_access import address_of
from app.cli.redis_visit import RedisVisit, visit_redis
from app.cli.run_place import FleetNote, default_folder, running_fleet
from app.cli.visible import visible
from app.config.settings import Settings, SettingsError, load_settings
from app.messaging.heartbeat import ProviderBeat
from app.services.outside.health import ProviderHealth
from app.version import VERSION

Verdict = Literal["ok", "note", "bad"]

_MARKS: dict[Verdict, tuple[str, str]] = {"ok": ("✓", "green"), "note": ("•", "yellow"), "bad": ("✗", "red")}


@dataclass(frozen=True)
class Check:
    """`bad` means that no plan is possible; `note` is worth knowing."""

    verdict: Verdict
    subject: str
    text: str


async def examine(console: Console) -> int:
    """Print what was found. Returns 0 when a plan is possible."""
    try:
        settings = load_settings()
    except SettingsError as error:
        _print(console, "Settings", [Check("bad", "settings", str(error))])
        console.print(Text("\nNo plan is possible: a setting has a value that it cannot have.", "bold red"))
        return 1
    async with GatewayClient(url_for(settings.host, settings.port)) as client:
        status = await client.status()
    note = running_fleet(default_folder())
    url = settings.redis_url.get_secret_value() if settings.redis_url else note.redis_url if note else None
    visit = await visit_redis(url, AGENTS) if url else None
    reachable = [*_redis(settings, url, visit), *_gateway(settings, status, note)]
    data = [Check("ok" if is_there else "bad", subject, text) for is_there, subject, text in bundled_data()]
    _print(console, "This machine", _machine())
    _print(console, "Settings", configured(settings))
    _print(console, "Reachable", reachable)
    _print(console, "Fleet", _fleet(status, visit))
    _print(console, "Bundled data", data)
    _print(console, "Providers", _providers(settings, visit, await visit_providers(settings)))
    is_possible = _serves(status) or all(check.verdict != "bad" for check in (*reachable, *data))
    for text, style in _conclusion(is_possible, status):
        console.print(Text(text, style))
    return 0 if is_possible else 1


def configured(settings: Settings) -> list[Check]:
    """Every setting with its value and whether somebody set it; a secret is only said to be there."""
    found = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            shown = address_of(value.get_secret_value()) if name == "redis_url" else "set, not shown"
        else:
            shown = "not set" if value is None else str(value)
        origin = "set" if name in settings.model_fields_set else "default"
        found.append(Check("ok", name.upper(), f"{visible(shown)} ({origin})"))
    return found


def _machine() -> list[Check]:
    bundled = bundled_server() or server_on_path()
    python = f"{platform.python_version()} at {sys.executable}"
    return [
        Check("ok", "version", VERSION),
        Check("ok", "Python", python),
        Check("ok", "system", f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"),
        Check("ok", "own Redis", str(bundled)) if bundled else Check("note", "own Redis", "none found"),
    ]


def _redis(settings: Settings, url: str | None, visit: RedisVisit | None) -> list[Check]:
    if url is None:
        if bundled_server() or server_on_path():
            return [Check("ok", "Redis", "REDIS_URL is not set; `run` and `plan` start one of their own")]
        return [Check("bad", "Redis", HOW_TO_GET_ONE)]
    whose = "REDIS_URL" if settings.redis_url else "of the fleet that runs here"
    where = visible(f"{address_of(url)} ({whose})")
    if visit is None or visit.fault:
        return [Check("bad", "Redis", f"{where} does not answer: {visible(visit.fault if visit else '')}")]
    return [Check("ok", "Redis", f"{where}, {visit.server}, answers in {visit.latency_ms:.1f} ms")]


def _gateway(settings: Settings, status: Answer | None, note: FleetNote | None) -> list[Check]:
    url = url_for(settings.host, settings.port)
    if status is not None:
        told = f"{url}, {status.get('status')}, up {status.get('uptime_seconds')} s"
        return [Check("ok", "gateway", visible(told))]
    if note is not None and note.gateway_url != url:
        return [Check("note", "gateway", f"none at {url}; the fleet that runs here has {visible(note.gateway_url)}")]
    try:
        check_port(settings.host, settings.port)
    except StartError as error:
        return [Check("note", "gateway", f"none at {url}, and `run` could not start one: {error}")]
    return [Check("ok", "gateway", f"none runs at {url}; the port is free")]


def _fleet(status: Answer | None, visit: RedisVisit | None) -> list[Check]:
    """The instances in the registry, agent by agent; where Redis was not visited, what the gateway says."""
    if visit is None or visit.fault:
        agents = (status or {}).get("agents") or {}
        told = ((visible(str(name)), visible(f"{health}, says the gateway")) for name, health in agents.items())
        return [Check("ok", name, text) for name, text in told] or [
            Check("ok", "workers", "none run; `python -m app run` starts them")
        ]
    found = []
    for agent in AGENTS:
        beats = visit.fleet.instances(agent)
        for beat in beats:
            took = "" if beat.response_time_avg_ms is None else f", {beat.response_time_avg_ms:.0f} ms on average"
            load = f"load {beat.current_load}/{beat.max_capacity}, finished {beat.finished}, failed {beat.failed}{took}"
            found.append(Check("ok", agent, visible(f"{beat.instance}: {beat.status}, {load}")))
        if not beats:
            found.append(Check("note", agent, "no instance; plans would come without it"))
    return found


def _providers(settings: Settings, visit: RedisVisit | None, found: list[ProviderHealth]) -> list[Check]:
    """What they answered just now, and what the fleet that runs here says of those that trouble it."""
    if settings.providers == "offline":
        return [Check("ok", "providers", "off (PROVIDERS=offline): bundled facts and estimates alone")]
    fleet = visit.fleet.providers() if visit else {}
    lines = [
        Check(_verdict(one.state), one.name, _told(one.state, one.detail) + _used(one, fleet.get(one.name, [])))
        for one in found
    ]
    for name, beats in fleet.items():
        troubled = [beat for beat in beats if _verdict(beat.state) != "ok"]
        lines += [
            Check("note", name, visible(f"for {len(troubled)} of {len(beats)} workers: {beat.detail or beat.state}"))
            for beat in troubled[:1]
        ]
    idle = settings.quotas().keys() - {one.name for one in found}
    lines += [Check("note", "PROVIDER_QUOTAS", f"nobody named {name} is asked") for name in sorted(idle)]
    unset = [name for name, value in _keys(settings).items() if value is None]
    return [*lines, *(Check("note", name.upper(), "not set: that provider is not asked") for name in unset)]


def _keys(settings: Settings) -> dict[str, SecretStr | None]:
    names = (name for name in type(settings).model_fields if name.endswith("_api_key"))
    return {name: getattr(settings, name) for name in names}


def _verdict(state: str) -> Verdict:
    return "ok" if state in ("ok", "untried") else "note"


def _told(state: str, detail: str | None) -> str:
    if state == "untried":
        return "not asked: another one answered first"
    return visible(detail) if detail else "answers"


def _used(one: ProviderHealth, beats: Sequence[ProviderBeat]) -> str:
    """How much of its quota is gone, by the count of the fleet; just the quota where no fleet has the same."""
    if one.quota is None:
        return ""
    same = [beat for beat in beats if (beat.quota, beat.quota_period) == (one.quota, one.quota_period)]
    if not same:
        return f"; quota: {one.quota} a {one.quota_period}"
    when = "today" if one.quota_period == "day" else "this month"
    return f"; {max(beat.quota_used or 0 for beat in same)} of {one.quota} calls {when}"


def _serves(status: Answer | None) -> bool:
    agents = (status or {}).get("agents")
    return isinstance(agents, dict) and "healthy" in agents.values()


def _conclusion(is_possible: bool, status: Answer | None) -> list[tuple[str, str]]:
    if not is_possible:
        return [("\nNo plan is possible as things are; the lines marked ✗ say why.", "bold red")]
    how = "asks the gateway that runs here" if status is not None else "starts a fleet for it and stops it again"
    return [
        (f"\nA plan is possible: `python -m app plan` {how}.", "bold green"),
        ("Every fact in it says whether it is live, cached, an estimate or from the catalogue.", ""),
    ]


def _print(console: Console, title: str, checks: list[Check]) -> None:
    console.print(Text(f"\n{title}", "bold"))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for check in checks:
        mark, style = _MARKS[check.verdict]
        grid.add_row(
            Text(mark, style), Text(visible(check.subject)), Text(check.text, style if check.verdict != "ok" else "")
        )
    console.print(grid)
