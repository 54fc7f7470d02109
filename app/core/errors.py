"""RoundTableError
└── CoreError
    ├── SessionNotFoundError      no session of that id, or its time is over
    │   └── SessionLostError      it was accepted, and Redis has lost it
    ├── SessionEndedError         it ended otherwise; carries the state it ended in
    ├── InconsistentStateError    what is stored of it contradicts itself
    ├── VersionConflictError      it has changed since the version that the caller knew
    ├── IdempotencyConflictError  that key was used for another request
    ├── TooManySessionsError      this gateway drives as many sessions as it may
    ├── AgentExecutionError       an agent that was asked directly answered with an error, at the last attempt
    ├── AgentTimeoutError         an agent that was asked directly did not answer in time
    ├── AgentSkippedError         its breaker is open
    ├── ShuttingDownError         this gateway stops; another one can be asked
    ├── DeadLetterNotFoundError   no such dead letter
    ├── DeadLetterTakenError      somebody else is sending it again right now
    └── WorkflowError             a workflow that cannot run: a name twice, a need that does not exist, a circle
"""

from app.errors import RoundTableError


class CoreError(RoundTableError):
    code = "core_error"


class SessionNotFoundError(CoreError):
    code = "session_not_found"

    def __init__(self, session_id: str, reason: str = "") -> None:
        usual = f"no session {session_id} is known; sessions are kept for a limited time after their end"
        super().__init__(reason or usual)


class SessionLostError(SessionNotFoundError):
    code = "session_lost"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            session_id, f"session {session_id} was accepted, but Redis has lost it with its data; ask again"
        )


class SessionEndedError(CoreError):
    code = "session_ended"

    def __init__(self, session_id: str, status: str) -> None:
        super().__init__(f"session {session_id} has ended already, in state {status}")
        self.status = status


class InconsistentStateError(CoreError):
    code = "inconsistent_state"


class VersionConflictError(CoreError):
    code = "version_conflict"

    def __init__(self, session_id: str, version: str) -> None:
        super().__init__(f"session {session_id} has changed since version {version}; look at it again")


class IdempotencyConflictError(CoreError):
    code = "idempotency_conflict"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request; a new request needs a new key")


class TooManySessionsError(CoreError):
    code = "too_many_sessions"
    retryable = True

    def __init__(self, limit: int, retry_after_s: float) -> None:
        super().__init__(f"this gateway has {limit} requests under way, as many as it may; try again later")
        self.retry_after_s = retry_after_s


class AgentExecutionError(CoreError):
    """`code`: the agent's own word for what went wrong last. `attempts`: how often it was asked."""

    def __init__(self, agent: str, code: str, message: str, attempts: int) -> None:
        tried = f" (asked {attempts} times)" if attempts > 1 else ""
        super().__init__(message + tried)
        self.agent = agent
        self.code = code
        self.attempts = attempts


class AgentTimeoutError(CoreError):
    code = "agent_timeout"
    retryable = True

    def __init__(self, agent: str, timeout_ms: int) -> None:
        super().__init__(f"Agent {agent} timed out after {timeout_ms}ms")
        self.agent = agent


class AgentSkippedError(CoreError):
    code = "circuit_open"
    retryable = True

    def __init__(self, reason: str, retry_after_s: float) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class ShuttingDownError(CoreError):
    code = "shutting_down"
    retryable = True

    def __init__(self, what: str) -> None:
        super().__init__(f"this gateway stops; ask another one for {what}")


class DeadLetterNotFoundError(CoreError):
    code = "dead_letter_not_found"

    def __init__(self, agent: str, buried_id: str) -> None:
        super().__init__(f"agent {agent} has no dead letter {buried_id}")


class DeadLetterTakenError(CoreError):
    code = "dead_letter_taken"

    def __init__(self, agent: str, buried_id: str) -> None:
        super().__init__(
            f"dead letter {buried_id} of agent {agent} is being sent again already; look again in a minute"
        )


class WorkflowError(CoreError):
    code = "invalid_workflow"
