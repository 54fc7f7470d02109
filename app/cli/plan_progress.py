"""How far the agents are, while a plan is made: one live line an agent on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app.cli.visible import shortened, visible

BAR_WIDTH = 20
"""Characters."""

LONGEST_MESSAGE = 200
"""Characters of what an agent says."""


@dataclass
class _Row:
    percent: int = 0
    message: str = "waiting"
    ending: str = ""


class PlanProgress:
    """Fed with the session's events. On a terminal the lines change in place, while they are `shown`."""

    def __init__(self, console: Console, agents: tuple[str, ...]) -> None:
        self._console = console
        self._rows = {agent: _Row() for agent in agents}
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While inside, the lines follow the events."""
        if not self._console.is_terminal:
            yield
            return
        with Live(self._table(), console=self._console, refresh_per_second=12, transient=True) as live:
            self._live = live
            yield
        self._live = None

    def heard(self, event: dict[str, Any]) -> None:
        agent = event.get("agent")
        if not isinstance(agent, str):
            return
        row = self._rows.setdefault(visible(agent), _Row())
        row.message = shortened(visible(str(event.get("message", ""))), LONGEST_MESSAGE)
        if event.get("type") == "agent_failed":
            row.ending = "failed"
        elif event.get("status") == "completed":
            row.ending, row.percent = "done", 100
            if isinstance(event.get("duration_ms"), int):
                row.message += f" ({event['duration_ms']} ms)"
        elif isinstance(event.get("progress_percent"), int):
            row.percent = max(row.percent, event["progress_percent"])
        if self._live is None:
            self._console.print(Text(f"{visible(agent):<10} {row.ending or f'{row.percent}%':>6}  {row.message}"))
        else:
            self._live.update(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(width=BAR_WIDTH)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for agent, row in self._rows.items():
            mark, style = {"done": ("✓", "green"), "failed": ("✗", "red")}.get(row.ending, ("·", "dim"))
            bar = ProgressBar(total=100, completed=row.percent, width=BAR_WIDTH)
            table.add_row(Text(mark, style), Text(agent, style), bar, Text(row.message, style))
        return table
