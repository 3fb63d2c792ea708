"""A questionnaire as a plain document, and the two hashes that name it.

The document leaves out whatever has its default value, so that a later key with a default changes no hash.
"""

from __future__ import annotations

from dataclasses import replace

from surveys.canonical import canonical_json, digest
from surveys.questionnaires.model import Lineage, Option, Question, Questionnaire, Section

_NOT_INSTRUMENT = frozenset({"source", "wording", "languages", "lineage", "recordings"})
"""remarks about a question, which nobody is asked"""
_TEXTS = frozenset({"title", "intro", "text", "hint"})


def to_document(questionnaire: Questionnaire) -> dict[str, object]:
    """Plain tables and lists that `load.from_document` reads back to an equal questionnaire."""
    return _without_empty({
        "name": questionnaire.name,
        "kind": questionnaire.kind,
        "title": dict(questionnaire.title),
        "languages": list(questionnaire.languages),
        "source": questionnaire.source,
        "sections": [_section(section) for section in questionnaire.sections],
        "recordings": {language: dict(sounds) for language, sounds in questionnaire.recordings.items() if sounds},
    })


def to_json(questionnaire: Questionnaire) -> str:
    """The canonical document as stored; its sha-256 is the questionnaire's `content`."""
    return canonical_json(to_document(questionnaire))


def named(questionnaire: Questionnaire, *, content: str | None = None) -> Questionnaire:
    """The same questionnaire with its hashes filled in; `content` where it is known already."""
    document = to_document(questionnaire)
    return replace(
        questionnaire,
        content=content or digest(canonical_json(document)),
        instrument=digest(canonical_json({"instrument": _instrument(document)})),
    )


def _section(section: Section) -> dict[str, object]:
    return _without_empty({
        "id": section.id,
        "title": dict(section.title),
        "intro": dict(section.intro) if section.intro else None,
        "questions": [_question(question) for question in section.questions],
    })


def _question(question: Question) -> dict[str, object]:
    condition = question.shown_if
    return _without_empty({
        "id": question.id,
        "kind": question.kind,
        "text": dict(question.text),
        "options": [_option(option) for option in question.options],
        "required": question.required,
        "skip": None if question.skip else False,
        "not_applicable": question.not_applicable,
        "sensitive": question.sensitive,
        "hint": dict(question.hint) if question.hint else None,
        "shown_if": {"question": condition.question, "codes": sorted(condition.codes)} if condition else None,
        "wording": question.wording,
        "max_length": question.max_length,
        "source": question.source,
        "lineage": _lineage(question.lineage) if question.lineage else None,
    }, keep=frozenset({"skip"}))


def _lineage(lineage: Lineage) -> dict[str, object]:
    return _without_empty({"of": lineage.of, "relation": lineage.relation, "note": lineage.note})


def _option(option: Option) -> dict[str, object]:
    return _without_empty({"code": option.code, "text": dict(option.text), "face": option.face})


def _without_empty(table: dict[str, object], keep: frozenset[str] = frozenset()) -> dict[str, object]:
    return {key: value for key, value in table.items() if value or (key in keep and value is not None)}


def _instrument(part: object) -> object:
    """What is measured with: the document without remarks, its texts in Vietnamese only."""
    if isinstance(part, list):
        return [_instrument(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value["vi"] if key in _TEXTS else _instrument(value)
        for key, value in part.items() if key not in _NOT_INSTRUMENT
    }
