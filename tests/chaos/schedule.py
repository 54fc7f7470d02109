"""Which fault befalls whom and when: decided from a seed before anything starts, so that a round can be played again.

It is a file of its own because it is pure: no process, no clock.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

AGENTS = ("weather", "events", "maps", "budget", "itinerary")

REDIS = "redis"
GATEWAY = "gateway"

RESTART_S = 8.0
"""How long a process that was ended is taken to be away; on a busy machine it takes 1 to 7 s to come back."""

SPARED_ALONE_S = 3.0
"""A lasting fault on the only process of its kind is no longer than that."""

QUIET_AFTER_REDIS_S = 4.0
"""How long Redis is left alone after a fault of its own, so that outages do not grow into one another."""

ENDING = ("kill", "term")
"""These end the process; it is started again at once."""

Weights = dict[str, float]

WORKERS: Weights = {"kill": 5, "term": 2, "stop": 4, "cut": 3, "silence": 2}
GATEWAYS: Weights = {"kill": 4, "term": 2, "stop": 3, "cut": 3, "silence": 2}
SERVER: Weights = {"kill": 2, "term": 1, "stop": 3, "drop_commands": 2, "drop_news": 2, "demote": 2}
"""What can happen to a process of each kind, and how often. `drop_commands`, `drop_news`: Redis closes the connections
for commands, those for pub/sub. `demote`: it is a replica for a while, and refuses to write."""

DURATIONS_S = {
    (GATEWAY, "stop"): (0.3, 9.0),
    (GATEWAY, "cut"): (0.5, 6.0),
    (GATEWAY, "silence"): (0.5, 6.0),
    ("worker", "stop"): (0.3, 9.0),
    ("worker", "cut"): (0.5, 6.0),
    ("worker", "silence"): (0.5, 6.0),
    (REDIS, "stop"): (0.5, 6.0),
    (REDIS, "kill"): (0.2, 3.0),
    (REDIS, "term"): (0.2, 3.0),
    (REDIS, "demote"): (0.5, 6.0),
}
"""Shortest and longest, s. What is not here happens in a moment."""

LONG_PAUSE_S = 30.0


@dataclass(frozen=True)
class Profile:
    """`gap_s`: mean time between two faults. `shares`: of the kinds of process. `long_pause`: how probable it is that a
    halt of Redis lasts LONG_PAUSE_S. `longest_s`: no fault lasts longer, but for that one."""

    gap_s: float
    shares: Weights
    long_pause: float = 0.0
    longest_s: float = 9.0


PROFILES = {
    "full": Profile(2.5, {"worker": 5, GATEWAY: 3, REDIS: 2}, long_pause=0.04),
    "short": Profile(2.5, {"worker": 5, GATEWAY: 3, REDIS: 2}, longest_s=2.5),
    "workers": Profile(2.5, {"worker": 1}),
    "gateways": Profile(4.0, {GATEWAY: 1}),
    "redis": Profile(6.0, {REDIS: 1}, long_pause=0.1),
    "calm": Profile(1e9, {"worker": 1}),
}


@dataclass(frozen=True, order=True)
class Fault:
    """`at_s`: since the beginning of the round. `duration_s`: how long it lasts, 0 for a moment."""

    at_s: float
    action: str
    target: str
    duration_s: float = 0.0

    def __str__(self) -> str:
        lasting = f" for {self.duration_s:g}s" if self.duration_s else ""
        return f"{self.at_s:g}s {self.action} {self.target}{lasting}"


def worker_names(each: int) -> list[str]:
    """The names of all workers, `each` of them an agent: `weather-1`, `weather-2`, …"""
    return [f"{agent}-{number}" for agent in AGENTS for number in range(1, each + 1)]


def gateway_names(count: int) -> list[str]:
    return [f"{GATEWAY}-{number}" for number in range(1, count + 1)]


def kind_of(target: str) -> str:
    """`worker`, `gateway` or `redis`."""
    name = target.partition("-")[0]
    return name if name in (REDIS, GATEWAY) else "worker"


def schedule(seed: int, seconds: float, profile: str, gateways: int, workers: int) -> list[Fault]:
    """The faults of one round in order of time; the same for the same arguments."""
    return list(_drawn(random.Random(f"faults {seed}"), seconds, PROFILES[profile], gateways, workers))


def line(faults: Sequence[Fault]) -> str:
    return "; ".join(map(str, faults)) or "no faults"


def _drawn(chance: random.Random, seconds: float, profile: Profile, gateways: int, workers: int) -> Iterator[Fault]:
    targets = {"worker": worker_names(workers), GATEWAY: gateway_names(gateways), REDIS: [REDIS]}
    troubled_until: dict[str, float] = {}
    at_s = chance.expovariate(1 / profile.gap_s)
    while at_s < seconds:
        kind = _pick(chance, profile.shares)
        free = [name for name in targets[kind] if _may_be_troubled(name, targets[kind], troubled_until, at_s)]
        if free:
            fault = _fault(chance, at_s, kind, chance.choice(free), profile, _is_alone(kind, gateways, workers))
            troubled_until[fault.target] = at_s + fault.duration_s + _aftermath_s(fault)
            yield fault
        at_s += chance.expovariate(1 / profile.gap_s)


def _may_be_troubled(name: str, kind: Sequence[str], troubled_until: dict[str, float], at_s: float) -> bool:
    """Not in trouble now, and neither is every other process that does the same."""
    if troubled_until.get(name, 0) > at_s:
        return False
    others = [other for other in kind if other != name and _work(other) == _work(name)]
    return not others or any(troubled_until.get(other, 0) <= at_s for other in others)


def _work(name: str) -> str:
    return name.partition("-")[0]


def _is_alone(kind: str, gateways: int, workers: int) -> bool:
    return {GATEWAY: gateways, "worker": workers}.get(kind, 0) == 1


def _fault(chance: random.Random, at_s: float, kind: str, target: str, profile: Profile, is_alone: bool) -> Fault:
    action = _pick(chance, {"worker": WORKERS, GATEWAY: GATEWAYS, REDIS: SERVER}[kind])
    shortest, longest = DURATIONS_S.get((kind, action), (0.0, 0.0))
    longest = min(longest, profile.longest_s, SPARED_ALONE_S if is_alone else longest)
    duration_s = chance.uniform(shortest, max(shortest, longest))
    if (kind, action) == (REDIS, "stop") and chance.random() < profile.long_pause:
        duration_s = LONG_PAUSE_S
    return Fault(round(at_s, 2), action, target, round(duration_s, 2))


def _aftermath_s(fault: Fault) -> float:
    if kind_of(fault.target) == REDIS:
        return QUIET_AFTER_REDIS_S
    return RESTART_S if fault.action in ENDING else 1.0


def _pick(chance: random.Random, weights: Weights) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
