"""Differences between two versions, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.language import current
from surveys.definition_differences import KINDS, Difference

WORDS: Mapping[str, tuple[str, str]] = {
    "added": ("Thêm", "Added"),
    "removed": ("Bỏ", "Removed"),
    "moved": ("Đổi chỗ", "Moved"),
    "reworded": ("Sửa lời văn tiếng Việt", "Vietnamese wording"),
    "translated": ("Sửa bản dịch", "Translation"),
    "options_changed": ("Sửa lựa chọn trả lời", "Choices"),
    "asking_changed": ("Sửa cách hỏi", "Way of asking"),
    "routing_changed": ("Sửa điều kiện hỏi", "Condition"),
    "remark_changed": ("Sửa ghi chú (không ai được hỏi)", "Remark (nobody is asked)"),
    "recording_changed": ("Sửa bản ghi âm", "Recording"),
    "title_changed": ("Sửa tên", "Title"),
    "target_added": ("Thêm mục tiêu", "Target added"),
    "target_removed": ("Bỏ mục tiêu", "Target removed"),
    "target_changed": ("Sửa mục tiêu", "Target changed"),
    "rule_changed": ("Sửa quy tắc tính", "Rule of computing"),
    "weight_changed": ("Sửa trọng số", "Weight"),
    "entry_added": ("Thêm lĩnh vực", "Field added"),
    "entry_removed": ("Bỏ lĩnh vực", "Field removed"),
    "entry_changed": ("Sửa lĩnh vực", "Field changed"),
}
if set(WORDS) != set(KINDS):
    raise AssertionError("every kind of difference has its words")

_SHAPE = {
    "added": "new", "target_added": "new", "entry_added": "new",
    "removed": "gone", "target_removed": "gone", "entry_removed": "gone",
}
_VALUES: Mapping[str, tuple[str, str]] = {"true": ("có", "yes"), "false": ("không", "no")}


@dataclass(frozen=True)
class Row:
    kind: str
    shape: str
    """'new', 'gone' or 'changed'"""
    where: str
    before: str
    after: str


def rows(found: Iterable[Difference]) -> list[Row]:
    return [
        Row(_said(WORDS[each.kind]), _SHAPE.get(each.kind, "changed"), each.anchor, _value(each.before),
            _value(each.after))
        for each in found
    ]


def tally(found: Iterable[Difference]) -> list[tuple[str, int]]:
    """(kind in words, how many), in the order of WORDS."""
    kinds = [each.kind for each in found]
    return [(_said(words), kinds.count(kind)) for kind, words in WORDS.items() if kind in kinds]


def _said(pair: tuple[str, str]) -> str:
    return pair[0 if current() == "vi" else 1]


def _value(text: str) -> str:
    return _said(_VALUES[text]) if text in _VALUES else text
