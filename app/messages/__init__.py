"""Refusal code -> sentence, in the reader's language. The domain speaks codes, never sentences.

One module per subject holds `SENTENCES: dict[code, (Vietnamese, English)]`; places in braces are filled from
the refusal's details.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from datetime import date

from app.wording import STATES
from surveys.errors import Fault, Refusal

Sentences = dict[str, tuple[str, str]]
Values = dict[str, dict[str, tuple[str, str]]]


def _collect() -> Sentences:
    sentences: Sentences = {}
    for module in pkgutil.iter_modules(__path__):
        own: Sentences = importlib.import_module(f"{__name__}.{module.name}").SENTENCES
        if again := sentences.keys() & own.keys():
            raise ValueError(f"app.messages.{module.name}: codes said twice: {sorted(again)}")
        sentences |= own
    return sentences


def _collect_values() -> Values:
    values: Values = {}
    for module in pkgutil.iter_modules(__path__):
        for detail, words in getattr(importlib.import_module(f"{__name__}.{module.name}"), "VALUES", {}).items():
            values[detail] = values.get(detail, {}) | words
    return values


SENTENCES = _collect()
VALUES = _collect_values()
"""detail -> what it may hold -> how that is said"""
STATE_DETAILS = frozenset({"state", "wanted"})
"""details that name a wave's state, and are said in words"""


AS_TYPED = frozenset({"value", "file"})
"""details that repeat what somebody wrote, letter for letter"""
_DAY = re.compile(r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])")


class _Details(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


def sentence(code: str, details: Mapping[str, object], language: str = "vi") -> str:
    """The sentence of a code; an unknown code is shown as itself rather than hidden."""
    pair = SENTENCES.get(code)
    if pair is None:
        return f"{code} {dict(details)}" if details else code
    place = 0 if language == "vi" else 1
    told = {key: _told(key, value, place) for key, value in details.items()}
    if not code.startswith("definition_"):  # those speak of a text in which days stand as 2026-07-31
        told |= {key: _days(value) for key, value in told.items() if key not in AS_TYPED}
    return pair[place].format_map(_Details(told))


def _told(detail: str, value: object, place: int) -> object:
    words = STATES if detail in STATE_DETAILS else VALUES.get(detail, {})
    return words.get(str(value), (value, value))[place]


def _days(value: object) -> object:
    """Days as people read them here, on English pages too: 31/07/2026."""
    if isinstance(value, (str, date)):
        return _DAY.sub(r"\3/\2/\1", str(value))
    return value


def refusal_sentence(refusal: Refusal, language: str = "vi") -> str:
    return sentence(refusal.code, refusal.details, language)


def both(refusal: Refusal) -> str:
    """In both languages, for a terminal, where there is no application yet that would know whose it is."""
    return f"{refusal_sentence(refusal)}\n  {refusal_sentence(refusal, 'en')}"


def fault_sentence(fault: Fault, language: str = "vi") -> str:
    """'dòng 5, cột q3: …': the place first, then what is wrong there.

    A fault of a definition names its file, line and key ('tệp phieu.toml, dòng 12, mục sections.I.id: …'), of a
    workbook its file, sheet, row and column.
    """
    sheet = fault.details.get("sheet")
    keyed = fault.code.startswith("definition_") and not sheet
    if language == "vi":
        words = ("dòng", "mục") if keyed else ("dòng", "cột")
    else:
        words = ("line", "key") if keyed else ("row", "column")
    place = []
    if keyed or sheet or fault.code.startswith("xlsform_"):
        place += [f"{'tệp' if language == 'vi' else 'file'} {file}" for file in (fault.details.get("file"),) if file]
        place += [f"{'trang' if language == 'vi' else 'sheet'} {sheet}"] if sheet else []
    place += [f"{words[0]} {fault.row}"] if fault.row is not None else []
    place += [f"{words[1]} {fault.column}"] if fault.column else []
    said = sentence(fault.code, fault.details, language)
    return f"{', '.join(place)}: {said}" if place else said
