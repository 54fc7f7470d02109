"""Restaurants that a provider found, proposed for the meals of a plan: close to where one is, open then as far as their
hours are known. A proposal only: no table is booked, and the price in the plan stays the estimate for its kind of meal.
"""

from collections.abc import Sequence
from datetime import date

from app.services.places.opening_times import windows
from app.trips.places.distance import great_circle_km
from app.trips.places.place import Place
from app.trips.problem import Spot
from app.trips.reports import FoundEatery

WITHIN_KM = 0.8
CHOICE_OF = 3
"""Meals take turns among so many of the nearest, so that no day is like the other."""

_MEAL_MINUTES = 45


def eatery_near(
    eateries: Sequence[FoundEatery], spot: Spot, day: date, minute: int, turn: int, place: Place
) -> str | None:
    """One proposal in words; None where none is near and open. `minute`: after midnight, when the meal begins."""
    near = sorted((_distance_km(eatery, spot), eatery.id, eatery) for eatery in eateries)
    choice: list[tuple[float, FoundEatery, bool]] = []
    for distance_km, _, eatery in near:
        if distance_km > WITHIN_KM or len(choice) == CHOICE_OF:
            break
        is_open = _is_open(eatery, day, minute, place)
        if is_open is not False:
            choice.append((distance_km, eatery, is_open is True))
    if not choice:
        return None
    distance_km, eatery, is_known = choice[turn % len(choice)]
    kind = f" ({', '.join(eatery.cuisines[:2])})" if eatery.cuisines else ""
    hours = "open then by its listed hours" if is_known else "its hours are not known"
    return f"Close by: {eatery.name}{kind}, about {max(50, round(distance_km * 20) * 50)} m away; {hours}."


def _distance_km(eatery: FoundEatery, spot: Spot) -> float:
    at = eatery.coordinates
    return great_circle_km(spot.latitude, spot.longitude, at.latitude, at.longitude)


def _is_open(eatery: FoundEatery, day: date, minute: int, place: Place) -> bool | None:
    """None: not known."""
    if eatery.opening_hours is None:
        return None
    at = eatery.coordinates
    spans = windows(eatery.opening_hours, day, at.latitude, at.longitude, place.country_code, place.timezone)
    if spans is None:
        return None
    return any(opens <= minute and minute + _MEAL_MINUTES <= closes for opens, closes in spans)
