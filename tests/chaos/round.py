"""One round: a new fleet, clients and faults for a while, then rest, questions, and what was found."""

import asyncio
import contextlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median

from tests.chaos import outputs
from tests.chaos.client_record import SessionRecord
from tests.chaos.clients import Client
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Trouble, carry_out
from tests.chaos.fleet import EXECUTIONS, Fleet, FleetError
from tests.chaos.gathering import Gathering
from tests.chaos.invariants import findings
from tests.chaos.schedule import Fault, line, schedule

HEAL_WITHIN_S = 60.0
"""From the end of the last fault until every gateway says that all is well."""

CLIENTS_END_WITHIN_S = 100.0
"""A session has 60 s, and 10 s more where Redis was away at its end."""

GIVING_UP_S = 20.0
"""How long clients may take to notice that they are to give up: longer than they wait for an answer."""

SETTLE_WITHIN_S = 90.0


@dataclass(frozen=True)
class Settings:
    """What one round is played with; `seconds`: how long faults may begin. The same settings, the same schedule."""

    seed: int
    seconds: float
    profile: str = "full"
    gateways: int = 2
    workers: int = 2
    clients: int = 8
    has_audit: bool = True

    def faults(self) -> list[Fault]:
        return schedule(self.seed, self.seconds, self.profile, self.gateways, self.workers)

    def command(self) -> str:
        """What plays this round again."""
        fleet = f"--gateways {self.gateways} --workers {self.workers} --clients {self.clients}"
        rest = "" if self.has_audit else " --without-audit"
        played = f"--seed {self.seed} --seconds {self.seconds:g} --profile {self.profile}"
        return f"python -m tests.chaos {played} {fleet}{rest}"


@dataclass
class Report:
    """What came of a round. `states`: how its sessions ended. `failures`: codes of agents that failed in plans."""

    settings: Settings
    folder: Path
    findings: list[str]
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        shares = f"{sum(self.states.values())} sessions ({_counted(self.states)}), faults: {_counted(self.faults)}"
        failed = f", agents failed: {_counted(self.failures)}" if self.failures else ""
        verdict = f"{len(self.findings)} FINDINGS, see {self.folder}" if self.findings else "no findings"
        return f"seed {self.settings.seed}: {shares}{failed}; {'; '.join([*self.notes, verdict])}"

    def text(self) -> str:
        """With all findings, and how to play the round again."""
        return "\n".join([self.settings.command(), str(self), *self.findings])


async def play(settings: Settings, folder: Path) -> Report:
    """Everything that the round leaves behind is in `folder`, which is empty before."""
    planned = settings.faults()
    _prepare(folder, settings, planned)
    fleet = Fleet(folder, settings.seed, settings.gateways, settings.workers)
    troubles: list[Trouble] = []
    try:
        await fleet.start()
        evidence = await _witnessed(settings, fleet, planned, troubles)
    except FleetError as error:
        evidence = Evidence((), {}, None, unhealed=(str(error),))
    finally:
        await fleet.close()
    evidence = _with_outputs(evidence, fleet, folder, troubles)
    report = _report(settings, folder, evidence, fleet, troubles)
    _write(folder, evidence, report)
    return report


def _prepare(folder: Path, settings: Settings, planned: Sequence[Fault]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedule.txt").write_text(f"{settings.command()}\n{line(planned)}\n", encoding="utf-8")


async def _witnessed(settings: Settings, fleet: Fleet, planned: Sequence[Fault], troubles: list[Trouble]) -> Evidence:
    """Faults and clients side by side; then what the healed fleet says."""
    no_more, give_up = asyncio.Event(), asyncio.Event()
    clients = [Client(number, settings.seed, fleet.addresses, give_up) for number in range(settings.clients)]
    running = [asyncio.create_task(client.run(no_more)) for client in clients]
    try:
        until = time.monotonic() + settings.seconds
        await carry_out(fleet, planned, troubles)
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        no_more.set()
        began = time.monotonic()
        unhealed = await fleet.wait_until_healthy(HEAL_WITHIN_S)
        healed_s = time.monotonic() - began
        await asyncio.wait(running, timeout=CLIENTS_END_WITHIN_S)
        give_up.set()
        await asyncio.wait(running, timeout=GIVING_UP_S)
    finally:
        for task in running:
            task.cancel()
        ends = await asyncio.gather(*running, return_exceptions=True)
    broken = [f"a client broke: {end!r}" for end in ends if isinstance(end, BaseException)]
    records = tuple(record for client in clients for record in client.records)
    return await _asked(settings, fleet, records, (*unhealed, *broken), healed_s)


async def _asked(
    settings: Settings, fleet: Fleet, records: tuple[SessionRecord, ...], unhealed: tuple[str, ...], healed_s: float
) -> Evidence:
    gathering = Gathering(fleet.addresses, fleet.redis, SETTLE_WITHIN_S)
    views = await gathering.views(records)
    audit = await gathering.audit() if settings.has_audit else None
    rest = await gathering.redis_rest()
    return Evidence(records, views, audit, redis=rest, unhealed=unhealed, seconds_to_heal=healed_s)


def _with_outputs(evidence: Evidence, fleet: Fleet, folder: Path, troubles: Sequence[Trouble]) -> Evidence:
    lives = list(fleet.lives())
    return replace(
        evidence,
        exits=tuple(outputs.exits(lives)),
        complaints=tuple(outputs.complaints(lives)),
        connect_words=tuple(outputs.connect_words(lives, troubles)),
        executions=outputs.executions(folder / EXECUTIONS),
    )


def _report(settings: Settings, folder: Path, evidence: Evidence, fleet: Fleet, troubles: Sequence[Trouble]) -> Report:
    accepted = [record for record in evidence.records if record.session_ids]
    return Report(
        settings,
        folder,
        findings(evidence),
        Counter(record.final or "unknown" for record in accepted),
        Counter(trouble.fault.action for trouble in troubles),
        Counter(f"{agent} {code}" for view in evidence.views.values() for agent, code in view.failures.items()),
        list(_notes(evidence, outputs.takeover_times(list(fleet.lives()), troubles))),
    )


def _notes(evidence: Evidence, takeovers_s: Sequence[float]) -> list[str]:
    done = evidence.executions
    breaks = sum(record.troubles for record in evidence.records)
    worst = max((words.said for words in evidence.connect_words), default=0)
    notes = [
        f"healed after {evidence.seconds_to_heal:.1f} s",
        f"{breaks} requests or streams of clients broke",
        f"{done.count} executions, {done.cut_off} cut off, {len(done.repeated)} completed again",
        f"lost Redis in words {worst} times at most in one life",
    ]
    if takeovers_s:
        notes.append(
            f"{len(takeovers_s)} taken over, {median(takeovers_s):.1f} s (median) to {max(takeovers_s):.1f} s "
            f"after a gateway's last fault"
        )
    return notes


def _write(folder: Path, evidence: Evidence, report: Report) -> None:
    (folder / "report.txt").write_text(report.text() + "\n", encoding="utf-8")
    (folder / "audit.json").write_text(json.dumps(evidence.audit, indent=1), encoding="utf-8")
    with (folder / "records.jsonl").open("w", encoding="utf-8") as file:
        for record in evidence.records:
            views = {one: asdict(evidence.views[one]) for one in record.session_ids if one in evidence.views}
            file.write(json.dumps({**asdict(record), "views": views}) + "\n")


def tidy_up(report: Report, keep: bool = False) -> None:
    """Nothing of a round without findings is kept."""
    if not keep and not report.findings:
        with contextlib.suppress(OSError):
            shutil.rmtree(report.folder)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"
