""".env.example: every setting with its default and its meaning, and nothing else."""

import pytest
from dotenv import dotenv_values

from app.config.settings import Settings
from tests.deployment.compose import TOP

FILE = TOP / ".env.example"


@pytest.mark.rows("S0-37")
def test_every_setting_is_there_and_nothing_else() -> None:
    assert list(dotenv_values(FILE)) == [name.upper() for name in Settings.model_fields]


@pytest.mark.rows("S0-37")
def test_every_setting_has_its_meaning_above() -> None:
    lines = FILE.read_text().splitlines()
    for name, field in Settings.model_fields.items():
        line = next(number for number, text in enumerate(lines) if text.startswith(f"{name.upper()}="))
        start = max(number for number in range(line) if not lines[number])
        assert lines[start + 1] == f"# {field.description}"


@pytest.mark.rows("S0-63")
def test_a_copy_of_it_is_the_same_as_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    assert Settings(_env_file=FILE) == Settings(_env_file=None)
