"""`python -m app audit` and `python -m app dead-letters`, against a real Redis."""

import asyncio
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from app.cli.errors import CommandError
from app.cli.operations import print_audit, print_dead_letters, send_letter_again
from app.messaging import channels
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.messaging.test_protocols import request
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.tunnel import tunnel_to

pytestmark = [pytest.mark.anyio, pytest.mark.integration]


@pytest.fixture(autouse=True)
def _this_redis(monkeypatch: pytest.MonkeyPatch, redis_server_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server_url)


def printed() -> tuple[Console, Any]:
    output = io.StringIO()
    return Console(file=output, width=200), output.getvalue


async def test_the_books_are_printed_and_the_exit_code_tells_whether_they_balance(real_bus: Bus) -> None:
    console, text = printed()
    workflow = fan_in_workflow(("a",), "z")
    agents = [ScriptedAgent("a"), ScriptedAgent("z")]
    async with working(real_bus, agents), orchestrating(real_bus, workflow) as orchestrator:
        state = await (await orchestrator.open("scripted", {})).finished
        assert await print_audit(console, as_json=False) == 0
        assert "1 accepted = 1 completed + 0 partial" in text()
        assert "The books balance." in text()
        client = real_bus.make_client()
        await client.delete(channels.session_log(state.session_id))
        await client.aclose()
        assert await print_audit(console, as_json=False) == 1
    assert f"{state.session_id}: it was accepted, and has no log any more" in text()


async def test_the_books_come_as_json_too(real_bus: Bus) -> None:
    console, text = printed()
    assert await print_audit(console, as_json=True) == 0
    assert json.loads(text())["is_balanced"] is True


async def test_dead_letters_are_listed_and_sent_again(real_bus: Bus) -> None:
    console, text = printed()
    broker = real_bus.broker()
    assert await print_dead_letters(console) == 0
    assert "has no dead letters" in text()
    await broker.bury("maps", "1-1", request(agent="maps").model_dump_json().encode(), "its worker died 3 times")
    await broker.bury("maps", "1-2", b"\xff\x1b[31m", "no message")
    assert await print_dead_letters(console) == 0
    assert "its worker died 3 times" in text()
    assert "\x1b" not in text(), "bytes from Redis do not speak to the terminal"
    _, letter = await broker.dead_letters("maps")
    assert await send_letter_again(console, f"maps/{letter.buried_id}") == 0
    assert await broker.queue_length("maps") == 1


async def test_a_folder_with_brackets_in_its_name_is_named_as_it_is(
    real_bus: Bus, redis_server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, text = printed()
    with tempfile.TemporaryDirectory(prefix="[old]") as folder:
        async with tunnel_to(redis_server_url, Path(folder) / "t") as (_, url):
            monkeypatch.setenv("REDIS_URL", url)
            await print_dead_letters(console)
            await print_audit(console, as_json=False)
    assert text().count(f"{folder}/t") == 2


@pytest.mark.parametrize("which", ["", "maps", "maps/", "maps/x", "circus/1-1", "maps/1-1"])
async def test_what_is_no_dead_letter_is_one_sentence(real_bus: Bus, which: str) -> None:
    console, _ = printed()
    with pytest.raises(CommandError, match="no dead letter"):
        await send_letter_again(console, which)


async def test_a_redis_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    console, _ = printed()
    for command in (print_audit(console, as_json=False), print_dead_letters(console)):
        with pytest.raises(CommandError, match=r"127\.0\.0\.1"):
            await asyncio.wait_for(command, 10)
