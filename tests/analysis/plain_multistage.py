"""The multistage variance as a recursion in plain loops, one estimate at a time: what the engine is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

from analysis.design import LonelyPsu


@dataclass(frozen=True)
class Unit:
    """A row: its labels from stage to stage, (stratum, unit) each, and its population counts."""

    path: tuple[tuple[int, int], ...]
    population: tuple[float, ...]
    kept: bool
    influence: float


@dataclass(frozen=True)
class Rule:
    lonely_psu: LonelyPsu = "certainty"
    domain_lonely: bool = False


def variance(rows: Sequence[Unit], rule: Rule, stage: int = 0) -> float:
    """Of the rows of one unit above: each stratum's squares, and what every unit adds from within.

    All rows stand for the draw; those not kept have left the domain.
    """
    kept = [row for row in rows if row.kept]
    strata = sorted({row.path[stage][0] for row in kept})
    own: list[float] = []
    within = 0.0
    for stratum in strata:
        drawn = {row.path[stage][1] for row in rows if row.path[stage][0] == stratum}
        population = next(row.population[stage] for row in rows if row.path[stage][0] == stratum)
        present = sorted({row.path[stage][1] for row in kept if row.path[stage][0] == stratum})
        totals = [
            sum(row.influence for row in kept if row.path[stage] == (stratum, unit)) for unit in present
        ]
        own.append(_stratum(totals, len(drawn), population, rule))
        if stage + 1 < len(rows[0].path) and population < inf:
            for unit in present:
                inner = [row for row in rows if row.path[stage] == (stratum, unit)]
                within += len(drawn) / population * variance(inner, rule, stage + 1)
    seen = [each for each in own if each == each]
    if len(seen) < len(own):
        return within + (sum(seen) * len(own) / len(seen) if seen else nan)
    return within + sum(own)


def _stratum(totals: Sequence[float], drawn: int, population: float, rule: Rule) -> float:
    """NaN where the rule leaves the stratum to the others."""
    left = 0.0 if population < drawn + 1e-9 else 1.0 - drawn / population
    if left == 0:
        return 0.0
    alone = drawn == 1 or (rule.domain_lonely and len(totals) == 1)
    if alone and rule.lonely_psu == "average":
        return nan
    middle = 0.0 if alone and rule.lonely_psu == "adjust" else sum(totals) / drawn
    squares = sum((total - middle) ** 2 for total in totals) + (drawn - len(totals)) * middle**2
    return left * squares * (drawn / (drawn - 1) if drawn > 1 else 1.0)
