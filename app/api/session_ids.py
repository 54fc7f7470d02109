"""What a session's id looks like; the session's routes and its exports read it alike."""

import re

from app.core.errors import SessionNotFoundError

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def known_form(session_id: str) -> str:
    """Our ids are UUIDs; anything else is as unknown as a UUID that we never gave. Raises SessionNotFoundError."""
    if not _UUID.match(session_id):
        raise SessionNotFoundError(session_id)
    return session_id.lower()
