"""What meals cost at least, against every way of having them: the proof that a budget is too small stands on it."""

from collections.abc import Sequence
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.trips.planner.meal_costs import MealCosts, Tables, but_for
from app.trips.problem import MEALS, City, Eatery, Meal

CUISINES = ("thai", "greek")
EATERIES = st.builds(
    dict,
    price=st.integers(1, 9),
    cuisines=st.lists(st.sampled_from(CUISINES), max_size=2, unique=True),
    is_generic=st.booleans(),
    meals=st.lists(st.sampled_from(MEALS), min_size=1, max_size=3, unique=True),
)


def cheapest(eateries: Sequence[Eatery], meals: Sequence[Meal], barred: frozenset[str]) -> dict[frozenset[str], int]:
    """For each set of cuisines: the least of all menus that have them, no place but generic ones twice."""
    serving = [
        [found for found in eateries if meal in found.meals and not {found.id, but_for(found.id, meal)} & barred]
        for meal in meals
    ]
    least: dict[frozenset[str], int] = {}
    for menu in product(*serving):
        once = [found.id for found in menu if not found.is_generic]
        if len(set(once)) == len(once):
            had = frozenset(cuisine for found in menu for cuisine in found.cuisines)
            for wished in (frozenset[str](), *(frozenset((one,)) for one in CUISINES), frozenset(CUISINES)):
                if wished <= had:
                    least[wished] = min(least.get(wished, 10**9), sum(found.price for found in menu))
    return least


# A generic dinner brings the cuisine: then the one restaurant has to be for lunch, which is cheaper to replace.
THAI_DINNER = [
    {"price": 5, "is_generic": True, "meals": ["lunch"]},
    {"price": 9, "is_generic": True, "meals": ["dinner"], "cuisines": ["thai"]},
    {"price": 1, "meals": ["lunch", "dinner"]},
]


@example(THAI_DINNER, ["lunch", "dinner"], set())
@settings(max_examples=150, deadline=None)
@given(
    st.lists(EATERIES, max_size=5),
    st.lists(st.sampled_from(MEALS), min_size=1, max_size=4),
    st.sets(st.sampled_from(("0", "1", but_for("2", "lunch"), but_for("3", "dinner"))), max_size=2),
)
def test_the_cheapest_menu_for_each_set_of_cuisines(
    facts: list[dict[str, object]], meals: list[Meal], barred: set[str]
) -> None:
    eateries = tuple(
        Eatery.model_validate({"id": str(number), "name": "", **fact}) for number, fact in enumerate(facts)
    )
    needs = [frozenset(found.id for found in eateries if cuisine in found.cuisines) for cuisine in CUISINES]
    costs = MealCosts(needs, barred, days=len(meals))
    menus = costs.menus(City(id="here", name="", eateries=eateries), meals)
    least = cheapest(eateries, meals, frozenset(barred))
    for bits in range(4):
        wished = frozenset(cuisine for bit, cuisine in enumerate(CUISINES) if bits >> bit & 1)
        found = [menu.cost for mask, menu in menus.items() if mask & bits == bits]
        assert min(found, default=None) == least.get(wished)
    here, counts = City(id="here", name="", eateries=eateries), tuple(meals.count(meal) for meal in MEALS)
    assert costs.prices(here, counts) == {bits: menu.cost for bits, menu in menus.items()}
    for menu in menus.values():
        assert sorted(meal for _, meal in menu.chosen) == sorted(meals)
        prices = {found.id: found.price for found in eateries}
        assert sum(prices[eatery_id] for eatery_id, _ in menu.chosen) == menu.cost


def at_least(prices: dict[int, int], bits: int) -> int | None:
    """The least for which these needs are met, whatever else is."""
    return min((price for met, price in prices.items() if met & bits == bits), default=None)


@settings(max_examples=100, deadline=None)
@given(st.lists(EATERIES, max_size=6), st.lists(st.sampled_from(MEALS), min_size=1, max_size=5))
def test_prices_reckoned_for_more_needs_serve_for_fewer(facts: list[dict[str, object]], meals: list[Meal]) -> None:
    eateries = tuple(
        Eatery.model_validate({"id": str(number), "name": "", **fact}) for number, fact in enumerate(facts)
    )
    needs = [frozenset(found.id for found in eateries if cuisine in found.cuisines) for cuisine in CUISINES]
    here, counts = City(id="here", name="", eateries=eateries), tuple(meals.count(meal) for meal in MEALS)
    tables = Tables()
    MealCosts(needs, (), len(meals), tables).prices(here, counts)
    for fewer in ([], needs[:1], needs[1:], needs[::-1]):
        shared, alone = MealCosts(fewer, (), len(meals), tables), MealCosts(fewer, (), len(meals))
        for bits in range(1 << len(fewer)):
            assert at_least(shared.prices(here, counts), bits) == at_least(alone.prices(here, counts), bits)
