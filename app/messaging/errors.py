"""RoundTableError
└── MessagingError
    ├── RedisUnavailableError   Redis did not take the command; wait and try again
    ├── CommandRefusedError     Redis answered with an error (memory full, wrong type, no such group)
    ├── DecodeError             bytes that are no message of ours
    ├── MessageTooLargeError    a message above the limit; never sent
    └── QueueFullError          as many requests wait for that agent as may; nothing was sent
"""

from app.errors import RoundTableError


class MessagingError(RoundTableError):
    code = "messaging_error"


class RedisUnavailableError(MessagingError):
    code = "redis_unavailable"
    retryable = True


class CommandRefusedError(MessagingError):
    code = "redis_refused"
    retryable = True


class DecodeError(MessagingError):
    """`raw`: the bytes as they came, for whoever puts them aside."""

    code = "undecodable_message"

    def __init__(self, reason: str, raw: bytes) -> None:
        super().__init__(reason)
        self.raw = raw


class MessageTooLargeError(MessagingError):
    code = "message_too_large"
    blames_request = True


class QueueFullError(MessagingError):
    """`length`: how many requests wait. `wait_s`: for how long the agent is busy with them, where that is too long."""

    code = "queue_full"
    retryable = True

    def __init__(self, agent: str, length: int, wait_s: float | None = None) -> None:
        reason = "as many as may" if wait_s is None else f"about {wait_s:.0f} s of work: it would answer too late"
        super().__init__(f"{length} requests wait for agent {agent} already, {reason}")
        self.agent = agent
        self.length = length
