"""What a model is asked, and what comes back. Apart from `model.py` so that whoever asks needs no model's library."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderError

T = TypeVar("T")


@dataclass(frozen=True)
class Task(Generic[T]):
    """`instructions`: ours alone. `data`: whatever else the model has to know, as JSON; text of travellers and
    providers reaches it nowhere else. `form`: a pydantic model that the answer has to fit. `check`: raises ValueError,
    in words that tell the model what to mend, for an answer that must not be used.
    """

    instructions: str
    data: str
    form: type[T]
    check: Callable[[T], None]


@dataclass(frozen=True)
class Usage:
    """What all requests of one task took. `cost_usd`: by public list prices; None where none is known for the model,
    or where an answer did not say what it took; its tokens are not in the sums. Nor is a request that was
    broken off."""

    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None


@dataclass(frozen=True)
class Reply(Generic[T]):
    """`value`: None where there is none fit for use, and then `error` says why. `usage`: also of answers of no use;
    None where the model was not asked, or did not answer at all."""

    value: T | None
    error: ProviderError | None
    usage: Usage | None


class Writer(Protocol):
    """Whoever answers tasks: a model, or whatever stands in for one."""

    @property
    def name(self) -> str: ...

    async def ask(self, task: Task[T], deadline: Deadline) -> Reply[T]: ...
