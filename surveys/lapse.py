"""Whether something that was noted at a moment still counts, where the machine's clock may have been set meanwhile."""

from __future__ import annotations

SKEW = 300.0
"""seconds by which a noted moment may lie ahead of now; more, and the clock was put back since"""


def fresh(moment: float, now: float, life: float) -> bool:
    """Not older than `life` seconds, and not from a future that a wrong clock once showed: that would not end."""
    return -SKEW <= now - moment <= life
