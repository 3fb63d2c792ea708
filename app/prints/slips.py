"""Invitation slips: eight to an A4 page, each with its own one-use code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import numerals
from app.prints import qr, typesetting
from app.prints.posters import short

TITLE = "Thẻ mời đánh giá (mã dùng một lần)"

LEVEL = "M"
"""A slip is read once, fresh from the printer: large modules serve an old phone better than level H would."""


@dataclass(frozen=True)
class Slip:
    address: str
    unit_name: str
    wave_title: str
    expires: date | None = None
    """last day on which the code works"""


def render(slips: Sequence[Slip], *, watermark: str | None, day: date) -> bytes:
    """A PDF of slips with cut lines, in the order given; `watermark` and `day` as for posters.

    Raises ValueError without slips.
    """
    if not slips:
        raise ValueError("no slips to print")
    data = {"title": TITLE, "watermark": watermark or "", "slips": [_box(slip) for slip in slips]}
    return typesetting.pdf("slips.typ", data, day)


def _box(slip: Slip) -> dict[str, str]:
    return {
        "qr": qr.svg(slip.address, level=LEVEL),
        "address": slip.address,
        "short": short(slip.address),
        "unit": typesetting.shown(slip.unit_name),
        "wave": typesetting.shown(slip.wave_title),
        "expires": numerals.day(slip.expires) if slip.expires else "",
    }
