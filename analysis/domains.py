"""Many measures for many domains from one PSU table: values, variances, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from analysis.arrays import Bools, Floats, Ints, Singles, counts_by, sums_by
from analysis.cells import PsuTable
from analysis.measures import Block, Measure
from analysis.variance import NOISE, Clusters


@dataclass(frozen=True, eq=False)
class Grouping:
    """One partition of the leaves into domains. of_leaf: (leaves,) domain 0..size-1, -1: in none."""

    of_leaf: Ints
    size: int


@dataclass(frozen=True, eq=False)
class Estimates:
    """Arrays (measures, domains); a domain without answers has NaN in value, variance and simple.

    variance: design variance, exactly 0 where it is rounding noise
    simple: variance of simple random sampling with replacement of as many respondents (deff is the quotient)
    n: respondents with a valid answer, unweighted; n_positive: those with a weight above 0
    kish: how much unequal weights alone multiply a variance, 1 or more; of one item it counts every respondent
        of the domain, whether or not this item was answered
    n_psu, df: PSUs with such a respondent, and minus their strata
    lonely: a stratum with a single PSU contributed 0; complete: every block had answers
    """

    value: Floats
    variance: Floats
    simple: Floats
    n: Ints
    n_positive: Ints
    kish: Floats
    n_psu: Ints
    df: Ints
    lonely: Bools
    complete: Bools

    @classmethod
    def blank(cls, measures: int, domains: int) -> Estimates:
        number, count = np.full((measures, domains), np.nan), np.zeros((measures, domains), dtype=np.int64)
        return cls(
            value=number, variance=number.copy(), simple=number.copy(),
            n=count, n_positive=count.copy(), kish=np.ones_like(number), n_psu=count.copy(), df=count.copy(),
            lonely=count.astype(np.bool_), complete=count.astype(np.bool_),
        )

    def of(self, domains: Ints) -> Estimates:
        """The columns of these domains."""
        return Estimates(*(getattr(self, field.name)[:, domains] for field in fields(self)))

    def rows(self, measures: Ints) -> Estimates:
        """The rows of these measures."""
        return Estimates(*(getattr(self, field.name)[measures] for field in fields(self)))


def estimate_all(table: PsuTable, groupings: Sequence[Grouping], measures: Sequence[Measure]) -> Estimates:
    """Every measure for every domain; domains are numbered grouping after grouping.

    Each value is a mean of ratio estimators, its variance that of the linearised estimate over the full
    design. Source: Särndal, Swensson & Wretman (1992), sec. 5.5-5.7.
    """
    rows = {block: table.row_sums(block) for block in dict.fromkeys(_composite_blocks(measures))}
    parts = [_Domains(table, grouping, measures) for grouping in groupings]
    for block in dict.fromkeys(block for measure in measures for block in measure.blocks):
        sums = table.sums(block)
        for part in parts:
            part.take(block, sums)
    for part in parts:
        part.finish(rows)
    return Estimates(*(
        np.concatenate([getattr(part.out, field.name) for part in parts], axis=1) for field in fields(Estimates)
    ))


def _regroup(by_leaf: Any, grouping: Grouping) -> Any:
    """(items, leaves, …) sums -> (items, domains, …) sums of the same type."""
    inside = np.flatnonzero(grouping.of_leaf >= 0)
    leading = by_leaf.swapaxes(0, 1)
    sums = np.zeros((grouping.size, *leading.shape[1:]), dtype=by_leaf.dtype)
    np.add.at(sums, grouping.of_leaf[inside], leading[inside])
    return np.ascontiguousarray(sums.swapaxes(0, 1))


def _kish(rows: Floats, weights: Floats, squares: Floats) -> Floats:
    """n sum w^2 / (sum w)^2; 1 where nobody has a weight. Source: Kish (1965), Survey Sampling, sec. 11.7."""
    effect = np.ones_like(weights)
    np.divide(rows * squares, weights**2, out=effect, where=weights > 0)
    return np.maximum(effect, 1.0)


def _composite_blocks(measures: Sequence[Measure]) -> list[Block]:
    return [block for measure in measures if not measure.single for block in measure.blocks]


_RowSums = Mapping[Block, Mapping[int, Singles]]
"""block -> place -> (4, n) unweighted sums of each row"""


@dataclass(frozen=True, eq=False)
class _Ratios:
    """(blocks, domains): ratio of each block, and by how much its residuals move the mean."""

    ratio: Floats
    pull: Floats


@dataclass(frozen=True, eq=False)
class _Incidences:
    """Respondents seen through domains: a row handled elsewhere than received may stand in two of them.

    row, domain: (incidences,)
    inside: place -> (incidences,) whether the row stands in the domain by that place
    """

    row: Ints
    domain: Ints
    inside: dict[int, Bools]


class _Domains:
    """The domains of one grouping: takes the blocks one by one, then finishes."""

    def __init__(self, table: PsuTable, grouping: Grouping, measures: Sequence[Measure]) -> None:
        self.table, self.of_leaf, self.size, self.measures = table, grouping.of_leaf, grouping.size, measures
        self.out = Estimates.blank(len(measures), self.size)
        self.codes: Floats = _regroup(table.leaf_codes, grouping)
        self.counts: Ints = _regroup(table.leaf_counts, grouping)
        self.positive: Ints = _regroup(table.leaf_positive, grouping)
        self.totals = self.codes @ table.answers.lookup
        rows, weights, squares = _regroup(table.leaf_weights, grouping).transpose(2, 0, 1)
        self.kish = _kish(rows, weights, squares)
        self.ratios = [self._ratios(measure, at) for at, measure in enumerate(measures)]
        self._pair()
        self._moved: dict[int, Floats] = {}
        self._present: dict[int, Bools] = {}
        self._seen: dict[tuple[int, ...], _Incidences] = {}

    def _pair(self) -> None:
        """Pairs of PSU and domain: the slots themselves, unless a PSU has several slots in one domain."""
        stage = self.table.design.stages[0]
        domain = self.of_leaf[self.table.slot_leaf]
        inside = domain >= 0
        self.slots = None if inside.all() else np.flatnonzero(inside)
        psu, self.pair_domain = self.table.slot_psu[inside], domain[inside]
        keys, pair_of = np.unique(self.pair_domain * len(stage.stratum) + psu, return_inverse=True)
        self.pair_of: Ints | None = None
        if len(keys) < len(psu):
            self.pair_of = pair_of.astype(np.int64)
            psu, self.pair_domain = keys % len(stage.stratum), keys // len(stage.stratum)
        self.clusters = Clusters.build(stage, psu, self.pair_domain, self.size, self.table.design.lonely_psu)

    def _ratios(self, measure: Measure, at: int) -> _Ratios:
        """Value of the measure, written to `out`, and what its linearisation needs."""
        totals = np.array([self.totals[list(block)].sum(axis=0) for block in measure.blocks])
        below, above = totals[:, :, measure.base], totals[:, :, measure.column]
        answered = below > 0
        ratio = np.divide(above, below, out=np.zeros_like(above), where=answered)
        shares = measure.of.shares(answered)
        self.out.value[at] = np.where(shares.any(axis=0), (shares * ratio).sum(axis=0), np.nan)
        self.out.complete[at] = answered.all(axis=0)
        return _Ratios(ratio, np.divide(shares, below, out=np.zeros_like(shares), where=answered))

    def take(self, block: Block, sums: Floats) -> None:
        """Variances and PSU counts of the measures this block completes. sums: (4, slots) of the block."""
        own = sums if self.slots is None else sums[:, self.slots]
        if self.pair_of is not None:
            own = np.array([sums_by(self.pair_of, column, len(self.pair_domain)) for column in own])
        counted: dict[int, tuple[Ints, Ints, Bools]] = {}
        for at, measure in enumerate(self.measures):
            if block not in measure.blocks:
                continue
            place = measure.blocks.index(block)
            moved = self._linearised(measure, self.ratios[at], place, own)
            if len(measure.blocks) == 1:
                if measure.base not in counted:
                    counted[measure.base] = self._count_psus(own[measure.base] > 0)
                self._set_variance(at, moved, counted[measure.base])
            else:
                present = own[measure.base] > 0
                self._moved[at] = self._moved[at] + moved if at in self._moved else moved
                self._present[at] = self._present[at] | present if at in self._present else present

    def finish(self, rows: _RowSums) -> None:
        """What needs every block, then the respondents."""
        out = self.out
        for at, moved in self._moved.items():
            self._set_variance(at, moved, self._count_psus(self._present[at]))
        for at, measure in enumerate(self.measures):
            if measure.single:
                self._simple_item(measure, at)
            else:
                self._simple_composite(measure, rows, at)
        scale = np.maximum(np.abs(out.value), 1.0)
        out.variance[out.variance <= (NOISE * scale) ** 2] = 0.0
        empty = np.isnan(out.value)
        out.variance[empty] = np.nan
        out.simple[empty | ~(out.simple > (NOISE * scale) ** 2)] = np.nan

    def _linearised(self, measure: Measure, ratios: _Ratios, block: int, sums: Floats) -> Floats:
        """(pairs,) linearised totals of one block."""
        pull, ratio = ratios.pull[block][self.pair_domain], ratios.ratio[block][self.pair_domain]
        moved: Floats = pull * (sums[measure.column] - ratio * sums[measure.base])
        return moved

    def _count_psus(self, seen: Bools) -> tuple[Ints, Ints, Bools]:
        """(domains,) PSUs, strata and whether one of these is lonely, among pairs with a valid answer."""
        clusters = self.clusters
        psus = counts_by(self.pair_domain[seen], self.size)
        met = counts_by(clusters.of[seen], len(clusters.stratum)) > 0
        strata = counts_by(clusters.domain[met], self.size)
        alone = met & clusters.stage.lonely[clusters.stratum]
        return psus, strata, counts_by(clusters.domain[alone], self.size) > 0

    def _set_variance(self, at: int, moved: Floats, counted: tuple[Ints, Ints, Bools]) -> None:
        psus, strata, lonely = counted
        out = self.out
        out.variance[at] = self.clusters.variance(moved)
        out.n_psu[at], out.df[at], out.lonely[at] = psus, psus - strata, lonely

    def _simple_item(self, measure: Measure, at: int) -> None:
        """Counts, and the variance under simple random sampling, of one item: its table of codes has it."""
        item, ratios, out = measure.blocks[0][0], self.ratios[at], self.out
        lookup = self.table.answers.lookup
        counts = lookup[:, measure.base] > 0
        out.n[at] = self.counts[item][:, counts].sum(axis=1)
        out.n_positive[at] = self.positive[item][:, counts].sum(axis=1)
        out.kish[at] = self.kish[self.table.place_of_item[item]]
        residual = lookup[counts, measure.column] - ratios.ratio[0][:, None]
        squares = (self.codes[item][:, counts] * residual**2).sum(axis=1)
        self._set_simple(at, self.totals[item, :, measure.base], squares * ratios.pull[0] ** 2)

    def _simple_composite(self, measure: Measure, rows: _RowSums, at: int) -> None:
        """The same for a measure of several items, from the respondents' own residuals."""
        places = tuple(sorted({int(self.table.place_of_item[item]) for item in measure.items}))
        seen, ratios, out = self._incidences(places), self.ratios[at], self.out
        moved = np.zeros(len(seen.row))
        valid = np.zeros(len(seen.row), dtype=np.bool_)
        for block, ratio, pull in zip(measure.blocks, ratios.ratio, ratios.pull, strict=True):
            for place, sums in rows[block].items():
                inside = seen.inside[place]
                below = np.where(inside, sums[measure.base, seen.row], 0)
                above = np.where(inside, sums[measure.column, seen.row], 0)
                moved += pull[seen.domain] * (above - ratio[seen.domain] * below)
                valid |= below > 0
        weights = np.where(valid, self.table.design.weights[seen.row], 0.0)
        out.n[at] = counts_by(seen.domain[valid], self.size)
        out.n_positive[at] = counts_by(seen.domain[weights > 0], self.size)
        whole = sums_by(seen.domain, weights, self.size)
        squared = sums_by(seen.domain, weights**2, self.size)
        out.kish[at] = _kish(out.n_positive[at].astype(np.float64), whole, squared)
        self._set_simple(at, whole, sums_by(seen.domain, weights * moved**2, self.size))

    def _set_simple(self, at: int, whole: Floats, squares: Floats) -> None:
        out = self.out
        several = out.n_positive[at] > 1
        out.simple[at] = np.where(several, whole * squares / np.maximum(out.n_positive[at] - 1, 1), np.nan)

    def _incidences(self, places: tuple[int, ...]) -> _Incidences:
        if places not in self._seen:
            self._seen[places] = self._find_incidences(places)
        return self._seen[places]

    def _find_incidences(self, places: tuple[int, ...]) -> _Incidences:
        domain = [np.where(leaf >= 0, self.of_leaf[leaf], -1) for leaf in self.table.places[list(places)]]
        rows, domains = [], []
        for at, own in enumerate(domain):
            new = own >= 0
            for earlier in domain[:at]:
                new &= own != earlier
            rows.append(np.flatnonzero(new))
            domains.append(own[rows[-1]])
        row, of = np.concatenate(rows), np.concatenate(domains)
        inside = {place: own[row] == of for place, own in zip(places, domain, strict=True)}
        return _Incidences(row, of, inside)
