"""docker-compose.yml: what `docker compose up` starts on a laptop."""

from typing import Any

import pytest

from app.config.settings import Settings
from app.workers.worker import FINISH_WITHIN_S
from tests.deployment.compose import TOP, WORKERS, compose_file, replicas, services

REPLICAS = {
    "api": 1,
    "weather-worker": 2,
    "events-worker": 2,
    "maps-worker": 2,
    "budget-worker": 1,
    "itinerary-worker": 1,
}

FILES = ("docker-compose.yml", "docker-compose.prod.yml")


@pytest.fixture(params=FILES)
def file_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def ours(file_name: str) -> dict[str, dict[str, Any]]:
    """The services that are built here, without Redis and the proxy."""
    return {name: service for name, service in services(file_name).items() if "build" in service}


@pytest.mark.rows("S0-67", "S0-68", "S0-69", "S0-70", "S0-71", "S0-72")
def test_the_default_fleet_has_the_replicas_that_were_asked_for() -> None:
    assert {name: replicas(service) for name, service in ours("docker-compose.yml").items()} == REPLICAS


@pytest.mark.rows("S0-67")
def test_the_gateway_is_published_on_port_8000_or_on_the_port_that_was_set() -> None:
    api = services()["api"]

    assert api["ports"] == ["${PORT:-8000}:8000"]
    assert api["environment"]["PORT"] == "8000", "inside the container PORT must not follow the published one"


@pytest.mark.rows("S0-36")
def test_each_worker_is_chosen_by_its_command(file_name: str) -> None:
    for agent in WORKERS:
        service = services(file_name)[f"{agent}-worker"]
        assert service["command"] == ["python", "-m", f"app.workers.{agent}_worker"]
        assert (TOP / f"app/workers/{agent}_worker.py").is_file()
        assert service["build"]["dockerfile"].endswith("Dockerfile.worker")


@pytest.mark.rows("S0-66", "DC-05")
def test_nothing_stands_in_the_way_of_scaling(file_name: str) -> None:
    for name, service in services(file_name).items():
        assert "container_name" not in service, name
        assert "hostname" not in service, name
        if name.endswith("-worker"):
            assert "ports" not in service, name


def test_no_name_is_fixed_for_the_whole_machine(file_name: str) -> None:
    found = compose_file(file_name)

    assert "name" not in found
    for kind in ("volumes", "networks"):
        for name, options in found.get(kind, {}).items():
            assert options is None, f"{kind}: {name} is made by Compose under the project's name"


@pytest.mark.rows("X-09", "S1-69")
def test_a_redis_that_keeps_its_data_comes_along(file_name: str) -> None:
    redis = services(file_name)["redis"]

    assert redis["image"].startswith("redis:7")
    assert redis["command"][:3] == ["redis-server", "--appendonly", "yes"]
    assert redis["volumes"] == ["redis-data:/data"]
    assert "ports" not in redis


@pytest.mark.rows("X-09", "S0-40")
def test_a_redis_url_from_outside_takes_the_place_of_the_bundled_redis(file_name: str) -> None:
    for name, service in ours(file_name).items():
        assert service["environment"]["REDIS_URL"] == "${REDIS_URL:-redis://redis:6379/0}", name


@pytest.mark.rows("S0-63")
def test_an_env_file_is_read_and_not_needed(file_name: str) -> None:
    for name, service in ours(file_name).items():
        assert service["env_file"] == [{"path": ".env", "required": False}], name


@pytest.mark.rows("S0-51")
def test_gateways_in_containers_listen_on_every_address(file_name: str) -> None:
    assert services(file_name)["api"]["environment"]["HOST"] == "0.0.0.0"


def test_every_service_tells_whether_it_works(file_name: str) -> None:
    for name, service in services(file_name).items():
        test = service["healthcheck"]["test"]
        assert test, name
        if name.endswith("-worker"):
            assert test == ["CMD", "python", "-m", "app.workers.health", name.removesuffix("-worker")]


def test_the_fleet_waits_for_redis_to_be_healthy(file_name: str) -> None:
    for name, service in ours(file_name).items():
        assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}, name


def test_workers_may_finish_what_they_have_in_hand(file_name: str) -> None:
    for agent in WORKERS:
        period = services(file_name)[f"{agent}-worker"]["stop_grace_period"]
        assert int(period.removesuffix("s")) > FINISH_WITHIN_S


def test_processes_have_an_init_and_come_back_after_a_crash(file_name: str) -> None:
    expected = "always" if "prod" in file_name else "unless-stopped"
    for name, service in services(file_name).items():
        assert service["restart"] == expected, name
        if name != "proxy":  # nginx looks after its own children
            assert service["init"] is True, name


@pytest.mark.rows("S0-41", "S0-42", "S0-43", "S0-44", "X-10")
def test_every_key_reaches_every_service_from_the_shell_and_none_is_needed(file_name: str) -> None:
    keys = {name.upper() for name in Settings.model_fields if name.endswith("_api_key")}
    for service in ours(file_name).values():
        given = {name: value for name, value in service["environment"].items() if name.endswith("_API_KEY")}
        assert given.keys() == keys
        assert all(value.startswith(f"${{{name}:-") for name, value in given.items()), "empty where it is not set"
