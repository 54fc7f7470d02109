"""How long to wait before an agent is asked again: a pure function, so that every gateway reckons the same."""

from zlib import crc32

BASE_S = 1.0
JITTER = 0.2
"""The pause is shortened by up to this share, so that what failed together does not come back together."""


def backoff_s(retry_count: int, request_id: str) -> float:
    """Seconds to wait after attempt `retry_count` (0 for the first): 1, 2, then 4, less that request's jitter."""
    share = crc32(request_id.encode()) / 0xFFFFFFFF
    return BASE_S * float(2 ** min(retry_count, 2)) * (1.0 - JITTER * share)
