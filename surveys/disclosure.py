"""Which figures may be shown: nobody's answer may be read from one, or from the difference of two.

Protecting people comes first and looks at the whole table; a low response rate is no matter of theirs, and what
is hidden for it alone hides nothing beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.score_fields import FLAGS, Record

SMALLEST_GROUP = 10
"""respondents a printed figure needs, and so does what remains of its parent without it"""
UNIFORM_GROUP = 30
"""below: 'all satisfied' or 'none satisfied' says what each of them answered"""
TOO_FEW, PROTECTED, LOW_RESPONSE, MONITORING = "small_n", "protected", "low_response", "monitoring"
HIDING = frozenset({TOO_FEW, PROTECTED, LOW_RESPONSE})
"""flags of a figure that nobody is shown; monitoring figures are shown to staff and never published"""


@dataclass(frozen=True)
class Rules:
    """
    parent: unit code -> code of the unit above within the wave, None for the province
    minimum_n: of the index
    extremes: lowest and highest points of the scale
    items: criterion's measure -> the items that it combines
    """

    parent: Mapping[str, str | None]
    minimum_n: int
    extremes: tuple[float, float]
    items: Mapping[str, Sequence[str]]


def visible(record: Record) -> bool:
    """Whether staff may be shown the figure."""
    return record["estimate"] is not None and HIDING.isdisjoint(record["flags"])


def publishable(record: Record) -> bool:
    """Whether the figure may leave the house: official figures only, monitoring never."""
    return visible(record) and MONITORING not in record["flags"]


def with_flags(record: Record, flags: Iterable[str]) -> None:
    """Add flags to a record, and let `publishable` follow."""
    held = {*record["flags"], *flags}
    record["flags"] = [flag for flag in FLAGS if flag in held]
    record["publishable"] = publishable(record)


def mark(records: Sequence[Record], rules: Rules) -> None:
    """Set `publishable` on every record of a whole table (every unit of the wave, or what hides is not seen).

    A figure of fewer than the index's minimum gets the flag 'small_n', else one that is hidden to protect people
    'protected'.
    """
    cells: dict[tuple[str, str], dict[str, Record]] = defaultdict(dict)
    for record in records:
        cells[record["series"], record["measure"]][record["unit"]] = record
    family = _Family(rules)
    for (series, measure), by_unit in cells.items():
        kind = "mean:" if measure.startswith("mean:") else ""
        items = rules.items.get(measure.removeprefix(kind), ())
        parts = [cells[series, f"{kind}item:{item}"] for item in items if (series, f"{kind}item:{item}") in cells]
        protected = family.protected(by_unit, parts)
        for unit, record in by_unit.items():
            too_few, shown = record["n"] < rules.minimum_n, record["estimate"] is not None
            reason = [TOO_FEW] if too_few else [PROTECTED] if unit in protected else []
            with_flags(record, reason if shown else [])


class _Family:
    """The units of a wave, and what one of them tells of another."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._below: dict[str, list[str]] = defaultdict(list)
        for unit, above in rules.parent.items():
            if above is not None:
                self._below[above].append(unit)

    def protected(self, by_unit: Mapping[str, Record], items: Sequence[Mapping[str, Record]]) -> set[str]:
        """Units whose figure of one measure of one series is hidden so that nobody's answer can be read.

        First each figure alone, then the differences, parents before children.
        items: the same records of the items that the measure combines; none for an item.
        """
        hidden = {unit for unit, record in by_unit.items() if not self._stands_alone(record)}
        derivable: set[str] = set()
        """units hidden because the difference of two figures would tell on someone"""
        for unit, record in by_unit.items():
            parent = by_unit.get(self._rules.parent[unit] or "")
            if parent is not None and 0 < parent["n"] - record["n"] < SMALLEST_GROUP:
                derivable.add(unit)  # the parent's figure minus this one would be theirs
        for unit in self._rules.parent:
            if unit in derivable:
                derivable.update(self._below[unit])  # children that are all shown add up to what is hidden
            elif unit not in hidden:
                own = max(self._own(each, unit) for each in (by_unit, *items))
                children = [by_unit[child] for child in self._below[unit]]
                derivable.update(_complementary(by_unit[unit], children, hidden | derivable, own))
        return hidden | derivable

    def _own(self, by_unit: Mapping[str, Record], unit: str) -> int:
        """Answers that were given at the unit itself: nobody below it has them.

        Where one answer counts for who received and for who decided, children overlap and the sum over them
        hides such answers; the items, which each count once, do not.
        """
        return max(0, int(by_unit[unit]["n"]) - sum(int(by_unit[child]["n"]) for child in self._below[unit]))

    def _stands_alone(self, record: Record) -> bool:
        n, estimate = record["n"], record["estimate"]
        if estimate is None or n < max(self._rules.minimum_n, SMALLEST_GROUP):
            return False
        ends = self._rules.extremes if record["measure"].startswith("mean:") else (0.0, 1.0)
        return not (n < UNIFORM_GROUP and estimate in ends)


def _complementary(parent: Record, children: Sequence[Record], hidden: set[str], own: int) -> list[str]:
    """Children of a shown parent to hide besides those hidden already.

    The parent minus its shown children must be neither one child nor a few people. The smallest shown child goes
    too, until two parts are hidden that together have enough respondents. What was answered at the parent itself
    (`own`) is never shown, so it is one part more; where it is large, and all that is hidden, it may be read.
    """
    shown = sorted((child for child in children if child["unit"] not in hidden), key=lambda child: int(child["n"]))
    parts = [int(child["n"]) for child in children if child["n"] and child["unit"] in hidden]
    if not parts and not 0 < own < UNIFORM_GROUP:
        return []
    parts += [own] if own else []
    also: list[str] = []
    while shown and (len(parts) == 1 or _people(parent, shown, parts) < SMALLEST_GROUP):
        smallest = shown.pop(0)
        also.append(smallest["unit"])
        parts.append(int(smallest["n"]))
    return also


def _people(parent: Record, shown: Sequence[Record], parts: Sequence[int]) -> int:
    """At least so many respondents stand behind the parent minus its shown children, overlapping or not."""
    return max(int(parent["n"]) - sum(int(child["n"]) for child in shown), *parts)
