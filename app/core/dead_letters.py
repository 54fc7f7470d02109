"""Requests that were put aside: list them, and send one again."""

from contextlib import suppress
from datetime import datetime

from app.core.errors import DeadLetterNotFoundError, DeadLetterTakenError
from app.core.session_ids import new_session_id
from app.messaging.broker import Broker
from app.messaging.channels import DEAD_STREAM_MAX_LENGTH
from app.messaging.errors import MessagingError
from app.messaging.protocols import Envelope, decode, new_id
from app.messaging.request_queue import DeadLetter

__all__ = ["MOST_LISTED", "DeadLetter", "dead_letter", "dead_letters", "send_again"]

SENT_WITHIN_MS = 60_000
"""How long somebody who sends one keeps all others from it, should he die of it; longer than any Redis may take."""


MOST_LISTED = DEAD_STREAM_MAX_LENGTH
"""Of each agent: about as many as are kept."""


async def dead_letters(broker: Broker, agents: tuple[str, ...], limit: int = MOST_LISTED) -> list[DeadLetter]:
    """Those of all the agents, agent by agent, the newest first, at most `limit` of each. Large ones are cut.

    Raises MessagingError.
    """
    return [letter for agent in agents for letter in await broker.dead_letters(agent, limit)]


async def dead_letter(broker: Broker, agent: str, buried_id: str) -> DeadLetter:
    """One of them, whole. Raises DeadLetterNotFoundError, MessagingError."""
    letter = await broker.dead_letter(agent, buried_id)
    if letter is None:
        raise DeadLetterNotFoundError(agent, buried_id)
    return letter


async def send_again(broker: Broker, agent: str, buried_id: str) -> tuple[Envelope, str]:
    """Send one again, as a request of its own: its session has gone on without it. Returns it with its entry id.

    One at a time sends it, and it is struck from the dead once it is sent: of many who try, one does. Where sending
    fails it stays as it was. Raises DeadLetterNotFoundError, DeadLetterTakenError, DecodeError where its bytes are no
    request at all, MessagingError.
    """
    sending = f"dead:{agent}:{buried_id}"
    if await broker.take_turn(sending, SENT_WITHIN_MS):
        raise DeadLetterTakenError(agent, buried_id)
    try:
        # Read only now: whoever had the turn before may have sent it.
        letter = await dead_letter(broker, agent, buried_id)
        again = _as_new(decode(letter.envelope), broker.clock.now())
        entry_id = await broker.request(again)
        await broker.unbury(agent, buried_id)
    finally:
        with suppress(MessagingError):
            await broker.end_turn(sending)
    return again, entry_id


def _as_new(request: Envelope, at: datetime) -> Envelope:
    return request.model_copy(
        update={
            "session_id": new_session_id(),
            "request_id": new_id(),
            "timestamp": at,
            "metadata": request.metadata.model_copy(update={"correlation_id": request.session_id, "retry_count": 0}),
        }
    )
