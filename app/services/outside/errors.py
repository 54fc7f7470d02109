"""RoundTableError
└── ProviderError                      one provider gave no facts: the next of the chain is asked
    ├── ProviderUnreachableError       no connection to it
    ├── ProviderTimeoutError           it was too slow for the time that is left
    ├── ProviderNotAskedError          no time was left for it, or others of us were asking
    ├── ProviderBusyError              it asks to wait: `retry_after_s`
    ├── ProviderKeyRefusedError        it does not take our key
    ├── ProviderSpentError             its quota is used up
    ├── ProviderFailedError            it has trouble of its own
    ├── ProviderAnswerError            it answered, and not in its documented form
    └── ProviderRefusedQuestionError   it cannot answer this question, though it is well

Split by what follows: waiting, mending the key, passing it over for a while, or nothing at all.
"""

from typing import Self

from app.errors import RoundTableError


class ProviderError(RoundTableError):
    """`provider`: its name. The message is fit for travellers and logs: no key, no address with a query."""

    code = "provider_error"

    def __init__(self, provider: str, what: str) -> None:
        self.provider = provider
        super().__init__(f"{provider} {what}")

    def again(self) -> Self:
        """The same error to be raised another time: one that is raised again and again would remember every way that
        it went."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        copied.args = self.args
        return copied


class ProviderUnreachableError(ProviderError):
    code = "provider_unreachable"


class ProviderNotAskedError(ProviderError):
    code = "provider_not_asked"


class ProviderTimeoutError(ProviderError):
    code = "provider_timeout"


class ProviderBusyError(ProviderError):
    """`retry_after_s`: as the provider said it; None where it did not."""

    code = "provider_busy"

    def __init__(self, provider: str, what: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(provider, what)


class ProviderKeyRefusedError(ProviderError):
    code = "provider_key_refused"


class ProviderSpentError(ProviderError):
    code = "provider_quota_spent"


class ProviderFailedError(ProviderError):
    """`status`: of its HTTP answer; None where the connection broke. `is_momentary`: another attempt may succeed."""

    code = "provider_failed"

    def __init__(self, provider: str, what: str, status: int | None = None, *, is_momentary: bool = False) -> None:
        self.status = status
        self.is_momentary = is_momentary
        super().__init__(provider, what)


class ProviderAnswerError(ProviderError):
    code = "provider_answer"


class ProviderRefusedQuestionError(ProviderError):
    """`status`: of its HTTP answer. `body`: what it said, decoded where it was JSON, for the provider's own file."""

    code = "provider_refused_question"

    def __init__(self, provider: str, what: str, status: int, body: object = None) -> None:
        self.status = status
        self.body = body
        super().__init__(provider, what)
