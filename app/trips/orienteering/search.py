"""The search: takes some visits out, fills up again, and keeps what is not much worse than the best so far."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np

from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field
from app.trips.orienteering.insertion import Floats
from app.trips.orienteering.removal import REMOVALS

# Every so many rounds the clock on the wall is looked at, and the plan goes back to the best if that has not moved.
LOOK_EVERY = 16
BACK_TO_BEST_AFTER = 300

# How much worse than the best a plan may be, in thousandths of the best's value: at first, falling to nothing.
WORSE_AT_FIRST = 100

# Rows of chance, drawn once and used in turn; a prime, so that they do not fall into step with anything.
ROWS_OF_NOISE = 61


@dataclass(frozen=True)
class Found:
    draft: Draft
    rounds: int
    is_cut_short: bool


class Weights:
    """What points weigh when a draft is filled: their value to some power, shaken a little."""

    def __init__(self, field: Field, random: Random) -> None:
        values = np.array(field.values, dtype=np.float64)
        self._powers = (values, values * np.sqrt(values), values * values, values * values * values)
        points = len(field.points)
        self._noise = [np.array([0.7 + 0.6 * random.random() for _ in range(points)]) for _ in range(ROWS_OF_NOISE)]
        self.plain: Floats = values * values

    def draw(self, random: Random) -> Floats:
        return self._powers[random.randrange(len(self._powers))] * self._noise[random.randrange(ROWS_OF_NOISE)]


def search(field: Field, first: Draft, random: Random, rounds: int, work: int, is_over: Callable[[], bool]) -> Found:
    """Stops after so many rounds or so much of the field's work, whichever is first, or when `is_over` says so."""
    weights = Weights(field, random)
    best = first.copy()
    best.fill(weights.plain)
    current = best
    best_at = done = 0
    started = field.work
    while done < rounds and field.work - started < work:
        if done % LOOK_EVERY == 0 and is_over():
            return Found(best, done, True)
        left = 1.0 - max(done / rounds, (field.work - started) / work)
        draft = _changed(current, weights, random)
        done += 1
        field.work += 45
        if _is_better(draft, best):
            best, best_at = draft, done
        visits = sum(len(way.visits) for way in best.ways) or 1
        worse = int(best.value * WORSE_AT_FIRST * left) // (100 * visits)
        if draft.value >= best.value - worse:
            current = draft
        if done - best_at >= BACK_TO_BEST_AFTER:
            current, best_at = best, done
    return Found(best, done, False)


def _changed(current: Draft, weights: Weights, random: Random) -> Draft:
    draft = current.copy()
    visits = sum(len(way.visits) for way in draft.ways)
    chosen_weights = weights.draw(random)
    if visits:
        number = 1 + random.randrange(min(visits, 4 + visits // 8))
        removal = REMOVALS[random.randrange(len(REMOVALS))]
        removed = draft.remove(set(removal(draft, random, number)))
        banned = [point for point in removed if random.random() < 0.4]
        if banned:
            without = chosen_weights.copy()
            without[banned] = 0.0
            draft.fill(without)
    draft.fill(chosen_weights)
    return draft


def _is_better(draft: Draft, other: Draft) -> bool:
    return (draft.value, -draft.finishes) > (other.value, -other.finishes)
