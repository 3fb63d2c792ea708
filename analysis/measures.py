"""What can be estimated for a domain: ratios of pooled answers, weighted means of them, and differences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.cells import POINTS, SATISFIED, SCORED, VALID

Block = tuple[int, ...]
"""numbers of items"""


@dataclass(frozen=True)
class Ratio:
    """The answers of some items, pooled. One item: a criterion's share or mean."""

    items: Block

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (self.items,)

    def shares(self, answered: Bools) -> Floats:
        return answered.astype(np.float64)


@dataclass(frozen=True)
class Mean:
    """A weighted mean of ratios or of such means. weights: (parts,), any scale.

    A part without answers leaves the mean and the others' weights are scaled up; `Estimates.complete` says
    so. An item stands in one part only.
    """

    parts: tuple[Ratio | Mean, ...]
    weights: tuple[float, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(block for part in self.parts for block in part.blocks)

    def shares(self, answered: Bools) -> Floats:
        """(blocks, domains) weight of each block; columns sum to 1, or to 0 where nothing was answered."""
        shares = np.zeros(answered.shape)
        start = 0
        for part, weight in zip(self.parts, self.weights, strict=True):
            own = slice(start, start + len(part.blocks))
            shares[own] = weight * part.shares(answered[own])
            start = own.stop
        whole = shares.sum(axis=0)
        scaled: Floats = np.divide(shares, whole, out=np.zeros_like(shares), where=whole > 0)
        return scaled


@dataclass(frozen=True)
class Contrast:
    """One figure less another of the same answers. An item stands in one of the two only: one that both use is
    there twice, under two numbers. Nothing where either has no answers."""

    first: Ratio | Mean
    second: Ratio | Mean

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return (*self.first.blocks, *self.second.blocks)

    def shares(self, answered: Bools) -> Floats:
        """(blocks, domains) weight of each block, negative of the second's."""
        here = len(self.first.blocks)
        first, second = self.first.shares(answered[:here]), self.second.shares(answered[here:])
        both = first.any(axis=0) & second.any(axis=0)
        shares: Floats = np.where(both, np.concatenate([first, -second]), 0.0)
        return shares


@dataclass(frozen=True)
class Measure:
    """kind: 'share' (satisfied over valid answers) or 'score' (points over answers that have points)."""

    kind: Literal["share", "score"]
    of: Ratio | Mean | Contrast

    @property
    def base(self) -> int:
        return VALID if self.kind == "share" else SCORED

    @property
    def column(self) -> int:
        return SATISFIED if self.kind == "share" else POINTS

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.of.blocks

    @property
    def items(self) -> frozenset[int]:
        return frozenset(item for block in self.blocks for item in block)

    @property
    def single(self) -> bool:
        """Of one item: at most one answer per respondent."""
        return len(self.items) == 1
