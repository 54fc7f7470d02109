"""The parts of the page that are tables of facts: weather, journey, events."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from app.cli.plan_words import day_and_month, duration, marked, plain
from app.trips.reports import Event, EventsReport, RouteOption, RouteReport, WeatherReport


def weather(report: WeatherReport) -> Iterator[RenderableType]:
    yield Text(plain(report.weather_summary))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Day", no_wrap=True)
    table.add_column("High", justify="right", no_wrap=True)
    table.add_column("Low", justify="right", no_wrap=True)
    table.add_column("Rain", justify="right", no_wrap=True)
    table.add_column("Sky")
    for day in report.weather_forecast:
        rain = "?" if day.rain_chance_percent is None else f"{day.rain_chance_percent} %"
        sky = Text.assemble(plain(day.condition), marked(day.kind))
        table.add_row(day_and_month(day.date), _degrees(day.high_c), _degrees(day.low_c), rain, sky)
    yield Text("")
    yield table


def journey(report: RouteReport) -> Iterator[RenderableType]:
    best = report.primary_route
    if best.mode == "none":
        yield Text(plain(best.reason))
    else:
        yield Text.assemble((_mode_and_size(best), "bold"), marked(best.kind))
        yield Text(plain(best.description))
        yield Text(plain(best.reason), "dim")
    if report.alternative_routes:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column()
        for option in report.alternative_routes.values():
            mark, style = ("✓", "green") if option.is_feasible else ("✗", "red")
            size = _mode_and_size(option) if option.is_feasible else option.mode
            table.add_row(Text(mark, style), size, Text(plain(option.reason), "dim"))
        yield Text("")
        yield table
    if report.local_transport:
        yield Text("")
        yield Text.assemble(("There: ", "bold"), plain(report.local_transport))


def events(report: EventsReport) -> Iterator[RenderableType]:
    yield Text(plain(report.event_summary))
    if not report.events:
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for event in report.events:
        table.add_row(_when(event), _event(event))
    yield Text("")
    yield table


def _event(event: Event) -> Text:
    text = Text.assemble((plain(event.name), "bold"), f", {event.kind.replace('_', ' ')}", marked(event.source.kind))
    if event.is_free:
        text.append(" free of charge", "green")
    at = event.starts_at and f"From {event.starts_at}" + (f", {event.timezone}" if event.timezone else "")
    for detail in (at, event.venue, event.description, event.closes and f"Closed: {event.closes}", event.url):
        if detail:
            text.append(f"\n{plain(detail)}", "dim")
    return text


def _when(event: Event) -> str:
    first, last = day_and_month(event.starts), day_and_month(event.ends)
    return first if first == last else f"{first} to {last}"


def _mode_and_size(option: RouteOption) -> str:
    return f"{option.mode}, {duration(option.duration_minutes)}, {option.distance_km:,.0f} km"


def _degrees(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f} °C"
