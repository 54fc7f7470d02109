"""What open data ships with the product, and how old it is. Reading it is the test that it is there."""

from collections.abc import Callable

from app.services.money.exchange_rates import BundledRates, bundled_quotes
from app.trips.places.airports import all_airports
from app.trips.places.catalogue import CATALOGUE_EDITION, all_cities
from app.trips.places.gazetteer import LARGE_TOWNS, gazetteer


def bundled_data() -> list[tuple[bool, str, str]]:
    """(is it there, what, in words)."""
    readers: dict[str, Callable[[], str]] = {
        "catalogue": _catalogue,
        "gazetteer": _gazetteer,
        "airports": lambda: f"{len(all_airports()):,} airports",
        "exchange rates": _rates,
    }
    return [_read(subject, reader) for subject, reader in readers.items()]


def _read(subject: str, reader: Callable[[], str]) -> tuple[bool, str, str]:
    try:
        return True, subject, reader()
    except (OSError, ValueError, ImportError, KeyError) as error:
        return False, subject, f"cannot be read: {type(error).__name__}: {error}"


def _catalogue() -> str:
    return f"{len(all_cities())} cities, edition {CATALOGUE_EDITION}"


def _gazetteer() -> str:
    return f"{len(gazetteer().towns):,} towns above {LARGE_TOWNS:,} inhabitants (GeoNames)"


def _rates() -> str:
    return f"{len(bundled_quotes())} currencies, as of {BundledRates().source().retrieved_at}"
