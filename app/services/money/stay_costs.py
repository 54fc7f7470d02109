"""What being at a place costs, from the first day there to the last: getting about, rooms, meals, tickets."""

from dataclasses import dataclass
from decimal import Decimal

from app.services.money.budget_question import BudgetQuestion, shared_days
from app.services.money.budget_words import counted, people_text
from app.services.money.cost_lines import Cost
from app.services.money.exchange_rates import RatesProvider
from app.services.money.price_levels import PriceLevel, price_level, tickets
from app.trips.currencies import rounded
from app.trips.places.place import Place
from app.trips.planner.interests import understand


@dataclass(frozen=True)
class Stay:
    """`nights`: of the last stop one fewer than its days; the day of a move counts for the stop that one moves to.

    `is_one_of_several`: its lines bear the place's name.
    """

    place: Place
    days: int
    nights: int
    level: PriceLevel
    is_one_of_several: bool

    def label(self, text: str) -> str:
        return f"{text}, {self.place.name}" if self.is_one_of_several else text


def stays_of(question: BudgetQuestion, rates: RatesProvider) -> list[Stay]:
    """One for each stop, in order; their days and nights add up to the trip's."""
    days_at_each = shared_days([stop.days for stop in question.stops], question.days)
    last = len(question.stops) - 1
    return [
        Stay(
            place=stop.place,
            days=days,
            nights=days - 1 if index == last else days,
            level=price_level(stop.place, question.budget_range, rates),
            is_one_of_several=question.has_several_stops,
        )
        for index, (stop, days) in enumerate(zip(question.stops, days_at_each, strict=True))
    ]


def stay_costs(question: BudgetQuestion, stay: Stay) -> list[Cost]:
    """Getting about, the rooms, the meals."""
    people, days, level = question.travelers_count, stay.days, stay.level
    rooms, nights = question.rooms, stay.nights
    people_days = f"{people_text(people)} x {counted(days, 'day')}"
    about = "Getting about" if stay.is_one_of_several else "Getting about at the destination"
    room_basis = f"{counted(rooms, 'room')} x {counted(nights, 'night')} x {_price(level.room_night, level)}"
    return [
        Cost(
            "transportation",
            stay.label(about),
            level.local_transport_day * people * days,
            level.currency,
            f"{people_days} x {_price(level.local_transport_day, level)}",
        ),
        Cost(
            "accommodation",
            stay.label(_room_label(rooms, people) if nights else _no_night(stay)),
            level.room_night * rooms * nights,
            level.currency,
            room_basis if nights else _why_no_night(stay),
        ),
        Cost(
            "food",
            stay.label("Meals and drinks"),
            level.food_day * people * days,
            level.currency,
            f"{people_days} x {_price(level.food_day, level)}",
        ),
    ]


def ticket_cost(question: BudgetQuestion, stay: Stay, rates: RatesProvider) -> Cost | None:
    """Admission to sights. None where no price is known."""
    pace, people = question.preferences.pace, question.travelers_count
    found = tickets(stay.place, stay.days, pace, understand(question.preferences.interests), rates)
    if found is None:
        return None
    mean = f"the mean of {found.priced} known adult prices" if found.priced else "an estimate"
    return Cost(
        category="activities",
        label=stay.label("Admission to sights"),
        amount=found.mean_price * found.visits * people,
        currency=found.currency,
        basis=f"{people_text(people)} x {found.visits} sights at a {pace} pace x {found.mean_price:,} {found.currency}"
        f" ({mean}; {found.method})",
    )


def _room_label(rooms: int, people: int) -> str:
    kind = "Double room" if people > 1 else "Double room for one"
    return kind if rooms == 1 else "Double rooms"


def _no_night(stay: Stay) -> str:
    return "No night" if stay.is_one_of_several else "No night away"


def _why_no_night(stay: Stay) -> str:
    return "the trip ends on the only day there" if stay.is_one_of_several else "a trip of one day has no night"


def _price(amount: Decimal, level: PriceLevel) -> str:
    shown = rounded(amount, level.currency)
    return f"{shown if shown == amount else amount:,} {level.currency} ({level.method})"
