"""Tours over a day each that make the most of their time: the team orienteering problem with time windows, with breaks,
required points, several windows a day and a budget.

The search is our own: large neighbourhood search over ways whose every gap is looked at at once. It takes neither a
solver library nor a compiler, and the same input gives the same tours on every machine.
"""

# What is asked
from app.trips.orienteering.errors import OrienteeringError
from app.trips.orienteering.problem import Break, Point, Tour

# What is answered
from app.trips.orienteering.solution import Solution, Visit

# Asking
from app.trips.orienteering.solving import DEFAULT_WORK, schedule, solve, solve_trusted

__all__ = [
    "DEFAULT_WORK",
    "Break",
    "OrienteeringError",
    "Point",
    "Solution",
    "Tour",
    "Visit",
    "schedule",
    "solve",
    "solve_trusted",
]
