"""Every Compose command that the documents give is valid for the files that are shipped."""

import re

import pytest

from tests.deployment.compose import TOP, InvalidCommand, check_command

ASKED_FOR = (
    "docker-compose up --build",
    "docker-compose up -d",
    "docker-compose down",
    "docker-compose ps",
    "docker-compose logs -f",
    "docker-compose logs -f weather-worker",
    "docker-compose logs -f api",
    "docker-compose logs weather-worker",
    "docker-compose logs --tail=100",
    "docker-compose restart weather-worker",
    "docker-compose up --scale weather-worker=3 --scale events-worker=3",
    "docker-compose up --scale weather-worker=5 --scale events-worker=5",
    "docker-compose up --scale weather-worker=1 --scale events-worker=1",
    "docker-compose -f docker-compose.prod.yml up -d",
)
"""The commands of the document that the product was asked for in."""

PROMISED_IN_README = ("up --build", "down", "logs -f", "--scale weather-worker=", "restart weather-worker")

_COMMAND = re.compile(r"(?:\b[A-Z_]+=\S+ )*\bdocker[- ]compose [^\n`|&;<]+")


def commands_in(text: str) -> list[str]:
    """The Compose commands in a document's code blocks and in its backquotes."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    quoted = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [found.strip() for code in (*blocks, *quoted) for found in _COMMAND.findall(code)]


@pytest.mark.rows("S0-64", "S0-65", "S0-66", "S0-79", "S0-86", "DC-05")
@pytest.mark.parametrize("line", ASKED_FOR)
def test_commands_that_were_asked_for_are_valid(line: str) -> None:
    check_command(line)


@pytest.mark.rows("X-15", "S0-165")
def test_commands_in_the_documents_are_valid() -> None:
    faults = []
    for document in sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("deployment/**/*.md")]):
        for line in commands_in(document.read_text(encoding="utf-8")):
            try:
                check_command(line)
            except InvalidCommand as error:
                faults.append(f"{document.name}: {line}: {error}")

    assert faults == []


@pytest.mark.rows("S0-64", "S0-65", "S0-66")
def test_the_readme_shows_the_commands_for_everyday_use() -> None:
    given = "\n".join(commands_in((TOP / "README.md").read_text(encoding="utf-8")))

    assert [part for part in PROMISED_IN_README if part not in given] == []


@pytest.mark.rows("X-15")
@pytest.mark.parametrize(
    "line",
    [
        "docker-compose -f docker-compose.yml up --build -d -e PORT=8001",
        "docker compose logs -f weather",
        "docker compose up --scale weather=3",
        "docker compose up --scale weather-worker",
        "docker compose -f docker-compose.production.yml up -d",
    ],
)
def test_the_check_itself_refuses_what_compose_refuses(line: str) -> None:
    with pytest.raises(InvalidCommand):
        check_command(line)


def test_commands_are_found_in_blocks_and_in_running_text() -> None:
    text = """
Stop it with `docker compose down` at any time; `make run` is another way.

```bash
# All of it
docker compose up --build -d && curl localhost:8000/health
PORT=8001 docker compose up
```
"""
    assert commands_in(text) == ["docker compose up --build -d", "PORT=8001 docker compose up", "docker compose down"]
