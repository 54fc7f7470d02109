"""A plan as a traveller reads it in a terminal. What an agent did not deliver is named, and every part says where its
facts come from."""

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

from pydantic import ValidationError
from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from app.cli.plan_costs import costs
from app.cli.plan_days import itinerary
from app.cli.plan_facts import events, journey, weather
from app.cli.plan_words import day_month_year, marked, plain
from app.trips.reports import (
    BudgetReport,
    EventsReport,
    ItineraryReport,
    ResolvedPlace,
    RouteReport,
    Source,
    WeatherReport,
)

ReportT = TypeVar("ReportT", WeatherReport, EventsReport, RouteReport, BudgetReport, ItineraryReport)

_STATUS_STYLES = {"completed": "green", "partial": "yellow"}


def plan_view(answer: dict[str, Any], trip: dict[str, Any]) -> Iterator[RenderableType]:
    """The parts of the page in order. `answer`: the gateway's; `trip`: the request it answers."""
    reports = _Reports(answer.get("data") or {})
    yield from _header(answer, trip, reports)
    yield from _failures(answer, reports)
    if reports.weather:
        yield from _section("Weather", weather(reports.weather))
    if reports.route:
        yield from _section("How to get there", journey(reports.route))
    if reports.itinerary:
        yield from _section("Day by day", itinerary(reports.itinerary))
    if reports.budget:
        yield from _section("Costs", costs(reports.budget))
    if reports.events:
        yield from _section("Holidays and events", events(reports.events))
    if reports.itinerary and reports.itinerary.key_tips:
        yield from _section("Tips", _list(reports.itinerary.key_tips))
    if found := reports.warnings():
        yield from _section("Please note", _list(found, "yellow"))
    if sources := reports.sources():
        yield from _section("Sources", _sources(sources))
    yield Text("")


class _Reports:
    """The agents' reports as types; None where one is missing, or of a form that this version does not know."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.unreadable: list[str] = []
        self.weather = self._read(data, "weather", WeatherReport)
        self.route = self._read(data, "route", RouteReport)
        self.itinerary = self._read(data, "itinerary", ItineraryReport)
        self.budget = self._read(data, "budget", BudgetReport)
        self.events = self._read(data, "events", EventsReport)

    def _read(self, data: dict[str, Any], key: str, kind: type[ReportT]) -> ReportT | None:
        if data.get(key) is None:
            return None
        try:
            return kind.model_validate(data[key], extra="ignore")
        except ValidationError:
            self.unreadable.append(key)
            return None

    def _delivered(self) -> list[WeatherReport | EventsReport | RouteReport | BudgetReport | ItineraryReport]:
        found = (self.weather, self.route, self.itinerary, self.budget, self.events)
        return [report for report in found if report is not None]

    def warnings(self) -> list[str]:
        """Each once: how the place names were understood, what to mind, what stood in for agents that failed."""
        assumed = [place.assumption for place in self.places() if place.assumption]
        warned = [warning for report in self._delivered() for warning in report.warnings]
        stood_in = self.itinerary.fallbacks if self.itinerary else []
        return list(dict.fromkeys(plain(text) for text in (*assumed, *warned, *stood_in)))

    def sources(self) -> list[Source]:
        return list(dict.fromkeys(source for report in self._delivered() for source in report.sources))

    def places(self) -> list[ResolvedPlace]:
        """The destination first, then the origin, as far as an agent said them."""
        if self.route:
            return [self.route.destination, self.route.origin]
        found = self.weather or self.events
        return [found.location] if found else []


def _header(answer: dict[str, Any], trip: dict[str, Any], reports: _Reports) -> Iterator[RenderableType]:
    places = reports.places()
    there = f"{places[0].name}, {places[0].country}" if places else str(trip["destination"])
    origin = f"{places[1].name}, {places[1].country}" if len(places) > 1 else str(trip["origin"])
    dates = [date.fromisoformat(day) for day in answer.get("days") or trip["travel_dates"]]
    count = (max(dates) - min(dates)).days + 1
    travellers = int(trip.get("travelers_count", 1))
    facts = [
        f"{day_month_year(min(dates))} to {day_month_year(max(dates))}" if count > 1 else day_month_year(dates[0]),
        f"{count} days" if count > 1 else "1 day",
        f"{travellers} travellers" if travellers > 1 else "1 traveller",
        plain(str(trip.get("budget_range", ""))),
    ]
    yield Text("")
    yield Text.assemble((plain(there), "bold"), f"  from {plain(origin)}")
    yield Text(" · ".join(fact for fact in facts if fact))
    seconds = answer.get("processing_time_ms", 0) / 1000
    style = _STATUS_STYLES.get(str(answer.get("status")), "red")
    yield Text(plain(str(answer.get("message") or answer.get("status"))), style)
    yield Text(f"{seconds:.2f} s, session {plain(str(answer.get('session_id')))}", "dim")


def _failures(answer: dict[str, Any], reports: _Reports) -> Iterator[RenderableType]:
    for failure in answer.get("failures") or []:
        reason = f"{failure.get('message')} ({failure.get('code')})"
        yield Text.assemble(("✗ ", "red"), (plain(str(failure.get("agent"))), "bold red"), f": {plain(reason)}")
    for key in reports.unreadable:
        yield Text(f"✗ {key}: of a form that this version cannot show; see --json", "red")


def _section(title: str, parts: Iterator[RenderableType]) -> Iterator[RenderableType]:
    yield Text("")
    yield Rule(Text(title, "bold"), align="left", style="dim")
    for part in parts:
        yield Padding(part, (0, 0, 0, 2))


def _list(texts: list[str], style: str = "") -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 1))
    for text in texts:
        grid.add_row(Text("•", "dim"), Text(plain(text), style))
    yield grid


def _sources(sources: list[Source]) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    for source in sources:
        entry = Text.assemble(plain(source.provider), marked(source.kind), (f" {source.retrieved_at}", "dim"))
        if source.note:
            entry.append(f"\n{plain(source.note)}", "dim")
        if source.url:
            entry.append(f"\n{plain(source.url)}", "dim")
        entry.overflow = "fold"
        grid.add_row(Text("•", "dim"), entry)
    yield grid
