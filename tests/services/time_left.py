"""How long a question has, in tests of what is asked outside."""

import time
from collections.abc import Callable


def seconds(left: float = 1.0) -> Callable[[], float]:
    """So much time is left, from now on."""
    ends_at = time.monotonic() + left
    return lambda: ends_at - time.monotonic()
