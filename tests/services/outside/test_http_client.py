"""A proxy in the environment that nobody can use stops no worker: its providers cannot be reached."""

import pytest

from app.services.outside.errors import ProviderUnreachableError
from app.services.outside.http_call import Call, fetch_json
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.store import NoStore
from tests.services.stand_in import StandIn

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("proxy", ["socks5h://127.0.0.1:1", "http://127.0.0.1:port", "ftp://127.0.0.1:1", "://"])
async def test_a_proxy_that_cannot_be_used_is_not_gone_round(
    monkeypatch: pytest.MonkeyPatch, provider: StandIn, proxy: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    hub = ProviderHub(NoStore(), "Ringmaster Round Table/test")
    with pytest.raises(ProviderUnreachableError):
        await fetch_json(hub.client, "Provider", provider.url, Call("/x"), None, 2.0)
    await hub.aclose()
    assert provider.asked == []
