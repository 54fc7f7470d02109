"""Today's exchange rates, from Frankfurter where it gives them; else the bundled ones, which is said."""

from app.services.money.exchange_rates import OTHERS, BundledRates, DatedRates, Rates, bundled_date, newer_quotes
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.outside.errors import ProviderError
from app.services.outside.fetched import source_of
from app.services.providers.frankfurter import Frankfurter

ECB_RATES = "ECB euro reference rates via Frankfurter"


class LiveRates:
    """`frankfurter` None: nobody is asked, and nothing is missing."""

    def __init__(self, frankfurter: Frankfurter | None) -> None:
        self._frankfurter = frankfurter

    async def current(self, deadline: Deadline = NO_DEADLINE) -> DatedRates:
        """Never raises ProviderError: the bundled rates stand in, with a warning."""
        if self._frankfurter is None:
            return BundledRates()
        try:
            fetched = await self._frankfurter.latest(deadline)
        except ProviderError as error:
            return BundledRates(f"{error}; the bundled rates of {bundled_date().isoformat()} are used.")
        table = fetched.value
        note = f"ECB euro reference rates of {table.date.isoformat()}; {OTHERS}"
        return Rates(
            newer_quotes(table.rates, table.date, ECB_RATES),
            source_of(self._frankfurter.attribution, fetched, note=note),
        )
