"""The Dockerfiles, and what goes into the images."""

import json
import re

import pytest

from tests.deployment.compose import TOP

FILES = ("Dockerfile", "Dockerfile.worker")

Instruction = tuple[str, str]


def instructions(name: str) -> list[Instruction]:
    """Each instruction with its arguments, in order; continued lines are one."""
    text = re.sub(r"\\\n\s*", "", (TOP / "deployment/docker" / name).read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(params=FILES)
def image(request: pytest.FixtureRequest) -> list[Instruction]:
    return instructions(request.param)


def last_stage(image: list[Instruction]) -> list[Instruction]:
    start = max(index for index, (word, _) in enumerate(image) if word == "FROM")
    return image[start:]


@pytest.mark.rows("S1-65")
def test_images_come_from_the_slim_python(image: list[Instruction]) -> None:
    bases = [rest.split()[0] for word, rest in image if word == "FROM"]

    assert set(bases) == {"python:3.11-slim"}


@pytest.mark.rows("S1-65")
def test_packages_are_installed_before_the_code_comes(image: list[Instruction]) -> None:
    """So that a change of code does not install them anew."""
    lock = image.index(("COPY", "requirements.lock ."))
    install = next(index for index, (word, rest) in enumerate(image) if word == "RUN" and "pip install" in rest)
    code = image.index(("COPY", "app/ app/"))

    assert lock < install < code
    assert "--require-hashes -r requirements.lock" in image[install][1]
    assert "--no-cache-dir" in image[install][1]


@pytest.mark.rows("S0-35", "S0-36")
def test_images_hold_the_packages_and_the_code_alone(image: list[Instruction]) -> None:
    copied = {rest for word, rest in last_stage(image) if word == "COPY"}

    assert copied <= {"--from=packages /opt/venv /opt/venv", "app/ app/", "deployment/docker/healthcheck.py ./"}
    assert not [word for word, _ in image if word == "ADD"]


@pytest.mark.rows("S1-65")
def test_images_do_not_run_as_root(image: list[Instruction]) -> None:
    users = [rest for word, rest in last_stage(image) if word == "USER"]

    assert users
    assert users[-1] == "10001:10001"


def test_logs_are_not_held_back(image: list[Instruction]) -> None:
    assert any("PYTHONUNBUFFERED=1" in rest for word, rest in last_stage(image) if word == "ENV")


def test_both_images_share_the_stage_that_installs() -> None:
    stages = [instructions(name) for name in FILES]
    first = [stage[: stage.index(("FROM", "python:3.11-slim"))] for stage in stages]

    assert first[0] == first[1]


@pytest.mark.rows("S1-66")
def test_the_gateway_image_checks_itself() -> None:
    [check] = [rest for word, rest in instructions("Dockerfile") if word == "HEALTHCHECK"]

    for option in ("--interval=30s", "--timeout=30s", "--start-period=5s", "--retries=3"):
        assert option in check.split()
    script = json.loads(check.partition("CMD ")[2])[-1]
    assert (TOP / "deployment/docker" / script).is_file()


@pytest.mark.rows("S0-51")
def test_the_gateway_listens_on_every_address() -> None:
    [command] = [json.loads(rest) for word, rest in instructions("Dockerfile") if word == "CMD"]

    assert command[:2] == ["uvicorn", "app.main:app"]
    assert command[command.index("--host") + 1] == "0.0.0.0"
    assert command[command.index("--port") + 1] == "8000"


@pytest.mark.rows("S0-36")
def test_the_worker_image_is_no_worker_without_a_command() -> None:
    [command] = [json.loads(rest) for word, rest in instructions("Dockerfile.worker") if word == "CMD"]

    assert "SystemExit" in command[-1]


def test_what_is_not_named_stays_outside_the_images() -> None:
    lines = [line for line in (TOP / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]

    assert lines[0] == "*"
    let_in = [line[1:] for line in lines if line.startswith("!")]
    assert let_in == ["app/", "requirements.lock", "deployment/docker/healthcheck.py"]
    assert all((TOP / path).exists() for path in let_in)
