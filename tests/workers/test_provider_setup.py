"""What a worker may ask outside: nothing where the providers are off; else by the operator's addresses and keys."""

import pytest

from app.config.settings import Settings
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.store import NoStore
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from app.workers.provider_setup import ProviderSetup, make_provider_setup
from tests.live import world

WORKERS = (weather_worker, events_worker, maps_worker, budget_worker, itinerary_worker)


def settings(**options: str) -> Settings:
    return Settings(_env_file=None, **options)  # type: ignore[arg-type]


def test_off_means_that_there_is_no_client_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr("httpx2.AsyncClient.__init__", refuse)
    setup = make_provider_setup(
        settings(providers="offline", openweather_api_key="k3y", google_api_key="k3y"), NoStore()
    )
    assert setup is None
    for worker in WORKERS:
        worker.build(setup)


@pytest.mark.anyio
async def test_each_worker_asks_whom_it_has_a_key_for_and_those_who_need_none() -> None:
    def asked(**keys: str) -> dict[str, list[str]]:
        found = {}
        for worker in WORKERS:
            hub = ProviderHub(NoStore(), "test")
            agent = worker.build(ProviderSetup(hub, settings(providers="auto", **keys)))
            found[agent.name] = [health.name for health in hub.health()]
        return found

    keyless, keyed = asked(), asked(**world.KEYS, **world.MODEL_KEY)
    assert {name: sorted(names) for name, names in keyless.items()} == {
        "weather": ["open-meteo", "open-meteo-archive"],
        "events": [],
        "maps": ["nominatim", "osrm", "overpass", "photon", "wikidata"],
        "budget": ["frankfurter", "osrm"],
        "itinerary": ["frankfurter", "osrm"],
    }
    more = {name: sorted(set(keyed[name]) - set(keyless[name])) for name in keyed}
    assert more == {
        "weather": ["openweather", "openweather-onecall"],
        "events": ["openweb-ninja", "ticketmaster"],
        "maps": ["openroute-directions", "openroute-geocoding", "openroute-matrix"],
        "budget": ["openroute-directions", "openroute-matrix"],
        "itinerary": ["gemini", "openroute-directions", "openroute-matrix"],
    }


@pytest.mark.anyio
async def test_another_key_or_address_is_another_set_up_that_tells_nothing_of_it() -> None:
    hub = ProviderHub(NoStore(), "test")
    one, same, other, moved = (
        ProviderSetup(hub, settings(openweather_api_key=key, osrm_base_url=address)).fingerprint
        for key, address in (
            ("k3y", "http://a.example"),
            ("k3y", "http://a.example"),
            ("k3y2", "http://a.example"),
            ("k3y", "http://b.example"),
        )
    )
    models = {
        ProviderSetup(hub, settings(**changes)).fingerprint  # type: ignore[arg-type]
        for changes in ({}, {"model_name": "gemini-9"}, {"temperature": "0.1"}, {"max_tokens": "99"})
    }
    assert len(models) == 4, "what another model wrote is not served as this one's"
    assert one == same
    assert len({one, other, moved}) == 3
    assert "k3y" not in one
    await hub.aclose()


@pytest.mark.anyio
async def test_providers_are_told_who_asks_and_whom_to_write_to() -> None:
    setup = make_provider_setup(settings(providers="auto", provider_contact="ops@example.org"), NoStore())
    assert setup is not None
    told = setup.hub.client.headers["User-Agent"]
    assert told.startswith("ringmaster-round-table/")
    assert told.endswith("(ops@example.org)")
    await setup.hub.aclose()


@pytest.mark.anyio
async def test_quotas_are_those_of_the_terms_or_the_operator_s() -> None:
    def told(**options: str) -> dict[str, tuple[int | None, str | None, int | None]]:
        setup = make_provider_setup(settings(providers="auto", **world.KEYS, **options), NoStore())
        assert setup is not None
        for worker in WORKERS:
            worker.build(setup)
        return {beat.name: (beat.quota, beat.quota_period, beat.quota_used) for beat in setup.beats()}

    by_terms = told()
    own = told(provider_quotas="openweb-ninja=100/month, ticketmaster=0, photon=7, frankfurter=9/month")
    assert (by_terms["openweb-ninja"], own["openweb-ninja"]) == ((50, "month", 0), (100, "month", 0))
    assert (by_terms["ticketmaster"], own["ticketmaster"]) == ((5000, "day", 0), (0, "day", 0))
    assert (by_terms["photon"], own["photon"]) == ((None, None, None), (7, "day", 0))
    assert (by_terms["frankfurter"], own["frankfurter"]) == ((None, None, None), (9, "month", 0))
    assert by_terms["overpass"] == own["overpass"] == (2000, "day", 0)
