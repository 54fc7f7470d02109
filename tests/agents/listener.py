"""An agent's context that keeps what it is told."""

from app.services.outside.deadlines import Deadline


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    @property
    def deadline(self) -> Deadline:
        return Deadline.after(10.0)

    async def progress(self, message: str, percent: int) -> None:
        self.heard.append((message, percent))

    @property
    def percents(self) -> list[int]:
        return [percent for _, percent in self.heard]
