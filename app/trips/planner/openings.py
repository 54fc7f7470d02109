"""When each sight may be visited on each day of a stretch: opening hours, the day's own hours, bookings and rain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.trips.plan import LeftOutReason
from app.trips.planner.appeal import hours_on, must_see
from app.trips.planner.route import Part, Stretch
from app.trips.problem import DAY_MINUTES, Sight, VisitLock, Wishes
from app.trips.rules import DRY_DAY_MARGIN_MINUTES, LONG_VISIT_MINUTES, MEAL_HOURS, DayRules, day_rules

Starts = tuple[tuple[int, int], ...]
_NO_TIME: LeftOutReason = "no time"


@dataclass(frozen=True)
class Candidate:
    """A sight that can be visited. `starts`: for each part of the stretch, when a visit may begin (first, last).

    `is_wished`: the traveller wants it. `is_anchored`: an earlier plan has it, and it should stay where it is.
    `kept_dry`: days (from 0) on which it would be open but for the rain.
    """

    sight: Sight
    starts: tuple[Starts, ...]
    is_wished: bool
    is_anchored: bool
    kept_dry: tuple[int, ...]

    @property
    def is_required(self) -> bool:
        return self.is_wished or self.is_anchored


@dataclass(frozen=True)
class Anchor:
    """Where a visit of an earlier plan is kept: on that day, and at that time where one is given."""

    day: date
    starts: int | None


@dataclass(frozen=True)
class Openings:
    """`candidates` in the city's order; `closed`: the other sights and why they cannot be visited."""

    candidates: tuple[Candidate, ...]
    closed: tuple[tuple[Sight, LeftOutReason], ...]

    @property
    def bare(self) -> "Openings":
        """Without what may be left out: it is taken to have no time."""
        spared = tuple((found.sight, _NO_TIME) for found in self.candidates if not found.is_required)
        return Openings(tuple(found for found in self.candidates if found.is_required), (*spared, *self.closed))


def openings(stretch: Stretch, wishes: Wishes, anchors: Mapping[str, Anchor]) -> Openings:
    """`anchors`: by the id of the sight; one on which the sight cannot be visited any more is let go."""
    rules = day_rules(wishes)
    musts = must_see(stretch.city, wishes)
    candidates: list[Candidate] = []
    closed: list[tuple[Sight, LeftOutReason]] = []
    for sight in stretch.city.attractions:
        if sight.id in wishes.avoid:
            closed.append((sight, "avoided"))
            continue
        found = _candidate(sight, stretch, rules, sight.id in musts, musts.get(sight.id))
        if any(found.starts) and not found.is_wished and not _leaves_time_for_lunch(found, stretch, rules):
            closed.append((sight, "too long"))
        elif any(found.starts):
            anchor = anchors.get(sight.id)
            candidates.append(found if anchor is None else _anchored(found, stretch, anchor))
        else:
            closed.append((sight, _why_closed(sight, stretch, rules)))
    return Openings(tuple(candidates), tuple(closed))


def _candidate(sight: Sight, stretch: Stretch, rules: DayRules, is_wished: bool, lock: VisitLock | None) -> Candidate:
    starts = [tuple(hours_on(sight, part, stretch.dates[part.day], rules)) for part in stretch.parts]
    kept_dry: list[int] = []
    if lock is not None:
        starts = [_locked(found, part, stretch, lock) for found, part in zip(starts, stretch.parts, strict=True)]
    elif not is_wished and sight.indoor is not True and _can_wait_for_a_dry_day(sight, stretch, starts):
        wet = [stretch.city.is_wet(stretch.dates[part.day]) for part in stretch.parts]
        kept_dry = [
            part.day for part, is_wet, found in zip(stretch.parts, wet, starts, strict=True) if is_wet and found
        ]
        starts = [() if is_wet else found for is_wet, found in zip(wet, starts, strict=True)]
    return Candidate(sight, tuple(starts), is_wished, False, tuple(kept_dry))


def _leaves_time_for_lunch(found: Candidate, stretch: Stretch, rules: DayRules) -> bool:
    """Before it, after it or, in a long visit, in the middle, where the rest after lunch comes on top."""
    minutes, lunch = found.sight.visit_minutes, MEAL_HOURS["lunch"]
    back = lunch.earliest + lunch.minutes
    return minutes < LONG_VISIT_MINUTES or any(
        (part, "lunch") not in stretch.meals_due
        or first + minutes <= lunch.latest
        or last >= back
        or first + rules.rest_minutes <= last
        for part, hours in zip(stretch.parts, found.starts, strict=True)
        for first, last in hours
    )


def _anchored(found: Candidate, stretch: Stretch, anchor: Anchor) -> Candidate:
    starts = tuple(
        _locked(open_, part, stretch, anchor) for open_, part in zip(found.starts, stretch.parts, strict=True)
    )
    return replace(found, starts=starts, is_anchored=True) if any(starts) else found


def _locked(found: Starts, part: Part, stretch: Stretch, lock: VisitLock | Anchor) -> Starts:
    if stretch.dates[part.day] != lock.day:
        return ()
    if lock.starts is None:
        return found
    return tuple((lock.starts, lock.starts) for first, last in found if first <= lock.starts <= last)


def _can_wait_for_a_dry_day(sight: Sight, stretch: Stretch, starts: Sequence[Starts]) -> bool:
    """Whether a visit may begin on a dry day, with time for the ways. `starts`: for each part, as if it stayed dry."""
    return any(
        max(first, _comes(part)) <= min(last, _leaves(part) - sight.visit_minutes)
        for part, hours in zip(stretch.parts, starts, strict=True)
        if not stretch.city.is_wet(stretch.dates[part.day])
        for first, last in hours
    )


def _comes(part: Part) -> int:
    return part.begins + DRY_DAY_MARGIN_MINUTES if part.is_arrival else 0


def _leaves(part: Part) -> int:
    return part.ends - DRY_DAY_MARGIN_MINUTES if part.is_departure else DAY_MINUTES


def _why_closed(sight: Sight, stretch: Stretch, rules: DayRules) -> LeftOutReason:
    """`hours`: it is open while the party is there, though not for long enough within the hours of its days."""
    if not any(sight.windows(stretch.dates[part.day]) for part in stretch.parts):
        return "closed"
    days = [min(part.ends, rules.ends) - max(part.begins, rules.starts) for part in stretch.parts]
    return "too long" if sight.visit_minutes > max(days) else "hours"
