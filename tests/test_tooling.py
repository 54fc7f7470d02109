"""What a developer's machine and CI rely on: lists of dependencies, locks, and the words of the Makefile."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def names(path: str) -> set[str]:
    """The packages that a requirements or lock file names, folded as package indexes fold them."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines)
    return {re.sub(r"[._-]+", "-", match[0]).lower() for match in found if match}


@pytest.mark.rows("DC-01")
def test_the_short_list_names_what_the_product_stands_on() -> None:
    wanted = {"fastapi", "uvicorn", "redis", "pydantic", "pydantic-settings", "httpx2", "sse-starlette"}
    assert wanted | {"pytest", "fakeredis"} <= names("requirements.txt")
    assert "google-genai" in (ROOT / "requirements.txt").read_text(encoding="utf-8"), "said to come with the models"


@pytest.mark.rows("S0-83")
@pytest.mark.parametrize("list_name", ["requirements", "requirements-dev"])
def test_every_dependency_is_locked_with_hashes_and_no_address(list_name: str) -> None:
    lock = (ROOT / f"{list_name}.lock").read_text(encoding="utf-8")
    assert names(f"{list_name}.txt") <= names(f"{list_name}.lock")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index" not in re.sub(r"^[A-Za-z0-9._-]+==.*$", "", lock, flags=re.MULTILINE)


@pytest.mark.rows("S0-83")
def test_the_developers_list_brings_the_products_along() -> None:
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert names("requirements.lock") <= names("requirements-dev.lock")


@pytest.mark.rows("S0-38")
def test_python_3_11_is_the_oldest_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert project["tool"]["mypy"]["python_version"] == "3.11"


@pytest.mark.rows("S0-84", "S0-85")
def test_ci_says_the_same_words_as_a_developer() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("ruff format --check .", "ruff check .", "mypy", "-m pytest"):
        assert command in makefile
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make lint" in ci
    assert "make test" in ci


def own_calls(function: ast.AST) -> Iterator[ast.Call]:
    """Of a function, those of the functions within it left out."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from own_calls(node)


def test_no_test_sleeps_for_a_fixed_time() -> None:
    """Doubles may, where being slow is what they are for; so may a test that draws the moment. `sleep(0)` is a turn of
    the event loop and no time."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for test in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test_")
        for call in own_calls(test)
        if ast.unparse(call.func).endswith("sleep")
        and not isinstance(call.args[0], ast.Call)
        and ast.unparse(call.args[0]) != "0"
    ]
    assert found == []
