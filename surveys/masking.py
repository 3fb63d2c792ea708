"""What in a comment could name its writer or somebody else: found by pattern, covered before anybody else reads it.

Covering replaces a stretch of text by the same short bar whatever its length; nothing else of the text changes.
Patterns find what people usually write; they do not find everybody. That is what two readers are for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""[start, end) in characters"""
BAR = "▒▒▒"

_GAP = r"[\s\u200b\u00ad.,()\-–—]{0,2}"
_SURNAMES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Đoàn", "Trương", "Đinh", "Lâm", "Mai", "Trịnh", "Đào", "Cao", "Hà", "Lương", "Thái", "Tạ", "Phùng",
    "Quách", "Chu", "Châu", "Tống", "Vương", "Nghiêm", "Kiều", "Thạch", "Lưu", "Tô", "Đồng", "La", "Bạch", "Hứa",
    "Triệu", "Cù", "Đàm",
)
_STOP = (
    "ở", "tại", "sinh", "số", "trú", "thường", "quê", "nhà", "năm", "và", "có", "đến", "đi", "làm", "là", "thì",
    "nên", "mà", "bị", "được", "xin", "muốn", "đã", "đang", "sẽ", "hôm", "ngày", "với", "cho",
)
_PLACES = (
    r"(?!(?:Hà\s+(?:Nội|Tĩnh|Giang|Nam)|Đồng\s+(?:Hới|Nai|Tháp|Lê|Sơn)|Cao\s+Bằng|Lâm\s+Đồng|Hồ\s+(?:Chí\s+Minh|Xá)|"
    r"Thái\s+(?:Bình|Nguyên))\b)"
)
"""names of places that begin like a family's"""
_UPPER = "".join(chr(code) for code in range(0x41, 0x1EFA) if chr(code).isupper())
_CAPITALISED = rf"[{_UPPER}][\w'’]*"
_WORD = r"[^\W\d_]+"
_NAMED = rf"(?!(?:{'|'.join(_STOP)})\b){_WORD}"
_WHO = r"(?:tôi|mình|em|cháu|con|anh|chị|ông|bà|chú|bác|cô|chồng|vợ)"


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).replace("Đ", "D").replace("đ", "d")


_ANY_SURNAME = "|".join(sorted({name for each in _SURNAMES for name in (each, _plain(each))}, key=len, reverse=True))

PATTERNS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("address", re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)),
    # telephone numbers, 9 or 12 digits of an identity card, account numbers: whatever has eight digits or more
    ("number", re.compile(rf"(?<!\d)\+?(?:\d{_GAP}){{7,}}\d")),
    ("plate", re.compile(r"\b\d{2}[\s.-]{0,2}[a-zđ]{1,2}\d?[\s.-]{0,3}\d{3}[\s.]?\d{1,2}\b", re.IGNORECASE)),
    # codes of dossiers and decisions: '000.00.16.H50-241124-0012', 'HS2026-00123'
    # (and no sum of money: '200.000')
    ("code", re.compile(
        r"(?<![\w./-])(?!\d{1,3}(?:[.,]\d{3}){1,2}(?![\w/-]))"
        r"(?=[\w./-]*\d{3})(?=[\w./-]*[^\W\d_]|[\w./-]*\d[./-])\w+(?:[./-]\w+)+")),
    ("code", re.compile(r"\b(?=\w*\d{4})(?=\w*[^\W\d_])\w{6,}\b")),
    # 'tôi tên là …', 'tên của cháu: …', 'họ và tên …', also in small letters
    ("name", re.compile(
        rf"(?:\b{_WHO}\s+tên\b|\btên\s+(?:của\s+)?{_WHO}\b|\bhọ\s*(?:và\s*)?tên\b|\btên\s+là\b)"
        rf"\s*(?:đầy\s+đủ\s*)?(?:là\b)?\s*:?\s*(?P<said>{_NAMED}(?:\s+{_NAMED}){{0,4}})", re.IGNORECASE)),
    # 'tôi là Nguyễn Văn An', 'chị Hoa', 'đồng chí Minh': capitals tell a name from a common word
    ("name", re.compile(
        rf"\b(?i:{_WHO}\s+là|anh|chị|ông|bà|chú|bác|cô|cháu|thầy|đồng\s+chí|đ/c|cán\s+bộ)\s+"
        rf"(?P<said>(?!Bà\b|Chị\b){_CAPITALISED}(?:\s+{_CAPITALISED}){{0,4}})")),
    ("name", re.compile(rf"\b{_PLACES}(?:{_ANY_SURNAME})(?:\s+{_CAPITALISED}){{1,4}}")),
    ("name", re.compile(
        rf"\b(?:{_ANY_SURNAME})\s+(?:văn|van|thị|thi|đức|hữu|xuân|ngọc|minh|thanh)\s+{_WORD}(?:\s+{_CAPITALISED})?",
        re.IGNORECASE)),
)
"""(what it is, pattern); where a pattern has a group `said`, that is what gets covered"""


def found(text: str) -> tuple[Span, ...]:
    """Everything in the text that a pattern recognises."""
    spans = []
    for _, pattern in PATTERNS:
        group = "said" if "said" in pattern.groupindex else 0
        spans += [match.span(group) for match in pattern.finditer(text)]
    return joined(spans)



def every(text: str, words: str) -> tuple[Span, ...]:
    """Every place where the words stand, in whatever case and spacing."""
    return tuple(match.span() for match in re.finditer(_loosely(words), text, re.IGNORECASE))


def _loosely(words: str) -> str:
    return r"\s+".join(re.escape(word) for word in words.split())


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same stretches without overlap, in order; those that touch or are a blank apart become one."""
    kept: list[Span] = []
    for start, end in sorted(spans):
        if kept and start <= kept[-1][1] + 1:
            kept[-1] = kept[-1][0], max(kept[-1][1], end)
        elif end > start:
            kept.append((start, end))
    return tuple(kept)


def covered(text: str, spans: Sequence[Span]) -> str:
    """The text with a bar for every stretch; what stands between is untouched."""
    parts, at = [], 0
    for start, end in joined(spans):
        parts += [text[at:start], BAR]
        at = end
    return "".join([*parts, text[at:]])


def covers(spans: Sequence[Span], needed: Sequence[Span]) -> bool:
    """Whether everything needed lies under the spans."""
    held = joined(spans)
    return all(any(start <= first and last <= end for start, end in held) for first, last in joined(needed))
