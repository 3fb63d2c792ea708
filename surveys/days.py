"""Days as files and forms write them."""

from __future__ import annotations

import re
from datetime import date

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPOKEN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def iso_day(text: str) -> date:
    """The day of '2026-07-31'; ValueError for anything else.

    `date.fromisoformat` also takes '20260731' and week dates, so one file would be right here and wrong there.
    """
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def typed_day(text: str) -> date:
    """As `iso_day`, or as people write it in Vietnamese: '31/7/2026'. ValueError for anything else.

    The year has four digits: '31/12/26' would be a day of the year 26, and a grant until then never counts.
    """
    if found := _SPOKEN.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return iso_day(text)
