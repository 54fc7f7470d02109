"""The form in which a report is kept for later questions; it knows how reports label their facts, and where
they say what a model took."""

import re

_LIVE = re.compile(rb'"(kind|provenance)":"live"')

_USAGE = re.compile(rb'"usage":\{[^{}]*\}')


def as_cached(report_json: bytes) -> bytes:
    """The same report with every fact that was live labelled as cached, and without what a model took for it: who is
    given it later caused no such cost. A text can hold no such member: quotes in it are escaped."""
    return _USAGE.sub(b'"usage":null', _LIVE.sub(rb'"\1":"cached"', report_json))
