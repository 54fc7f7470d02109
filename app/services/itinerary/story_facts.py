"""What the plan knows of names and numbers, and which of a text's it has not. Apart from `story.py`, which says what a
story is and how the model is asked for it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property

from app.services.itinerary.plain_words import is_plain
from app.trips.currencies import ISO_CODES
from app.trips.places.names import fold, words

# From its first digit to its last, or not at all: a row of digits would be tried from each to each.
_NUMBER = re.compile(r"(?<!\d)(?<!\d[.,:])(?>\d(?:[\d.,:]*\d)?)")
_HOUR = re.compile(r"\b\d{1,2}:\d{2}\b")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")
_SENTENCE_END = ".!?:;…"
_ORDINARY_LETTERS = ("LATIN SMALL LETTER", "LATIN SMALL LIGATURE")

_SMALL = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_VALUES = {
    **{word: number for number, word in enumerate([*_SMALL, *_TEENS], 1)},
    **{word: 10 * number for number, word in enumerate(_TENS, 2)},
}
_SPELLED = rf"(?:(?:{'|'.join(_TENS)})-)?(?:{'|'.join([*_SMALL, *_TEENS, *_TENS])})"
_LARGE = re.compile(rf"\b(?:{'|'.join([*_TEENS, *_TENS])}|hundreds?|thousands?|millions?|dozens?)\b(?:-\w+)?", re.I)
_SIGNS = "".join(sign for sign in map(chr, range(0x20D0)) if unicodedata.category(sign) == "Sc")
# What money is called in a text, and which currencies may be meant.
_NAMES_OF_MONEY = {
    "EUR": "€ euro euros",
    "USD AUD CAD HKD NZD SGD TWD": "$ dollar dollars buck bucks",
    "ARS CLP COP MXN UYU": "$ peso pesos",
    "PHP": "₱ peso pesos",
    "EGP GBP LBP": "£ pound pounds quid",
    "CNY": "¥ yuan renminbi",
    "JPY": "¥ yen",
    "INR LKR NPR PKR": "₹ rupee rupees",
    "KRW": "₩ won",
    "TRY": "₺ lira liras",
    "RUB": "₽ ruble rubles rouble roubles",
    "ILS": "₪ shekel shekels",
    "THB": "฿ baht",
    "VND": "₫ dong",
    "AED MAD": "dirham dirhams",
    "BHD IQD JOD KWD RSD TND": "dinar dinars",
    "BRL": "$ reais",
    "CHF XAF XOF XPF": "franc francs",
    "CZK": "koruna korunas",
    "DKK NOK SEK": "krone kroner krona kronor",
    "HUF": "forint forints",
    "IDR": "rupiah rupiahs",
    "IRR OMR QAR SAR": "rial rials riyal riyals",
    "ISK": "krona kronur",
    "KES TZS UGX": "shilling shillings",
    "MYR": "ringgit",
    "PLN": "zloty zlotys złoty złotych",
    "RON": "lei",
    "ZAR": "rand rands",
}
_MONEY_WORDS = {name for names in _NAMES_OF_MONEY.values() for name in names.split() if name not in _SIGNS}
_ISO_CODE = rf"(?-i:\b(?:{'|'.join(sorted(ISO_CODES))})\b)"
_MONEY = rf"(?:\b(?:{'|'.join(sorted(_MONEY_WORDS))}|cents?)\b|{_ISO_CODE}|[{re.escape(_SIGNS)}])"
_PRICE = re.compile(
    rf"([{re.escape(_SIGNS)}]|{_ISO_CODE}) ?({_NUMBER.pattern})|({_NUMBER.pattern})[ -]?({_MONEY})", re.IGNORECASE
)
_SPELLED_PRICE = re.compile(
    rf"\b({_SPELLED}|hundred|thousand|few|several|couple of|dozen|a)[ -]({_MONEY})", re.IGNORECASE
)
_TWELVE_HOURS = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?\s?m\b\.?", re.IGNORECASE)
_HOUR_OF_DAY = rf"{'|'.join(_SMALL[1:])}|\d{{1,2}}"
_SPELLED_HOUR = re.compile(
    rf"\b(?:(half|quarter|{_SPELLED})(?: minutes?)? (past|to) ({_SPELLED}|\d{{1,2}})\b(?![.:]\d)"
    rf"|(?:({_SPELLED}) [ap]\.?m|({_SPELLED}|\d{{1,2}}) o['’]clock)\b"
    rf"|(?:at|by|until|till|from|around|before|after|since) ({_HOUR_OF_DAY})(?=[.,;:!?](?!\d)| in the |$)"
    rf"|at ({_HOUR_OF_DAY})(?= (?:you|we|it|the|your|and|for|when|with|sharp)\b)"
    r"|(?:at|by|until|till|from) (noon|midday|midnight)\b)",
    re.IGNORECASE,
)
_NAMED_HOURS = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_GLUED = re.compile(rf"({_NUMBER.pattern})(?!(?:st|nd|rd|th|s)\b)([^\W\d_]+)", re.IGNORECASE)
_FREE = re.compile(
    r"(?<!-)\bfree\b(?!-| (?:time|days?|hours?|mornings?|afternoons?|evenings?|moments?|to|of (?!charge)))"
    r"|\b(?:gratis|complimentary|costs? nothing|(?:at no|without) (?:cost|charge))\b",
    re.IGNORECASE,
)


class StoryFacts:
    """`texts`: all that may be told from. `prices`: those of them that may say what something costs."""

    def __init__(self, texts: Sequence[str], prices: Sequence[str]) -> None:
        self._texts = texts
        self._prices = prices

    def strangers(self, text: str) -> Iterator[str]:
        """What `text` (in NFC) says that is not here."""
        rest = _TWELVE_HOURS.sub(" ", text)
        yield from self._strange_hours(text)
        yield from self._strange_prices(text)
        for number in _NUMBER.findall(rest):
            if plain_number(number) not in self._numbers:
                yield number
        for glued in _GLUED.finditer(rest):
            if not re.search(rf"\b{re.escape(glued[1])} ?{re.escape(glued[2].lower())}\b", self._lower):
                yield glued[0]
        for spelled in _LARGE.finditer(text):
            if str(_value(spelled[0])) not in self._numbers and spelled[0].lower() not in self._lower:
                yield spelled[0]
        yield from self._strange_names(rest)

    def has(self, text: str) -> bool:
        return text.lower() in self._lower

    def strange_signs(self, text: str) -> Iterator[str]:
        """Signs that look like others, or that change those before them, where the plan does not write them."""
        for sign in text:
            is_odd = unicodedata.normalize("NFKC", sign) != sign or unicodedata.category(sign) in ("So", "Mn", "Me")
            if is_odd and sign not in "…°" and sign not in self._lower:
                yield sign

    @cached_property
    def _lower(self) -> str:
        return plain_text("\n".join(self._texts)).lower()

    @cached_property
    def _words(self) -> list[frozenset[str]]:
        """Of each text. What has a hyphen in it may be written as one: `Sensō-ji`, `Sensoji`."""
        return [
            frozenset([*words(text), *(fold(part) for part in text.split() if "-" in part)]) for text in self._texts
        ]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset().union(*self._words)

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(plain_number(number) for text in self._texts for number in _NUMBER.findall(text))

    @cached_property
    def _hours(self) -> frozenset[str]:
        return frozenset(plain_number(hour) for text in self._texts for hour in _HOUR.findall(text))

    # ---- numbers

    def _strange_hours(self, text: str) -> Iterator[str]:
        for found in _TWELVE_HOURS.finditer(text):
            hour = int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)
            if int(found[1]) > 12 or plain_number(f"{hour:02}:{found[2] or '00'}") not in self._hours:
                yield found[0]
        for found in _SPELLED_HOUR.finditer(text):
            if not any(plain_number(hour) in self._hours for hour in _hours_of(found)):
                yield found[0]

    def _strange_prices(self, text: str) -> Iterator[str]:
        for found in _PRICE.finditer(text):
            if not self._is_price(plain_number(found[2] or found[3]), found[1] or found[4]):
                yield found[0]
        for found in _SPELLED_PRICE.finditer(text):
            if not self._is_price(str(_value(found[1])), found[2]):
                yield found[0]
        if not any(re.search(r"\bfree\b", text, re.IGNORECASE) for text in self._prices):
            yield from (found[0] for found in _FREE.finditer(text))

    def _is_price(self, number: str, money: str) -> bool:
        """Whether a text that speaks of such money has that number."""
        meant = _currencies(money)
        return any(number in numbers and currencies & meant for numbers, currencies in self._amounts)

    @cached_property
    def _amounts(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Of each text that may say what something costs: its numbers, and the currencies that it may mean."""
        return [
            (
                frozenset(plain_number(number) for number in _NUMBER.findall(text)),
                frozenset().union(*map(_currencies, re.findall(_MONEY, text, re.IGNORECASE))),
            )
            for text in self._prices
        ]

    # ---- names

    def _strange_names(self, text: str) -> Iterator[str]:
        run: list[str] = []
        end = 0
        for start, word in _names_in(text):
            if text[end:start] != " ":
                yield from self._strange_run(run)
                run = []
            run.append(word)
            end = start + len(word)
        yield from self._strange_run(run)

    def _strange_run(self, run: Sequence[str]) -> Iterator[str]:
        """Of names side by side: those that are not known; all where each is, and no text has them together."""
        bare = [_POSSESSIVE.sub("", word) for word in run]
        unknown = [word for word in bare if not self._names.issuperset(words(word))]
        yield from unknown
        together = {part for word in bare for part in words(word)}
        if not unknown and len(run) > 1 and not any(known.issuperset(together) for known in self._words):
            yield " ".join(bare)


def plain_text(text: str) -> str:
    """With letters and accents put together, and nothing but plain spaces."""
    return unicodedata.normalize("NFC", text).replace("\u00a0", " ").replace("\u202f", " ")


def plain_number(number: str) -> str:
    """`1,444` and `1444` are one; `09:30` and `9:30` are one."""
    plain = number.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", number) else number
    return plain.lstrip("0") or "0"


def _names_in(text: str) -> Iterator[tuple[int, str]]:
    """Where they begin and its words that could be names: with a capital letter, or of another script."""
    for found in _WORD.finditer(text):
        word = found[0]
        letters = [letter for letter in word if letter.isalpha()]
        if word.islower() and all(unicodedata.name(letter, "").startswith(_ORDINARY_LETTERS) for letter in letters):
            continue
        before = text[: found.start()].rstrip(" ()’'")
        begins_sentence = not before or before[-1] in _SENTENCE_END
        if not (begins_sentence and is_plain(word)):
            yield found.start(), word


def _value(spelled: str) -> int | None:
    """Of a number below a hundred."""
    if spelled.isdecimal():
        return int(spelled)
    values = [_VALUES.get(part) for part in spelled.lower().split("-")]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _currencies(money: str) -> frozenset[str]:
    """Those that a sign, a word or a code may mean; itself where it is none of those that are listed."""
    name = money if money in ISO_CODES else money.lower()
    return frozenset(
        code for codes, names in _NAMES_OF_MONEY.items() for code in codes.split() if name in (code, *names.split())
    ) or frozenset((name,))


def _hours_of(found: re.Match[str]) -> Iterator[str]:
    """All that a spelled hour may mean: by night or by day."""
    if found[8]:
        yield _NAMED_HOURS[found[8].lower()]
        return
    minutes = {None: 0, "half": 30, "quarter": 15}
    first = found[1].lower() if found[1] else None
    past = minutes[first] if first in minutes else _value(first or "") or 0
    hour = _value(found[3] or found[4] or found[5] or found[6] or found[7]) or 0
    total = 60 * hour + (-past if (found[2] or "").lower() == "to" else past)
    for moment in (total, total + 12 * 60):
        yield f"{moment // 60 % 24:02}:{moment % 60:02}"
