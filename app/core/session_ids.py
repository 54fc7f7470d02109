"""Ids of sessions. They hold the time of their making (UUID version 7), so that a session that is gone can be told from
one that never was: it has expired, or Redis has lost it."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID


def new_session_id(at_ms: int | None = None) -> str:
    """A UUID of version 7: 48 bits of milliseconds since 1970 (of now, where `at_ms` is left out), 74 random ones."""
    moment_ms, drawn = time.time_ns() // 1_000_000 if at_ms is None else at_ms, secrets.randbits(74)
    value = (moment_ms & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (drawn >> 62) << 64 | 0b10 << 62
    digits = f"{value | drawn & (1 << 62) - 1:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def opened_at(session_id: str) -> datetime | None:
    """When the id was made; None for an id that is not one of ours."""
    try:
        found = UUID(session_id)
        return datetime.fromtimestamp((found.int >> 80) / 1000, UTC) if found.version == 7 else None
    except (ValueError, OverflowError, OSError):
        return None
