"""What a room, food, local transport and a ticket cost at a place: the catalogue's figures, or for places outside it
the median of cities like it. Everything here is an estimate, in the destination's price currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from app.services.money.exchange_rates import Conversion, NoRateError, RatesProvider
from app.trips.places.catalogue import City, RangeCosts, Sight, all_cities
from app.trips.places.distance import great_circle_km
from app.trips.places.place import Place
from app.trips.planner.interests import UnderstoodInterests, by_appeal
from app.trips.request import BudgetRange, Pace

# What is usually reached of the sights that a pace allows on a day, for counting tickets before there is a plan.
USUAL_SIGHTS_A_DAY: dict[Pace, int] = {"relaxed": 2, "moderate": 3, "fast": 4}

# How many cities stand in for a place in a country of which the catalogue has none.
_NEAREST_CITIES = 5


@dataclass(frozen=True)
class PriceLevel:
    """One budget range at one place, in `currency` and prices of `year`. `method`: whose figures, in words.

    `standing_in`: names of the cities whose median this is; empty where the figures are the place's own.
    """

    currency: str
    year: int
    room_night: Decimal
    food_day: Decimal
    local_transport_day: Decimal
    method: str
    standing_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tickets:
    """`mean_price` for a person and a sight, in `currency`; the mean of those `priced` of `visits` sights."""

    currency: str
    mean_price: Decimal
    visits: int
    priced: int
    method: str


def exact(figure: float) -> Decimal:
    """The figure as it is written in the catalogue: 8.5 is 8.5, not its nearest binary fraction."""
    return Decimal(str(figure))


def price_level(place: Place, budget_range: BudgetRange, rates: RatesProvider) -> PriceLevel:
    """The place's own level, else the median over `similar_cities` in US dollars."""
    if place.city is not None:
        return _level_of(place.city, budget_range)
    cities = similar_cities(place)
    levels = [_in_dollars(_level_of(city, budget_range), rates) for city in cities]
    return PriceLevel(
        currency="USD",
        year=min(level.year for level in levels),
        room_night=median(level.room_night for level in levels),
        food_day=median(level.food_day for level in levels),
        local_transport_day=median(level.local_transport_day for level in levels),
        method="median of " + ", ".join(city.name for city in cities),
        standing_in=tuple(city.name for city in cities),
    )


def similar_cities(place: Place) -> list[City]:
    """The catalogue's cities of the same country, else the nearest five; by distance, nearest first."""

    def distance_km(city: City) -> float:
        return great_circle_km(place.latitude, place.longitude, city.latitude, city.longitude)

    nearest = sorted(all_cities().values(), key=lambda city: (distance_km(city), city.id))
    compatriots = [city for city in nearest if city.country_code == place.country_code]
    return compatriots or nearest[:_NEAREST_CITIES]


def tickets(
    place: Place, days: int, pace: Pace, interests: UnderstoodInterests, rates: RatesProvider
) -> Tickets | None:
    """What admission comes to at this pace. None where no price is known."""
    wanted = USUAL_SIGHTS_A_DAY[pace] * days
    if place.city is not None:
        chosen = by_appeal(place.city.sights, interests)[:wanted]
        return _tickets_of(chosen, place.city, rates)
    cities = similar_cities(place)
    samples = [_tickets_of(by_appeal(city.sights, interests)[:wanted], city, rates) for city in cities]
    known = [_mean_in_dollars(sample, rates) for sample in samples if sample is not None]
    if not known:
        return None
    visits = min(wanted, max(sample.visits for sample in samples if sample is not None))
    method = "median of the ticket prices of " + ", ".join(city.name for city in cities)
    return Tickets("USD", _whole_cents(median(known)), visits, 0, method)


def _tickets_of(chosen: Sequence[Sight], city: City, rates: RatesProvider) -> Tickets | None:
    """Prices in another currency than the city's prices are converted; those without a rate count as not known."""
    currency = city.price_levels.currency
    prices = [price for sight in chosen if (price := _adult_price(sight, currency, rates)) is not None]
    if not prices:
        return None
    mean = _whole_cents(sum(prices, Decimal(0)) / len(prices))
    best = ", ".join(sight.name for sight in chosen[:3])
    return Tickets(currency, mean, len(chosen), len(prices), f"the sights that fit you best, such as {best}")


def _adult_price(sight: Sight, currency: str, rates: RatesProvider) -> Decimal | None:
    if sight.price is None:
        return None
    amount = exact(sight.price.adult)
    if amount == 0 or sight.price.currency == currency:
        return amount
    try:
        return rates.conversion(sight.price.currency, currency).convert(amount)
    except NoRateError:
        return None


def _level_of(city: City, budget_range: BudgetRange) -> PriceLevel:
    levels = city.price_levels
    costs: RangeCosts = {"budget": levels.budget, "mid-range": levels.mid_range, "luxury": levels.luxury}[budget_range]
    return PriceLevel(
        currency=levels.currency,
        year=levels.year,
        room_night=exact(costs.room_night),
        food_day=exact(costs.food_day),
        local_transport_day=exact(costs.local_transport_day),
        method=f"the catalogue's level for {city.name}",
    )


def _in_dollars(level: PriceLevel, rates: RatesProvider) -> PriceLevel:
    to_dollars: Conversion = rates.conversion(level.currency, "USD")
    return PriceLevel(
        currency="USD",
        year=level.year,
        room_night=_whole_cents(to_dollars.convert(level.room_night)),
        food_day=_whole_cents(to_dollars.convert(level.food_day)),
        local_transport_day=_whole_cents(to_dollars.convert(level.local_transport_day)),
        method=level.method,
    )


def _mean_in_dollars(sample: Tickets, rates: RatesProvider) -> Decimal:
    return rates.conversion(sample.currency, "USD").convert(sample.mean_price)


def _whole_cents(amount: Decimal) -> Decimal:
    """Two places, so that the printed basis is what was reckoned with."""
    return amount.quantize(Decimal("0.01"))
