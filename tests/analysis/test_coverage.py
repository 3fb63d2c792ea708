"""Intervals hold the truth as often as they promise: a small share of `./hailong bench coverage`."""

from __future__ import annotations

import numpy as np
import pytest

from bench._communes import Cell, Design, draw
from bench.coverage import ITEM_RULES, POOLED_RULES, measured


def figures(cell: Cell, items: int, blocks: tuple[int, ...]) -> list[dict[str, tuple[float, float]]]:
    drawn = draw(cell, items, blocks, 50, 30, np.random.default_rng([20260, cell.n, items]))
    return measured(drawn, cell.share, ITEM_RULES if items == 1 else POOLED_RULES)


@pytest.mark.parametrize("design", ["deff 1", "deff 2 clusters", "deff 2 weights"])
@pytest.mark.parametrize("n, share", [(10, 0.85), (30, 0.95), (100, 0.8)])
def test_a_communes_item_is_covered_with_an_estimated_design_effect(design: Design, n: int, share: float):
    (found,) = figures(Cell(design, n, share), 1, (1,))
    assert found["product"][0] >= 94


@pytest.mark.parametrize("design, n, share", [
    ("deff 1", 30, 0.95), ("deff 2 clusters", 30, 0.85), ("deff 2 weights", 30, 0.85), ("deff 2, 10 PSUs", 100, 0.95),
])
def test_pooled_answers_are_covered_and_little_wider_than_an_oracles(design: Design, n: int, share: float):
    for found in figures(Cell(design, n, share), 22, (5, 22)):
        assert 93.5 <= found["product"][0] <= 97.5  # 94 to 97 in the long run; 1,500 communes err by 0.6
        assert found["product"][1] <= 1.15 * found["oracle"][1]


def test_the_bar_is_out_of_reach_for_a_plain_t_interval():
    assert figures(Cell("deff 2 clusters", 10, 0.85), 1, (1,))[0]["wald"][0] < 70
    assert figures(Cell("deff 2 weights", 30, 0.95), 22, (22,))[0]["wald"][0] < 90


def test_the_simulated_communes_have_the_share_and_the_design_effect_they_claim():
    drawn = draw(Cell("deff 2 clusters", 100, 0.8), 22, (1, 22), 50, 30, np.random.default_rng(5))
    item, overall = drawn.own.value
    assert abs(overall.mean() - 0.8) < 0.003
    respondents = (1 + 21 * 0.4) / 22 * 0.8 * 0.2 / 100  # of 100 respondents drawn singly
    assert np.var(overall) / respondents == pytest.approx(2, rel=0.12)
    assert np.var(item) / (0.8 * 0.2 / 95) == pytest.approx(1 + 4 * 0.107, rel=0.15)  # 5 % skip it
