"""The units of a wave as domains of estimation: each unit is its subtree, and each has a pool of its like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.domains import Grouping
from surveys.units import Unit, UnitTree, bare_name

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """Units in the tree's order, the wave's province first; their places are the leaves of the PSU table.

    parent: (units,) place of the unit above, -1 for the province
    groupings: first the units of each depth, then their pools: units of one kind and type at that depth, so that
        a ward borrows from the province's wards
    domain, pool: (units,) number of the unit's own domain and of its pool's, over all groupings
    """

    units: tuple[Unit, ...]
    parent: Ints
    groupings: tuple[Grouping, ...]
    domain: Ints
    pool: Ints

    def places(self, unit_ids: Ints) -> Ints:
        """Place of each unit id; -1 for a unit outside the province."""
        known = {unit.id: place for place, unit in enumerate(self.units) if unit.id is not None}
        return np.array([known.get(id, -1) for id in unit_ids.tolist()], dtype=np.int64)

    def spread_up(self, marks: Ints) -> Ints:
        """(units,) bits of each unit together with those of every unit below it."""
        spread = marks.copy()
        for place in range(len(self.units) - 1, 0, -1):  # children stand after their parents
            spread[self.parent[place]] |= spread[place]
        return spread

    def sum_up(self, values: Ints) -> Ints:
        """(units,) value of each unit plus those of every unit below it."""
        total = values.copy()
        for place in range(len(self.units) - 1, 0, -1):
            total[self.parent[place]] += total[place]
        return total


def layout(tree: UnitTree, province_code: str) -> Layout:
    """Raises NotFound("unit_unknown")."""
    units = tree.subtree(province_code)
    number = {unit.code: place for place, unit in enumerate(units)}
    parent = np.array([number.get(unit.parent or "", -1) for unit in units], dtype=np.int64)
    parent[0] = -1
    lines = [[0]]
    for place in range(1, len(units)):
        lines.append([*lines[parent[place]], place])
    depths = range(max(len(line) for line in lines))
    by_depth = [_grouping([line[depth] if depth < len(line) else None for line in lines]) for depth in depths]
    of_kind = [
        _grouping([_type(units[line[depth]]) if depth < len(line) else None for line in lines])
        for depth in depths
    ]
    groupings = by_depth + of_kind
    starts = np.cumsum([0, *(grouping.size for grouping in groupings)])
    depth_of = [len(line) - 1 for line in lines]
    domain = [starts[depth] + by_depth[depth].of_leaf[place] for place, depth in enumerate(depth_of)]
    pool = [
        starts[len(by_depth) + depth] + of_kind[depth].of_leaf[place] for place, depth in enumerate(depth_of)
    ]
    return Layout(units, parent, tuple(groupings), np.array(domain), np.array(pool))


def _type(unit: Unit) -> str:
    """'commune Phường', 'commune Xã', 'department': units that may borrow each other's design effect."""
    word = unit.name.removesuffix(bare_name(unit.name)).strip()
    return f"{unit.kind.value} {word}"


def _grouping(labels: Sequence[object]) -> Grouping:
    """A domain per label, numbered as they come; None: in no domain."""
    numbers: dict[object, int] = {}
    of_leaf = [-1 if label is None else numbers.setdefault(label, len(numbers)) for label in labels]
    return Grouping(np.array(of_leaf, dtype=np.int64), len(numbers))
