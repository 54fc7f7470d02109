"""One model behind one question: it is passed over while it fails, never asked beyond our time, and every way in which
it may fail becomes one of the errors that providers of facts have as well.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar

import structlog
from pydantic_ai import Agent, ModelRetry, NativeOutput, UsageLimits, capture_run_messages
from pydantic_ai import exceptions as model_errors
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model as Client
from pydantic_ai.settings import ModelSettings

from app.llm.task import Reply, Task, Usage
from app.services.outside.deadlines import LEAST_S, Deadline
from app.services.outside.degradation import record_degradation
from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderNotAskedError,
    ProviderTimeoutError,
    ProviderUnreachableError,
)
from app.services.outside.health import ProviderCounts, ProviderHealth
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.provider_status import LASTING, ProviderStatus
from app.services.outside.quota import QuotaCount
from app.services.outside.single_flight import SingleFlight

log = structlog.get_logger(__name__)

MOST_REQUESTS = 2
"""The first, and one more for an answer that did not fit."""

WITHIN_S = 6.0
"""The most that anybody waits for a text, whatever time there is."""

QUOTA_PAUSE_S = 3600.0
"""How long a model is left alone that says that our quota is used up, and not until when."""

MOST_TOKENS = 10_000_000
"""More than any model reads or writes for one answer; beyond that, its count is nonsense."""

LONGEST_REASON = 500
"""Characters, in the log: the model's own words are in it."""

T = TypeVar("T")


class Model:
    """`slug` names it in logs and `/status`, `title` in what is shown. `client`: of the library, with the key in it.
    `temperature` from 0 to 1; `max_tokens`: of one answer. `quota`: each request of the client is counted by it."""

    def __init__(
        self,
        hub: ProviderHub,
        slug: str,
        title: str,
        base_url: str,
        client: Client,
        temperature: float,
        max_tokens: int,
        quota: QuotaCount,
    ) -> None:
        self._hub = hub
        self._slug = slug
        self._title = title
        self._client = client
        self._settings = ModelSettings(temperature=temperature, max_tokens=max_tokens)
        self._counts = ProviderCounts()
        self._status = ProviderStatus(slug, title, quota, self._counts)
        # What a model says is kept by nobody but whoever asked.
        self._in_flight = SingleFlight(outlive_waiters=False)
        self.base_url = base_url
        hub.register(self)

    @property
    def name(self) -> str:
        return self._client.model_name

    async def ask(self, task: Task[T], deadline: Deadline) -> Reply[T]:
        """Never raises ProviderError: the reply has it.

        Who asks what another asks just now is given that one's answer, which takes nothing more: it has no `usage`.
        """
        key = sha256(f"{task.instructions}\0{task.data}".encode()).hexdigest()
        ours = deadline.capped(WITHIN_S)
        is_anothers = key in self._in_flight
        reply = await self._joined(key, task, ours)
        gave_up = isinstance(reply.error, ProviderTimeoutError | ProviderNotAskedError)
        if is_anothers and gave_up and ours.left_s() > LEAST_S:
            # The other had less time than we have.
            reply = await self._joined(key, task, ours)
        if reply.error is not None and not isinstance(reply.error, LASTING):
            record_degradation(self._slug)
        return reply

    async def _joined(self, key: str, task: Task[T], deadline: Deadline) -> Reply[T]:
        """With whoever asks the same, if anybody does."""
        is_anothers = key in self._in_flight
        asked = self._in_flight.join(key, lambda: self._asked(task, deadline))
        return await (self._shared(asked, deadline) if is_anothers else asked)

    async def _shared(self, asked: Coroutine[Any, Any, Reply[T]], deadline: Deadline) -> Reply[T]:
        """The other may have more time than we have."""
        total_s = deadline.left_s()
        try:
            async with asyncio.timeout(total_s):
                return replace(await asked, usage=None)
        except TimeoutError:
            return Reply(None, ProviderTimeoutError(self._title, f"did not answer within {total_s:.1f} s"), None)

    async def _asked(self, task: Task[T], deadline: Deadline) -> Reply[T]:
        if (reason := self._status.passed_over()) is not None:
            return Reply(None, reason, None)
        with capture_run_messages() as messages:
            try:
                value = await self._answer(task, deadline)
            except ProviderError as error:
                self._status.failed(error)
                return Reply(None, error, self._usage(messages))
            except BaseException:
                self._status.ended_without_news()
                raise
        self._status.succeeded()
        return Reply(value, None, self._usage(messages))

    def health(self) -> ProviderHealth:
        return self._status.health(self._hub.network.is_reached(self.base_url))

    async def _answer(self, task: Task[T], deadline: Deadline) -> T:
        """Raises ProviderError."""
        total_s = deadline.left_s()
        if total_s < LEAST_S:
            raise ProviderNotAskedError(self._title, "was not asked: no time is left")
        try:
            async with asyncio.timeout(total_s):
                if not await self._hub.network.reaches(self.base_url, total_s):
                    raise ProviderUnreachableError(self._title, "cannot be reached")
                self._counts.calls += 1
                return await self._written(task, total_s)
        except ProviderError:
            raise
        except TimeoutError as error:
            raise ProviderTimeoutError(self._title, f"did not answer within {total_s:.1f} s") from error
        except Exception as error:  # noqa: BLE001 - whatever a library makes of odd bytes, the plan has to come
            # The library's own words may hold what the model said, or the address: ours stand for them.
            failure = _error_of(self._title, self.name, error)
            if isinstance(failure, ProviderUnreachableError):
                self._hub.network.lost(self.base_url)
            log.info("model_failed", model=self._slug, error=type(error).__name__, reason=str(failure))
            raise failure from None

    async def _written(self, task: Task[T], total_s: float) -> T:
        """Raises the library's errors."""
        agent: Agent[None, T] = Agent(
            self._client,
            output_type=NativeOutput(task.form),
            instructions=task.instructions,
            retries=MOST_REQUESTS - 1,
            model_settings=ModelSettings(**self._settings, timeout=total_s),
        )

        @agent.output_validator
        def checked(value: T) -> T:
            try:
                task.check(value)
            except ValueError as error:
                log.info("model_text_refused", model=self._slug, reason=str(error)[:LONGEST_REASON])
                raise ModelRetry(str(error)) from error
            return value

        result = await agent.run(task.data, usage_limits=UsageLimits(request_limit=MOST_REQUESTS))
        return result.output

    def _usage(self, messages: Sequence[ModelMessage]) -> Usage | None:
        answers = [message for message in messages if isinstance(message, ModelResponse)]
        if not answers:
            return None
        counted = [answer for answer in answers if _is_counted(answer)]
        costs = [_cost_of(answer) for answer in counted]
        is_known = len(counted) == len(answers) and None not in costs
        usage = Usage(
            requests=len(answers),
            input_tokens=sum(answer.usage.input_tokens for answer in counted),
            output_tokens=sum(answer.usage.output_tokens for answer in counted),
            cost_usd=sum((cost for cost in costs if cost is not None), Decimal()) if is_known else None,
        )
        log.info(
            "model_asked",
            model=self.name,
            requests=usage.requests,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=str(usage.cost_usd),
        )
        return usage


def _is_counted(answer: ModelResponse) -> bool:
    """Whether it says what it took, and that can be."""
    return 0 < answer.usage.input_tokens <= MOST_TOKENS and 0 <= answer.usage.output_tokens <= MOST_TOKENS


def _cost_of(answer: ModelResponse) -> Decimal | None:
    """By the list prices that come with the library `genai-prices`."""
    try:
        return answer.cost().total_price
    except (LookupError, ValueError, AssertionError):
        return None


def _error_of(title: str, model: str, error: Exception) -> ProviderError:
    match error:
        case model_errors.ModelTimeoutError():
            return ProviderTimeoutError(title, "stopped answering")
        case model_errors.ModelConnectionError():
            return ProviderUnreachableError(title, "cannot be reached")
        case model_errors.ModelAuthenticationError():
            return ProviderKeyRefusedError(title, "refuses our key")
        case model_errors.ModelQuotaExceededError():
            return ProviderBusyError(title, "says that our quota is used up", error.retry_after or QUOTA_PAUSE_S)
        case model_errors.ModelRateLimitError() | model_errors.ModelUnavailableError():
            return ProviderBusyError(title, "asks us to wait", error.retry_after)
        case model_errors.ModelNotFoundError():
            return ProviderFailedError(title, f"has no model {model}: set MODEL_NAME", 404)
        case model_errors.ModelRequestRejectedError():
            return ProviderFailedError(title, "does not take our question")
        case model_errors.ModelServerError():
            return ProviderFailedError(title, "failed")
        case model_errors.ModelAPIError():
            # A redirect, or another answer that is no model's: mostly a wrong address.
            return ProviderFailedError(title, "is not what answers at its address: check the base address")
        case model_errors.AgentRunError():
            return ProviderAnswerError(title, "wrote nothing that can be used")
        case _:
            return ProviderFailedError(title, f"sent an odd answer ({type(error).__name__})")
