"""What a wave's figures are held against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from surveys.indexes.model import IndexDefinition, Operator, Target
from surveys.waves import Wave


@dataclass(frozen=True)
class Goal:
    value: float
    """a share, 0 to 1"""
    operator: Operator
    source: str | None
    """None: set for this wave"""


def day_of(wave: Wave) -> date:
    """The day that a wave stands for: by it, its targets and its attribution are dated."""
    return wave.opens or wave.created


def goal(wave: Wave, index: IndexDefinition, measure: str) -> Goal | None:
    """The target of a measure: the wave's own, which is for every share, else the index's of that day.

    Mean scores have none.
    """
    if measure.startswith("mean:"):
        return None
    dated = in_force(wave, index, measure)
    if wave.target is None:
        return Goal(dated.value, dated.operator, dated.source) if dated else None
    operator: Operator = ">" if wave.target_operator == ">" else ">="
    same = dated is not None and (dated.value, dated.operator) == (wave.target, operator)
    return Goal(wave.target, operator, dated.source if dated is not None and same else None)


def common(wave: Wave, index: IndexDefinition, measures: Iterable[str]) -> Goal | None:
    """The one target that all these measures share; None where they have none, or not the same."""
    goals = [goal(wave, index, measure) for measure in measures]
    same = {(each.value, each.operator) if each else None for each in goals}
    return goals[0] if len(same) == 1 else None


def in_force(wave: Wave, index: IndexDefinition, measure: str) -> Target | None:
    """The index's own target of a measure on the day that the wave stands for."""
    return index.target(measure, day_of(wave))
