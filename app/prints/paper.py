"""The paper form of a questionnaire: A4, boxes to tick with the code that is keyed, as Decree 30/2020/NĐ-CP lays out.

The same questions, choices and ways out as on the screen, in the same order and with the same numbers. Items on one
scale that follow each other share a table; every other question stands alone with its options below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.form_view import Form, Item, form_view
from app.prints import typesetting
from app.prints.typesetting import shown
from app.wording import words
from surveys.questionnaires.model import NOT_APPLICABLE, SKIPPED, Questionnaire

WIDEST_SCALE = 5
"""options that fit beside a question's wording; longer scales stand below it"""
VERSION = 8
"""digits of the version's content that are printed: enough to tell versions apart when forms are keyed"""


def render(
    questionnaire: Questionnaire, *, asker: str, unit: str = "", language: str = "vi", watermark: str | None, day: date
) -> bytes:
    """A PDF of one form.

    asker: who asks, in full: 'Sở Nội vụ tỉnh Quảng Trị'. unit: whom it is about; '' leaves a line to write on.
    watermark: words across every page ('Bản xem thử'), None for a form that is handed out.
    day: the day written into the file (the same input gives the same bytes).
    """
    language = language if language in questionnaire.languages else "vi"
    form = form_view(questionnaire, language, {}, ())
    fixed = words(language)
    data = {
        "title": shown(form.title), "asker": shown(asker), "unit": shown(unit), "watermark": watermark or "",
        "name": questionnaire.name, "version": questionnaire.content[:VERSION], "language": language,
        "start": fixed["start_text"], "purpose": fixed["purpose"], "free_text": fixed["free_text"],
        "sections": _sections(form, fixed["skip"], fixed["not_applicable"]),
        "words": {key: fixed[key] for key in ("form_kind", "asked_about", "helped", "optional")},
    }
    return typesetting.pdf("paper.typ", data, day)


def _sections(form: Form, skip: str, none: str) -> list[dict[str, object]]:
    return [
        {"title": shown(part.title), "intro": shown(part.intro),
         "blocks": [_block(items, skip, none) for items in _runs(part.items)]}
        for part in form.sections
    ]


def _runs(items: Sequence[Item]) -> list[list[Item]]:
    """Questions that share a table, in order; alone where nothing is shared."""
    runs: list[list[Item]] = []
    for item in items:
        if runs and _tabular(item) and _tabular(runs[-1][-1]) and _same_answers(item, runs[-1][-1]):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _tabular(item: Item) -> bool:
    return item.kind == "scale" and not item.condition and len(item.options) <= WIDEST_SCALE


def _same_answers(one: Item, other: Item) -> bool:
    return [(o.value, o.text) for o in one.options] == [(o.value, o.text) for o in other.options]


def _block(items: Sequence[Item], skip: str, none: str) -> dict[str, object]:
    first = items[0]
    outs = [
        {"code": code, "text": text}
        for code, text, offered in (
            (SKIPPED, skip, any(item.skip for item in items)),
            (NOT_APPLICABLE, none, any(item.not_applicable for item in items)),
        ) if offered
    ]
    return {
        "table": _tabular(first),
        "kind": first.kind,
        "options": [{"code": option.value if first.kind != "several" else option.code, "text": shown(option.text)}
                    for option in first.options],
        "outs": outs,
        "items": [
            {"number": str(item.number), "id": item.id, "text": shown(item.text), "hint": shown(item.hint),
             "condition": shown(item.condition), "optional": item.optional, "skip": item.skip,
             "none": item.not_applicable, "lines": 4 if item.max_length > 300 else 2}
            for item in items
        ],
    }
