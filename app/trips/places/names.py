"""Folding of place names: two spellings of one name get one key.

Case, accents, punctuation and spaces do not count, in any script; `St` is `Saint`, `Mt` is `Mount`, `&` is `and`.
"""

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "&": " and "}
)
"""Letters that Unicode does not take apart into a base letter and an accent."""

_SHORT_FORMS = re.compile(r"\b(st|ste|mt|ft)\b")
_LONG_FORMS = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_NOT_LETTERS_OR_DIGITS = re.compile(r"[\W_]+")
_NOT_LETTERS_OR_SEPARATORS = re.compile(r"[^\w\t\n]+|_")


def fold(text: str) -> str:
    """`St. Gallen`, `ST GALLEN` and `st-gallen` are all `saintgallen`; empty where no letter or digit is left."""
    return _NOT_LETTERS_OR_DIGITS.sub("", _plain(text))


def fold_table(text: str) -> str:
    """Folds many names at once: tabs and line ends stay, each name between them is folded as by `fold`."""
    return _NOT_LETTERS_OR_SEPARATORS.sub("", _plain(text))


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    unaccented = "".join(char for char in _plain(text) if not unicodedata.combining(char))
    return _NOT_LETTERS_OR_DIGITS.sub(" ", unaccented).split()


def _plain(text: str) -> str:
    lowered = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return _SHORT_FORMS.sub(lambda match: _LONG_FORMS[match[0]], lowered)
