"""Which words may begin a sentence though the plan has them not: with a capital letter, any other could be a name."""

from functools import cache
from pathlib import Path

_FILE = "plain_words.txt"
"""Its head says where it is from."""

# In common use as well, but not in the file: put together, too new, or the name of some town too.
_MORE_WORDS = frozenset(
    """
    along bake bar bay best buy café central energise energize fast-paced flavourful foodie foodies forest fountain goes
    half-way iconic mid-afternoon mid-morning most much of pace plunge pop retreat rich rooftop same second-to-last
    sightseeing storied summit sunrise sunset surprise temple terrace time unhurried unmissable vibe vibes walkway
    wide-open world-class world-famous
    """.split()  # noqa: SIM905 - a text is read more easily
)
_SHORT_FORMS = ("n't", "'ll", "'re", "'ve", "'d", "'m", "'s")


def is_plain(word: str) -> bool:
    """With its capital letter: `You'll` as well as `You`; `Jewel-like`, but no `Green-Park` and no `TGV`."""
    if word[1:] != word[1:].lower():
        return False
    lower = word.lower().replace("’", "'")
    for ending in _SHORT_FORMS:
        lower = lower.removesuffix(ending)
    known = _plain_words()
    return lower in known or lower in ("ca", "wo") or all(part in known for part in lower.split("-"))


@cache
def _plain_words() -> frozenset[str]:
    lines = Path(__file__).with_name(_FILE).read_text(encoding="ascii").splitlines()
    return _MORE_WORDS.union(*(line.split() for line in lines if not line.startswith("#")))
