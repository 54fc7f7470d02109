"""Leases of half a second, so that tests of what happens when they run out are short."""

import pytest

from app.workers import lease_keeper, takeover


@pytest.fixture
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the proportions of the product: renewed four times a lease, looked for once a lease."""
    monkeypatch.setattr(lease_keeper, "REQUEST_LEASE_S", 0.5)
    monkeypatch.setattr(lease_keeper, "RENEW_EVERY_S", 0.12)
    monkeypatch.setattr(takeover, "TAKE_OVER_EVERY_S", 0.25)
    monkeypatch.setattr(takeover, "AFTER_TROUBLE_S", 0.15)
