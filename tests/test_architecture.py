"""Which room may import which: read off the sources. A new arrow changes this table."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent / "app"

ALLOWED = {
    "errors": set(),
    "version": set(),
    "orphan": set(),
    "garbage": set(),
    "stop_signal": set(),
    "today": set(),
    "messaging": {"errors"},
    "core": {"messaging", "errors"},
    "trips": {"core.workflow", "errors"},
    "services": {"trips", "errors"},
    "llm": {"services.outside", "errors"},
    "agents": {"services", "llm", "trips", "errors"},
    "api": {"core", "trips", "errors", "version", "today"},
    "workers": {
        "agents",
        "services",
        "llm",
        "trips",
        "messaging",
        "errors",
        "config",
        "version",
        "orphan",
        "garbage",
        "today",
    },
    "config": {"errors"},
    "cli": {
        "agents",
        "llm",
        "config",
        "messaging",
        "trips",
        "core",
        "services",
        "errors",
        "version",
        "orphan",
        "today",
        "workers",
    },
    "main": {"api", "config", "core", "messaging", "trips", "version", "orphan", "garbage", "stop_signal"},
    "__main__": {"cli"},
}
"""Room by room. `workers` holds worker roots, so it may read settings; nobody imports a root."""

OUTSIDE_ONLY = {
    "redis": {"messaging", "cli"},
    "fastapi": {"api", "main"},
    "starlette": {"api"},
    "uvicorn": {"main", "cli"},
    "pydantic_ai": {"llm"},
}
TRAVEL_WORDS = ("travel", "trip", "weather", "destination", "itinerary", "hotel", "flight", "budget")


def sources() -> Iterator[tuple[str, Path]]:
    for path in sorted(APP.rglob("*.py")):
        yield path.relative_to(APP).parts[0].removesuffix(".py"), path


@cache
def imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += (f"{node.module}.{name.name}" for name in node.names)
    return found


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_imports_run_one_way(room: str) -> None:
    wrong = [
        f"{path.relative_to(APP)} imports {name}"
        for found, path in sources()
        if found == room
        for name in imports(path)
        if name.startswith("app.")
        and not name.startswith(f"app.{room}.")
        and not any(name.startswith(f"app.{allowed}.") or name == f"app.{allowed}" for allowed in ALLOWED[room])
    ]
    assert wrong == []


def test_every_room_is_in_the_table() -> None:
    assert {room for room, _ in sources()} - {"__init__"} == set(ALLOWED)


def test_outside_libraries_stay_in_their_rooms() -> None:
    wrong = [
        f"{path.relative_to(APP)} imports {name}"
        for room, path in sources()
        for name in imports(path)
        if room not in OUTSIDE_ONLY.get(name.split(".")[0], {room})
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["core", "messaging"])
def test_core_and_messaging_know_no_travel(room: str) -> None:
    wrong = [
        f"{path.relative_to(APP)}: {word}"
        for found, path in sources()
        if found == room
        for word in TRAVEL_WORDS
        if word in path.read_text(encoding="utf-8").lower()
    ]
    assert wrong == []


def errors_of(path: Path, base: str) -> list[str]:
    """The classes of a module that are made of that one without another between."""
    classes = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef))
    return [found.name for found in classes if any(isinstance(one, ast.Name) and one.id == base for one in found.bases)]


def test_the_tree_of_errors_names_every_module_that_hangs_some_below_the_root() -> None:
    there = {
        ".".join(("app", *path.relative_to(APP).with_suffix("").parts))
        for _, path in sources()
        if errors_of(path, "RoundTableError")
    }
    drawn = re.findall(r"^[├└]── (app\.[\w.]+)", (APP / "errors.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(drawn) == sorted(there)


@pytest.mark.parametrize("path", sorted(APP.rglob("errors.py")), ids=lambda path: str(path.relative_to(APP)))
def test_a_room_s_tree_of_errors_has_every_error_of_its_file(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    drawn = set(re.findall(r"[├└]── (\w+Error)\b", ast.get_docstring(module) or ""))
    there = {node.name for node in module.body if isinstance(node, ast.ClassDef) and node.name.endswith("Error")}
    assert not drawn or there <= drawn


@pytest.mark.rows(
    *("S0-20", "S0-21", "S0-22", "S0-23", "S0-24", "S0-25", "S0-26", "S0-27", "S0-28", "S0-29", "S0-30", "S0-31"),
    *("S0-32", "S0-33", "S0-34"),
)
def test_the_documented_files_are_there() -> None:
    names = ("weather", "events", "maps", "budget", "itinerary")
    documented = [
        *("main.py", "config/settings.py", "core/state.py", "core/orchestrator.py", "messaging/connection.py"),
        *("messaging/protocols.py", "agents/base_agent.py", "api/routes.py"),
        *(f"agents/{name}_agent.py" for name in names),
        *(f"workers/{name}_worker.py" for name in names),
        *(f"services/{name}_service.py" for name in ("weather", "event", "maps", "budget", "itinerary")),
    ]
    assert [name for name in documented if not (APP / name).is_file()] == []


def test_the_gateway_imports_no_agent_and_a_worker_no_router() -> None:
    import subprocess
    import sys

    program = "import sys, {}; print([m for m in sys.modules if m.startswith({!r})])"
    for root, forbidden in (
        ("app.main", ("app.agents", "app.services", "app.workers")),
        ("app.workers.weather_worker", ("app.api", "app.core", "fastapi", "uvicorn")),
    ):
        code = program.format(root, forbidden)
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=APP.parent)
        assert found.stdout.strip() == "[]", root


@pytest.mark.parametrize("root", ["app.main", "app.workers.weather_worker", "app.workers.itinerary_worker"])
def test_a_model_s_library_is_loaded_where_a_key_is_set_and_nowhere_else(root: str) -> None:
    """It takes seconds and a hundred megabytes."""
    import subprocess
    import sys

    code = f"import sys, {root}; print([m for m in sys.modules if m.startswith(('pydantic_ai', 'google.genai'))])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=APP.parent)
    assert found.stdout.strip() == "[]"
