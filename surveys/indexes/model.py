"""What an index is: a tree of criteria over items, and every rule that turns answers into a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from surveys.indexes.rounding import percent_half_up

Text = Mapping[str, str]
Aggregation = Literal["pooled_answers", "mean_of_criteria", "mean_of_factors", "given_weights"]
"""pooled_answers: satisfied answers over valid answers, of all items together (a ratio);
mean_of_criteria: mean of the items' shares; mean_of_factors: mean of the factors' values, a factor being
the mean of its items; given_weights: weighted mean along the tree."""
NotApplicable = Literal["exclude", "not_satisfied"]
"""exclude: an answer 'not my case' is no valid answer; not_satisfied: it counts in the base"""
CriterionKind = Literal["overall", "part", "factor"]
Attribution = Literal["receiver", "handler"]
Operator = Literal[">", ">="]
ItemInterval = Literal["korn_graubard_hybrid", "wilson", "logit"]
PooledInterval = Literal["wilson_pooled", "korn_graubard_pooled", "logit", "t"]
MeanInterval = Literal["t"]


@dataclass(frozen=True)
class ItemLeaf:
    """A scored question of the questionnaire."""

    item: str
    weight: float = 1.0


Leaf = ItemLeaf
"""Grows into a union with each kind of leaf (assessed points, another index); see `reading.LEAF_KINDS`."""


@dataclass(frozen=True)
class Criterion:
    """A node of the tree; its children are criteria or leaves, never both."""

    key: str
    kind: CriterionKind
    title: Text
    attribution: Attribution | None
    """whom it scores: who received the citizen, or who decided; None: both alike (overall, parts)"""
    weight: float
    children: tuple[Criterion | Leaf, ...]

    def walk(self) -> Iterator[Criterion]:
        """Itself first, then every criterion below, parents before children."""
        yield self
        for child in self.children:
            if isinstance(child, Criterion):
                yield from child.walk()

    def leaves(self) -> Iterator[Leaf]:
        """Every leaf below, in order."""
        for child in self.children:
            if isinstance(child, Criterion):
                yield from child.leaves()
            else:
                yield child

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Ids of the items below, in order."""
        return tuple(leaf.item for leaf in self.leaves() if isinstance(leaf, ItemLeaf))

    @property
    def measure(self) -> str:
        """Its name in an export: 'overall', 'part:policy', 'factor:I'."""
        return "overall" if self.kind == "overall" else f"{self.kind}:{self.key}"


@dataclass(frozen=True)
class Target:
    measure: str
    """as `Criterion.measure`, or 'item:q1'"""
    value: float
    """a share, 0 to 1"""
    operator: Operator
    """'>': 'trên 85%'; '>=': '95% trở lên'"""
    valid_from: date
    valid_to: date | None
    """last day, inclusive"""
    source: str


@dataclass(frozen=True)
class AttributionRule:
    """Which factors score whom, for a span of days."""

    valid_from: date
    """date.min: since before our records"""
    valid_to: date | None
    receiver: frozenset[str]
    """keys of factors that score the one-stop centre or commune that met the citizen"""
    handler: frozenset[str]
    """keys of factors that score the agency that decided"""
    source: str

    def whom(self, key: str) -> Attribution | None:
        return "receiver" if key in self.receiver else "handler" if key in self.handler else None


@dataclass(frozen=True)
class Rounding:
    method: Literal["half_up"]
    digits: int
    """decimals of a percentage"""

    def percent(self, share: float) -> Decimal:
        """A share (0 to 1) as the percentage that is shown."""
        return percent_half_up(share, self.digits)


@dataclass(frozen=True)
class IntervalRule:
    """Names of methods in `analysis.intervals`, one per kind of measure, and the level."""

    item: ItemInterval
    """share satisfied of one item"""
    pooled: PooledInterval
    """share satisfied of a factor, a part, overall"""
    mean: MeanInterval
    """mean score"""
    level: float
    """0.95: 95 %"""


@dataclass(frozen=True)
class IndexDefinition:
    name: str
    title: Text
    questionnaire: str
    """name of the questionnaire whose items are the leaves"""
    satisfied: frozenset[str]
    """option codes that count as satisfied"""
    scores: Mapping[str, float]
    """option code -> points, for mean scores"""
    aggregation: Aggregation
    not_applicable: NotApplicable
    rounding: Rounding
    interval: IntervalRule
    minimum_n: int
    """fewer valid answers: no figure of its own"""
    minimum_response_rate: float
    """a share, 0 to 1; 0: none"""
    minimum_response_rate_reason: str
    tree: Criterion
    targets: tuple[Target, ...]
    attributions: tuple[AttributionRule, ...]
    """in order of their days; the tree carries the last one"""
    languages: tuple[str, ...]
    source: str = ""
    content: str = ""
    """sha-256 of the whole definition: names this version"""

    def __hash__(self) -> int:
        return hash(self.content)

    @property
    def items(self) -> tuple[str, ...]:
        return self.tree.items

    @cached_property
    def measures(self) -> frozenset[str]:
        """Every measure of shares this index has."""
        return frozenset(
            [criterion.measure for criterion in self.tree.walk()] + [f"item:{item}" for item in self.items]
        )

    def target(self, measure: str, day: date) -> Target | None:
        """The target of a measure that is in force on a day."""
        return next((t for t in self.targets if t.measure == measure and in_force(t, day)), None)

    def attribution_rule(self, day: date) -> AttributionRule | None:
        """Which factors scored whom on a day."""
        return next((rule for rule in self.attributions if in_force(rule, day)), None)


def in_force(dated: Target | AttributionRule, day: date) -> bool:
    return dated.valid_from <= day and (dated.valid_to is None or day <= dated.valid_to)
