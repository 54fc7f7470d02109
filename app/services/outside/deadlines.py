"""Until when an answer is of use, and how much of the time that is left one provider may take."""

import math
import time
from dataclasses import dataclass
from typing import Self

TOTAL_S = 5.0
"""The longest that one provider is waited for, whatever time is left."""

SHARE_OF_TIME = 0.5
"""Of the time left, so much goes to one provider at most: another one of its chain may have to be asked."""

LEAST_S = 0.05
"""With less than that left nobody is asked any more."""


@dataclass(frozen=True)
class Deadline:
    """The moment from which on an answer is of no more use. `at`: by `time.monotonic()`."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """That long from now."""
        return cls(time.monotonic() + seconds)

    def left_s(self) -> float:
        """Seconds until then; 0 once it has passed."""
        return max(0.0, self.at - time.monotonic())

    def share_s(self) -> float:
        """Seconds that one provider gets of those left."""
        return min(TOTAL_S, self.left_s() * SHARE_OF_TIME)

    def capped(self, most_s: float) -> "Deadline":
        """The same, but no longer than that from now."""
        return Deadline(min(self.at, time.monotonic() + most_s))

    def earlier_by(self, seconds: float) -> "Deadline":
        return Deadline(self.at - seconds)


NO_DEADLINE = Deadline(math.inf)
"""For whoever is in no hurry: each provider then gets the longest that one is waited for."""
