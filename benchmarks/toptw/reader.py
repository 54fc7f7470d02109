"""Instances from text, in the two forms in which they are handed around.

Solomon's: a name, two headings, then a row for each place: number, x, y, demand, ready, due, service. Demand is the
score; vehicles and their capacity do not matter. Headings may be missing.

That of the site "TOPTW test instances" (KU Leuven), which is Cordeau's: `k v N t`, then `D Q`, then for each place:
number, x, y, duration, score, f, a, a numbers of a list, opening, closing. Only N and those named matter. What follows
the last place does not either.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path

from benchmarks.toptw.instance import PARTS, Instance, Place

SOLOMON_ROW = 7
LEAST_TOPTW_ROW = 9

Row = list[Decimal]


class UnreadableInstanceError(ValueError):
    """The text has neither of the two forms; says where it departs from them."""


def read_instance(path: Path) -> Instance:
    try:
        return parse_instance(path.stem.lower(), path.read_text(encoding="utf-8", errors="replace"))
    except UnreadableInstanceError as error:
        raise UnreadableInstanceError(f"{path}: {error}") from None


def parse_instance(name: str, text: str) -> Instance:
    """`name` as in the literature (`c101`, `pr04`): instances whose name begins with `pr`, or that have places between
    whole coordinates, are Cordeau's and count two decimals, all others one."""
    rows = [row for line in text.splitlines() if (row := _numbers(line))]
    if not rows:
        raise UnreadableInstanceError("there are no rows of numbers")
    places = _toptw(rows) if len(rows[0]) == 4 else _solomon(rows)
    if len(places) < 2:
        raise UnreadableInstanceError("there is no place beside the depot")
    has_parts = any(place.x % PARTS or place.y % PARTS for place in places)
    return Instance(name, tuple(places), 100 if name.startswith("pr") or has_parts else 10)


def _numbers(line: str) -> Row:
    """None at all where the line has anything else in it."""
    try:
        numbers = [Decimal(word) for word in line.split()]
    except InvalidOperation:
        return []
    return numbers if all(number.is_finite() for number in numbers) else []


def _solomon(rows: list[Row]) -> list[Place]:
    # What stands before the places, the vehicles' row say, is shorter.
    rows = [row for row in rows if len(row) >= SOLOMON_ROW]
    _check_numbering(rows)
    return [_place(x, y, score, service, opens, closes) for _, x, y, score, opens, closes, service, *_ in rows]


def _toptw(rows: list[Row]) -> list[Place]:
    number = int(rows[0][2]) + 1
    rows = [row for row in rows[1:] if len(row) >= LEAST_TOPTW_ROW][:number]
    if len(rows) < number:
        raise UnreadableInstanceError(f"{number} places are announced, {len(rows)} given")
    _check_numbering(rows)
    return [_place(row[1], row[2], row[4], row[3], row[-2], row[-1]) for row in rows]


def _check_numbering(rows: list[Row]) -> None:
    for index, row in enumerate(rows):
        if row[0] != index:
            raise UnreadableInstanceError(f"place {row[0]} stands where place {index} should")


def _place(x: Decimal, y: Decimal, score: Decimal, service: Decimal, opens: Decimal, closes: Decimal) -> Place:
    whole = [score, service, opens, closes]
    if any(number != int(number) for number in whole):
        raise UnreadableInstanceError(f"scores and times are whole numbers, not {', '.join(map(str, whole))}")
    if closes < opens or score < 0 or service < 0:
        raise UnreadableInstanceError(f"score {score}, service {service}, window {opens} to {closes} make no sense")
    return Place(_thousandths(x), _thousandths(y), *map(int, whole))


def _thousandths(number: Decimal) -> int:
    return int((number * PARTS).to_integral_value())
