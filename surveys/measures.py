"""What a wave's index measures, by the names an export uses: item:q1, factor:I, part:…, overall, mean:…"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.measures import Mean, Measure, Ratio
from surveys.indexes.model import Criterion, IndexDefinition, ItemLeaf

Attribution = Literal["receiver", "handler"]
PLACES: tuple[Attribution, ...] = ("receiver", "handler")


@dataclass(frozen=True)
class Named:
    name: str
    """'item:q1', 'factor:I', 'part:policy', 'overall', 'mean:item:q1', 'mean:factor:I', 'mean:overall'"""
    measure: Measure
    of: Ratio | Mean
    """what `measure` is of: never a difference"""

    @property
    def share(self) -> bool:
        return self.measure.kind == "share"


@dataclass(frozen=True)
class Measured:
    """
    items: item ids; measures refer to them by place
    attribution: whom each item scores, in the order of `items`
    named: shares first, mean scores after them; within each, items, then criteria from the leaves upwards
    """

    items: tuple[str, ...]
    attribution: tuple[Attribution, ...]
    named: tuple[Named, ...]


def measured(index: IndexDefinition, day: date) -> Measured:
    """Everything the index measures, with the attribution in force on `day` (the wave's opening)."""
    items = index.items
    place = {item: number for number, item in enumerate(items)}
    criteria = [c for kind in ("factor", "part", "overall") for c in index.tree.walk() if c.kind == kind]
    named = [_share(f"item:{item}", Ratio((place[item],))) for item in items]
    named += [_share(c.measure, _combined(index, c, place)) for c in criteria]
    named += [_score(f"mean:item:{item}", Ratio((place[item],))) for item in items]
    named += [_score(f"mean:{c.measure}", _combined(index, c, place)) for c in criteria if c.kind != "part"]
    return Measured(items, tuple(_attributions(index, day)), tuple(named))


def _share(name: str, of: Ratio | Mean) -> Named:
    return Named(name, Measure("share", of), of)


def _score(name: str, of: Ratio | Mean) -> Named:
    return Named(name, Measure("score", of), of)


def _attributions(index: IndexDefinition, day: date) -> Iterator[Attribution]:
    """Whom each item scores: as its factor does on that day, else as the tree says, else who received."""
    rule = index.attribution_rule(day)
    of_item: dict[str, Attribution] = {}
    for criterion in index.tree.walk():  # parents first: the nearest criterion with a word has the last one
        whom = (rule.whom(criterion.key) if rule else None) or criterion.attribution
        if whom is not None:
            of_item.update(dict.fromkeys(criterion.items, whom))
    for item in index.items:
        yield of_item.get(item, "receiver")


def _combined(index: IndexDefinition, criterion: Criterion, place: dict[str, int]) -> Ratio | Mean:
    """How the items below a criterion become its figure."""
    def single(items: Sequence[str]) -> list[Ratio | Mean]:
        return [Ratio((place[item],)) for item in items]

    if index.aggregation == "pooled_answers":
        return Ratio(tuple(place[item] for item in criterion.items))
    if index.aggregation == "mean_of_criteria":
        return _mean(single(criterion.items))
    if index.aggregation == "mean_of_factors":
        factors = [below for below in criterion.walk() if below.kind == "factor"]
        return _mean([_mean(single(factor.items)) for factor in factors] or single(criterion.items))
    return _mean(
        [
            Ratio((place[child.item],)) if isinstance(child, ItemLeaf) else _combined(index, child, place)
            for child in criterion.children
        ],
        [child.weight for child in criterion.children],
    )


def _mean(parts: list[Ratio | Mean], weights: list[float] | None = None) -> Ratio | Mean:
    if len(parts) == 1:
        return parts[0]
    return Mean(tuple(parts), tuple(weights or [1.0] * len(parts)))
