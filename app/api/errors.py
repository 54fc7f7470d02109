"""The one table from what went wrong to what a client is told: problem+json (RFC 9457), with the field named.

Core never hears of HTTP: an error is known here by its `code`.
"""

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from app.errors import RoundTableError

log = structlog.get_logger(__name__)

STATUS_BY_CODE = {
    "session_not_found": 404,
    "session_lost": 404,
    "dead_letter_not_found": 404,
    "dead_letter_taken": 409,
    "unknown_format": 404,
    "undecodable_message": 422,
    "session_ended": 409,
    "version_conflict": 409,
    "idempotency_conflict": 409,
    "no_itinerary": 409,
    "unknown_place": 422,
    "invalid_trip": 422,
    "invalid_request": 422,
    "message_too_large": 413,
    "too_many_sessions": 429,
    "queue_full": 503,
    "circuit_open": 503,
    "agent_timeout": 504,
    "expired": 504,
    "unavailable": 503,
    "shutting_down": 503,
    "redis_unavailable": 503,
    "redis_refused": 503,
    "streaming_disabled": 503,
}
"""An error of any other code came from an agent behind us: 502."""

RETRY_AFTER_S = 2
"""Told with each 429 and 503 that may pass and does not know better: about what the fleet needs to reach a Redis that
is back."""


class FieldProblem(BaseModel):
    """`field`: where in the body, path or query, parts joined by dots."""

    field: str
    message: str


class Problem(BaseModel):
    """An error as RFC 9457 has it. `code`: a stable word for programs. `errors`: one entry a field at fault."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "travelers_count: Input should be greater than or equal to 1",
                    "code": "invalid_request",
                    "instance": "/api/v1/plan-trip",
                    "errors": [{"field": "travelers_count", "message": "Input should be greater than or equal to 1"}],
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldProblem] = []


class FieldError(RoundTableError):
    """Fields of a request that cannot be planned with; the request itself has the right form."""

    code = "invalid_request"

    def __init__(self, problems: Sequence[FieldProblem], code: str = "invalid_request") -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = list(problems)
        self.code = code


class StreamingDisabledError(RoundTableError):
    code = "streaming_disabled"

    def __init__(self) -> None:
        super().__init__("streaming is switched off (STREAMING_ENABLED=false); ask for the session's state instead")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for OpenAPI; the schema's place is seen to in `description.py`."""
    return {
        status: {
            "description": _phrase(status),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def _phrase(status: int) -> str:
    """The status' name as RFC 9110 has it, on every version of Python."""
    return {413: "Content Too Large", 422: "Unprocessable Content"}.get(status, HTTPStatus(status).phrase)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(RoundTableError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem_answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem as the answer to a request."""
    problem = Problem(
        title=_phrase(status),
        status=status,
        detail=detail,
        code=code,
        instance=request.url.path,
        errors=list(errors),
    )
    return JSONResponse(problem.model_dump(), status, headers, media_type="application/problem+json")


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RoundTableError)
    status = STATUS_BY_CODE.get(error.code, 502)
    retry_after = math.ceil(error.retry_after_s or RETRY_AFTER_S)
    headers = {"Retry-After": str(retry_after)} if status in (429, 503) and error.retryable else None
    errors = error.problems if isinstance(error, FieldError) else ()
    if status >= 500:
        log.warning("request_failed", path=request.url.path, code=error.code, reason=str(error))
    return problem_answer(request, status, error.code, str(error), errors, headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if any(fault["loc"] == ("body",) and isinstance(fault.get("input"), bytes) for fault in error.errors()):
        return _not_said_to_be_json(request)
    problems = [_field_problem(fault) for fault in error.errors()]
    detail = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
    return problem_answer(request, 422, "invalid_request", detail, problems)


def _not_said_to_be_json(request: Request) -> JSONResponse:
    """The framework leaves such a body unread: any page could have a browser send one here (`strict_content_type`)."""
    message = "must be application/json: send the header Content-Type: application/json with the body"
    problem = FieldProblem(field="Content-Type", message=message)
    accepted = {"Accept": "application/json"}
    return problem_answer(request, 415, "unsupported_media_type", f"Content-Type {message}", [problem], accepted)


_BODY_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (UnicodeDecodeError, "the body is no UTF-8"),
    (RecursionError, "the body is nested too deeply"),
    (ValueError, "a number in the body has too many digits"),
)
"""What but bad syntax keeps a body from being read as JSON. The first that fits counts: the last has others in it."""


def _unreadable(request: Request, cause: BaseException | None) -> JSONResponse | None:
    """The answer to a body that the framework could not read; None where something else went wrong."""
    for kind, message in _BODY_FAULTS:
        if isinstance(cause, kind):
            problem = FieldProblem(field="body", message=message)
            return problem_answer(request, 422, "invalid_request", f"body: {message}", [problem])
    return None


def _field_problem(fault: Any) -> FieldProblem:
    where = [str(part) for part in fault["loc"]]
    if where and where[0] in ("body", "query", "path", "header"):
        where = where[1:] or where
    if fault["type"] == "json_invalid":
        return FieldProblem(field="body", message="the body is no valid JSON")
    return FieldProblem(field=".".join(where), message=fault["msg"].removeprefix("Value error, "))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400 and (answer := _unreadable(request, error.__cause__)) is not None:
        return answer
    code = {400: "body_unreadable", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}.get(
        error.status_code, "http_error"
    )
    headers = {**(error.headers or {}), **({"Allow": _methods(request)} if error.status_code == 405 else {})}
    is_bare = error.detail == HTTPStatus(error.status_code).phrase
    detail = f"{request.method} {request.url.path}: {_phrase(error.status_code)}" if is_bare else error.detail
    return problem_answer(request, error.status_code, code, detail, headers=headers)


def _methods(request: Request) -> str:
    """What the address can be asked with: of all its routes, where the framework names those of the first alone."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    fitting = [route.methods or () for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for methods in fitting for method in methods}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed_unexpectedly", path=request.url.path, exc_info=error)
    return problem_answer(request, 500, "internal_error", "something went wrong on our side; it has been logged")
