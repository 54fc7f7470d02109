"""docker-compose.prod.yml: several gateways behind a proxy, with limits."""

from typing import Any

import pytest

from tests.deployment.compose import TOP, WORKERS, replicas, services

PRODUCTION = "docker-compose.prod.yml"


@pytest.fixture
def prod() -> dict[str, dict[str, Any]]:
    return services(PRODUCTION)


@pytest.mark.rows("S0-167", "S1-67")
def test_three_gateways_with_limits_and_reservations(prod: dict[str, dict[str, Any]]) -> None:
    api = prod["api"]

    assert api["restart"] == "always"
    assert replicas(api) == 3
    assert api["deploy"]["resources"]["limits"] == {"cpus": "1", "memory": "1G"}
    assert api["deploy"]["resources"]["reservations"]


@pytest.mark.rows("S0-168")
def test_five_weather_workers_with_limits(prod: dict[str, dict[str, Any]]) -> None:
    weather = prod["weather-worker"]

    assert weather["restart"] == "always"
    assert replicas(weather) == 5
    assert weather["deploy"]["resources"]["limits"] == {"cpus": "0.5", "memory": "512M"}


@pytest.mark.rows("S1-68")
def test_two_of_every_other_worker(prod: dict[str, dict[str, Any]]) -> None:
    others = [agent for agent in WORKERS if agent != "weather"]

    assert {agent: replicas(prod[f"{agent}-worker"]) for agent in others} == dict.fromkeys(others, 2)


@pytest.mark.rows("X-15", "S0-170")
def test_only_the_proxy_is_published(prod: dict[str, dict[str, Any]]) -> None:
    """Three gateways cannot all publish one port."""
    assert {name: service["ports"] for name, service in prod.items() if "ports" in service} == {"proxy": ["80:80"]}


def test_the_proxy_does_not_reach_redis(prod: dict[str, dict[str, Any]]) -> None:
    assert not set(prod["proxy"]["networks"]) & set(prod["redis"]["networks"])
    assert set(prod["api"]["networks"]) == {"edge", "fleet"}


def test_the_proxy_has_the_configuration_of_this_repository(prod: dict[str, dict[str, Any]]) -> None:
    [mount] = prod["proxy"]["volumes"]
    source, target, mode = mount.split(":")

    assert (TOP / source).is_file()
    assert (target, mode) == ("/etc/nginx/nginx.conf", "ro")


def test_processes_of_ours_run_confined_and_not_in_debug(prod: dict[str, dict[str, Any]]) -> None:
    for name, service in prod.items():
        if "build" not in service:
            continue
        assert service["environment"]["DEBUG"] == "false", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_there_is_no_default_password() -> None:
    text = (TOP / PRODUCTION).read_text().lower()

    assert "_password" not in text
    assert "requirepass" not in text
    assert "://:" not in text
    assert "default:" not in text
