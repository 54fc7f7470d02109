"""How often Python looks for circular garbage.

What a process has made by the time that it is ready stays for its whole life: looking through it again and again was a
tenth of a busy worker's time (`benchmarks/wire.py`). What is made for a request is nearly all freed by reference.
"""

import gc

YOUNG_OBJECTS = 20_000
"""So many more objects made than freed before the young ones are looked through; Python's own number is 700."""


def tune_garbage_collection() -> None:
    """Called once, when everything that stays has been made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
