"""A session's plan as a file: for a calendar, a map, a navigation device, to read or to print."""

import asyncio
import re
import unicodedata
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Response
from pydantic_core import from_json

from app.api.errors import problem_responses
from app.api.gateway import CurrentGateway
from app.api.session_ids import known_form
from app.core.state import SessionState
from app.trips.exports import FORMATS, TripDocument, UnknownFormatError, read
from app.trips.exports.html import POLICY

_SHOWN = "html"
"""For a reader's eyes it is opened at once; the rest is for other programs, and saved."""

_LONGEST_NAME = 60
"""Characters; longer names are refused by some file systems, once the date and the ending are added."""

_NOT_IN_FILE_NAMES = re.compile(r'[/\\:*?"<>|%]')

_GUARDED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
"""No browser takes it for another type, no proxy shows one traveller's plan to another."""

_ENTITY_TAG = re.compile(r'"([^"]*)"')

FileFormat = Annotated[
    str,
    Path(
        description="; ".join(f"`{ending}` {kind.summary}" for ending, kind in FORMATS.items()),
        json_schema_extra={"enum": list(FORMATS)},
    ),
]


async def export_session(
    session_id: str,
    file_format: FileFormat,
    gateway: CurrentGateway,
    if_none_match: Annotated[str | None, Header(description="The `ETag` of the file that you have")] = None,
) -> Response:
    """The session's plan as a file. The same plan gives the same bytes; the `ETag` changes with the session.

    409 while there is no itinerary: the session still runs, or the itinerary agent did not deliver.
    """
    if file_format not in FORMATS:
        raise UnknownFormatError(file_format, FORMATS)
    state = await gateway.orchestrator.state(known_form(session_id))
    tag = {"ETag": f'"{state.log_id}"'}
    if "itinerary" in state.results and _is_among(state.log_id, if_none_match or ""):
        return Response(status_code=304, headers={**tag, **_GUARDED})
    # A long plan, or the first calendar, takes a tenth of a second: not on the event loop.
    document, body = await asyncio.to_thread(_exported, state, file_format)
    return Response(body, 200, {**tag, **_headers(document, file_format)}, FORMATS[file_format].media_type)


def add_routes(router: APIRouter) -> None:
    files = {kind.media_type.split(";")[0]: {"schema": {"type": "string"}} for kind in FORMATS.values()}
    found: dict[int | str, dict[str, Any]] = {
        200: {"description": "The file", "content": files},
        304: {"description": "The file is as you have it"},
        **problem_responses(404, 409, 503),
    }
    path = "/session/{session_id}/export.{file_format}"
    options: dict[str, Any] = {"tags": ["session"], "response_class": Response, "response_model": None}
    router.get(path, summary="A session's plan as a file", responses=found, **options)(export_session)


def _exported(state: SessionState, file_format: str) -> tuple[TripDocument, bytes]:
    answer = from_json(state.answer(state.status, state.updated_at))
    document = read({**answer, "request": state.request, "updated_at": state.updated_at.isoformat()})
    return document, FORMATS[file_format].write(document)


def _headers(document: TripDocument, file_format: str) -> dict[str, str]:
    manner = "inline" if file_format == _SHOWN else "attachment"
    disposition = {"Content-Disposition": f"{manner}; {_file_names(document, file_format)}"}
    policy = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'self'"} if file_format == _SHOWN else {}
    return {**_GUARDED, **disposition, **policy}


def _file_names(document: TripDocument, file_format: str) -> str:
    """The name twice, as RFC 6266 advises: in ASCII for all, and as it is written for those who know RFC 5987."""
    bare = unicodedata.normalize("NFKD", document.title).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", bare)[:_LONGEST_NAME].strip("-") or "trip"
    written = _NOT_IN_FILE_NAMES.sub(" ", document.title)[:_LONGEST_NAME].strip(" .") or "Trip"
    ending = f"{document.first_day.isoformat()}.{file_format}"
    return f"filename=\"{plain}-{ending}\"; filename*=UTF-8''{quote(f'{written} {ending}', safe='')}"


def _is_among(log_id: str, if_none_match: str) -> bool:
    """By the weak comparison, as RFC 9110 has it for this header: a W/ before a tag is passed over."""
    return if_none_match.strip() == "*" or log_id in _ENTITY_TAG.findall(if_none_match)
