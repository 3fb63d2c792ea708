"""What kinds and blocks (khối) of units are called, and how a span of days is said."""

from __future__ import annotations

from datetime import date

from app.language import current
from app.language import translate as _
from app.result_words import LEVELS
from surveys.units import Kind, Unit

_COMMUNES = {"Phường": "Ward", "Xã": "Commune", "Đặc khu": "Special zone", "Thị trấn": "Township"}


def kind_word(kind: Kind | str) -> str:
    return LEVELS[str(kind)][0 if current() == "vi" else 1]


def block_word(block: str) -> str:
    """A block by `surveys.reading.block`: a kind of unit, or the type of a commune."""
    if block in _COMMUNES:
        return block if current() == "vi" else _COMMUNES[block]
    return kind_word(block)


def kinds() -> list[tuple[str, str]]:
    return [(kind.value, kind_word(kind)) for kind in Kind]


def day_word(day: date | None) -> str:
    """'01/07/2025'; '' for a day before our records, or none."""
    return "" if day is None or day == date.min else f"{day:%d/%m/%Y}"


def span_word(unit: Unit) -> str:
    """'từ 01/07/2025 đến nay'"""
    first = day_word(unit.valid_from)
    begin = _("từ ngày {day}", day=first) if first else _("từ trước khi có số liệu")
    return f"{begin} {_('đến ngày {day}', day=day_word(unit.valid_to)) if unit.valid_to else _('đến nay')}"
