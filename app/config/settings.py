"""Every setting, once: its environment variable is its name in capitals. Read by the roots alone.

The same names stand in `.env.example`, which a test holds. Times keep the units of the documents the product was asked
for in: milliseconds for deadlines, seconds for lifetimes.
"""

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import RoundTableError

Milliseconds = Annotated[int, Field(gt=0, le=3_600_000)]


def _a_base_address(value: str) -> str:
    """Of a provider: no query, no fragment, no user in it, and no slash at its end."""
    try:
        parts = urlsplit(value)
        is_well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_well_formed = False
    if not is_well_formed or not value.isprintable() or " " in value:
        raise ValueError("must be an http or https address")
    if set(value) & set("?#") or parts.username or parts.password:
        raise ValueError("must have no query, fragment, user or password")
    return value.rstrip("/")


BaseAddress = Annotated[str, AfterValidator(_a_base_address)]


def _a_key(value: SecretStr) -> SecretStr:
    """Fit for a header: what is copied with a line break or an umlaut in it would fail at every call."""
    text = value.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be one word of plain characters")
    return SecretStr(text)


Key = Annotated[SecretStr, AfterValidator(_a_key)]


Contact = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[!-~ ]{3,200}$")]
"""Part of a header."""


_QUOTA = re.compile(r"\s*([a-z0-9-]+)\s*=\s*([0-9]{1,9})\s*(?:/\s*(day|month)\s*)?")


def _quotas(value: str) -> str:
    found = [_QUOTA.fullmatch(part) for part in value.split(",")]
    names = [match[1] for match in found if match]
    if len(names) < len(found):
        raise ValueError("must be written as name=count or name=count/month, with commas between")
    if len(set(names)) < len(names):
        raise ValueError("must name each provider once")
    return value


_SHUT_DOWN = ("gemini-1.0-", "gemini-1.5-")
"""Gemini 1.0 and 1.5, by https://ai.google.dev/gemini-api/docs/deprecations. Gemini Pro without a number was 1.0;
gemini-pro-latest is a name of the newest."""


def _a_model(value: str) -> str:
    if value.lower().startswith(_SHUT_DOWN) or value.lower() in ("gemini-pro", "gemini-pro-vision"):
        raise ValueError("Gemini 1.0 and 1.5 were shut down by Google; name a newer model, or leave it out")
    return value


ModelName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$")]


class SettingsError(RoundTableError):
    """A setting has a value that it cannot have; the message names it."""

    code = "invalid_settings"


class Settings(BaseSettings):
    """Read from the environment, then from `.env` in the working directory."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    debug: bool = Field(default=True, description="Debug level, lines for people; false: info level, JSON lines")
    host: str = Field(default="0.0.0.0", description="Address the gateway listens on")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("PORT", "API_PORT", "SERVICE_PORT"),
        description="Port the gateway listens on",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis to use (redis:, rediss:, unix:); unset: `make run` starts its own, all else uses localhost",
    )
    streaming_enabled: bool = Field(default=True, description="Serve progress over server-sent events")
    timeout_weather: Milliseconds = Field(default=10_000, description="Deadline of the weather agent, ms")
    timeout_events: Milliseconds = Field(default=15_000, description="Deadline of the events agent, ms")
    timeout_maps: Milliseconds = Field(default=12_000, description="Deadline of the maps agent, ms")
    timeout_budget: Milliseconds = Field(default=8_000, description="Deadline of the budget agent, ms")
    timeout_itinerary: Milliseconds = Field(default=20_000, description="Deadline of the itinerary agent, ms")
    orchestrator_timeout: Milliseconds = Field(default=60_000, description="Deadline of a whole session, ms")
    orchestrator_retry_attempts: int = Field(
        default=3, ge=1, le=10, description="How often an agent is asked within its deadline, where its error may pass"
    )
    circuit_breaker_enabled: bool = Field(default=True, description="Skip an agent that keeps failing")
    circuit_breaker_threshold: int = Field(
        default=5, ge=1, le=1_000, description="Failures in a row after which an agent is skipped"
    )
    circuit_breaker_cooldown: int = Field(
        default=15, ge=1, le=3_600, description="How long an agent is skipped before one request probes it, s"
    )
    max_concurrent_requests: int = Field(
        default=100, ge=1, le=100_000, description="Plans and single requests that one gateway has under way"
    )
    message_queue_size: int = Field(
        default=1_000, ge=1, le=1_000_000, description="Requests that may wait for one agent; beyond, 503"
    )
    max_deliveries: int = Field(
        default=3, ge=1, le=100, description="Deliveries after which a request that kills its workers is put aside"
    )
    state_ttl: int = Field(
        default=3_600, ge=60, le=315_360_000, description="How long a session is kept after its last change, s"
    )
    worker_concurrency: int = Field(
        default=8, ge=1, le=1_000, description="Requests one worker process works at a time"
    )

    agent_cache_ttl: int = Field(
        default=600, ge=0, le=86_400, description="How long an agent's result serves identical questions, s; 0: never"
    )

    providers: Literal["auto", "offline"] = Field(
        default="auto",
        description="auto: facts from the providers below, bundled ones where they fail; offline: no call",
    )
    provider_contact: Contact | None = Field(
        default=None, description="E-mail or page that providers are told, so that they can reach whoever runs this"
    )
    provider_quotas: Annotated[str, AfterValidator(_quotas)] | None = Field(
        default=None,
        description="Calls by provider, a day or a month, where yours allows others: "
        "openweb-ninja=100/month, ticketmaster=5000",
    )
    openweather_api_key: Key | None = Field(default=None, description="Key of OpenWeather; unset: not asked")
    openweather_base_url: BaseAddress = Field(
        default="https://api.openweathermap.org", description="Address of OpenWeather"
    )
    open_meteo_base_url: BaseAddress = Field(
        default="https://api.open-meteo.com", description="Address of Open-Meteo, or of an instance of one's own"
    )
    openroute_api_key: Key | None = Field(default=None, description="Key of OpenRouteService; unset: not asked")
    openroute_base_url: BaseAddress = Field(
        default="https://api.heigit.org/openrouteservice",
        description="Address of OpenRouteService; another one serves its geocoder as well, under /geocode",
    )
    osrm_base_url: BaseAddress = Field(
        default="https://router.project-osrm.org", description="Address of OSRM, or of an instance of one's own"
    )
    photon_base_url: BaseAddress = Field(default="https://photon.komoot.io", description="Address of Photon")
    nominatim_base_url: BaseAddress = Field(
        default="https://nominatim.openstreetmap.org", description="Address of Nominatim"
    )
    overpass_base_url: BaseAddress = Field(default="https://overpass-api.de", description="Address of Overpass")
    wikidata_base_url: BaseAddress = Field(default="https://www.wikidata.org", description="Address of Wikidata")
    openweb_ninja_api_key: Key | None = Field(default=None, description="Key of OpenWeb Ninja; unset: not asked")
    openweb_ninja_base_url: BaseAddress = Field(
        default="https://api.openwebninja.com", description="Address of OpenWeb Ninja"
    )
    ticketmaster_api_key: Key | None = Field(default=None, description="Key of Ticketmaster; unset: not asked")
    ticketmaster_base_url: BaseAddress = Field(
        default="https://app.ticketmaster.com", description="Address of Ticketmaster"
    )
    frankfurter_base_url: BaseAddress = Field(
        default="https://api.frankfurter.dev", description="Address of Frankfurter, for the ECB's exchange rates"
    )

    google_api_key: Key | None = Field(
        default=None,
        validation_alias=AliasChoices("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        description="Key of Google Gemini, also as GEMINI_API_KEY; unset: not asked",
    )
    gemini_base_url: BaseAddress = Field(
        default="https://generativelanguage.googleapis.com", description="Address of Google Gemini"
    )
    model_name: Annotated[ModelName, AfterValidator(_a_model)] = Field(
        default="gemini-3.5-flash-lite", description="Model that puts finished plans into words"
    )
    temperature: float = Field(default=0.7, ge=0, le=1, description="How freely the model chooses its words")
    max_tokens: int = Field(default=2_048, ge=64, le=65_536, description="Longest answer of the model, tokens")

    @model_validator(mode="after")
    def _sessions_outlive_their_planning(self) -> Self:
        if self.state_ttl * 1000 < self.orchestrator_timeout:
            raise ValueError("STATE_TTL (seconds) must not be shorter than ORCHESTRATOR_TIMEOUT (milliseconds)")
        return self

    def redis_url_or_local(self) -> str:
        """The Redis to use where nobody starts one."""
        return self.redis_url.get_secret_value() if self.redis_url else "redis://localhost:6379/0"

    def quotas(self) -> dict[str, tuple[int, Literal["day", "month"]]]:
        """Calls and their period by the provider's name, as `/status` has it, of those that were set; 0: not asked."""
        found = _QUOTA.finditer(self.provider_quotas or "")
        return {match[1]: (int(match[2]), "month" if match[3] == "month" else "day") for match in found}

    def step_timeouts_ms(self) -> dict[str, int]:
        """Deadline of each agent by its name."""
        return {
            "weather": self.timeout_weather,
            "events": self.timeout_events,
            "maps": self.timeout_maps,
            "budget": self.timeout_budget,
            "itinerary": self.timeout_itinerary,
        }


def load_settings(**overrides: Any) -> Settings:
    """Raises SettingsError, which names each variable at fault, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        texts = [": ".join([*(str(part).upper() for part in fault["loc"]), fault["msg"]]) for fault in faults]
        raise SettingsError("; ".join(texts)) from None
    except UnicodeDecodeError:
        raise SettingsError(".env is not UTF-8") from None
