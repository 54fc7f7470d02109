"""For operators: the books, and the requests that were put aside."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api.answers import AuditAnswer, DeadLetterAnswer, SentAgainAnswer
from app.api.errors import problem_responses
from app.api.gateway import CurrentGateway
from app.core.dead_letters import MOST_LISTED, DeadLetter

AgentInPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
LetterId = Annotated[str, Path(pattern=r"^[0-9]{1,19}-[0-9]{1,19}$")]


async def audit(gateway: CurrentGateway) -> AuditAnswer:
    """What became of every session that Redis keeps. Reads all of them, so it is not for polling."""
    return AuditAnswer(**(await gateway.orchestrator.audit()).as_dict())


async def list_dead_letters(
    gateway: CurrentGateway,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="At most so many of each agent")] = 100,
) -> list[DeadLetterAnswer]:
    """Requests that could not be worked, by agent, the newest first: with their cause. Of large ones only the
    beginning."""
    return [_letter(found) for found in await gateway.orchestrator.dead_letters(limit)]


async def whole_dead_letter(agent: AgentInPath, letter_id: LetterId, gateway: CurrentGateway) -> DeadLetterAnswer:
    """One of them, however large."""
    return _letter(await gateway.orchestrator.dead_letter(agent, letter_id))


async def send_dead_letter_again(agent: AgentInPath, letter_id: LetterId, gateway: CurrentGateway) -> SentAgainAnswer:
    """Send one again, as a request of its own: the session that it belonged to has gone on without it."""
    request, entry_id = await gateway.orchestrator.send_again(agent, letter_id)
    return SentAgainAnswer(agent=agent, request_id=request.request_id, entry_id=entry_id)


def _letter(found: DeadLetter) -> DeadLetterAnswer:
    return DeadLetterAnswer(
        id=found.buried_id,
        agent=found.agent,
        cause=found.cause,
        buried_at=_moment(found.buried_id),
        envelope=found.envelope.decode(errors="replace"),
        envelope_bytes=found.size,
    )


def _moment(buried_id: str) -> datetime:
    """When Redis gave out that id; the end of all time for one that somebody made up."""
    try:
        return datetime.fromtimestamp(int(buried_id.partition("-")[0]) / 1000, UTC)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)


def add_routes(router: APIRouter) -> None:
    router.get("/audit", tags=["operations"], summary="Audit", responses=problem_responses(503))(audit)
    router.get(
        "/dead-letters", tags=["operations"], summary="Requests put aside", responses=problem_responses(422, 503)
    )(list_dead_letters)
    router.get(
        "/dead-letters/{agent}/{letter_id}",
        tags=["operations"],
        summary="One of them, whole",
        responses=problem_responses(404, 422, 503),
    )(whole_dead_letter)
    router.post(
        "/dead-letters/{agent}/{letter_id}/send-again",
        tags=["operations"],
        summary="Send one again",
        responses=problem_responses(404, 409, 422, 503),
    )(send_dead_letter_again)
