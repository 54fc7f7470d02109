"""Does a solution keep the rules of the literature? Written from those rules alone, without the solver's code."""

from collections.abc import Sequence

from benchmarks.toptw.instance import Instance


def faults(instance: Instance, tours: int, sequences: Sequence[Sequence[int]], score: int) -> list[str]:
    """What is wrong, empty if nothing. `sequences`: for each tour the places in order, the depot (0) left out."""
    found: list[str] = []
    visited = [place for sequence in sequences for place in sequence]
    if len(sequences) != tours:
        found.append(f"{len(sequences)} tours, not {tours}")
    if len(set(visited)) < len(visited):
        found.append("a place is visited twice")
    if not all(0 < place < len(instance.places) for place in visited):
        return [*found, "a place does not exist"]
    if sum(instance.places[place].score for place in visited) != score:
        found.append("the score is another")
    for number, sequence in enumerate(sequences):
        found.extend(f"tour {number}: {fault}" for fault in _faults_of_tour(instance, sequence))
    return found


def _faults_of_tour(instance: Instance, sequence: Sequence[int]) -> list[str]:
    depot, scale = instance.places[0], instance.scale
    found: list[str] = []
    here, now = 0, depot.opens * scale
    for there in sequence:
        place = instance.places[there]
        now = max(now + instance.distance(here, there), place.opens * scale)
        if now > place.closes * scale:
            found.append(f"place {there} is reached after it closes")
        here, now = there, now + place.service * scale
    if now + instance.distance(here, 0) > depot.closes * scale:
        found.append("it is back too late")
    return found
