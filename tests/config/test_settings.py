"""Settings: names, defaults and limits, from the environment and `.env`."""

from pathlib import Path

import pytest

from app.config.settings import Settings, SettingsError, load_settings

DEFAULTS = {
    "debug": True,
    "host": "0.0.0.0",
    "port": 8000,
    "streaming_enabled": True,
    "timeout_weather": 10_000,
    "timeout_events": 15_000,
    "timeout_maps": 12_000,
    "timeout_budget": 8_000,
    "timeout_itinerary": 20_000,
    "orchestrator_timeout": 60_000,
    "state_ttl": 3_600,
}


@pytest.mark.rows(
    *("S0-46", "S0-47", "S0-51", "S0-52", "S0-53", "S0-54", "S0-55", "S0-56", "S0-57", "S0-58", "S0-59", "S0-21"),
)
@pytest.mark.parametrize(("name", "value"), DEFAULTS.items())
def test_the_defaults_are_the_documented_ones(name: str, value: object) -> None:
    assert getattr(Settings(_env_file=None), name) == value


@pytest.mark.rows("S0-14", "S0-45", "S0-166")
def test_the_production_block_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    block = """DEBUG=false
HOST=0.0.0.0
PORT=8000
REDIS_URL=redis://production-endpoint.upstash.io:6379
ORCHESTRATOR_TIMEOUT=120000
TIMEOUT_WEATHER=15000
TIMEOUT_EVENTS=20000
STATE_TTL=7200
GOOGLE_API_KEY=your_production_gemini_key
"""
    (tmp_path / ".env").write_text(block, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.debug, settings.orchestrator_timeout, settings.state_ttl) == (False, 120_000, 7_200)
    assert settings.redis_url_or_local() == "redis://production-endpoint.upstash.io:6379"
    monkeypatch.setenv("STATE_TTL", "900")
    assert load_settings().state_ttl == 900, "the environment wins over .env"


@pytest.mark.rows("X-18")
@pytest.mark.parametrize("name", ["PORT", "API_PORT", "SERVICE_PORT"])
def test_the_port_has_the_names_of_all_documents(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "9123")
    assert Settings(_env_file=None).port == 9123


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("TIMEOUT_WEATHER", "0"),
        ("TIMEOUT_MAPS", "-5"),
        ("ORCHESTRATOR_TIMEOUT", "10s"),
        ("STATE_TTL", "0"),
        ("STATE_TTL", "99999999999999999999"),
        ("DEBUG", "perhaps"),
        ("WORKER_CONCURRENCY", "0"),
    ],
)
def test_a_bad_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings(_env_file=None)


def test_a_file_of_settings_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"GOOGLE_API_KEY=schl\xfcssel\n")
    with pytest.raises(SettingsError, match=r"\.env is not UTF-8") as caught:
        load_settings(_env_file=tmp_path / ".env")
    assert "schl" not in str(caught.value)


def test_a_session_is_kept_at_least_as_long_as_it_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_TTL", "60")
    monkeypatch.setenv("ORCHESTRATOR_TIMEOUT", "61000")
    with pytest.raises(SettingsError, match="STATE_TTL"):
        load_settings(_env_file=None)


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("REDIS_URL", "")
    settings = Settings(_env_file=None)
    assert (settings.port, settings.redis_url_or_local()) == (8000, "redis://localhost:6379/0")


def test_the_redis_password_never_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://default:open-sesame@example.invalid:6379")
    settings = Settings(_env_file=None)
    assert "open-sesame" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_the_providers_are_asked_by_default_and_keys_are_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROVIDERS")
    settings = Settings(_env_file=None)
    assert settings.providers == "auto"
    assert {getattr(settings, name) for name in Settings.model_fields if name.endswith("_api_key")} == {None}


def test_keys_never_print(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in Settings.model_fields if name.endswith("_api_key")]
    assert names
    for name in names:
        monkeypatch.setenv(name.upper(), " open-sesame\n")
    settings = Settings(_env_file=None)
    assert settings.openweather_api_key is not None
    assert settings.openweather_api_key.get_secret_value() == "open-sesame", "what was copied with it is left out"
    assert "open-sesame" not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize("value", [" ", "\t\n", "two words", "schl\u00fcssel"])
@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENWEATHER_API_KEY"])
def test_a_key_is_one_word(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """One of nothing but spaces would be asked with, and refused by the provider."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="must be one word"):
        load_settings(_env_file=None)


BAD_QUOTAS = [
    *(
        "ticketmaster=-1",
        "ticketmaster=+1",
        "ticketmaster=1.5",
        "ticketmaster=1e3",
        "ticketmaster=0x10",
        "ticketmaster=",
    ),
    *("ticketmaster=1000000000", "ticketmaster=" + "9" * 5_000, "ticketmaster=٣", "ticketmaster=5 5"),
    *(
        "ticketmaster=5/",
        "ticketmaster=5/week",
        "ticketmaster=5/Month",
        "ticketmaster=5/months",
        "ticketmaster=5/day/day",
    ),
    *("ticketmaster=5/month=3", "ticketmaster/month=5", "=5", "ticketmaster=5,", ",,", "ticketmaster=5;overpass=5"),
    *("ticketmaster=5,ticketmaster=5", "ticketmaster=5/day, overpass=1, ticketmaster = 100/month"),
]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROVIDERS", "sometimes"),
        ("OPENWEATHER_API_KEY", "two words"),
        ("OPENROUTE_API_KEY", "schlüssel"),
        ("OPENROUTE_API_KEY", "\n"),
        ("OSRM_BASE_URL", "localhost:5000"),
        ("OSRM_BASE_URL", "ftp://localhost"),
        ("OSRM_BASE_URL", "http://localhost:notaport"),
        ("OSRM_BASE_URL", "http://me:secret@localhost"),
        ("NOMINATIM_BASE_URL", "http://localhost/?key=1"),
        ("NOMINATIM_BASE_URL", "http://localhost/?"),
        ("NOMINATIM_BASE_URL", "http://localhost/#"),
        ("PHOTON_BASE_URL", "http://"),
        ("PROVIDER_QUOTAS", "openweather"),
        ("PROVIDER_QUOTAS", "openweather=many"),
        *(("PROVIDER_QUOTAS", value) for value in BAD_QUOTAS),
        ("PROVIDER_CONTACT", "me@example.org\r\nX-Other: 1"),
        ("AGENT_CACHE_TTL", "-1"),
        ("GOOGLE_API_KEY", "two words"),
        ("GEMINI_BASE_URL", "generativelanguage.googleapis.com"),
        ("MODEL_NAME", "gemini 3"),
        ("MODEL_NAME", "../v1/files"),
        ("MODEL_NAME", ".."),
        ("MODEL_NAME", "g" * 101),
        ("TEMPERATURE", "1.01"),
        ("TEMPERATURE", "-0.1"),
        ("TEMPERATURE", "nan"),
        ("MAX_TOKENS", "0"),
        ("MAX_TOKENS", "many"),
    ],
)
def test_a_bad_value_of_a_provider_names_its_variable_and_not_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings(_env_file=None)
    assert value not in str(caught.value)


def test_quotas_are_read_by_the_provider_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PROVIDER_QUOTAS", " openweb-ninja=100/month, ticketmaster = 5000,overpass=0 / day , a=999999999"
    )
    assert Settings(_env_file=None).quotas() == {
        "openweb-ninja": (100, "month"),
        "ticketmaster": (5000, "day"),
        "overpass": (0, "day"),
        "a": (999_999_999, "day"),
    }


@pytest.mark.parametrize("value", ["", None])
def test_without_quotas_those_of_the_terms_hold(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("PROVIDER_QUOTAS", raising=False)
    if value is not None:
        monkeypatch.setenv("PROVIDER_QUOTAS", value)
    assert Settings(_env_file=None).quotas() == {}


@pytest.mark.rows("S0-41", "X-10")
@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_the_model_s_key_has_both_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "open-sesame")
    key = Settings(_env_file=None).google_api_key
    assert key is not None
    assert key.get_secret_value() == "open-sesame"


@pytest.mark.rows("S0-41", "S0-42", "S0-43", "S0-44", "X-10")
def test_no_key_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [name for name in Settings.model_fields if name.endswith("_api_key")]
    for name in keys:
        monkeypatch.setenv(name.upper(), "")
    settings = load_settings(_env_file=None)
    assert {getattr(settings, name) for name in keys} == {None}


@pytest.mark.rows("S0-48", "S0-49", "S0-50")
def test_the_model_s_settings_have_the_documented_defaults() -> None:
    settings = Settings(_env_file=None)
    assert (settings.temperature, settings.max_tokens) == (0.7, 2048)
    assert settings.model_name.startswith("gemini-")


@pytest.mark.rows("S0-48", "X-12")
@pytest.mark.parametrize("name", ["gemini-1.5-pro", "Gemini-1.5-flash-002", "gemini-1.0-pro", "gemini-pro"])
def test_a_model_that_was_shut_down_is_refused_in_clear_words(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MODEL_NAME", name)
    with pytest.raises(SettingsError, match=r"MODEL_NAME.*were shut down by Google; name a newer model"):
        load_settings(_env_file=None)


@pytest.mark.parametrize("name", ["gemini-pro-latest", "gemini-3.5-flash-lite", "our-own-7"])
def test_any_other_model_may_be_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MODEL_NAME", name)
    assert load_settings(_env_file=None).model_name == name
