"""Keeps a group of programs running on one machine, and stops them in order. There is no other machinery: what runs
in production is the same programs, under whatever keeps them running there."""

import asyncio
from collections.abc import Iterable

from app.cli.child import Child, LineHandler, Program


class Supervisor:
    """Groups are stopped in the reverse order of their start, the programs of one group together."""

    def __init__(self, on_event: LineHandler, on_output: LineHandler) -> None:
        self._on_event = on_event
        self._on_output = on_output
        self._groups: list[list[Child]] = []

    def start(self, programs: Iterable[Program]) -> None:
        """Start one more group; from now on its programs are started again when they end."""
        group = [Child(program, self._on_event, self._on_output) for program in programs]
        self._groups.append(group)
        for child in group:
            child.start()

    async def stop(self) -> None:
        """Stop every program, last group first. Leaves no process behind."""
        for group in reversed(self._groups):
            await asyncio.gather(*(child.stop() for child in group))
        self._groups.clear()

    def kill(self) -> None:
        """End all at once; `stop`, where it is under way, then ends soon."""
        for group in self._groups:
            for child in group:
                child.kill()

    def pids(self) -> dict[str, int]:
        """The running programs' process ids by name."""
        children = [child for group in self._groups for child in group]
        return {child.program.name: child.pid for child in children if child.pid is not None}
