"""How often intervals hold the truth, and how wide they are, with design effects estimated and not given.

Every province is drawn anew and its communes' intervals are computed as the product computes them; each is held
against the share the answers were drawn from. Beside it stand other rules, and an oracle that knows the design
effect (that is, the true variance of the estimate). Coverage in %, width in points, nominal 95 %.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from analysis.intervals import korn_graubard, t_interval, wilson
from analysis.pooling import Evidence, Method, evidence, share_interval
from bench._communes import Cell, Design, Drawn, Floats, draw

LEVEL = 0.95
SEED = 20260
COMMUNES = 30
"""in a pool: a province's communes of one type"""
QUESTIONS = 22
POOLED = {"factor": 5, "overall": QUESTIONS}
DESIGNS: tuple[Design, ...] = ("deff 1", "deff 2 clusters", "deff 2 weights")
SIZES, SHARES = (10, 30, 100), (0.8, 0.85, 0.95)
Rule = Callable[[Drawn, Evidence, Floats], tuple[Floats, Floats]]
"""a drawn sample, what pooling makes of it, the true variances -> limits"""


def run(quick: bool) -> dict[str, object]:
    """Both kinds of measures in every cell; without `quick` also where the pool is poorer or more mixed."""
    samples = (4_500, 3_600) if quick else (21_000, 9_000)
    items = list(_items(samples[0]))
    pooled = list(_pooled(samples[1]))
    result: dict[str, object] = {
        "seed": SEED, "communes_per_cell": samples, "items": _items_summary(items), "pooled": _pooled_summary(pooled),
    }
    if not quick:
        result["harder"] = list(_harder(6_000))
    result["cells"] = {"items": items, "pooled": pooled}
    return result


# ---------------------------------------------------------------- rules

def product(method: Method, single: bool) -> Rule:
    """The interval of the product, at its design effect."""
    return lambda drawn, seen, true: share_interval(drawn.own, seen, method, LEVEL, single=single)


def oracle(exact: bool) -> Rule:
    """The true variance known: Korn-Graubard's or Wilson's limits with the normal quantile."""
    def limits(drawn: Drawn, seen: Evidence, true: Floats) -> tuple[Floats, Floats]:
        share = drawn.own.value
        size = np.broadcast_to(_known_size(drawn, true), share.shape)
        if exact:
            return korn_graubard(share, np.minimum(size, drawn.own.n_positive), LEVEL)
        return wilson(share, size, np.full(share.shape, np.inf), LEVEL)
    return limits


def _known_size(drawn: Drawn, true: Floats) -> Floats:
    share, error = true[:, :1], true[:, 1:]
    return share * (1 - share) / error


def wald(drawn: Drawn, seen: Evidence, true: Floats) -> tuple[Floats, Floats]:
    """The domain's own standard error and degrees of freedom, and nothing else."""
    own = drawn.own
    return t_interval(own.value, np.sqrt(own.variance), own.df.astype(np.float64), LEVEL)


def own_wilson(drawn: Drawn, seen: Evidence, true: Floats) -> tuple[Floats, Floats]:
    """Wilson's limits with the domain's own variance and degrees of freedom."""
    own = drawn.own
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(own.variance > 0, own.value * (1 - own.value) / own.variance, np.nan)
    return wilson(own.value, size, own.df.astype(np.float64), LEVEL)


ITEM_RULES: dict[str, Rule] = {
    "product": product("korn_graubard", True), "wilson_pooled": product("wilson", True),
    "oracle": oracle(exact=True), "oracle_wilson": oracle(exact=False), "wald": wald,
}
POOLED_RULES: dict[str, Rule] = {
    "product": product("wilson", False), "korn_graubard": product("korn_graubard", False),
    "truncated": product("wilson", True), "own_wilson": own_wilson, "oracle": oracle(exact=False), "wald": wald,
}


def measured(drawn: Drawn, share: float, rules: dict[str, Rule]) -> list[dict[str, tuple[float, float]]]:
    """For each measure: rule -> (coverage in %, mean width in points). No interval counts as a miss."""
    error = np.nanmean((drawn.own.value - share) ** 2, axis=1, keepdims=True)
    true = np.concatenate([np.full_like(error, share), error], axis=1)
    seen = evidence(drawn.own, (drawn.pool,), np.ones(len(error), dtype=np.bool_))
    found: list[dict[str, tuple[float, float]]] = [{} for _ in error]
    for name, rule in rules.items():
        low, high = rule(drawn, seen, true)
        holds = 100 * ((low <= share) & (share <= high)).mean(axis=1)
        width = 100 * np.nanmean(np.minimum(high, 1) - np.maximum(low, 0), axis=1)
        for at, one in enumerate(found):
            one[name] = (float(holds[at]), float(width[at]))
    return found


# ---------------------------------------------------------------- cells

def _items(communes: int) -> Iterable[dict[str, Any]]:
    print("items: coverage % (width)")
    for number, (design, n, share) in enumerate(itertools.product(DESIGNS, SIZES, SHARES)):
        cell = Cell(design, n, share)
        drawn = draw(cell, 1, (1,), communes // COMMUNES, COMMUNES, np.random.default_rng([SEED, 1, number]))
        yield _told(cell, "item", measured(drawn, share, ITEM_RULES)[0])


def _pooled(communes: int) -> Iterable[dict[str, Any]]:
    print("pooled measures: coverage % (width)")
    tried = list(itertools.product(DESIGNS, SIZES, SHARES))
    tried += list(itertools.product(("deff 2, 10 PSUs",), SIZES[1:], SHARES))
    for number, (design, n, share) in enumerate(tried):
        cell = Cell(design, n, share)
        drawn = draw(
            cell, QUESTIONS, tuple(POOLED.values()), communes // COMMUNES, COMMUNES,
            np.random.default_rng([SEED, 2, number]),
        )
        for measure, found in zip(POOLED, measured(drawn, share, POOLED_RULES), strict=True):
            yield _told(cell, measure, found)


def _harder(communes: int) -> Iterable[dict[str, Any]]:
    """Where the pool is small or mixed: said for honesty, no bar is set."""
    print("harder: coverage % (width)")
    kinds = {
        "pool of 5 communes": (5, {}), "design effects differ": (COMMUNES, {"uneven": True}),
        "weights differ between communes": (COMMUNES, {"apart": True}),
    }
    tried = itertools.product(kinds, DESIGNS, (30, 100), (0.85, 0.95))
    for number, (kind, design, n, share) in enumerate(tried):
        many, how = kinds[kind]
        cell = Cell(design, n, share, **how)
        rng = np.random.default_rng([SEED, 3, number])
        pools = communes // many
        item = measured(draw(cell, 1, (1,), pools, many, rng), share, ITEM_RULES)[0]
        whole = measured(draw(cell, QUESTIONS, (QUESTIONS,), pools, many, rng), share, POOLED_RULES)[0]
        yield {"kind": kind, **_told(cell, "item", item)}
        yield {"kind": kind, **_told(cell, "overall", whole)}


def _told(cell: Cell, measure: str, found: dict[str, tuple[float, float]]) -> dict[str, Any]:
    figures = {rule: (round(holds, 1), round(width, 1)) for rule, (holds, width) in found.items()}
    line = "  ".join(f"{rule} {holds} ({width})" for rule, (holds, width) in figures.items())
    print(f"{cell.design:<16} n={cell.n:<4} {cell.share:<5} {measure:<8} {line}", flush=True)
    ratio = round(found["product"][1] / found["oracle"][1], 3)
    return {
        "design": cell.design, "n": cell.n, "share": cell.share, "measure": measure, "width_over_oracle": ratio,
        **figures,
    }


# ---------------------------------------------------------------- summaries

def _mean_width(cells: list[dict[str, Any]], rule: str) -> float:
    return round(float(np.mean([cell[rule][1] for cell in cells])), 2)


def _items_summary(cells: list[dict[str, Any]]) -> dict[str, Any]:
    coverage = [cell["product"][0] for cell in cells]
    return {
        "cells": len(cells), "least_coverage": min(coverage), "cells_under_94": sum(c < 94 for c in coverage),
        "mean_coverage": round(float(np.mean(coverage)), 1),
        "mean_width": {rule: _mean_width(cells, rule) for rule in ITEM_RULES},
        "least_coverage_of": {rule: min(cell[rule][0] for cell in cells) for rule in ITEM_RULES},
    }


def _pooled_summary(cells: list[dict[str, Any]]) -> dict[str, Any]:
    def of(part: list[dict[str, Any]]) -> dict[str, Any]:
        coverage = [cell["product"][0] for cell in part]
        return {
            "cells": len(part), "coverage": (min(coverage), max(coverage)),
            "cells_outside_94_97": sum(not 94 <= c <= 97 for c in coverage),
            "width_over_oracle": (
                round(float(np.mean([cell["width_over_oracle"] for cell in part])), 3),
                max(cell["width_over_oracle"] for cell in part),
            ),
            "least_coverage_of": {rule: min(cell[rule][0] for cell in part) for rule in POOLED_RULES},
            "mean_width": {rule: _mean_width(part, rule) for rule in POOLED_RULES},
        }

    return {
        "n_30_and_100": of([cell for cell in cells if cell["n"] >= 30]),
        "n_10": of([cell for cell in cells if cell["n"] == 10]),
    }
