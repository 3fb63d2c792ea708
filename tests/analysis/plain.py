"""The same estimates in plain loops, slow and without any shortcut: what the PSU table is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.measures import Mean, Measure, Ratio


@dataclass(frozen=True)
class Row:
    stratum: int
    psu: int
    weight: float
    places: tuple[int, ...]
    """leaf by place"""
    codes: tuple[int, ...]
    """0: no valid answer"""


@dataclass(frozen=True)
class Sample:
    rows: Sequence[Row]
    place_of_item: Sequence[int]
    satisfied: Sequence[bool]
    points: Sequence[float]
    population: dict[int, float]
    """stratum -> PSUs in the population; absent: with replacement"""


@dataclass(frozen=True)
class Plain:
    value: float | None
    variance: float
    simple: float | None
    n: int
    n_psu: int
    df: int


def estimate(sample: Sample, leaves: set[int], measure: Measure) -> Plain:
    """One measure of one domain, given as its leaves."""

    def counts(row: Row, item: int) -> tuple[float, float]:
        """(above, below) of the ratio, of one answer."""
        code = row.codes[item]
        if code == 0 or row.places[sample.place_of_item[item]] not in leaves:
            return 0.0, 0.0
        if measure.kind == "share":
            return float(sample.satisfied[code]), 1.0
        return (0.0, 0.0) if sample.points[code] != sample.points[code] else (sample.points[code], 1.0)

    def linearised(node: Ratio | Mean) -> tuple[float, list[float]] | None:
        """Value, and what one unit of weight of each row adds to it."""
        if isinstance(node, Ratio):
            above = [sum(counts(row, item)[0] for item in node.items) for row in sample.rows]
            below = [sum(counts(row, item)[1] for item in node.items) for row in sample.rows]
            base = sum(row.weight * b for row, b in zip(sample.rows, below, strict=True))
            if base <= 0:
                return None
            ratio = sum(row.weight * a for row, a in zip(sample.rows, above, strict=True)) / base
            return ratio, [(a - ratio * b) / base for a, b in zip(above, below, strict=True)]
        parts = [(linearised(part), weight) for part, weight in zip(node.parts, node.weights, strict=True)]
        there = [(found, weight) for found, weight in parts if found is not None]
        whole = sum(weight for _, weight in there)
        if whole <= 0:
            return None
        value = sum(weight * found[0] for found, weight in there) / whole
        moved = [
            sum(weight * found[1][at] for found, weight in there) / whole for at in range(len(sample.rows))
        ]
        return value, moved

    answered = [any(counts(row, item)[1] for item in measure.items) for row in sample.rows]
    n = sum(answered)
    seen = {(row.stratum, row.psu) for row, there in zip(sample.rows, answered, strict=True) if there and row.weight}
    df = len(seen) - len({stratum for stratum, _ in seen})
    found = linearised(measure.of)
    if found is None:
        return Plain(None, 0.0, None, n, len(seen), df)
    value, moved = found
    return Plain(value, _variance(sample, moved), _simple(sample, answered, moved), n, len(seen), df)


def _variance(sample: Sample, moved: Sequence[float]) -> float:
    total = 0.0
    for stratum in {row.stratum for row in sample.rows}:
        psus = {row.psu for row in sample.rows if row.stratum == stratum}
        if len(psus) == 1:
            continue
        sums = [
            sum(row.weight * u for row, u in zip(sample.rows, moved, strict=True)
                if row.stratum == stratum and row.psu == psu)
            for psu in psus
        ]
        middle = sum(sums) / len(sums)
        squares = sum((each - middle) ** 2 for each in sums)
        sampled = len(psus) / sample.population[stratum] if stratum in sample.population else 0.0
        total += (1 - sampled) * len(psus) / (len(psus) - 1) * squares
    return total


def _simple(sample: Sample, answered: Sequence[bool], moved: Sequence[float]) -> float | None:
    """Variance of simple random sampling with replacement of the respondents with a weight."""
    there = [
        (row.weight, u) for row, u, a in zip(sample.rows, moved, answered, strict=True) if a and row.weight > 0
    ]
    if len(there) < 2:
        return None
    return sum(w for w, _ in there) * sum(w * u * u for w, u in there) / (len(there) - 1)
