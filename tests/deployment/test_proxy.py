"""deployment/nginx/nginx.conf: any gateway serves any session, and streams pass as they happen."""

import re

import annotated_types
import pytest
import uvicorn
from fastapi import APIRouter
from fastapi.routing import APIRoute

from app.api import operations
from app.api.routes import alias_routes, canonical_routes
from app.config.settings import Settings
from app.main import MAX_BODY_BYTES
from tests.deployment.compose import TOP, services

pytestmark = pytest.mark.rows("S0-169", "X-15")


@pytest.fixture
def directives() -> dict[str, list[str]]:
    """The arguments of each directive, wherever it stands."""
    text = re.sub(r"#.*", "", (TOP / "deployment/nginx/nginx.conf").read_text())
    found: dict[str, list[str]] = {}
    for name, arguments in re.findall(r"([a-z_]+)\s+([^;{}]+?)\s*[;{]", text):
        found.setdefault(name, []).append(" ".join(arguments.split()))
    return found


def test_gateways_are_found_by_docker_as_they_come_and_go(directives: dict[str, list[str]]) -> None:
    assert directives["resolver"][0].startswith("127.0.0.11 ")
    assert "api:8000 resolve" in directives["server"]
    assert "api" in services("docker-compose.prod.yml")
    assert directives["proxy_pass"] == ["http://ringmaster"]


def test_the_gateway_with_the_fewest_requests_gets_the_next() -> None:
    assert re.search(r"^\s*least_conn;", (TOP / "deployment/nginx/nginx.conf").read_text(), re.MULTILINE)


def test_gateways_are_spoken_to_in_http_1_1_over_kept_connections(directives: dict[str, list[str]]) -> None:
    assert directives["proxy_http_version"] == ["1.1"]
    assert "Connection $connection_upgrade" in directives["proxy_set_header"]


def test_a_kept_connection_is_given_up_before_the_gateway_closes_it(directives: dict[str, list[str]]) -> None:
    """Whoever sends a plan into a connection that the gateway is about to close gets 502."""
    gateway = services("docker-compose.prod.yml")["api"]
    [kept] = directives["keepalive_timeout"]

    assert "command" not in gateway
    assert "--timeout-keep-alive" not in (TOP / "deployment/docker/Dockerfile").read_text()
    assert int(kept.removesuffix("s")) < uvicorn.Config("app.main:app").timeout_keep_alive


def test_events_are_not_held_back(directives: dict[str, list[str]]) -> None:
    assert directives["proxy_buffering"] == ["off"]
    assert directives["proxy_cache"] == ["off"]


def test_no_plan_is_cut_off_whatever_its_deadline(directives: dict[str, list[str]]) -> None:
    [read_timeout] = directives["proxy_read_timeout"]
    limits = Settings.model_fields["orchestrator_timeout"].metadata
    [longest_ms] = [limit.le for limit in limits if isinstance(limit, annotated_types.Le)]

    assert isinstance(longest_ms, int)
    assert int(read_timeout.removesuffix("s")) * 1000 > longest_ms


def test_the_gateway_says_itself_that_a_body_is_too_large(directives: dict[str, list[str]]) -> None:
    [size] = directives["client_max_body_size"]

    assert int(size.removesuffix("m")) * 1024**2 > MAX_BODY_BYTES


def test_what_operators_ask_for_is_not_passed_on() -> None:
    """Every path of the operators' routes, and no other of ours."""
    text = (TOP / "deployment/nginx/nginx.conf").read_text()
    [pattern] = re.findall(r"location ~ (\S+) \{\s+return 403;", text)
    router = APIRouter(prefix="/api/v1")
    operations.add_routes(router)
    held_back = {route.path for route in router.routes if isinstance(route, APIRoute)}
    every = {
        route.path for route in [*canonical_routes().routes, *alias_routes().routes] if isinstance(route, APIRoute)
    }
    assert held_back
    assert {path for path in every if re.search(pattern, path)} == held_back
