"""The parts a draft is edited by: each one form, one page, one POST. Part names are addresses: 'question-0-3'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.definition_forms import field_lists, indexes, questionnaires, sounds, translations
from app.definition_forms.raw import Form, Raw, table, tables
from surveys.fields import FieldList
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires.model import Questionnaire

Whole = Questionnaire | IndexDefinition | FieldList | None
MOST_DEPTH = 4


@dataclass(frozen=True)
class Part:
    template: str
    """'question': the form is `workshop/parts/question.html`"""
    fields: Mapping[str, str]
    apply: Callable[[Form], Raw]
    shown: Mapping[str, object] = field(default_factory=dict)
    """what the form needs besides its fields"""


def part(kind: str, raw: Raw, name: str, whole: Whole) -> Part:
    """The form of a part of a draft of that kind.

    whole: the questionnaire that an index reads or that is translated or recorded, the index whose targets are
    written; None where there is none. Raises LookupError for a part that is not, or no longer, there.
    """
    word, *rest = name.split("-", 1) if name.startswith("scale-") else name.split("-")
    opened = _PARTS[kind].get(word)
    if opened is None or len(rest) > MOST_DEPTH:
        raise LookupError(name)
    if word == "scale":
        return _scale(raw, rest[0])
    if not all(place.isascii() and place.isdecimal() and len(place) < 5 for place in rest):
        raise LookupError(name)
    return opened(raw, tuple(int(place) for place in rest), whole)


def _head(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 0)
    return Part("questionnaire", questionnaires.head(raw), lambda form: questionnaires.with_head(raw, form),
                {"scales": questionnaires.scales(raw)})


def _section(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 1)
    s = places[0]
    return Part("section", questionnaires.section(raw, s), lambda form: questionnaires.with_section(raw, s, form))


def _question(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 2)
    s, q = places
    fields = questionnaires.question(raw, s, q)
    return Part("question", fields, lambda form: questionnaires.with_question(raw, s, q, form), {
        "scales": questionnaires.scales(raw), "earlier": questionnaires.earlier(raw, s, q),
    })


def _scale(raw: Raw, name: str) -> Part:
    if name not in table(raw, "scales"):
        raise LookupError(name)
    users = [
        question.id for section in questionnaires.outline(raw) for question in section.questions
        if _names_scale(raw, question.part, name)
    ]
    return Part("scale", questionnaires.scale(raw, name), lambda form: questionnaires.with_scale(raw, name, form),
                {"name": name, "users": users})


def _names_scale(raw: Raw, part: str, name: str) -> bool:
    s, q = map(int, part.split("-")[1:])
    holder = tables(raw, "sections")[s]
    shown = {**table(holder, "each"), **tables(holder, "questions")[q]}
    return shown.get("scale") == name


def _index_head(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 0)
    return Part("index", indexes.head(raw), lambda form: indexes.with_head(raw, form))


def _criterion(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    questions = [question for question in whole.questions if question.kind == "scale"] \
        if isinstance(whole, Questionnaire) else []
    order = [question.id for question in questions]
    fields = indexes.criterion(raw, places)
    strangers = [item for item in indexes.items_of(raw, places) if item not in order]
    return Part("criterion", fields, lambda form: indexes.with_criterion(raw, places, form, order), {
        "questions": questions, "strangers": strangers, "elsewhere": indexes.elsewhere(raw, places),
        "weighted": indexes.weighted(raw), "root": not places,
        "inner": any(node.part.startswith("-".join(("criterion", *map(str, places))) + "-")
                     for node in indexes.outline(raw)),
    })


def _targets(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 0)
    measures = indexes.measures(raw)
    if isinstance(whole, IndexDefinition):  # a file of targets alone
        measures = [criterion.measure for criterion in whole.tree.walk()] + [f"item:{item}" for item in whole.items]
    targets = tables(raw, "targets")
    return Part("targets", indexes.target_fields(targets), lambda form: indexes.with_targets(raw, form),
                {"measures": measures})


def _attribution(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 0)
    factors = [node.key for node in indexes.outline(raw) if node.kind == "factor"]
    return Part("attribution", indexes.attribution_fields(raw), lambda form: indexes.with_attribution(raw, form),
                {"factors": factors})


def _fields(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    _exactly(places, 0)
    return Part("fields", field_lists.fields(raw), lambda form: field_lists.with_fields(raw, form))


def _words(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    if not isinstance(whole, Questionnaire) or len(places) > 1:
        raise LookupError
    section = places[0] if places else None
    lines = translations.lines(raw, whole, section)
    fields = {f"line_{number}": line.said for number, line in enumerate(lines)}
    return Part("words", fields, lambda form: translations.with_lines(raw, whole, section, form), {
        "lines": lines, "parts": translations.parts(whole), "whole": whole, "to": raw.get("language"),
    })


def _recordings(raw: Raw, places: tuple[int, ...], whole: Whole) -> Part:
    if not isinstance(whole, Questionnaire) or places:
        raise LookupError
    return Part("recordings", {}, lambda form: raw, {
        "languages": whole.languages, "lines": lambda language: sounds.lines(raw, whole, language),
    })


def _exactly(places: tuple[int, ...], number: int) -> None:
    if len(places) != number:
        raise LookupError


Opened = Callable[[Raw, tuple[int, ...], Whole], Part]

_PARTS: Mapping[str, Mapping[str, Opened]] = {
    "questionnaire": {"head": _head, "section": _section, "question": _question,
                      "scale": lambda raw, places, whole: _scale(raw, "")},
    "index": {"head": _index_head, "criterion": _criterion, "targets": _targets, "attribution": _attribution},
    "targets": {"targets": _targets},
    "fields": {"fields": _fields},
    "translation": {"words": _words},
    "recordings": {"recordings": _recordings},
}


def grown(kind: str, raw: Raw, at: str) -> tuple[Raw, str]:
    """Something new inside the part `at` ('' for a section), and the part whose form comes next.

    Raises LookupError.
    """
    word, *rest = at.split("-")
    places = _places(rest)
    if kind == "questionnaire" and not at:
        return questionnaires.with_new_section(raw)
    if kind == "questionnaire" and word == "section" and len(places) == 1:
        return questionnaires.with_new_question(raw, places[0])
    if kind == "index" and word == "criterion":
        return indexes.with_new_criterion(raw, places)
    raise LookupError(at)


def reordered(kind: str, raw: Raw, deed: str, at: str) -> Raw:
    """The part moved 'up' or 'down', or 'remove'd. Raises LookupError."""
    word, *rest = at.split("-")
    places = _places(rest)
    if deed not in ("up", "down", "remove"):
        raise LookupError(deed)
    if kind == "questionnaire" and (word, len(places)) in (("section", 1), ("question", 2)):
        return questionnaires.reordered(raw, deed, places)
    if kind == "index" and word == "criterion":
        return indexes.reordered(raw, deed, places)
    raise LookupError(at)


def _places(rest: list[str]) -> tuple[int, ...]:
    if len(rest) > MOST_DEPTH or not all(each.isascii() and each.isdecimal() and len(each) < 5 for each in rest):
        raise LookupError(rest)
    return tuple(int(each) for each in rest)
