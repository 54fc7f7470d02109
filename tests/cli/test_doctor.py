"""The doctor without a Redis, with a broken setting, and with a secret."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from app.cli import doctor
from app.cli.listening import check_port
from app.messaging.heartbeat import ProviderBeat
from tests.conftest import Bus
from tests.heartbeats import heartbeat
from tests.live import world
from tests.llm import gemini_bodies
from tests.services.stand_in import Reply, stand_in

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` and no fleet of the folder that the tests run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", str(check_port("127.0.0.1", 0)))


async def _examined() -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=100)
    code = await doctor.examine(console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


@pytest.mark.integration
async def test_with_a_bundled_redis_a_plan_is_possible() -> None:
    code, page = await _examined()
    assert code == 0
    assert "REDIS_URL is not set; `run` and `plan` start one of their own" in page
    assert "off (PROVIDERS=offline): bundled facts and estimates alone" in page
    assert "cities, edition" in page


async def test_without_any_redis_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "bundled_server", lambda: None)
    monkeypatch.setattr(doctor, "server_on_path", lambda: None)
    code, page = await _examined()
    assert code == 1
    assert "Set REDIS_URL" in page
    assert "No plan is possible" in page


async def test_a_redis_that_is_away_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    port = check_port("127.0.0.1", 0)
    monkeypatch.setenv("REDIS_URL", f"redis://me:hunter2@127.0.0.1:{port}/0?password=hunter2")
    code, page = await _examined()
    assert code == 1
    assert f"redis://127.0.0.1:{port}/0 (REDIS_URL) does not answer" in page
    assert "hunter2" not in page


async def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    code, page = await _examined()
    assert code == 1
    assert "PORT:" in page


async def test_the_names_that_a_strange_gateway_gives_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand_in() as gateway:
        gateway.answers("/status", {"agents": {"[/red]\x1b[2J": "healthy"}})
        monkeypatch.setenv("PORT", gateway.url.rpartition(":")[2])
        _, page = await _examined()
    assert "[/red]\\x1b[2J" in page


@pytest.mark.integration
async def test_a_redis_that_is_there_is_shown_with_version_and_latency(
    monkeypatch: pytest.MonkeyPatch, redis_server_url: str
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server_url)
    code, page = await _examined()
    assert code == 0
    assert "answers in" in page
    assert "no instance; plans would come without it" in page


@pytest.mark.integration
async def test_a_wrong_key_is_one_line_and_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand_in() as provider:
        world.answer_all(provider, world.real_bodies())
        for path in ("/openweather/data/3.0/onecall", "/openweather/data/2.5/forecast"):
            provider.answers(path, Reply({"cod": 401, "message": "Invalid API key"}, 401))
        monkeypatch.setenv("PROVIDERS", "auto")
        for name, value in {**world.addresses(provider.url), **world.KEYS}.items():
            monkeypatch.setenv(name.upper(), value)
        code, page = await _examined()
    (line,) = [line for line in page.splitlines() if "refuses our key" in line]
    assert "answers; quota: 500 a day" in page
    assert code == 0, "the chain goes on"
    assert line.startswith("• openweather ")
    assert "✓ openroute-matrix" in page
    assert not [key for key in world.KEYS.values() if key in page]


@pytest.mark.integration
@pytest.mark.rows("S0-41")
@pytest.mark.parametrize(
    ("body", "line"),
    [
        (gemini_bodies.text({"word": "ready"}), "✓ gemini answers"),
        (gemini_bodies.WRONG_KEY, "• gemini Google Gemini refuses our key"),
        (gemini_bodies.UNKNOWN_MODEL, "• gemini Google Gemini has no model gemini-3.5-flash-lite: set MODEL_NAME"),
    ],
    ids=["well", "wrong-key", "unknown-model"],
)
async def test_the_model_is_asked_as_well(monkeypatch: pytest.MonkeyPatch, body: object, line: str) -> None:
    async with stand_in() as provider:
        world.answer_all(provider, {**world.real_bodies(), "/gemini": body})
        monkeypatch.setenv("PROVIDERS", "auto")
        for name, value in {**world.addresses(provider.url), **world.MODEL_KEY}.items():
            monkeypatch.setenv(name.upper(), value)
        code, page = await _examined()
    assert code == 0, "plans need no model"
    (told,) = [found for found in page.splitlines() if found.startswith(line[:8])]
    assert " ".join(told.split()) == line
    assert "k3y-of-gemini" not in page


@pytest.mark.integration
async def test_of_a_quota_it_says_how_much_the_fleet_has_used(monkeypatch: pytest.MonkeyPatch, real_bus: Bus) -> None:
    def beat(name: str, quota: int, period: str, used: int) -> ProviderBeat:
        return ProviderBeat(name=name, state="ok", quota=quota, quota_period=period, quota_used=used)

    of_one = [beat("openweb-ninja", 50, "month", 12), beat("ticketmaster", 5000, "day", 7)]
    of_another = [beat("openweb-ninja", 50, "month", 31), beat("ticketmaster", 5000, "month", 8)]
    for instance, beats in (("one", of_one), ("another", of_another)):
        told = heartbeat(instance, "events").model_copy(update={"providers": beats}).model_dump_json().encode()
        await real_bus.broker().beat("events", instance, told, renew=True)
    async with stand_in() as provider:
        world.answer_all(provider, world.real_bodies())
        monkeypatch.setenv("PROVIDERS", "auto")
        monkeypatch.setenv("REDIS_URL", real_bus.url)
        monkeypatch.setenv("PROVIDER_QUOTAS", "openweather-onecall=3/month, tiketmaster=9")
        for name, value in {**world.addresses(provider.url), **world.KEYS}.items():
            monkeypatch.setenv(name.upper(), value)
        _, page = await _examined()
    assert "answers; 31 of 50 calls this month" in page
    assert "7 of 5000 calls today" in page, "those who count by another quota are not asked"
    assert "answers; quota: 3 a month" in page, "nobody of the fleet counts by that"
    assert "nobody named tiketmaster is asked" in page
    assert "nobody named openweather-onecall" not in page
