"""What all stretches in one city cost that begin with the same arrival: by first day, number of days and departure.

Reckoned as arrays from what arrival and departure leave of their days; only stretches of which both fall on one day
are looked at singly. Apart from `stretch_tables` because this is arithmetic and nothing else.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.trips.planner.day_parts import Arrival, DayParts, Facts
from app.trips.planner.meal_costs import CODE_DIGIT, code_of, counts_of
from app.trips.planner.meal_prices import NEVER, Numbers
from app.trips.planner.musts import together
from app.trips.planner.route import Move, Stretch
from app.trips.planner.stretch_costs import StretchCosts
from app.trips.problem import DAY_MINUTES, City, Meal
from app.trips.rules import BAGS_MINUTES

_ANY_TIME = 1 << 40
"""Minutes, later than all times, and with a minus before them: no hour binds who does not go on, or did not come."""

Truths = NDArray[np.bool_]


class Lines(NamedTuple):
    """[first day, days less one, departure]; where first days do not matter there is one of them. `costs`: by the needs
    that the meals meet. `points`: a guess; None where nobody asked."""

    costs: dict[int, Numbers]
    points: Numbers | None


class Departure(NamedTuple):
    """How one goes, None where nobody leaves; and the meals that were had on that day, None where that matters to
    nobody."""

    move: Move | None
    meals: frozenset[Meal] | None


class _Days(NamedTuple):
    """Facts about parts of days as arrays: [day] or [day, departure]."""

    facts: list[list[Facts]]
    codes: Numbers
    minutes: Numbers
    parts: Numbers


def _as_days(facts: list[list[Facts]]) -> _Days:
    def numbers(value: list[list[int]]) -> Numbers:
        return np.array(value, dtype=np.int64).reshape(len(facts), -1)

    return _Days(
        facts,
        numbers([[found.code for found in row] for row in facts]),
        numbers([[found.minutes for found in row] for row in facts]),
        numbers([[int(found.part is not None) for found in row] for row in facts]),
    )


class Departures:
    """All departures of a city, and what they leave of each day. `is_end`: nobody goes on from them."""

    def __init__(self, parts: DayParts, found: list[Departure], *, is_end: bool) -> None:
        self.found, self.is_end = found, is_end
        self.days = _as_days(parts.of_each_day(lambda day: [parts.leaving(departure.move, day) for departure in found]))
        hours = [0 if departure.move is None else departure.move.departs for departure in found]
        # Whole days by which the last night is earlier: who leaves at midnight sharp does not stay until then.
        self.nights_less = np.array(
            [int(departure.move is not None and departure.move.departs == 0) for departure in found], dtype=np.int64
        )
        self.ready_from = np.array(
            [
                _ANY_TIME if departure.move is None else hour - BAGS_MINUTES
                for departure, hour in zip(found, hours, strict=True)
            ],
            dtype=np.int64,
        )
        codes = [-1 if departure.meals is None else code_of(departure.meals) for departure in found]
        self.asked_codes = np.array(codes, dtype=np.int64)


class LineReckoner:
    """Of one city."""

    def __init__(self, costs: StretchCosts, index: int, city: City, parts: DayParts, *, with_points: bool) -> None:
        self._costs, self._index, self._city, self._parts = costs, index, city, parts
        self._with_points = with_points
        whole = _as_days([[facts] for facts in parts.whole])
        self._codes_until = np.concatenate(([0], np.cumsum(whole.codes[:, 0])))
        self._minutes_until = np.concatenate(([0], np.cumsum(whole.minutes[:, 0])))
        self._whole_codes = whole.codes[:, 0]
        self._prices: dict[int, dict[int, int]] = {}

    def lines(self, arrival: Arrival, first: Numbers, leaving: Numbers, out: Departures) -> Lines:
        """`first`: [first day, 1]. `leaving`: the day of the departure, [first day, days less one]."""
        last = len(self._parts.days) - 1
        arriving = first + arrival.days_on_the_way
        come = _as_days([[self._parts.arriving(arrival, min(day, last))] for day in arriving[:, 0].tolist()])
        at = np.minimum(leaving, last)
        after = np.minimum(arriving + 1, last + 1)
        codes = (come.codes + self._codes_until[at] - self._codes_until[after])[..., None] + out.days.codes[at]
        days = np.minimum(leaving, last) - first + int(out.is_end)
        is_possible = _is_possible(arrival, first, leaving, out)
        is_possible &= ((leaving <= last) & (days <= self._costs.longest))[..., None]
        is_apart = (arriving < leaving)[..., None]
        fits = is_possible & is_apart & ((out.asked_codes < 0) | (out.days.codes[at] == out.asked_codes))
        if self._parts.are_dated:
            fits &= self._musts_fit(come, arriving, at, out, fits)
        fits, codes = self._with_booked(come, arriving, at, out, fits, codes)
        lines = self._blank(codes.shape)
        if fits.any():
            nights = _nights(arrival, first, at, out)
            self._fill(lines, fits, codes * CODE_DIGIT + nights, days)
            if lines.points is not None:
                minutes = come.minutes + self._minutes_until[at] - self._minutes_until[after]
                parts = (come.parts + at - arriving - 1)[..., None] + out.days.parts[at]
                self._fill_points(lines.points, fits, minutes[..., None] + out.days.minutes[at], parts)
        self._look_at_single_days(lines, arrival, first, at, out, is_possible & ~is_apart)
        return lines

    def _blank(self, shape: tuple[int, ...]) -> Lines:
        return Lines({}, np.zeros(shape, dtype=np.int64) if self._with_points else None)

    # ---- what fits

    def _musts_fit(self, come: _Days, arriving: Numbers, leaving: Numbers, out: Departures, asked: Truths) -> Truths:
        sets_come = [self._parts.sets_on(row[0]) for row in come.facts]
        sets_go = [[self._parts.sets_on(facts) for facts in row] for row in out.days.facts]
        between: dict[tuple[int, int], frozenset[int]] = {}
        known: dict[tuple[object, ...], bool] = {}
        fits = np.zeros(asked.shape, dtype=np.bool_)
        for row, column, departure in np.argwhere(asked).tolist():
            day, until = int(arriving[row, 0]) + 1, int(leaving[row, column])
            if (day, until) not in between:
                between[day, until] = together(
                    self._parts.sets_on(self._parts.whole[found]) for found in range(day, until)
                )
            sets = (sets_come[row], between[day, until], sets_go[until][departure])
            if sets not in known:
                known[sets] = self._costs.musts[self._index].fit_together(sets)
            fits[row, column, departure] = known[sets]
        return fits

    def _with_booked(
        self, come: _Days, arriving: Numbers, leaving: Numbers, out: Departures, fits: Truths, codes: Numbers
    ) -> tuple[Truths, Numbers]:
        """Where the party is there for all booked meals, and the meals that are left to be chosen."""
        for day, meal in self._costs.booked[self._index].slots:
            if not 0 <= day < len(self._whole_codes):
                return np.zeros_like(fits), codes
            one = code_of((meal,))
            is_due = np.where(arriving == day, _has(come.codes, one), (arriving < day) & (day < leaving))[..., None]
            is_due = is_due & (_has(self._whole_codes[day], one) | (arriving == day)[..., None])
            is_due = is_due | ((leaving == day)[..., None] & _has(out.days.codes[leaving], one))
            fits, codes = fits & is_due, codes - one
        return fits, codes

    # ---- what it costs

    def _fill(self, lines: Lines, fits: Truths, codes: Numbers, days: Numbers) -> None:
        asked, kind_of = np.unique(codes[fits], return_inverse=True)
        prices = [self._price(code) for code in asked.tolist()]
        fares = (np.broadcast_to(days[..., None], fits.shape)[fits]) * self._city.daily_fare * self._costs.size
        for bits in dict.fromkeys(bits for found in prices for bits in found):
            of_kind = np.array([found.get(bits, NEVER) for found in prices], dtype=np.int64)[kind_of.reshape(-1)]
            costs = np.full(fits.shape, NEVER, dtype=np.int64)
            costs[fits] = np.where(of_kind < NEVER, of_kind + fares, NEVER)
            lines.costs[bits] = costs

    def _price(self, code: int) -> dict[int, int]:
        """Of meals and nights, the fares aside, by needs."""
        if code not in self._prices:
            meals, nights = divmod(code, CODE_DIGIT)
            self._prices[code] = self._costs.prices(self._index, counts_of(meals), nights)
        return self._prices[code]

    def _fill_points(self, points: Numbers, fits: Truths, minutes: Numbers, parts: Numbers) -> None:
        guess = self._costs.guesses[self._index]
        pairs, pair_of = np.unique(minutes[fits] * CODE_DIGIT + parts[fits], return_inverse=True)
        found = [guess.points(*divmod(pair, CODE_DIGIT)) for pair in pairs.tolist()]
        points[fits] = np.array(found, dtype=np.int64)[pair_of.reshape(-1)]

    def _look_at_single_days(
        self, lines: Lines, arrival: Arrival, first: Numbers, leaving: Numbers, out: Departures, asked: Truths
    ) -> None:
        """Of stretches that end on the day of the arrival."""
        for row, column, number in np.argwhere(asked).tolist():
            day, until, departure = int(first[row, 0]), int(leaving[row, column]), out.found[number]
            days = until - day + int(out.is_end)
            inward = None if arrival.move is None else replace(arrival.move, day=day)
            onward = None if departure.move is None else replace(departure.move, day=until)
            fixed = self._costs.fixed[self._index]
            stretch = Stretch(self._city, arrival.had_before, day, days, inward, onward, self._parts.dates, fixed)
            if departure.meals is not None and departure.meals != stretch.meals_on_leaving:
                continue
            prices, points = self._costs.priced(self._index, stretch)
            for bits, cost in prices.items():
                costs = lines.costs.setdefault(bits, np.full(asked.shape, NEVER, dtype=np.int64))
                costs[row, column, number] = cost
            if lines.points is not None:
                lines.points[row, column, number] = points


def _is_possible(arrival: Arrival, first: Numbers, leaving: Numbers, out: Departures) -> Truths:
    """See `Stretch`."""
    comes = -_ANY_TIME if arrival.move is None else arrival.move.arrives + BAGS_MINUTES
    return (first * DAY_MINUTES + comes)[..., None] <= (leaving * DAY_MINUTES)[..., None] + out.ready_from


def _nights(arrival: Arrival, first: Numbers, leaving: Numbers, out: Departures) -> Numbers:
    """From the evening of the arrival to the morning of the departure, of stretches that have both."""
    missed = 0 if arrival.move is None else max(0, -(-arrival.move.arrives // DAY_MINUTES) - 1)
    nights: Numbers = np.maximum(0, (leaving - first - missed)[..., None] - out.nights_less)
    return nights


def _has(codes: Numbers, one: int) -> Truths:
    """Whether a day's meals have that one."""
    return codes // one % CODE_DIGIT > 0
