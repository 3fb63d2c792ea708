"""A proposal in words: what kind of thing, and exactly what will be done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from app import numerals
from app.language import current
from app.language import translate as _
from surveys.approvals import Proposal, State
from surveys.canonical import Document
from surveys.days import iso_day

KINDS: Mapping[str, tuple[str, str]] = {
    "definition": ("Phê duyệt phiếu hỏi, phương pháp", "Approve a definition"),
    "publication": ("Công bố kết quả", "Publish results"),
    "correction": ("Đính chính kết quả", "Correct results"),
    "comments": ("Công khai ý kiến góp ý cho đơn vị", "Release comments to the unit"),
    "contacts": ("Xóa danh sách liên hệ", "Delete a contact list"),
}
STATES: Mapping[State, tuple[str, str]] = {
    State.WAITING: ("Cần người thứ hai xác nhận", "Waits for a second person"),
    State.APPROVED: ("Đã xác nhận và thực hiện", "Confirmed and done"),
    State.REJECTED: ("Đã từ chối", "Rejected"),
    State.WITHDRAWN: ("Người đề nghị đã rút", "Withdrawn by its proposer"),
}
KEYS: Mapping[str, tuple[str, str]] = {
    "wave": ("Đợt khảo sát", "Wave"), "unit": ("Đơn vị", "Unit"), "decision": ("Số quyết định", "Decision number"),
    "decision_day": ("Ngày quyết định", "Day of the decision"),
    "records": ("Mã của bảng số liệu", "Digest of the table"),
    "cells": ("Số ô số liệu được công bố", "Figures to be published"),
    "edition": ("Bản công bố thứ", "Edition number"),
    "changed": ("Số ô thay đổi", "Figures that change"), "reason": ("Lý do", "Reason"), "kind": ("Loại", "Kind"),
    "name": ("Tên", "Name"), "draft": ("Bản thảo số", "Draft number"),
    "digest": ("Mã của văn bản", "Digest of the text"),
    "content": ("Văn bản", "Text"), "note": ("Thay đổi và lý do", "What changes and why"),
    "revision": ("Lần sửa", "Revision"), "becomes": ("Trở thành bản mới của", "Becomes a version of"),
    "contacts": ("Danh sách liên hệ", "Contact list"),
}
SHORT = 200
"""a longer value is folded"""


def kind_said(kind: str) -> str:
    return _one(KINDS.get(kind, (kind, kind)))


def state_said(state: State) -> str:
    return _one(STATES[state])


@dataclass(frozen=True)
class Line:
    """One thing that the document says."""

    label: str
    value: str

    @property
    def long(self) -> bool:
        return len(self.value) > SHORT or "\n" in self.value


def account(document: Document) -> Sequence[Line]:
    """Everything that a document says: what has words in the order of the words, then the rest."""
    known = [key for key in KEYS if key in document]
    order = [*known, *(key for key in document if key not in KEYS)]
    return [Line(_one(KEYS.get(key, (key, key))), _text(document[key])) for key in order]


def page_of(proposal: Proposal) -> tuple[str, str] | None:
    """(address, label) of the page that shows what it is about, where there is one."""
    kind, _colon, code = proposal.subject.partition(":")
    ways = {
        "draft": ("workshop.draft", "draft_id", _("Xem bản thảo, bản xem trước và các thay đổi")),
        "wave": ("waves.wave", "wave_code", _("Xem đợt khảo sát và số liệu sẽ công bố")),
    }
    found = ways.get(kind)
    if found is None or found[0] not in current_app.view_functions:
        return None
    values: dict[str, Any] = {found[1]: code}
    return url_for(found[0], **values), found[2]


def _one(pair: tuple[str, str]) -> str:
    return pair[0 if current() == "vi" else 1]


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        try:
            return numerals.day(iso_day(value))
        except ValueError:
            return value
    if isinstance(value, bool):
        return _("đúng") if value else _("sai")
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(str(each) for each in value)
    return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict | list) else str(value)
