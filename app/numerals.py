"""Figures and days as people read them: Vietnamese with a comma, English with a point; half rounds up."""

from __future__ import annotations

import functools
from datetime import date
from decimal import Decimal

from surveys.indexes.rounding import percent_half_up, round_half_up

NOTHING = "–"
"""stands where there is no figure"""


@functools.lru_cache(maxsize=8192)  # the same figures stand on page after page
def percent(share: float | None, language: str = "vi", digits: int = 2) -> str:
    """A share (0 to 1) as people read it: 0.80434 -> '80,43%' ('80.43%' in English)."""
    return NOTHING if share is None else f"{_written(percent_half_up(share, digits), language, digits)}%"


@functools.lru_cache(maxsize=256)
def level(share: float, language: str = "vi") -> str:
    """A share that was set and not measured, without empty decimals: 0.85 -> '85%', 0.975 -> '97,5%'."""
    exact = percent_half_up(share, 6).normalize()  # 1.1 % is kept as 0.011000000000000001
    return f"{_written(exact, language, max(0, -int(exact.as_tuple().exponent)))}%"


@functools.lru_cache(maxsize=8192)
def decimal(value: Decimal | float | None, language: str = "vi", digits: int = 2) -> str:
    """4.2167 -> '4,22' ('4.22' in English)."""
    return NOTHING if value is None else _written(round_half_up(value, digits), language, digits)


def count(number: int | None, language: str = "vi") -> str:
    """12480 -> '12.480' ('12,480' in English)."""
    return decimal(number, language, 0)


def day(value: date | None) -> str:
    """'31/07/2026', in both languages: these are days of Vietnamese papers."""
    return NOTHING if value is None else f"{value:%d/%m/%Y}"


_VIETNAMESE = str.maketrans(",.", ".,")


def _written(value: Decimal, language: str, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text if language == "en" else text.translate(_VIETNAMESE)
