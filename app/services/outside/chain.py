"""The providers of a chain are asked one after the other, until one has an answer. The answer comes with the errors of
those before it, so that what is shown can say why they are missing.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.services.outside.cache_policy import cache_policy
from app.services.outside.errors import ProviderError

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Answered(Generic[T]):
    """`answer` None: nobody had one. `errors`: of those that were asked before, in order."""

    answer: T | None
    errors: tuple[ProviderError, ...] = ()


async def first_answer(providers: Sequence[P], ask: Callable[[P], Awaitable[T | None]]) -> Answered[T]:
    """Ask one after the other until one has an answer; None from `ask` means that this provider has nothing to say.
    Where nobody has a fresh answer, an outdated one will do, in the same order.

    Only ProviderError leads on; any other error is a fault of ours and is raised.
    """
    errors: list[ProviderError] = []
    with cache_policy("fresh_only"):
        for provider in providers:
            try:
                answer = await ask(provider)
            except ProviderError as error:
                errors.append(error)
                continue
            if answer is not None:
                return Answered(answer, tuple(errors))
    with cache_policy("cache_only"):
        for provider in providers if errors else ():
            with suppress(ProviderError):
                if (answer := await ask(provider)) is not None:
                    return Answered(answer, tuple(errors))
    return Answered(None, tuple(errors))
