"""Posters of open points: one A4 page each, QR code, short address, whose counter it is and what it asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.prints import addresses, qr, typesetting
from app.wording import words
from surveys.collection import Point
from surveys.origin import Basis
from surveys.units import UnitTree
from surveys.waves import Wave

TITLE = "Áp phích mã QR đánh giá sự phục vụ hành chính"


@dataclass(frozen=True)
class Poster:
    address: str
    """what the QR code carries, and what a citizen may type"""
    unit_name: str
    """full name: 'Xã Lệ Thủy, tỉnh Quảng Trị'"""
    label: str
    """the place: 'Quầy số 2'; '' where the unit has but one"""
    wave_title: str
    kind: str = "transaction"
    """the questionnaire's kind: 'transaction', 'household' or 'counter'"""
    open_is_official: bool = False


def of_points(base: str, wave: Wave, tree: UnitTree, kind: str, points: Iterable[Point]) -> list[Poster]:
    """The posters of a wave's points. base: the public address; kind: of the wave's questionnaire."""
    return [
        Poster(
            address=addresses.of_point(base, point.code),
            unit_name=tree.full_name(tree.by_id(point.unit_id).code), label=point.label, wave_title=wave.title,
            kind=kind, open_is_official=Basis.OPEN in wave.official,
        )
        for point in points
    ]


def watermark_of(wave: Wave) -> str | None:
    """What every print of a simulated or a training wave bears."""
    return words("vi")[wave.mark] if wave.mark else None


def render(posters: Sequence[Poster], *, watermark: str | None, day: date) -> bytes:
    """A PDF with one A4 page per poster, in the order given.

    watermark: the words of a simulated wave, on every page; None for a real one.
    day: the day written into the file (the same input gives the same bytes).
    Raises ValueError without posters: an empty file would only fail at the printer.
    """
    if not posters:
        raise ValueError("no posters to print")
    data = {"title": TITLE, "watermark": watermark or "", "posters": [_page(poster) for poster in posters]}
    return typesetting.pdf("poster.typ", data, day)


def short(address: str) -> str:
    """The address as people read and type it; browsers try https by themselves, so only http is said."""
    return address.removeprefix("https://")


def _page(poster: Poster) -> dict[str, object]:
    return {
        "qr": qr.svg(poster.address),
        "modules": len(qr.modules(poster.address, quiet=qr.QUIET)),
        "address": poster.address,
        "short": short(poster.address),
        "unit": typesetting.shown(poster.unit_name),
        "label": typesetting.shown(poster.label),
        "wave": typesetting.shown(poster.wave_title),
        "kind": poster.kind,
        "open_is_official": poster.open_is_official,
    }
