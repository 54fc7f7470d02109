"""How long to wait before a crashed program is started again."""

RESTART_PAUSES_S = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0)
"""They grow, so that a program that cannot start does not keep the machine busy; the last one repeats."""

STEADY_AFTER_S = 10.0
"""A program that ran so long is well: its next crash counts as its first."""


def restart_pause_s(crashes: int) -> float:
    """`crashes`: how many there were in a row before this one."""
    return RESTART_PAUSES_S[min(crashes, len(RESTART_PAUSES_S) - 1)]
