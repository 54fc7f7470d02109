"""The table of rules, and the loop over it."""

from collections.abc import Callable

from app.trips.check.certificate import Certificate, Faults, Rule, Verdict
from app.trips.check.days import days
from app.trips.check.facts import facts
from app.trips.check.legs import legs
from app.trips.check.location import location
from app.trips.check.meals import cuisines, meals
from app.trips.check.money import budget, sums
from app.trips.check.pace import pace
from app.trips.check.presence import presence
from app.trips.check.reading import Reading, read
from app.trips.check.route import route
from app.trips.check.sights import sights, weather
from app.trips.check.stays import stays
from app.trips.check.wishes import wishes
from app.trips.plan import Plan
from app.trips.problem import Trip

RULES: tuple[tuple[Rule, Callable[[Reading], Faults], str], ...] = (
    ("days", days, "Each date of the trip has one day, and on it one thing after the other, none of them at night."),
    ("route", route, "The legs lead from home through every city once and home again, each move on its day."),
    ("legs", legs, "Each leg runs on its date, takes the time it takes, and goes by a means the traveller accepts."),
    ("presence", presence, "In a city one does things between taking the bags to the stay and taking them up again."),
    ("location", location, "One is where things happen: every way is travelled, in the time it takes, and back."),
    ("stays", stays, "Every night in a city is spent in one stay that has room and whose rules allow the party."),
    ("meals", meals, "Every meal that fits into a day is had once, at its hour, where it is served."),
    ("cuisines", cuisines, "Each cuisine that is wished for is eaten."),
    ("sights", sights, "Each visit is made while the place is open, as long as it takes, and once in a trip."),
    ("pace", pace, "Days start, end, rest and hold as many visits as the pace of the trip allows."),
    ("weather", weather, "On a wet day nobody is in the open, if a dry day could be had for it."),
    (
        "wishes",
        wishes,
        "What is to be included or is booked is in the plan as wished, and nothing that is to be avoided.",
    ),
    ("sums", sums, "Every cost is that of its fact for the whole party, and the sums add up."),
    ("budget", budget, "The trip costs no more than the budget."),
    ("facts", facts, "The plan cites only what the trip lists, in its own city, and tells all that it leaves out."),
)
"""In the order of `Rule`."""


def check(trip: Trip, plan: Plan) -> Certificate:
    """Never raises: of a plan that makes no sense at all, the certificate says so."""
    reading = read(trip, plan)
    verdicts = tuple(_verdict(reading, rule, find, sentence) for rule, find, sentence in RULES)
    return Certificate(is_valid=all(verdict.is_kept for verdict in verdicts), verdicts=verdicts)


def _verdict(reading: Reading, rule: Rule, find: Callable[[Reading], Faults], sentence: str) -> Verdict:
    faults = tuple(find(reading))
    return Verdict(rule=rule, is_kept=not faults, checked=sentence, faults=faults)
