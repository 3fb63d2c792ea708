"""Half up on the decimals people see."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.indexes.rounding import percent_half_up, round_half_up


@pytest.mark.parametrize(
    "value, digits, rounded",
    [
        (2.675, 2, "2.68"),  # round() says 2.67: the float is a little below
        (0.125, 2, "0.13"),  # round() says 0.12: half to even
        (2.5, 0, "3"),
        (3.5, 0, "4"),
        (-0.125, 2, "-0.13"),
        (80.424999999, 2, "80.42"),
        (1.005, 2, "1.01"),
        (100, 2, "100.00"),
        (0.0, 2, "0.00"),
        (1e-20, 2, "0.00"),
        (Decimal("0.005"), 2, "0.01"),
    ],
)
def test_a_half_goes_up(value: float | Decimal, digits: int, rounded: str):
    assert str(round_half_up(value, digits)) == rounded


@pytest.mark.parametrize(
    "share, percent",
    [(0.80425, "80.43"), (0.8042, "80.42"), (1.0, "100.00"), (0.0, "0.00"), (0.849950, "85.00"), (0.07, "7.00")],
)
def test_a_share_in_percent_is_shifted_exactly_before_it_is_rounded(share: float, percent: str):
    assert str(percent_half_up(share)) == percent


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_not_rounded(value: float):
    with pytest.raises(ValueError, match="cannot round"):
        round_half_up(value, 2)
    with pytest.raises(ValueError, match="cannot round"):
        percent_half_up(value)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_rounding_moves_a_share_by_half_a_unit_at_most(part: int, whole: int):
    share = part / whole
    assert abs(Fraction(percent_half_up(share)) - 100 * Fraction(repr(share))) <= Fraction(1, 200)
