"""Which figures may leave the house: nobody's answer may be read from one, or from the difference of two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SMALLEST_GROUP = 10
"""respondents a printed figure needs, and so does what remains of its parent without it"""
UNIFORM_GROUP = 30
"""below: 'all satisfied' or 'none satisfied' says what each of them answered"""


@dataclass(frozen=True)
class Rules:
    """
    parent: unit code -> code of the unit above within the wave, None for the province
    minimum_n: of the index; minimum_response_rate: of the index, 0: none
    response_rate: unit code -> share of its slips that came back, where slips were given out
    extremes: lowest and highest points of the scale
    """

    parent: Mapping[str, str | None]
    minimum_n: int
    minimum_response_rate: float
    response_rate: Mapping[str, float]
    extremes: tuple[float, float]


def mark(records: Sequence[dict[str, Any]], rules: Rules) -> None:
    """Set `publishable` on every record of a whole table (every unit of the wave, or what hides is not seen)."""
    cells: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for record in records:
        cells[record["series"], record["measure"]][record["unit"]] = record
    below: dict[str, list[str]] = defaultdict(list)
    for unit, above in rules.parent.items():
        if above is not None:
            below[above].append(unit)
    for by_unit in cells.values():
        _mark(by_unit, below, rules)


def _mark(by_unit: dict[str, dict[str, Any]], below: Mapping[str, list[str]], rules: Rules) -> None:
    """One measure of one series: first each figure alone, then the differences, parents before children."""
    derivable: set[str] = set()
    """units hidden because the difference of two figures would tell on someone"""
    for unit, record in by_unit.items():
        parent = by_unit.get(rules.parent[unit] or "")
        rest = parent["n"] - record["n"] if parent else 0
        if 0 < rest < SMALLEST_GROUP:
            derivable.add(unit)  # the parent's figure minus this one would be theirs
        record["publishable"] = _stands_alone(record, rules) and unit not in derivable
    for unit in rules.parent:
        children = [by_unit[child] for child in below.get(unit, ())]
        hidden: Sequence[dict[str, Any]] = []
        if unit in derivable:
            hidden = children  # children that are all shown add up to what is hidden
        elif by_unit[unit]["publishable"]:
            hidden = _complementary(children)
        for child in hidden:
            child["publishable"] = False
            derivable.add(child["unit"])


def _stands_alone(record: dict[str, Any], rules: Rules) -> bool:
    n, estimate = record["n"], record["estimate"]
    if estimate is None or n < max(rules.minimum_n, SMALLEST_GROUP):
        return False
    ends = rules.extremes if record["measure"].startswith("mean:") else (0.0, 1.0)
    if n < UNIFORM_GROUP and estimate in ends:
        return False
    rate = rules.response_rate.get(record["unit"]) if record["series"] == "official" else None
    return rate is None or rate >= rules.minimum_response_rate


def _complementary(children: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Children of a shown parent to hide besides those hidden already.

    The parent minus its shown children must be neither one child nor a few people: the smallest shown child
    goes too, until two are hidden and together have enough respondents.
    """
    shown = sorted((child for child in children if child["publishable"]), key=lambda child: int(child["n"]))
    hidden = [child["n"] for child in children if child["n"] and not child["publishable"]]
    also: list[dict[str, Any]] = []
    while len(also) < len(shown) and hidden and (len(hidden) == 1 or sum(hidden) < SMALLEST_GROUP):
        also.append(shown[len(also)])
        hidden.append(also[-1]["n"])
    return also
