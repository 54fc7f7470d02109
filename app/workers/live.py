"""What a worker root hands its agent's services for asking the world outside, made from the settings. With
`PROVIDERS=offline` none of it is made: there is no client that could call out.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256

from pydantic import SecretStr

from app.config.settings import Settings
from app.messaging.heartbeat import ProviderBeat
from app.services.outside.outside import Outside
from app.services.outside.quota import Quota
from app.services.outside.store import FactStore
from app.version import VERSION

_OF_THE_MODEL = ("model_name", "temperature", "max_tokens")

EDITION = f"ringmaster-round-table/{VERSION}"


@dataclass(frozen=True)
class Live:
    """`settings`: addresses and keys of the providers."""

    outside: Outside
    settings: Settings

    @property
    def setup(self) -> str:
        """The same for the same addresses, keys and model, of which it tells nothing."""
        dumped = self.settings.model_dump()
        names = [name for name in sorted(dumped) if name.endswith(("_api_key", "_base_url")) or name in _OF_THE_MODEL]
        values = [
            dumped[name].get_secret_value() if isinstance(dumped[name], SecretStr) else dumped[name] for name in names
        ]
        return sha256(repr(list(zip(names, values, strict=True))).encode()).hexdigest()[:16]

    def beats(self) -> list[ProviderBeat]:
        return [ProviderBeat(**asdict(health)) for health in self.outside.health()]


def make_live(settings: Settings, store: FactStore) -> Live | None:
    """None where the providers are off."""
    return None if settings.providers == "offline" else Live(make_outside(settings, store), settings)


def make_outside(settings: Settings, store: FactStore) -> Outside:
    """Providers are told who asks and, where the operator says it, how he can be reached."""
    quotas = {name: Quota(calls, period) for name, (calls, period) in settings.quotas().items()}
    contact = f" ({settings.provider_contact})" if settings.provider_contact else ""
    return Outside(store, EDITION + contact, quotas=quotas)


def key_of(value: SecretStr | None) -> str | None:
    """None where there is none."""
    return None if value is None else value.get_secret_value()
