"""A questionnaire as an XLSForm workbook, that other tools of survey offices open and `reading` reads back.

Recordings are not in it: they are sounds of this installation.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from surveys.definitions import Reader
from surveys.questionnaires.model import Condition, Option, Question, Questionnaire, Section
from surveys.xlsform.columns import CHOICES, NAMES_OF_LANGUAGES, OWN_SURVEY, SETTINGS, SURVEY, header

Text = Mapping[str, str]
Cells = dict[str, str]
_MADE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""the same questionnaire gives the same workbook"""


def workbook(questionnaire: Questionnaire) -> bytes:
    """The workbook: sheets survey, choices and settings.

    Raises DefinitionRefusal("definition_faulty") for a wording that XLSForm would take for a reference, '${…}'.
    """
    languages = questionnaire.languages
    lists = _lists(questionnaire)
    survey = [row for section in questionnaire.sections for row in _section(questionnaire, section, lists)]
    choices = [row for key, name in lists.items() for row in _choices(name, json.loads(key))]
    _refuse_references(questionnaire, [*survey, *choices])
    labels, hints = ([header(column, language) for language in languages] for column in ("label", "hint"))
    import xlsxwriter  # only where a workbook is written

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": questionnaire.title["vi"][:255], "created": _MADE})
    _sheet(book, SURVEY, ["type", "name", *labels, *hints, "required", "relevant", *OWN_SURVEY], survey)
    _sheet(book, CHOICES, ["list_name", "name", *labels, "face"], choices)
    titles = [f"form_title_{language}" for language in languages[1:]]
    _sheet(book, SETTINGS, ["form_title", *titles, "form_id", "version", "default_language", "kind", "source"],
           [_settings(questionnaire)])
    book.close()
    return content.getvalue()


def _sheet(book: Any, name: str, columns: Sequence[str], rows: Sequence[Cells]) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, 44 if "::" in column or column == "source" else 16)
        sheet.write_string(0, place, column, bold)
        for number, cells in enumerate(rows, start=1):
            if text := cells.get(column):
                sheet.write_string(number, place, text, wrapped)  # never a formula, whatever it begins with


def _settings(questionnaire: Questionnaire) -> Cells:
    titles = {f"form_title_{language}": text for language, text in questionnaire.title.items() if language != "vi"}
    return titles | {
        "form_title": questionnaire.title["vi"], "form_id": questionnaire.name,
        "version": questionnaire.content[:12], "default_language": NAMES_OF_LANGUAGES["vi"],
        "kind": questionnaire.kind, "source": questionnaire.source,
    }


def _lists(questionnaire: Questionnaire) -> dict[str, str]:
    """Options, as one text -> the name of their list."""
    lists: dict[str, str] = {}
    for question in questionnaire.questions:
        if question.options:
            lists.setdefault(_spelt(question.options), f"list{len(lists) + 1}")
    return lists


def _spelt(options: Sequence[Option]) -> str:
    return json.dumps([[option.code, dict(option.text), option.face or ""] for option in options], ensure_ascii=False)


def _choices(name: str, options: Sequence[tuple[str, Text, str]]) -> Iterator[Cells]:
    for code, text, face in options:
        yield {"list_name": name, "name": code, "face": face} | _texts("label", text)


def _section(questionnaire: Questionnaire, section: Section, lists: Mapping[str, str]) -> Iterator[Cells]:
    yield {"type": "begin_group", "name": section.id} | _texts("label", section.title)
    if section.intro:
        name = f"{section.id}_intro"
        while questionnaire.has(name):
            name += "_"
        yield {"type": "note", "name": name} | _texts("label", section.intro)
    for question in section.questions:
        yield _question(questionnaire, question, lists)
    yield {"type": "end_group"}


def _question(questionnaire: Questionnaire, question: Question, lists: Mapping[str, str]) -> Cells:
    cells = {
        "type": _type(question, lists), "name": question.id, "required": _yes(question.required),
        "relevant": _relevant(questionnaire, question.shown_if) if question.shown_if else "",
        "role": "scale" if question.kind == "scale" else "",
        "not_applicable": _yes(question.not_applicable), "sensitive": _yes(question.sensitive),
        "skip": "" if question.skip else "no", "max_length": str(question.max_length or ""),
        "wording": question.wording, "source": question.source,
    }
    if question.lineage:
        cells |= {
            "lineage_relation": question.lineage.relation, "lineage_of": question.lineage.of,
            "lineage_note": question.lineage.note,
        }
    return cells | _texts("label", question.text) | _texts("hint", question.hint or {})


def _type(question: Question, lists: Mapping[str, str]) -> str:
    if question.kind == "text":
        return "text"
    return f"{'select_multiple' if question.kind == 'several' else 'select_one'} {lists[_spelt(question.options)]}"


def _relevant(questionnaire: Questionnaire, condition: Condition) -> str:
    name = condition.question
    if questionnaire.question(name).kind == "several":
        return " or ".join(f"selected(${{{name}}}, '{code}')" for code in sorted(condition.codes))
    return " or ".join(f"${{{name}}} = '{code}'" for code in sorted(condition.codes))


def _texts(column: str, text: Text) -> Cells:
    return {header(column, language): words for language, words in text.items()}


def _yes(flag: bool) -> str:
    return "yes" if flag else ""


def _refuse_references(questionnaire: Questionnaire, rows: Sequence[Cells]) -> None:
    reader = Reader(f"{questionnaire.name}.xlsx")
    for cells in rows:
        for column, text in cells.items():
            if column != "relevant" and "${" in text:
                reader.fault("xlsform_not_expressible", cells.get("name", ""), found=text[:60])
    reader.refuse_if_faulty()
