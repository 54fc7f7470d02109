"""`python -m app audit` and `python -m app dead-letters`: the books, and the requests that were put aside."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from app.cli.errors import CommandError
from app.cli.local_fleet import AGENTS
from app.cli.redis_access import address_of, broker_at, redis_of_fleet
from app.cli.visible import visible, visible_bytes
from app.config.settings import load_settings
from app.core import dead_letters
from app.core.audit import Audit, audit
from app.errors import RoundTableError
from app.messaging.broker import Broker

_STATES = ("completed", "partial", "failed", "cancelled", "timeout", "running")


async def print_audit(console: Console, as_json: bool) -> int:
    """0 where nothing is lost, stuck or done twice."""
    settings = load_settings()
    async with _broker() as (broker, address):
        found = await audit(broker, AGENTS, settings.state_ttl)
    if as_json:
        console.print(Text(json.dumps(found.as_dict())), soft_wrap=True)
    else:
        _print(console, found, address)
    return 0 if found.is_balanced else 1


def _print(console: Console, found: Audit, address: str) -> None:
    sums = " + ".join(f"{found.states[state]} {state}" for state in _STATES)
    console.print(
        Text(f"Sessions that {address} keeps: {found.accepted} accepted = {sums} + {found.lost} lost"), soft_wrap=True
    )
    console.print(f"Requests executed more than once to effect: {found.executed_twice}")
    console.print(f"Stuck: {found.stuck}")
    console.print(f"Requests waiting: {found.requests_waiting}; in work: {found.requests_in_work}")
    console.print(f"Dead letters: {found.dead_letters}")
    for finding in found.findings:
        console.print(Text(f"  {visible(finding.session_id)}: {visible(finding.what)}", "red"), soft_wrap=True)
    verdict = (
        Text("The books balance.", "green") if found.is_balanced else Text("The books do not balance.", "bold red")
    )
    console.print(verdict)


async def print_dead_letters(console: Console) -> int:
    async with _broker() as (broker, address):
        letters = await dead_letters.dead_letters(broker, AGENTS)
    if not letters:
        console.print(Text(f"{address} has no dead letters."))
    for letter in letters:
        at = datetime.fromtimestamp(int(letter.buried_id.partition("-")[0]) / 1000, UTC)
        console.print(Text(f"{letter.agent}/{letter.buried_id}  {at:%Y-%m-%d %H:%M:%S}Z  {visible(letter.cause)}"))
        console.print(Text(f"  {visible_bytes(letter.envelope[:300])}", "dim"))
    return 0


async def send_letter_again(console: Console, which: str) -> int:
    agent, _, buried_id = which.partition("/")
    if agent not in AGENTS or not buried_id.replace("-", "").isdecimal():
        raise CommandError(f"{which!r} is no dead letter: give AGENT/ID as the list has it")
    async with _broker() as (broker, _):
        request, entry_id = await dead_letters.send_again(broker, agent, buried_id)
    console.print(f"Sent again to {agent} as request {request.request_id}, entry {entry_id}.")
    return 0


@asynccontextmanager
async def _broker() -> AsyncIterator[tuple[Broker, str]]:
    """The broker of the fleet here, and its address. What goes wrong is said as one sentence."""
    url = redis_of_fleet(load_settings())
    broker = broker_at(url)
    try:
        yield broker, address_of(url)
    except RoundTableError as error:
        raise error if isinstance(error, CommandError) else CommandError(str(error)) from error
    finally:
        await broker.aclose()
