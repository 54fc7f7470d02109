"""Requests that were put aside: list them, and send one again."""

from app.core.errors import DeadLetterNotFoundError
from app.core.session_ids import new_session_id
from app.messaging.broker import Broker
from app.messaging.protocols import Envelope, decode, new_id
from app.messaging.request_queue import DeadLetter


async def dead_letters(broker: Broker, agents: tuple[str, ...]) -> list[DeadLetter]:
    """Those of all the agents, agent by agent, the newest first. Raises MessagingError."""
    return [letter for agent in agents for letter in await broker.dead_letters(agent)]


async def send_again(broker: Broker, agent: str, buried_id: str) -> tuple[Envelope, str]:
    """Send one again, as a request of its own: its session has gone on without it. Returns it with its entry id.

    It is struck from the dead once it is sent. Raises DeadLetterNotFoundError, DecodeError where its bytes are no
    request at all, MessagingError.
    """
    letter = await broker.dead_letter(agent, buried_id)
    if letter is None:
        raise DeadLetterNotFoundError(agent, buried_id)
    request = decode(letter.envelope)
    again = request.model_copy(
        update={
            "session_id": new_session_id(),
            "request_id": new_id(),
            "timestamp": broker.clock.now(),
            "metadata": request.metadata.model_copy(update={"correlation_id": request.session_id, "retry_count": 0}),
        }
    )
    entry_id = await broker.request(again)
    await broker.unbury(agent, buried_id)
    return again, entry_id
