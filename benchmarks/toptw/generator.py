"""Instances of the public families' kinds, made up: for measuring where their files are not at hand."""

from random import Random

from benchmarks.toptw.instance import PARTS, Instance, Place

# (name, places, how they lie, share of narrow windows, day's length): as Solomon's series 1 and 2 are, whose days are
# short and long.
SOLOMON_LIKE = (
    ("narrow-clustered", 100, "clustered", 1.0, 240),
    ("wide-random", 100, "random", 0.25, 240),
    ("long-mixed", 100, "mixed", 0.5, 1000),
)
CORDEAU_LIKE = (("cordeau-48", 48), ("cordeau-144", 144), ("cordeau-288", 288))
SERVICE = 10


def made_up() -> list[Instance]:
    """The same ones every time."""
    solomon = [_solomon_like(Random(seed), *family) for seed, family in enumerate(SOLOMON_LIKE)]
    return solomon + [_cordeau_like(Random(seed), *family) for seed, family in enumerate(CORDEAU_LIKE)]


def _solomon_like(random: Random, name: str, number: int, lie: str, share_narrow: float, day: int) -> Instance:
    """On a field of 100 by 100, the depot in the middle."""
    centres = [(random.randint(10, 90), random.randint(10, 90)) for _ in range(8)]
    places = [Place(50 * PARTS, 50 * PARTS, 0, 0, 0, day)]
    for _ in range(number):
        if lie == "clustered" or (lie == "mixed" and random.random() < 0.5):
            centre = random.choice(centres)
            x, y = (min(100, max(0, middle + random.randint(-6, 6))) for middle in centre)
        else:
            x, y = random.randint(0, 100), random.randint(0, 100)
        opens, closes = 0, day - 90
        if random.random() < share_narrow:
            width = random.randint(day // 20, day // 8)
            opens = random.randint(0, max(0, closes - width))
            closes = opens + width
        places.append(Place(x * PARTS, y * PARTS, random.randint(1, 50), SERVICE, opens, closes))
    return Instance(name, tuple(places), 10)


def _cordeau_like(random: Random, name: str, number: int) -> Instance:
    """Thick around some centres, with windows of 90 to 180 in a day of 1000."""
    centres = [(random.randint(-50, 50), random.randint(-50, 50)) for _ in range(4)]
    places = [Place(0, 0, 0, 0, 0, 1000)]
    for _ in range(number):
        x, y = ((middle + _spread(random)) * PARTS + random.randrange(PARTS) for middle in random.choice(centres))
        opens = random.randint(60, 500)
        places.append(Place(x, y, random.randint(1, 25), random.randint(1, 25), opens, opens + random.randint(90, 180)))
    return Instance(name, tuple(places), 100)


def _spread(random: Random) -> int:
    """Most often near 0, at most 60 either way."""
    return sum(random.randint(-20, 20) for _ in range(3))
