"""What every agent is: a name, a type of request, a type of report, and `handle`.

An agent never sees Redis, HTTP or another agent. What surrounds it reaches it through `AgentContext`.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel

from app.services.outside.deadlines import Deadline

RequestT = TypeVar("RequestT", bound=BaseModel)
ReportT = TypeVar("ReportT", bound=BaseModel)


class AgentContext(Protocol):
    """What an agent may know of the world: how long it has, and somebody to tell how far it is."""

    @property
    def deadline(self) -> Deadline:
        """Until when the answer is of use."""
        ...

    async def progress(self, message: str, percent: int) -> None:
        """Tell the traveller what is being done. `percent` of this agent's work, 0 to 99; only rises."""
        ...


class BaseAgent(ABC, Generic[RequestT, ReportT]):
    """One agent. `name` names its channels, `title` is what a traveller reads, `capabilities` what it can be asked.

    `is_cacheable`: it answers the same request alike for a while, so that a report may serve the next such request.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    capabilities: tuple[str, ...]
    request_type: type[RequestT]
    is_cacheable: ClassVar[bool] = False

    @abstractmethod
    async def handle(self, request: RequestT, context: AgentContext) -> ReportT:
        """Do the work. Cancellation ends it at its next await. Raises RoundTableError for what it cannot do."""
