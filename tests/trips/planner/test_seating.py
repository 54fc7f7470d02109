"""Which place serves which meal: near ones are taken, and who would lose most chooses first."""

from app.trips.planner.meal_costs import MealCosts
from app.trips.planner.seating import Tables
from app.trips.problem import City, Eatery, Wishes

NEAR, FAR = Eatery(id="near", name="", price=10), Eatery(id="far", name="", price=10)
OTHER = Eatery(id="other", name="", price=10)
LIMA = City(id="lima", name="", eateries=(NEAR, FAR, OTHER))
TABLES = Tables(LIMA, Wishes(), MealCosts([], (), 2), ())


def test_the_slot_that_would_lose_most_chooses_first() -> None:
    seated = {(0, "lunch"): FAR, (1, "lunch"): OTHER}
    detours = {(0, "lunch"): {"near": 10, "far": 20, "other": 20}, (1, "lunch"): {"near": 10, "far": 90, "other": 90}}
    chosen = TABLES.nearer(seated, detours, None)  # type: ignore[arg-type]
    assert chosen[(1, "lunch")] is NEAR
    assert chosen[(0, "lunch")] is FAR


def test_a_nearer_place_is_not_taken_where_the_money_does_not_reach() -> None:
    dear = NEAR.model_copy(update={"price": 15})
    tables = Tables(City(id="lima", name="", eateries=(dear, FAR)), Wishes(), MealCosts([], (), 2), ())
    detours = {(0, "lunch"): {"near": 1, "far": 50}}
    for allowance, expected in ((4, "far"), (5, "near")):
        assert tables.nearer({(0, "lunch"): FAR}, detours, allowance)[(0, "lunch")].id == expected  # type: ignore[dict-item,arg-type]


def test_a_wished_cuisine_is_not_exchanged_for_a_short_way() -> None:
    thai = FAR.model_copy(update={"cuisines": ("thai",)})
    needs = [frozenset(("far",))]
    tables = Tables(City(id="lima", name="", eateries=(NEAR, thai)), Wishes(), MealCosts(needs, (), 2), ())
    detours = {(0, "lunch"): {"near": 1, "far": 50}}
    assert tables.nearer({(0, "lunch"): thai}, detours, None)[(0, "lunch")] is thai  # type: ignore[dict-item,arg-type]
