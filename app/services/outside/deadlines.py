"""How long a provider may take of the time that a question has left."""

from collections.abc import Callable

TOTAL_S = 5.0
"""The longest that one provider is waited for, whatever time is left."""

SHARE_OF_TIME = 0.5
"""Of the time left, so much goes to one provider at most: another one of its chain may have to be asked."""

LEAST_S = 0.05
"""With less than that left nobody is asked any more."""

LeftS = Callable[[], float]
"""Seconds until the answer is of no more use."""


def share_s(left_s: LeftS) -> float:
    """Seconds that one provider gets of them."""
    return min(TOTAL_S, left_s() * SHARE_OF_TIME)
