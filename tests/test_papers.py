"""README, CONTRIBUTING and CHANGELOG held to the code: a name that is written is a name that exists."""

import argparse
import importlib.util
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import typer.main
from redis.asyncio import Redis
from starlette.routing import Match, Route

from app.api.routes import alias_routes, canonical_routes, health_routes
from app.cli.commands import app as command_line
from app.config.settings import Settings
from app.messaging import channels
from app.trips.places.catalogue import all_cities
from app.trips.request import TripRequest
from app.version import VERSION
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from tests.conftest import Bus
from tests.deployment.compose import TOP, replicas, services
from tests.fleet import gateway, working
from tests.test_architecture import ALLOWED
from tests.waiting import wait_until

PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README, CONTRIBUTING, CHANGELOG = ((TOP / name).read_text(encoding="utf-8") for name in PAPERS)

TOP_LEVEL = {
    *("app", "deployment", "tests", "benchmarks"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
    *("docker-compose.yml", "docker-compose.prod.yml", "Makefile", "pyproject.toml"),
    *("requirements.txt", "requirements-dev.txt", "requirements.lock", "requirements-dev.lock"),
}
ASKED_FOR_AT_THE_TOP = "app deployment tests docker-compose.yml requirements.txt .env.example README.md"

FOREIGN_HOSTS = {
    # Providers of facts
    *("openweathermap.org", "open-meteo.com", "openrouteservice.org", "project-osrm.org", "photon.komoot.io"),
    *("nominatim.org", "overpass-api.de", "www.wikidata.org", "www.openwebninja.com", "developer.ticketmaster.com"),
    *("frankfurter.dev", "www.openstreetmap.org", "ai.google.dev"),
    "www.geonames.org",
    "github.com",
    "www.ecb.europa.eu",
    "valkey.io",
    "keepachangelog.com",
}
GITHUB_PAGES = {"https://github.com/mborsetti/airportsdata", "https://github.com/vacanza/holidays"}


def section(heading: str, text: str = README) -> str:
    """What stands below a heading of any level, down to the next of that level or a higher one."""
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start, f"no heading {heading!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def table(text: str) -> list[list[str]]:
    """The cells of a section's first table, without its head."""
    rows = re.search(r"^\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert rows, "no table"
    return [[cell.strip() for cell in row.strip("|").split(" |")] for row in rows[1].splitlines()]


def blocks(text: str) -> list[tuple[str, str]]:
    """(language, content) of each fenced block, in order."""
    return re.findall(r"^ *```([a-z]*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def quoted(text: str) -> list[str]:
    """What stands in backquotes outside blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


def shell_lines(text: str) -> Iterator[list[str]]:
    """The words of each command in a paper's shell blocks and backquotes, comments and what stands after a pipe cut."""
    for language, content in blocks(text):
        if language == "bash":
            lexer = shlex.shlex(content.replace("\\\n", " "), posix=True, punctuation_chars="|\n")
            lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
            yield from _commands(list(lexer))
    for words in quoted(text):
        if words.startswith(("make ", "python ", "redis-cli ")):
            yield shlex.split(words)


def _commands(words: list[str]) -> Iterator[list[str]]:
    found: list[str] = []
    is_skipping = False
    for word in [*words, "\n"]:
        if word.strip("\n") == "":
            if found:
                yield found
            found, is_skipping = [], False
        elif word.startswith("#") or word == "|":
            is_skipping = True
        elif not is_skipping:
            found.append(word)


# ---- settings, make, compose, commands, paths


@pytest.mark.rows("S0-37")
def test_the_readme_has_every_setting_with_its_default_and_meaning() -> None:
    def default(value: object) -> str:
        return "none" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"

    fields = Settings.model_fields.items()
    assert table(section("Settings")) == [
        [f"`{name.upper()}`", default(found.default), found.description] for name, found in fields
    ]


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for text in (README, CONTRIBUTING)
        for line in shell_lines(text)
        if "make" in line[:2]
        for word in line[line.index("make") + 1 :]
    }

    assert named >= {"run", "test", "check", "lint", "install"}
    assert named <= targets


@pytest.mark.rows("S0-67", "S0-68", "S0-69", "S0-70", "S0-71", "S0-72")
def test_the_readme_tells_what_compose_starts() -> None:
    given = {name.strip("`"): int(count) for name, count in table(section("With Docker"))}

    assert given == {name: replicas(service) for name, service in services().items()}


def test_commands_of_ours_exist_with_their_options() -> None:
    group = typer.main.get_command(command_line)
    context = group.make_context("python -m app", ["doctor"])
    used = set()
    for words in (line for text in (README, CONTRIBUTING) for line in shell_lines(text)):
        if words[:3] == ["python", "-m", "app"] and words[3:]:
            command = group.get_command(context, words[3])
            assert command, words
            used.add(words[3])
            if "--help" not in words:
                command.make_context(words[3], words[4:], parent=context)

    assert used == set(group.list_commands(context))


@pytest.mark.rows("S0-73", "S0-74", "S0-75", "S0-76", "S0-77", "S0-78")
def test_modules_that_are_to_be_started_exist() -> None:
    modules = re.findall(r"python -m (app\.[a-z_.]+)", README) + re.findall(r"uvicorn (app\.[a-z]+):app", README)

    assert len(modules) == 6
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


@pytest.mark.rows("X-37")
@pytest.mark.parametrize("name", PAPERS)
def test_links_and_paths_lead_somewhere(name: str) -> None:
    text = (TOP / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    paths = [path for path in quoted(text) if re.match(r"^(app|tests|deployment)/[\w/.-]*$", path)]
    files = [path for path in quoted(text) if re.match(r"^[\w.-]+\.(md|txt|lock|yml|toml|example)$", path)]

    examples = ("daylight",)
    missing = [path for path in {*links, *paths, *files} if not (TOP / path).exists()]
    assert [path for path in missing if not any(word in path for word in examples)] == []


@pytest.mark.rows("DC-02")
def test_the_top_level_is_lean() -> None:
    there = {path.name for path in TOP.iterdir() if not _is_somebodys_own(path)}

    assert there <= TOP_LEVEL, "add it here with a reason, or put it into a room"
    assert [name for name in ASKED_FOR_AT_THE_TOP.split() if not (TOP / name).exists()] == []


def _is_somebodys_own(path: Path) -> bool:
    return path.name.startswith((".", "__")) or (path / "pyvenv.cfg").exists()


def test_the_table_of_rooms_is_the_one_that_imports_are_held_to() -> None:
    *rows, (roots, _) = table(section("The rooms, and which way imports run", CONTRIBUTING))
    written = {room: set(re.findall(r"`([\w.]+)`", may)) for rooms, may in rows for room in quoted(rooms)}

    assert written == {room: ALLOWED[room] for room in written}
    assert written.keys() | set(quoted(roots)) == ALLOWED.keys()


# ---- HTTP


@dataclass
class Request:
    """One curl command, and the status that the answer beneath it shows (200 where it shows none)."""

    line: str
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    status: int = 200

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


def curl_commands(text: str) -> list[Request]:
    found = []
    fenced = blocks(text)
    for (language, content), (_, answer) in zip(fenced, [*fenced[1:], ("", "")], strict=True):
        if language != "bash":
            continue
        shown = re.match(r"HTTP/1\.1 (\d+)", answer)
        for words in shell_lines(f"```bash\n{content}```"):
            if words[0] == "curl":
                found.append(_request(words, int(shown[1]) if shown else 200))
    return found


def _request(words: list[str], status: int) -> Request:
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    parser.add_argument("url")
    parser.add_argument("-X")
    for flag in ("-N", "-i", "-G", "-O", "-J"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", action="append", default=[], dest="data")
    parser.add_argument("--data-urlencode", action="append", default=[], dest="encoded")
    given = parser.parse_args(words[1:])
    method = given.X or ("POST" if given.data and not given.G else "GET")
    url = given.url
    if given.G:
        pairs = [tuple(pair.split("=", 1)) for pair in (*given.encoded, *given.data)]
        url = f"{url}?{httpx2.QueryParams(pairs)}"
    headers = dict(header.split(": ", 1) for header in given.H)
    body = None if given.G else "&".join(given.data) or None
    return Request(shlex.join(words), method, url, headers, body, status)


def canonical() -> list[Route]:
    """The documented routes: the bare address only leads to them."""
    found = [route for router in (canonical_routes(), health_routes()) for route in _routes(router.routes)]
    return [route for route in found if getattr(route, "include_in_schema", True)]


def _routes(found: object) -> Iterator[Route]:
    assert isinstance(found, list)
    yield from (route for route in found if isinstance(route, Route))


def _matches(route: Route, request: Request) -> bool:
    path = request.path.replace("$SESSION", "5d66a1f2-68e9-461b-98ad-82557c154d40")
    scope = {"type": "http", "path": path, "method": request.method, "headers": []}
    return route.matches(scope)[0] is Match.FULL


@pytest.mark.rows("X-05")
def test_every_route_that_is_no_alias_has_a_command_in_the_readme() -> None:
    asked = curl_commands(README)

    without = [f"{route.methods} {route.path}" for route in canonical() if not any(_matches(route, r) for r in asked)]
    assert without == []


def test_every_path_that_the_papers_name_exists() -> None:
    routes = [*canonical(), *_routes(alias_routes().routes)]
    named = {path for text in quoted(README + CHANGELOG) for path in text.split() if path.startswith("/api/")}
    named |= {request.path for request in curl_commands(README)}

    def exists(path: str) -> bool:
        return any(_matches(route, Request("", method, path)) for route in routes for method in ("GET", "POST"))

    assert [path for path in named if not exists(path)] == []


@pytest.mark.anyio
@pytest.mark.rows("S0-97", "X-01", "X-14", "X-15")
async def test_every_command_of_the_readme_is_answered_as_it_says(fake_bus: Bus) -> None:
    workers = (weather_worker, events_worker, maps_worker, budget_worker, itinerary_worker)
    async with working(fake_bus, [worker.build() for worker in workers]), gateway(fake_bus) as client:

        async def is_healthy() -> bool:
            return bool((await client.get("/health")).json()["status"] == "healthy")

        await wait_until(is_healthy)
        trip = {"destination": "Lisbon", "origin": "Berlin", "travel_dates": ["2027-05-01"]}
        session = (await client.post("/api/v1/plan-trip", json=trip)).json()["session_id"]
        faults = []
        for request in curl_commands(README):
            url = request.url.removeprefix("http://localhost:8000").replace("$SESSION", session)
            answer = await client.request(request.method, url, headers=request.headers, content=request.body)
            if answer.status_code != request.status:
                faults.append(f"{request.line}: {answer.status_code} {answer.text[:200]}")

    assert faults == []


@pytest.mark.rows("S0-97", "S0-98", "S0-99")
def test_the_fields_of_a_trip_are_those_of_the_readme() -> None:
    named = re.findall(r"^\| (.+?) \|", section("Plan a trip and wait for it"), re.MULTILINE)[1:]

    assert sorted(name for cell in named for name in re.findall(r"`(\w+)`", cell)) == sorted(TripRequest.model_fields)


# ---- Redis


def test_the_wire_table_has_every_channel() -> None:
    session, agent = "{session_id}", "{agent}"
    made = {
        channels.HEALTH,
        channels.BREAKERS,
        channels.REQUESTS_LOST,
        channels.SESSIONS,
        channels.breaker(agent),
        channels.idempotency("{digest}"),
        channels.request_stream(agent),
        channels.dead_stream(agent),
        channels.response_channel(agent, session),
        channels.registry(agent),
        channels.session_log(session),
        channels.session_state(session),
        channels.cancel_channel(session),
        channels.cache_entry("{owner}", "{digest}"),
        channels.calls("{owner}", "{period}"),
        channels.turn("{owner}"),
    }
    assert set(re.findall(r"^\| `(.+?)` ", channels.__doc__ or "", re.MULTILINE)) == made
    assert {row[0].strip("`") for row in table(section("The wire"))} == made


@pytest.mark.anyio
@pytest.mark.integration
@pytest.mark.rows("S0-80", "S0-81", "S0-82")
async def test_redis_commands_of_the_readme_are_valid(real_bus: Bus) -> None:
    await real_bus.broker().ensure_group("weather")
    given = [_redis_words(line) for line in shell_lines(README) if "redis-cli" in line]
    client: Redis = real_bus.make_client()
    for words in given:
        if words != ["MONITOR"]:
            await client.execute_command(*words)
    await client.aclose()

    first = {words[0].upper() for words in given}
    assert first == {"PING", "KEYS", "PUBSUB", "XINFO", "INFO", "MONITOR"}
    assert ["KEYS", "state:*"] in given
    assert ["PUBSUB", "CHANNELS", "agent:*"] in given


def _redis_words(line: list[str]) -> list[str]:
    words = line[line.index("redis-cli") + 1 :]
    return words[2:] if words[0] in ("-s", "-u") else words


# ---- what has to be said


@pytest.mark.rows("S0-165")
@pytest.mark.parametrize(
    "shown",
    [
        "Failed to connect to Redis",
        "Timeout waiting for weather agent response",
        "Agent weather timed out after 10000ms",
        "No module named 'redis'",
        "PORT=8000 is in use",
    ],
)
def test_troubleshooting_has_an_entry_for(shown: str) -> None:
    entries = re.findall(r"^\*\*(.+?)\*\*(.*?)(?=^\*\*|\Z)", section("When something is wrong"), re.M | re.DOTALL)
    advice = [text for title, text in entries if shown in title]

    assert len(advice) == 1
    assert advice[0].count("\n- ") >= 2


@pytest.mark.rows("S0-175")
def test_the_licence_is_mit_and_the_support_is_real() -> None:
    licence = (TOP / "LICENSE").read_text()
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 Ringmaster Round Table contributors\n")
    assert 'THE SOFTWARE IS PROVIDED "AS IS"' in licence
    for text in (section("Contributing and support"), CONTRIBUTING):
        assert "make check" in text
    assert "issues of the repository that you cloned this from" in section("Contributing and support")


@pytest.mark.rows("S0-175", "X-37")
@pytest.mark.parametrize("name", PAPERS)
def test_no_address_is_invented(name: str) -> None:
    text = (TOP / name).read_text(encoding="utf-8")
    urls = [url.rstrip(".,") for url in re.findall(r"https?://[^\s)\"`>]+", text)]
    asked = {str(field.default) for name, field in Settings.model_fields.items() if name.endswith("_base_url")}
    own = [url for url in urls if urlsplit(url).hostname in ("localhost", "127.0.0.1") or url in asked]
    foreign = [url for url in urls if url not in own]

    assert {urlsplit(url).hostname for url in foreign} <= FOREIGN_HOSTS
    assert {url for url in foreign if "github.com" in url} <= GITHUB_PAGES
    assert "yourusername" not in text


@pytest.mark.rows("S0-176")
def test_the_thanks_name_whoever_the_facts_come_from() -> None:
    thanks = section("Licence and thanks")
    for name in ("GeoNames", "CC BY 4.0", "European Central Bank", "national weather services", "Redis", "FastAPI"):
        assert name in thanks
    for coming in ("OpenWeather", "OpenRouteService", "OpenWeb Ninja", "Google Gemini"):
        assert coming in thanks


def test_the_readme_lists_every_provider_that_has_an_address() -> None:
    listed = re.sub(r"[^a-z]", "", " ".join(row[0] for row in table(section("Providers"))).lower())
    asked = [name.removesuffix("_base_url") for name in Settings.model_fields if name.endswith("_base_url")]
    assert [name for name in asked if name.replace("_", "") not in listed] == []
    keys = {name.upper() for name in Settings.model_fields if name.endswith("_api_key")}
    assert keys == {word for row in table(section("Providers")) for word in re.findall(r"`(\w+)`", row[2])}


def test_the_thanks_say_what_licences_ask_for() -> None:
    thanks = section("Licence and thanks")
    for words in (
        "Weather data by [Open-Meteo.com]",
        "© OpenStreetMap contributors",
        "ODbL",
        "© openrouteservice.org by HeiGIT",
        "Wikidata (CC0)",
    ):
        assert words.lower() in thanks.lower()


@pytest.mark.rows("S0-176")
def test_the_thanks_name_what_the_product_stands_on() -> None:
    wanted = (TOP / "requirements.txt").read_text().partition("# Tests")[0]
    packages = set(re.findall(r"^([\w-]+)", wanted, re.MULTILINE)) - {"redis", "pydantic-settings"}
    thanks = section("Licence and thanks").lower()

    assert sorted(name for name in packages if name.lower() not in thanks) == []


@pytest.mark.rows("X-29")
def test_mcp_is_explained_where_it_is_first_named() -> None:
    first = next(paragraph for paragraph in README.split("\n\n") if "MCP" in paragraph)

    assert "Message Communication Protocol" in first
    assert "Model Context Protocol" in first


@pytest.mark.rows("X-36")
def test_the_readme_says_what_this_is_not() -> None:
    opening = README.split("\n## ")[0]

    assert "several hackathon repositories carry nearly this name; nothing of theirs is in here" in opening


def test_counts_and_versions_are_the_products() -> None:
    assert f"The catalogue is {len(all_cities())} cities" in README
    assert f"A catalogue of {len(all_cities())} cities" in CHANGELOG
    assert f"## {VERSION}" in CHANGELOG


def test_the_readme_has_every_room_of_the_code() -> None:
    rooms = {path.parent.name for path in (TOP / "app").glob("*/__init__.py")} - {"app"}
    named = {word for row in table(section("The rooms")) for word in re.findall(r"`app/(\w+)/`", row[0])}
    assert named == rooms
