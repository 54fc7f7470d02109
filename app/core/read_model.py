"""A session's read model: its state as one JSON object under one key, for whoever asks how it stands.

Written as the log grows. It only saves work: the log is the truth, and a read model that is not to be relied on is made
anew from it.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter
from pydantic_core import from_json, to_json

from app.core.errors import InconsistentStateError
from app.core.state import CONTENT_FAULTS, STEPS, SessionState, SessionStatus, StepState
from app.core.workflow import Workflow
from app.messaging import entry_ids
from app.messaging.events import MAX_SPAN, WrittenTime
from app.messaging.protocols import with_members

_RESULT = TypeAdapter(dict[str, Any])


class _ReadModel(BaseModel):
    """The read model's own members, as they must be to be relied on.

    `request_fields`: names of its other members that are the request's fields. `request`: those whose names are taken.
    """

    session_id: str
    workflow: str
    request_fields: tuple[str, ...]
    request: dict[str, Any]
    created_at: WrittenTime
    updated_at: WrittenTime
    ttl_s: int = Field(gt=0, lt=MAX_SPAN)
    status: SessionStatus
    log_id: str = Field(pattern=f"^({entry_ids.PATTERN})?$")
    epoch: int = Field(gt=0)
    agents: dict[str, StepState]


_NAMES = frozenset(_ReadModel.model_fields)


def encode(state: SessionState) -> bytes:
    """Our own members, the request's fields, and each step's result under its `state_key`."""
    own = {
        "session_id": state.session_id,
        "workflow": state.workflow.name,
        "status": state.status.value,
        "created_at": state.created_at,
        "updated_at": state.updated_at,
        "ttl_s": state.ttl_s,
        "log_id": state.log_id,
        "epoch": state.epoch,
    }
    others = {step.state_key: state.result_json(step.name) for step in state.workflow.steps}
    others["agents"] = STEPS.dump_json(state.steps)
    return with_members(to_json(own)[:-1] + b"," + _request_members(state)[1:], others)


def _request_members(state: SessionState) -> bytes:
    """The members that tell of the request, a JSON object: its fields as members of their own."""
    taken = _NAMES | state.workflow.state_keys
    fields = [name for name in state.request if name not in taken]
    rest = {name: state.request[name] for name in taken.intersection(state.request)}
    request = state.request_json if not rest else to_json({name: state.request[name] for name in fields})
    return with_members(request, {"request_fields": to_json(fields), "request": to_json(rest)})


def decode(raw: bytes, workflows: Mapping[str, Workflow]) -> SessionState:
    """The session as of the read model's `log_id`; what the log holds beyond it is still to be applied.

    Raises InconsistentStateError for bytes that are no read model, or one that contradicts itself.
    """
    try:
        content = from_json(raw)
        model = _ReadModel.model_validate(content)
        workflow = workflows[model.workflow]
        state = SessionState(
            session_id=model.session_id,
            workflow=workflow,
            request={**{name: content[name] for name in model.request_fields}, **model.request},
            created_at=model.created_at,
            updated_at=model.updated_at,
            ttl_s=model.ttl_s,
            status=model.status,
            steps=model.agents,
            results={
                step.name: to_json(_RESULT.validate_python(content[step.state_key]))
                for step in workflow.steps
                if content.get(step.state_key) is not None
            },
            log_id=model.log_id,
            epoch=model.epoch,
        )
        state.check()
    except CONTENT_FAULTS as error:
        raise InconsistentStateError(f"no read model: {error!r}") from error
    if contradictions := state.contradictions():
        raise InconsistentStateError("; ".join(contradictions))
    return state
