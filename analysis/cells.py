"""The PSU table: one pass over the rows, after which every level, domain and measure is a regrouping.

A slot is a PSU seen through one leaf (the smallest unit a row can belong to); PSUs may cross leaves.
Items may be placed differently: what the receiving office is responsible for counts where the row was
received, the rest where it was handled. Hence one or more places per row, and one place per item.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Codes, Floats, Ints, Singles, counts_by, sums_by
from analysis.design import DesignError, ShapeError, SurveyDesign

VALID, SATISFIED, SCORED, POINTS = 0, 1, 2, 3
"""columns of every table of sums: weight of valid answers, of the satisfied ones, of those that have points,
and weighted points"""
COLUMNS = 4


@dataclass(frozen=True, eq=False)
class Answers:
    """What was answered.

    codes: (items, n) code of each answer; 0: no valid answer (skipped, not asked)
    satisfied: (codes,) which codes count as satisfied
    points: (codes,) points of each code; NaN: the code counts for shares and not for mean scores
    """

    codes: Codes
    satisfied: Bools
    points: Floats

    @cached_property
    def lookup(self) -> Floats:
        """(codes, 4) valid, satisfied, scored, points of each code; all 0 for code 0."""
        scored = np.isfinite(self.points)
        points = np.where(scored, self.points, 0.0)
        table = np.stack([np.ones(len(points)), self.satisfied, scored, points], axis=1).astype(np.float64)
        table[0] = 0
        return table


class _Light(NamedTuple):
    """Slots with one row only need no sums: the row itself is the sum."""

    row: Ints
    weight: Floats
    """(places, slots) weight where the row stands in the slot by that place, else 0"""


@dataclass(frozen=True, eq=False)
class PsuTable:
    """
    design, answers: n rows
    places: (places, n) leaf of each row; place_of_item: (items,)
    slot_psu, slot_leaf: (slots,)
    leaf_codes: (items, leaves, codes) sum of weights
    leaf_counts, leaf_positive: the same unweighted: all answers, and those with a weight above 0
    Memory: 32 bytes per item and slot with several rows; slots with one row cost 16 bytes.
    """

    design: SurveyDesign
    answers: Answers
    places: Ints
    place_of_item: Ints
    leaves: int
    slot_psu: Ints
    slot_leaf: Ints
    heavy: Floats
    light: _Light
    leaf_codes: Floats
    leaf_counts: Ints
    leaf_positive: Ints

    @property
    def items(self) -> int:
        return len(self.answers.codes)

    @cached_property
    def leaf_weights(self) -> Floats:
        """(places, leaves, 3) by each place: rows with a weight above 0, sum of weights, sum of their squares."""
        weights = self.design.weights
        found = np.empty((len(self.places), self.leaves, 3))
        for place, leaf in enumerate(self.places):
            rows = np.flatnonzero((leaf >= 0) & (weights > 0))
            for column, power in enumerate((0, 1, 2)):
                found[place, :, column] = sums_by(leaf[rows], weights[rows] ** power, self.leaves)
        return found

    def sums(self, block: tuple[int, ...]) -> Floats:
        """(4, slots) weighted sums over the items of a block."""
        lookup, several = self.answers.lookup, self.heavy.shape[2]
        total = np.zeros((COLUMNS, len(self.slot_psu)))
        for item in block:
            total[:, :several] += self.heavy[item]
            code = self.answers.codes[item, self.light.row]
            weight = self.light.weight[self.place_of_item[item]]
            for column in range(COLUMNS):
                total[column, several:] += lookup[code, column] * weight
        return total

    def row_sums(self, block: tuple[int, ...]) -> dict[int, Singles]:
        """place -> (4, n) unweighted sums over the block's items of that place.

        Single precision: exact for counts and for points that are whole or halves.
        """
        lookup = self.answers.lookup.astype(np.float32)
        sums: dict[int, Singles] = {}
        for item in block:
            place = int(self.place_of_item[item])
            total = sums.setdefault(place, np.zeros((COLUMNS, len(self.design)), dtype=np.float32))
            for column in range(COLUMNS):
                total[column] += lookup[self.answers.codes[item], column]
        return sums


def accumulate(
    design: SurveyDesign, answers: Answers, places: npt.ArrayLike, place_of_item: npt.ArrayLike, leaves: int
) -> PsuTable:
    """Read the rows once.

    places: (places, n) leaf 0..leaves-1 of each row, -1 where it has none
    place_of_item: (items,) row of `places` that the item's answers count by
    Raises ShapeError; DesignError for a design whose variances are not made of PSU totals alone.
    """
    where, which = np.asarray(places, dtype=np.int64), np.asarray(place_of_item, dtype=np.int64)
    n, items = len(design), len(answers.codes)
    if answers.codes.shape != (items, n) or where.shape[1:] != (n,) or which.shape != (items,):
        raise ShapeError("answers, places and design disagree on rows or items")
    if items and int(which.max()) >= len(where):
        raise ShapeError("an item's place does not exist")
    _check_design(design)
    slot_psu, slot_leaf, slot_of, heavy_slots = _slots(design, where, leaves)
    light_slots = np.arange(heavy_slots, len(slot_psu))
    row = np.zeros(len(light_slots), dtype=np.int64)
    for slot in slot_of:
        rows = np.flatnonzero(slot >= heavy_slots)
        row[slot[rows] - heavy_slots] = rows
    light = _Light(row, np.where(slot_of[:, row] == light_slots, design.weights[row], 0.0))
    lookup = answers.lookup
    heavy = np.empty((items, COLUMNS, heavy_slots))
    for item, tallied in enumerate(_tally(answers, design.weights, slot_of, which, heavy_slots)):
        heavy[item] = (tallied @ lookup).T
    leaf_codes = np.empty((items, leaves, len(lookup)))
    for item, tallied in enumerate(_tally(answers, design.weights, where, which, leaves)):
        leaf_codes[item] = tallied
    counts = _counts(answers, np.ones(n), where, which, leaves)
    seen = (design.weights > 0).astype(np.float64)
    positive = counts if seen.all() else _counts(answers, seen, where, which, leaves)
    return PsuTable(
        design, answers, where, which, leaves, slot_psu, slot_leaf, heavy, light, leaf_codes, counts, positive
    )


def _check_design(design: SurveyDesign) -> None:
    """What a table of PSU totals cannot know: later stages, residuals of a calibration, rules that look at which
    PSUs answered an item."""
    if len(design.counted_stages) > 1:
        raise DesignError("the PSU table knows the first stage only: variance='ultimate_cluster' expected")
    if design.adjustments:
        raise DesignError("the PSU table knows no calibrated design: estimate row by row")
    if design.lonely_psu == "average" or design.domain_lonely:
        raise DesignError("the PSU table knows neither lonely_psu='average' nor domain_lonely: estimate row by row")


def _counts(answers: Answers, seen: Floats, places: Ints, place_of_item: Ints, leaves: int) -> Ints:
    """(items, leaves, codes) answers of the rows with seen = 1."""
    return np.array(list(_tally(answers, seen, places, place_of_item, leaves)), dtype=np.int64)


def _slots(design: SurveyDesign, places: Ints, leaves: int) -> tuple[Ints, Ints, Ints, int]:
    """PSU and leaf of each slot; slot of each row by place; how many slots (the first) have several rows."""
    keys = np.where(places >= 0, design.psu * leaves + places, -1)
    found, slot_of = np.unique(keys, return_inverse=True)
    slot_of = slot_of.reshape(keys.shape)
    outside = bool(len(found)) and found[0] == -1
    if outside:
        found, slot_of = found[1:], slot_of - 1
    rows = np.zeros(len(found), dtype=np.int64)
    for at, slot in enumerate(slot_of):
        # a row that stands in the same slot by two places is one row
        new = (slot >= 0) & ~(slot_of[:at] == slot).any(axis=0)
        rows += counts_by(slot[new], len(found))
    order = np.argsort(rows == 1, kind="stable")
    renamed = np.empty(len(found) + 1, dtype=np.int64)
    renamed[order] = np.arange(len(found))
    renamed[-1] = -1  # slot -1 stays -1
    ordered = found[order]
    return ordered // leaves, ordered % leaves, renamed[slot_of], int((rows != 1).sum())


def _tally(
    answers: Answers, weights: Floats, group_of: Ints, place_of_item: Ints, groups: int
) -> Iterator[Floats]:
    """For each item the (groups, codes) sums of weights; rows of other groups are left out."""
    codes, kinds = answers.codes, len(answers.points)
    kept: list[tuple[Ints, Ints, Floats]] = []
    for group in group_of:
        rows = np.flatnonzero((group >= 0) & (group < groups))
        kept.append((rows, group[rows] * kinds, weights[rows]))
    for item, place in enumerate(place_of_item):
        rows, base, own = kept[int(place)]
        code = codes[item] if len(rows) == codes.shape[1] else codes[item, rows]
        yield sums_by(base + code, own, groups * kinds).reshape(groups, kinds)
