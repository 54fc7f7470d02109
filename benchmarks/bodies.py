"""What a measured plan consists of: four requests of about 1 KB at once, four answers of about 4 KB, then one request
that carries those answers and its answer of about 8 KB.

The standard library alone, so that other projects' environments can read it.

The texts are drawn from a seeded generator, so that they compress no better than real answers do.
"""

import random
from typing import Any

FAN_OUT = ("weather", "events", "maps", "budget")
LAST = "itinerary"
AGENTS = (*FAN_OUT, LAST)

REQUEST_BYTES = 1_000
ANSWER_BYTES = 4_000
LAST_BYTES = 8_000

_WORDS = [
    "rain",
    "sun",
    "museum",
    "train",
    "hotel",
    "bridge",
    "garden",
    "market",
    "river",
    "castle",
    "price",
    "evening",
    "morning",
    "ticket",
    "street",
    "square",
]


def text(size: int, seed: int) -> str:
    """About `size` characters of words."""
    drawn, words, length = random.Random(seed), [], 0
    while length < size:
        words.append(drawn.choice(_WORDS) + str(drawn.randrange(1000)))
        length += len(words[-1]) + 1
    return " ".join(words)


def records(size: int, seed: int) -> list[dict[str, Any]]:
    """About `size` bytes of JSON: rows as an agent's report has them."""
    drawn, rows = random.Random(seed), []
    for number in range(max(1, size // 160)):
        place = {"latitude": round(drawn.uniform(-60, 60), 5), "longitude": round(drawn.uniform(-180, 180), 5)}
        rows.append({"day": number, "name": text(40, drawn.randrange(10**9)), "place": place, "price": drawn.random()})
    return rows


REQUESTS = {agent: text(REQUEST_BYTES, number) for number, agent in enumerate(FAN_OUT)}
ANSWERS = {agent: records(ANSWER_BYTES if agent != LAST else LAST_BYTES, 10 + n) for n, agent in enumerate(AGENTS)}
