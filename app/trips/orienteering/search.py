"""The search: takes some visits out, fills up again, and keeps what is not much worse than the best so far."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np

from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field
from app.trips.orienteering.insertion import Floats
from app.trips.orienteering.recombination import Pool
from app.trips.orienteering.removal import REMOVALS

# The numbers below were tried on the literature's instances and on made-up city days; none is sharp.

WORSE_AT_FIRST = 5
"""How much worse than the best a plan may be at first, in scores of a mean visit. It falls with the cube of what is
left of the search, so that much of it is spent near the best."""

BACK_TO_BEST_AFTER = 300
"""Rounds without a new best after which the search goes back to it."""

SHARE_BANNED = 0.2
"""Of visits taken out, the share that may not come back at once."""

RECOMBINATIONS = 20
"""Recombinations in a whole search."""

ALL_VISITED_SHARE = 10
"""Once every point is visited, the search goes on for this part of its bounds, for shorter tours only."""

ROWS_OF_NOISE = 61
"""Rows of chance, drawn once and used in turn."""

LOOK_EVERY = 16
"""Rounds between two looks at the clock on the wall."""

WORK_PER_ROUND = 45
"""What a round counts beside its looks at gaps."""


@dataclass(frozen=True)
class Found:
    draft: Draft
    rounds: int
    is_cut_short: bool


@dataclass
class Bounds:
    """`rounds` and `work` that a search may take, and whether it `is_over` for another reason."""

    rounds: int
    work: int
    is_over: Callable[[], bool]


class Weights:
    """What points weigh when a draft is filled: their value to some power, shaken a little. High powers look at value
    first, low ones at time."""

    def __init__(self, field: Field, random: Random) -> None:
        values = np.array(field.values, dtype=np.float64)
        self.plain: Floats = values * values
        self._powers: list[Floats] = [values, self.plain, self.plain * values, self.plain * self.plain * values]
        chance = np.array([random.random() for _ in range(ROWS_OF_NOISE * len(values))])
        self._noise: Floats = 0.7 + 0.6 * chance.reshape(ROWS_OF_NOISE, len(values))

    def draw(self, random: Random) -> Floats:
        power = self._powers[random.randrange(len(self._powers))]
        noisy: Floats = power * self._noise[random.randrange(ROWS_OF_NOISE)]
        return noisy


class Search:
    """One search. `best` and `current` are never changed, only replaced."""

    def __init__(self, field: Field, first: Draft, random: Random) -> None:
        self._field, self._random = field, random
        self._weights = Weights(field, random)
        self._pool = Pool(field)
        self._best = first.copy()
        self._best.fill(self._weights.plain)
        self._current = self._best
        self._rounds_without_best = 0

    def run(self, bounds: Bounds) -> Found:
        rounds = recombined = work = 0
        started = self._field.work
        until = bounds
        while rounds < until.rounds and work < until.work:
            if rounds % LOOK_EVERY == 0 and bounds.is_over():
                return Found(self._best, rounds, True)
            share = max(rounds / bounds.rounds, work / bounds.work)
            self._round(1.0 - share)
            rounds += 1
            if len(self._best.ways) > 1 and share * RECOMBINATIONS >= recombined + 1:
                recombined += 1
                self._recombine()
            work = self._field.work - started
            if until is bounds and self._best.value == self._field.all_value:
                until = Bounds(
                    min(bounds.rounds, rounds + bounds.rounds // ALL_VISITED_SHARE),
                    min(bounds.work, work + bounds.work // ALL_VISITED_SHARE),
                    bounds.is_over,
                )
        return Found(self._best, rounds, False)

    def _round(self, left: float) -> None:
        """`left`: the share of the search that is still to come."""
        self._field.work += WORK_PER_ROUND
        draft = self._changed()
        self._rounds_without_best += 1
        self._take_if_best(draft)
        visits = sum(len(way.visits) for way in self._best.ways) or 1
        score = self._best.value % self._field.above_all
        worse = int(score * WORSE_AT_FIRST * left * left * left) // visits
        if draft.value >= self._best.value - worse:
            self._current = draft
            self._pool.add(draft)
        if self._rounds_without_best >= BACK_TO_BEST_AFTER:
            self._current, self._rounds_without_best = self._best, 0

    def _changed(self) -> Draft:
        """The current draft with some visits taken out, filled again."""
        random, draft = self._random, self._current.copy()
        weights = self._weights.draw(random)
        visits = sum(len(way.visits) for way in draft.ways)
        if visits:
            number = 1 + random.randrange(min(visits, 4 + visits // 8))
            removal = REMOVALS[random.randrange(len(REMOVALS))]
            removed = draft.remove(set(removal(draft, random, number)))
            banned = [point for point in removed if random.random() < SHARE_BANNED]
            if banned:
                others = weights.copy()
                others[banned] = 0.0
                draft.fill(others)
        draft.fill(weights)
        return draft

    def _recombine(self) -> None:
        draft = self._pool.best(self._best.value)
        if draft is not None:
            draft.fill(self._weights.plain)
            self._current = draft
            self._take_if_best(draft)

    def _take_if_best(self, draft: Draft) -> None:
        if (draft.value, -draft.finishes) > (self._best.value, -self._best.finishes):
            self._best, self._rounds_without_best = draft, 0
