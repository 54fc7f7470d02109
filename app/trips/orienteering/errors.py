"""RoundTableError
└── OrienteeringError   what was handed to the solver is no problem that it can solve; says which part of it
"""

from app.errors import RoundTableError


class OrienteeringError(RoundTableError, ValueError):
    """The points, the travel matrix or the tours contradict themselves; the message names the place."""

    code = "invalid_orienteering_problem"
