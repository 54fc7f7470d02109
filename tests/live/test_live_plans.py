"""Plans whose facts come from providers: what is asked, how it is labelled, what stands in, and that nothing that is
sent keeps a plan from coming, valid and in time.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx2
import pytest

from app.core.orchestrator import Orchestrator
from app.services.outside.network import CONNECT_TIMEOUT_S, Network
from app.services.outside.store import NoStore
from tests.conftest import Bus, Logged
from tests.fleet import gateway, working
from tests.live import world
from tests.live.odd_bodies import exchanged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn, stand_in
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

AGENT_DEADLINE_MS = 4_000
DEADLINES = {f"timeout_{name}": AGENT_DEADLINE_MS for name in ("weather", "events", "maps", "budget")}
DEADLINES["timeout_itinerary"] = 5_000
IN_TIME_S = AGENT_DEADLINE_MS / 1000 + 6.0
"""The slowest agent, then the itinerary, on a machine that others use as well."""


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in ("weather", "events"):
        monkeypatch.setattr(f"app.workers.{worker}_worker.today", lambda: world.TODAY)


@pytest.fixture
async def provider() -> AsyncIterator[StandIn]:
    async with stand_in() as server:
        yield server


@asynccontextmanager
async def fleet(
    bus: Bus, store: Any, url: str, *, is_hurried: bool = False, **options: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway and live agents that ask what is at that address. `is_hurried`: they have four seconds each; else as
    much as by default, since what is read and built with the first question of a process takes some of it."""
    agents, setup = world.live_agents(store, url, **options)
    try:
        async with (
            working(bus, agents, providers=setup.beats),
            gateway(bus, **(DEADLINES if is_hurried else {})) as client,
        ):

            async def is_healthy() -> bool:
                return (await client.get("/health")).json()["status"] == "healthy"

            await wait_until(is_healthy)
            yield client
    finally:
        await setup.hub.aclose()


async def planned(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/plan-trip", json={**world.TRIP, **changes}, timeout=30)
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


def providers_of(report: dict[str, Any], kind: str = "live") -> set[str]:
    return {source["provider"] for source in report["sources"] if source["kind"] == kind}


@pytest.mark.rows("S0-27", "S0-28", "S0-29", "S0-42", "S0-43", "S0-44")
async def test_with_keys_every_first_choice_is_asked_and_named(fake_bus: Bus, provider: StandIn) -> None:
    world.answer_all(provider, world.real_bodies())
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        plan = await planned(client)
    data = plan["data"]
    assert plan["status"] == "completed"
    assert data["itinerary"]["certificate"]["is_valid"]
    assert providers_of(data["weather"]) == {"OpenWeather"}
    assert [day["kind"] for day in data["weather"]["weather_forecast"]] == ["live"] * 3
    assert "OpenRouteService" in providers_of(data["route"])
    assert data["route"]["primary_route"]["kind"] == "live"
    assert {event["source"]["provider"] for event in data["events"]["events"] if event["kind"] == "event"}
    assert any("Frankfurter" in rate["source"] for rate in data["budget"]["exchange_rates"])
    assert data["route"]["places_found"][0]["sights"]
    matrices = [path for path in provider.paths() if "/matrix/" in path]
    assert matrices, "one for the maps agent, and the budget agent's the same"
    assert [path for path in matrices if path.endswith("foot-walking")], "one for the stops of the town"
    ways = [item for day in data["itinerary"]["itinerary_days"] for item in day["items"] if item["kind"] == "travel"]
    assert "OpenRouteService" in {way["source"] for way in ways}
    assert "OpenRouteService" in providers_of(data["itinerary"])
    assert not [path for path in provider.paths() if path.startswith(("/meteo", "/osrm", "/ticketmaster"))]


async def test_without_any_key_the_providers_that_need_none_are_asked(fake_bus: Bus, provider: StandIn) -> None:
    world.answer_all(provider, world.real_bodies())
    async with fleet(fake_bus, NoStore(), provider.url, with_keys=False) as client:
        plan = await planned(client)
    assert plan["status"] == "completed"
    assert providers_of(plan["data"]["weather"]) == {"Open-Meteo"}
    assert "OSRM" in providers_of(plan["data"]["route"])
    keyed = ("/openweather", "/openroute", "/ninja", "/ticketmaster")
    assert not [path for path in provider.paths() if path.startswith(keyed)]


async def test_sights_that_providers_found_are_visited_within_their_hours(fake_bus: Bus, provider: StandIn) -> None:
    world.answer_all(provider, world.real_bodies())
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        itinerary = (await planned(client))["data"]["itinerary"]
    visits = [item for day in itinerary["itinerary_days"] for item in day["items"] if item["kind"] == "visit"]
    assert visits
    assert all("openstreetmap.org" in item["source"] for item in visits)
    assert itinerary["certificate"]["is_valid"]


@pytest.mark.rows("X-11")
async def test_a_trip_beyond_the_horizon_is_a_mix_day_by_day(fake_bus: Bus, provider: StandIn) -> None:
    world.answer_all(provider, world.real_bodies())
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        plan = await planned(client, destination="Paris", travel_dates=["2026-12-05", "2026-12-16"])
    days = plan["data"]["weather"]["weather_forecast"]
    assert [(day["provider"], day["kind"]) for day in days] == [
        *[("OpenWeather", "live")] * 2,
        *[("Open-Meteo", "live")] * 8,
        *[(None, "catalogue")] * 2,
    ]


async def test_an_unknown_name_is_asked_of_the_geocoders_and_planned(fake_bus: Bus, provider: StandIn) -> None:
    world.answer_all(provider, world.real_bodies())
    nowhere = {"destination": "Hallstatt-Lahn", "origin": "Vienna"}
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        bodies = json.dumps(world.body("openroute_geocoding_hallstatt")).replace('"Hallstatt"', '"Hallstatt-Lahn"')
        provider.answers("/openroute/geocode", json.loads(bodies))
        plan = await planned(client, **nowhere)
        provider.answers("/openroute/geocode", {"features": []})
        provider.answers("/photon", {"features": []})
        provider.answers("/nominatim", [])
        refused = await client.post("/api/v1/plan-trip", json={**world.TRIP, "destination": "Qwxzt-upon-Nothing"})
    location = plan["data"]["weather"]["location"]
    assert (location["name"], location["country_code"], location["timezone"]) == (
        "Hallstatt-Lahn",
        "AT",
        "Europe/Vienna",
    )
    assert "was read as" in location["assumption"]
    assert refused.status_code == 422


@pytest.mark.rows("S2-63")
async def test_the_second_plan_asks_nobody_outside(fake_bus: Bus, provider: StandIn) -> None:
    """The providers' cache; that of whole results has its own tests."""
    world.answer_all(provider, world.real_bodies())
    async with fleet(fake_bus, MemoryStore(), provider.url) as client:
        first = await planned(client)
        count = len(provider.asked)
        second = await planned(client, travelers_count=3)
    assert len(provider.asked) == count
    assert {day["kind"] for day in first["data"]["weather"]["weather_forecast"]} == {"live"}
    assert {day["kind"] for day in second["data"]["weather"]["weather_forecast"]} == {"cached"}
    assert providers_of(second["data"]["weather"], "cached") == {"OpenWeather"}


@pytest.mark.rows("S0-41")
async def test_with_its_key_the_model_tells_the_plan_and_changes_nothing_in_it(
    fake_bus: Bus, provider: StandIn
) -> None:
    world.answer_all(provider, world.real_bodies())
    plans = []
    for with_model in (False, True):
        async with fleet(fake_bus, MemoryStore(), provider.url, with_model=with_model) as client:
            plans.append((await planned(client))["data"]["itinerary"])
    without, told = (plan.pop("narrative") for plan in plans)
    assert plans[0]["itinerary_days"] == plans[1]["itinerary_days"]
    assert (without["written_by"], told["written_by"]) == ("template", "gemini-3.5-flash-lite")
    assert {name: told[name] for name in world.STORY} == world.STORY
    assert told["usage"]["cost_usd"] > 0
    assert sum(asked.path.startswith("/gemini") for asked in provider.asked) == 1


async def test_no_key_is_anywhere_to_be_seen(fake_bus: Bus, provider: StandIn, logged: Logged) -> None:
    refusing = {path: Reply({"message": "no"}, 401) for path in world.real_bodies()}
    world.answer_all(provider, refusing)
    async with fleet(fake_bus, NoStore(), provider.url, with_model=True) as client:
        plan = await planned(client)

        async def refusals() -> set[str]:
            status = (await client.get("/status")).json()
            beats = [one for found in status["instances"].values() for one in found]
            return {one["name"] for beat in beats for one in beat["providers"] if one["state"] == "key_refused"}

        async def all_are_told() -> bool:
            return {"openweather", "openroute-matrix", "gemini"} <= await refusals()

        await wait_until(all_are_told)
        seen = "".join([(await client.get(path)).text for path in ("/status", "/metrics", "/api/v1/health")])
    assert plan["status"] == "completed"
    for key in (*world.KEYS.values(), *world.MODEL_KEY.values()):
        assert key not in f"{json.dumps(plan)} {seen} {logged.text}"


@pytest.mark.parametrize(
    "failure", [found for found in FAILURES if found.id in ("403", "429-retry-after", "500", "html-in-200", "hangs")]
)
async def test_whatever_all_of_them_do_the_plan_comes_in_time_on_bundled_facts(
    fake_bus: Bus, provider: StandIn, failure: Failure
) -> None:
    world.answer_all(provider, dict.fromkeys(world.real_bodies(), failure.reply))
    async with fleet(fake_bus, NoStore(), provider.url, is_hurried=True, with_model=True) as client:
        started = time.monotonic()
        plan = await planned(client)
        took_s = time.monotonic() - started
    assert took_s < IN_TIME_S
    assert plan["status"] == "completed"
    assert plan["data"]["itinerary"]["certificate"]["is_valid"]
    assert not [kind for kind in kinds_in(plan) if kind in ("live", "cached")]
    narrative = plan["data"]["itinerary"]["narrative"]
    assert narrative["written_by"] == "template"
    assert narrative["note"].startswith("Not written by a model: Google Gemini")


@pytest.mark.parametrize("seed", range(int(os.environ.get("ODD_BODIES", "6"))))
async def test_whatever_is_in_their_answers_the_plan_is_valid_and_plain(
    fake_bus: Bus, provider: StandIn, seed: int
) -> None:
    """Real bodies with parts of them exchanged for nonsense and for attacks. `ODD_BODIES=200` tries as many."""
    random = Random(seed)
    bodies = {path: exchanged(real, random, random.randrange(1, 25)) for path, real in world.real_bodies().items()}
    world.answer_all(provider, bodies)
    keys = {"with_keys": seed % 3 > 0, "with_model": seed % 2 == 0}
    async with fleet(fake_bus, NoStore(), provider.url, is_hurried=True, **keys) as client:
        started = time.monotonic()
        plan = await planned(client)
        took_s = time.monotonic() - started
    text = json.dumps(plan, ensure_ascii=False)
    assert took_s < IN_TIME_S
    assert plan["status"] == "completed", plan["failures"]
    assert plan["data"]["itinerary"]["certificate"]["is_valid"]
    assert not set("<>") & set(text.replace("->", "")) or "<script" not in text
    assert "\u202e" not in text
    assert "\\u0000" not in text
    for report in plan["data"].values():
        assert all(source["fetched_at"] for source in report["sources"] if source["kind"] in ("live", "cached"))


@pytest.mark.parametrize("address", ["http://10.255.255.1", "http://127.0.0.1:9"], ids=["no-answer", "refused"])
async def test_without_a_network_the_first_plan_loses_one_connect_timeout_at_most(
    fake_bus: Bus, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(target: tuple[str, int], timeout: float) -> None:
        """Packets that go nowhere: nothing comes until the time is up."""
        if target[0] != "127.0.0.1":
            time.sleep(timeout)
        raise OSError("no way")

    monkeypatch.setattr("app.services.outside.network.socket.create_connection", connect)
    async with fleet(fake_bus, NoStore(), "http://127.0.0.1:9", network=Network()) as client:
        # What a process reads with its first question is no provider's fault.
        await planned(client)
    async with fleet(fake_bus, NoStore(), address, network=Network()) as client:
        started = time.monotonic()
        first = await planned(client)
        first_s = time.monotonic() - started
        started = time.monotonic()
        await planned(client, travelers_count=3)
        second_s = time.monotonic() - started
    assert first["status"] == "completed"
    assert first_s < second_s + CONNECT_TIMEOUT_S + 0.5
    assert not [kind for kind in kinds_in(first) if kind in ("live", "cached")]


def kinds_in(value: Any) -> Iterator[str]:
    """Every label in a plan."""
    if isinstance(value, dict):
        if isinstance(value.get("kind"), str):
            yield value["kind"]
        for member in value.values():
            yield from kinds_in(member)
    elif isinstance(value, list):
        for entry in value:
            yield from kinds_in(entry)


UNKNOWN = {**world.TRIP, "destination": "Qwxzt-upon-Nothing"}


async def test_a_name_that_nobody_knows_is_asked_for_once_a_minute(fake_bus: Bus, provider: StandIn) -> None:
    for path in ("/openroute/geocode", "/photon"):
        provider.answers(path, {"features": []})
    provider.answers("/nominatim", [])
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        answers = [await client.post("/api/v1/plan-trip", json=UNKNOWN) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert len(provider.asked) == 3, "each geocoder once"


@pytest.mark.parametrize("name", ["Nowhere <![x y", "Qwxzt-upon-Nothing", "<script>"])
async def test_names_that_cannot_be_looked_up_do_not_cost_others_their_maps(
    fake_bus: Bus, provider: StandIn, name: str
) -> None:
    world.answer_all(provider, world.real_bodies())
    for path in ("/openroute/geocode", "/photon", "/nominatim"):
        provider.answers(path, Reply(status=503))
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        for number in range(7):
            refused = await client.post("/api/v1/plan-trip", json={**UNKNOWN, "destination": f"{name} {number}"})
            assert refused.status_code == 422
        plan = await planned(client)
    assert plan["status"] == "completed", plan["failures"]


async def test_that_nobody_could_be_asked_is_said(fake_bus: Bus, provider: StandIn) -> None:
    for path in ("/openroute/geocode", "/photon", "/nominatim"):
        provider.answers(path, Reply(status=503))
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        refused = await client.post("/api/v1/plan-trip", json=UNKNOWN)
    assert refused.status_code == 422
    assert "who may know it could not be asked" in refused.text


async def test_a_key_that_comes_again_needs_no_geocoder(fake_bus: Bus, provider: StandIn) -> None:
    bodies = json.dumps(world.body("openroute_geocoding_hallstatt")).replace('"Hallstatt"', '"Hallstatt-Lahn"')
    world.answer_all(provider, {**world.real_bodies(), "/openroute/geocode": json.loads(bodies)})
    trip, key = {**world.TRIP, "destination": "Hallstatt-Lahn"}, {"Idempotency-Key": "once"}
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        first = await client.post("/api/v1/plan-trip", json=trip, headers=key, timeout=30)
        for path in ("/openroute/geocode", "/photon", "/nominatim"):
            provider.answers(path, Reply(status=503))
        again = await client.post("/api/v1/plan-trip", json=trip, headers=key, timeout=30)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["session_id"] == first.json()["session_id"]


async def test_a_live_answer_of_the_next_is_worth_more_than_an_outdated_one(fake_bus: Bus, provider: StandIn) -> None:
    store = MemoryStore()
    world.answer_all(provider, world.real_bodies())
    async with fleet(fake_bus, store, provider.url) as client:
        await planned(client)
    _age_all(store)
    for path in ("/openweather/data/3.0/onecall", "/openweather/data/2.5/forecast"):
        provider.answers(path, Reply(status=500))
    async with fleet(fake_bus, store, provider.url) as client:
        of_the_next = (await planned(client))["data"]["weather"]
    _age_all(store)
    provider.answers("/meteo/v1/forecast", Reply(status=500))
    async with fleet(fake_bus, store, provider.url) as client:
        outdated = (await planned(client, travelers_count=3))["data"]["weather"]
    assert {(day["provider"], day["kind"]) for day in of_the_next["weather_forecast"]} == {("Open-Meteo", "live")}
    assert {(day["provider"], day["kind"]) for day in outdated["weather_forecast"]} == {("OpenWeather", "cached")}
    assert [source["note"] for source in outdated["sources"] if "h ago" in (source["note"] or "")]


def _age_all(store: MemoryStore) -> None:
    """Everything in it was read thirty hours ago."""
    then = (datetime.now(UTC) - timedelta(hours=30)).isoformat().encode()
    for name, raw in store.entries.items():
        store.entries[name] = re.sub(rb'"at":"[^"]*"', b'"at":"' + then + b'"', raw)


async def test_metrics_tell_how_each_provider_does(fake_bus: Bus, provider: StandIn) -> None:
    world.answer_all(provider, world.real_bodies())
    provider.answers("/overpass", Reply(world.ANSWERS.name, 400))
    provider.answers("/frankfurter", Reply({"message": "wait"}, 429, {"Retry-After": "600"}))
    async with fleet(fake_bus, MemoryStore(), provider.url) as client:
        await planned(client)
        await planned(client, travelers_count=3)

        async def told() -> str:
            """The heartbeats of all five tell of the same providers here, so each count is five times its own."""
            text = (await client.get("/metrics")).text
            return text if all(line in text for line in (answered, waiting, used)) else ""

        answered = 'round_table_provider_calls_total{outcome="answered",provider="openweather-onecall"} 5.0'
        waiting = 'round_table_provider_unwell{provider="frankfurter",state="waiting"}'
        used = 'round_table_provider_quota_used{period="month",provider="openweb-ninja"} 2.0'
        text = await wait_until(told)
        status = (await client.get("/status")).json()
    assert 'round_table_provider_cache_hits_total{age="fresh",provider="openweather-onecall"}' in text
    assert 'round_table_provider_quota{period="month",provider="openweb-ninja"} 50.0' in text
    assert 'round_table_provider_quota_used{period="day",provider="overpass"}' in text
    assert 'provider_quota{period="day",provider="photon"}' not in text
    providers = {one["name"]: one for one in status["instances"]["events"][0]["providers"]}
    limited, free = providers["openweb-ninja"], providers["photon"]
    assert (limited["quota"], limited["quota_period"], limited["quota_used"]) == (50, "month", 2)
    assert (free["quota"], free["quota_period"], free["quota_used"]) == (None, None, None)
    assert 'provider_unwell{provider="openweather-onecall"' not in text


async def test_geocoders_are_asked_for_a_few_names_at_a_time(
    fake_bus: Bus, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.geocoding.AT_ONCE", 2)
    under_way = most = 0
    ask = Orchestrator.ask

    async def counted(self: Orchestrator, agent: str, payload: dict[str, Any], timeout_ms: int) -> dict[str, Any]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await ask(self, agent, payload, timeout_ms)
        finally:
            under_way -= 1

    monkeypatch.setattr(Orchestrator, "ask", counted)
    for path in ("/openroute/geocode", "/photon"):
        provider.answers(path, {"features": []})
    provider.answers("/nominatim", [])
    async with fleet(fake_bus, NoStore(), provider.url) as client:
        await asyncio.gather(
            *(client.post("/api/v1/plan-trip", json={**UNKNOWN, "destination": f"Qwxzt {n}"}) for n in range(8))
        )
    assert most == 2
