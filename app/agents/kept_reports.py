"""The form in which a report is kept for later questions; a file of its own because all agents share it."""

LIVE, CACHED = b'"kind":"live"', b'"kind":"cached"'


def as_cached(report_json: bytes) -> bytes:
    """The same report with every fact that was live labelled as cached. A text can hold no such member: quotes in it
    are escaped."""
    return report_json.replace(LIVE, CACHED)
