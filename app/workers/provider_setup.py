"""What a worker root makes of the settings, for its agent's services to ask providers. With `PROVIDERS=offline` none
of it is made, so that no client exists that could call out.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256

from pydantic import SecretStr

from app.config.settings import Settings
from app.messaging.heartbeat import ProviderBeat
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.quota import Quota
from app.services.outside.store import FactStore
from app.version import VERSION

_OF_THE_MODEL = ("model_name", "temperature", "max_tokens")

USER_AGENT = f"ringmaster-round-table/{VERSION}"


@dataclass(frozen=True)
class ProviderSetup:
    """The providers' shared hub, and the settings with their addresses and keys."""

    hub: ProviderHub
    settings: Settings

    @property
    def fingerprint(self) -> str:
        """The same for the same addresses, keys and model, none of which can be told from it: part of the keys under
        which results are cached."""
        dumped = self.settings.model_dump()
        names = [name for name in sorted(dumped) if name.endswith(("_api_key", "_base_url")) or name in _OF_THE_MODEL]
        values = [
            dumped[name].get_secret_value() if isinstance(dumped[name], SecretStr) else dumped[name] for name in names
        ]
        return sha256(repr(list(zip(names, values, strict=True))).encode()).hexdigest()[:16]

    def beats(self) -> list[ProviderBeat]:
        return [ProviderBeat(**asdict(health)) for health in self.hub.health()]


def make_provider_setup(settings: Settings, store: FactStore) -> ProviderSetup | None:
    """None where the providers are off."""
    return None if settings.providers == "offline" else ProviderSetup(make_hub(settings, store), settings)


def make_hub(settings: Settings, store: FactStore) -> ProviderHub:
    """Providers are told who asks and, where the operator says it, how he can be reached."""
    quotas = {name: Quota(calls, period) for name, (calls, period) in settings.quotas().items()}
    contact = f" ({settings.provider_contact})" if settings.provider_contact else ""
    return ProviderHub(store, USER_AGENT + contact, quotas=quotas)


def key_of(value: SecretStr | None) -> str | None:
    """The key in plain text; None where none is set."""
    return None if value is None else value.get_secret_value()
