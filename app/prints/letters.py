"""Sealed letters: one A4 sheet with a person's one-time code, printed on one side and folded so that it is inside.

The top third carries the address and shows outside; the code stands on the middle third, which the fold covers from
both sides; the bottom third, which lies against it, says what to do. The QR code leads to the page where the code is
typed and does not hold the code: an address with a code in it would stay in the browser's history and in the logs of
whatever lies between, and a photograph of the sheet through the paper would be enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import numerals
from app.prints import qr, typesetting

TITLE = "Thư mở tài khoản (kín)"
LEVEL = "M"


@dataclass(frozen=True)
class Letter:
    display: str
    """full name"""
    name: str
    """sign-in name"""
    workplace: str
    sender: str
    """who sends it: 'Sở Nội vụ tỉnh Quảng Trị'"""
    roles: tuple[str, ...]
    code: str
    """in groups"""
    purpose: str
    """'invite', 'reset', 'factor'"""
    expires: date
    address: str
    """of the page where the code is typed"""


HEADINGS = {
    "invite": "Mã mở tài khoản",
    "reset": "Mã chọn lại cụm mật khẩu",
    "factor": "Mã chọn lại cụm mật khẩu và lớp xác thực thứ hai",
}


def render(letters: Sequence[Letter], *, day: date, watermark: str | None = None) -> bytes:
    """A PDF with one letter a page, in the order given. Raises ValueError without letters."""
    if not letters:
        raise ValueError("no letters to print")
    pages = [_page(letter) for letter in letters]
    data = {"title": TITLE, "day": numerals.day(day), "watermark": watermark or "", "letters": pages}
    return typesetting.pdf("letters.typ", data, day)


def _page(letter: Letter) -> dict[str, object]:
    return {
        "display": typesetting.shown(letter.display) or letter.name,
        "name": letter.name,
        "workplace": typesetting.shown(letter.workplace),
        "sender": typesetting.shown(letter.sender),
        "roles": [typesetting.shown(role) for role in letter.roles],
        "heading": HEADINGS[letter.purpose],
        "code": letter.code,
        "expires": numerals.day(letter.expires),
        "address": letter.address,
        "qr": qr.svg(letter.address, level=LEVEL),
    }
