"""Names of several places in one sentence; a file of its own because agents and services both tell them."""

from collections.abc import Sequence


def listed(names: Sequence[str], conjunction: str = "and") -> str:
    """`Kyoto`, `Kyoto and Osaka`, `Kyoto, Osaka and Nara`; empty without names."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
