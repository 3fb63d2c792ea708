"""Rounding as people round on paper: half up, on the decimals that are shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def round_half_up(value: float | Decimal, digits: int) -> Decimal:
    """The value to `digits` decimals; a half goes away from zero: 80.425 -> 80.43, where `round` says 80.42.

    A float counts as the shortest decimal that stands for it (its `repr`), so 2.675 is two and 675
    thousandths, not the binary number a little below it. Raises ValueError for NaN and infinities.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError(f"cannot round {value}")
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def percent_half_up(share: float | Decimal, digits: int = 2) -> Decimal:
    """A share (0 to 1) in percent: 0.80425 -> 80.43. The shift by two places is exact."""
    exact = share if isinstance(share, Decimal) else Decimal(repr(float(share)))
    return round_half_up(exact.scaleb(2) if exact.is_finite() else exact, digits)
