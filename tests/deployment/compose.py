"""The compose files as data, and which command lines are valid for them."""

import argparse
import shlex
from pathlib import Path
from typing import Any, NoReturn

import yaml

TOP = Path(__file__).resolve().parents[2]
WORKERS = ("weather", "events", "maps", "budget", "itinerary")


def compose_file(name: str = "docker-compose.yml") -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((TOP / name).read_text())
    return loaded


def services(name: str = "docker-compose.yml") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose_file(name)["services"]
    return found


def replicas(service: dict[str, Any]) -> int:
    return int(service.get("deploy", {}).get("replicas", 1))


class InvalidCommand(Exception):
    """The command line would be refused, or speaks of what is not there."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidCommand(message)


def check_command(line: str) -> argparse.Namespace:
    """Parse `docker-compose ...` or `docker compose ...` as Compose does, and look its files and services up.

    Raises InvalidCommand. Knows the options that the documents use; one more is added here, after a look at
    `docker compose COMMAND --help`.
    """
    words = shlex.split(line, comments=True)
    while words and "=" in words[0]:  # PORT=8001 docker compose up
        words.pop(0)
    words = words[1:] if words[:1] == ["docker-compose"] else words[2:]
    found = _compose_parser().parse_args(words)
    files = found.file or ["docker-compose.yml"]
    missing = [name for name in files if not (TOP / name).is_file()]
    if missing:
        raise InvalidCommand(f"no such file: {missing}")
    known = {service for name in files for service in services(name)}
    named = [*getattr(found, "services", []), *(scaled.split("=")[0] for scaled in getattr(found, "scale", []))]
    if unknown := [name for name in named if name not in known]:
        raise InvalidCommand(f"no such service: {unknown}")
    return found


def _compose_parser() -> argparse.ArgumentParser:
    parser = _Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("-f", "--file", action="append")
    parser.add_argument("-p", "--project-name")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, *flags: str, services: str | None = "*") -> argparse.ArgumentParser:
        sub = commands.add_parser(name, allow_abbrev=False, add_help=False)
        for flag in flags:
            sub.add_argument(flag, action="store_true")
        if services:
            sub.add_argument("services", nargs=None if services == "1" else services)
        return sub

    up = command("up", "--build", "-d", "--detach", "--wait", "--no-recreate", "--force-recreate", "--no-build")
    up.add_argument("--scale", action="append", default=[], type=_scale)
    logs = command("logs", "-f", "--follow", "--no-color", "-t", "--timestamps")
    logs.add_argument("-n", "--tail", type=_tail)
    command("down", "-v", "--volumes", "--remove-orphans")
    command("ps", "-a", "--all", "-q", "--quiet")
    command("config", "-q", "--quiet", "--services")
    command("build", "--no-cache", "--pull")
    for plain in ("pull", "restart", "start", "stop", "top"):
        command(plain)
    execute = command("exec", "-T", services=None)
    execute.add_argument("services", nargs=1)
    execute.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def _scale(text: str) -> str:
    service, _, number = text.partition("=")
    if not service or not (number.isdigit() or number == "N"):
        raise argparse.ArgumentTypeError(f"{text!r} is not SERVICE=NUMBER")
    return text


def _tail(text: str) -> str:
    if not text.isdigit() and text != "all":
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lines")
    return text
