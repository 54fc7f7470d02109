"""The plan in a few sentences: put together from its entries here, or written by a model that was given no more than
the same entries. The report is finished before, and nothing of the plan hangs on these texts.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain, zip_longest

from pydantic import BaseModel

from app.services.itinerary.report import ItineraryQuestion
from app.services.places.words import listed
from app.services.routes.words import days_text
from app.trips.currencies import written
from app.trips.reports import ItineraryDay, ItineraryItem, ItineraryReport, Narrative

# Visits that begin before these hours are of the morning, the afternoon; the rest is of the evening.
_NOON, _EVENING = "12:00", "17:00"
_MOST_NAMED = 3
_TOLD = ("arrival", "departure", "leg", "visit", "meal", "event")


def from_the_plan(report: ItineraryReport, question: ItineraryQuestion) -> Narrative | None:
    """None where there is no plan to tell of."""
    if not report.itinerary_days:
        return None
    return Narrative(
        overview=" ".join([_frame(report, question), *_highlights(report), *_costs(report, question)]),
        days=[" ".join(_day(day)) for day in report.itinerary_days],
    )


class DayData(BaseModel):
    date: str
    place: str | None
    title: str
    weather: str | None
    entries: list[dict[str, str]]


class NarrativeData(BaseModel):
    """All that a model is told of a plan. `trip`: what is true of each day; first when, where and for whom.
    `highlights`: of which day they are, `days` says."""

    trip: list[str]
    highlights: list[str] = []
    days: list[DayData]


def data_of(report: ItineraryReport, question: ItineraryQuestion) -> NarrativeData:
    left_out = [sight.name for sight in report.left_out]
    return NarrativeData(
        trip=[_frame(report, question), *_costs(report, question), *report.fallbacks],
        highlights=list(_highlights(report)),
        days=[
            DayData(
                date=_day_text(day),
                place=day.place,
                title=day.title,
                weather=day.weather,
                entries=[_entry(item, left_out) for item in day.items if item.kind in _TOLD],
            )
            for day in report.itinerary_days
        ],
    )


# ---- without a model


def _frame(report: ItineraryReport, question: ItineraryQuestion) -> str:
    places = listed([stretch.name for stretch in report.destinations] or [place.name for place in question.places])
    days, people = report.itinerary_days, question.travelers_count
    when = _date_text(days[0].date) + (f" to {_date_text(days[-1].date)}" if len(days) > 1 else "")
    return f"{days_text(len(days)).capitalize()} in {places}, {when}, for {_people(people)}."


def _highlights(report: ItineraryReport) -> Iterator[str]:
    """The best known first, of each place in turn."""
    phases = report.itinerary_framework.phases if report.itinerary_framework else []
    in_turn = chain.from_iterable(zip_longest(*(phase.focus for phase in phases)))
    best = [name for name in dict.fromkeys(in_turn) if name is not None][:_MOST_NAMED]
    count = len({item.ref for day in report.itinerary_days for item in _visits(day)})
    if count > len(best):
        yield f"You see {count} sights, among them {listed(best)}."
    elif best:
        yield f"You see {listed(best)}."


def _visits(day: ItineraryDay) -> list[ItineraryItem]:
    """Of what goes on after lunch, its beginning."""
    begun: dict[str | None, ItineraryItem] = {}
    for item in day.items:
        if item.kind == "visit":
            begun.setdefault(item.ref, item)
    return list(begun.values())


def _costs(report: ItineraryReport, question: ItineraryQuestion) -> Iterator[str]:
    people = question.travelers_count
    if report.budget is not None:
        costs = report.budget
        currency = costs.budget_breakdown.currency
        whole = f"The whole trip is reckoned at {written(costs.budget_breakdown.total, currency)}"
        yield whole + (f", {written(costs.cost_per_person, currency)} a person." if people > 1 else ".")


def _day(day: ItineraryDay) -> Iterator[str]:
    arrival = next((item for item in day.items if item.kind == "arrival"), None)
    if arrival is not None:
        yield f"{arrival.title}, about {arrival.starts}."
    visits = _visits(day)
    parts = {
        "In the morning": [item.title for item in visits if item.starts < _NOON],
        "In the afternoon": [item.title for item in visits if _NOON <= item.starts < _EVENING],
        "In the evening": [item.title for item in visits if item.starts >= _EVENING],
    }
    for when, titles in parts.items():
        if titles:
            yield f"{when}: {listed(list(dict.fromkeys(titles)))}."
    departure = next((item for item in reversed(day.items) if item.kind == "departure"), None)
    if departure is not None:
        yield f"{departure.title}, about {departure.starts}."
    if arrival is None and departure is None and not visits:
        yield f"{day.title}."


# ---- for a model


def _entry(item: ItineraryItem, left_out: Sequence[str]) -> dict[str, str]:
    """Without reasons that name what is left out: a model might tell of it as if it were seen."""
    reasons = item.reasons or ([item.reason] if item.reason else [])
    told_reasons = [reason for reason in reasons if not any(name in reason for name in left_out)]
    told = {"from": item.starts, "to": item.ends, "kind": item.kind, "title": item.title}
    notes: Sequence[str] = item.notes[:1] if item.kind in ("visit", "meal", "event") else ()
    extra = {"reason": " ".join(told_reasons), "note": " ".join(notes)}
    return told | {name: text for name, text in extra.items() if text}


# ---- words


def _day_text(day: ItineraryDay) -> str:
    return f"{day.weekday}, {_date_text(day.date)}"


def _date_text(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"
