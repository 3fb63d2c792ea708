"""From a definition's tables to a questionnaire, noting every fault.

In a file, options that many questions share stand once under `scales` and are named by `scale`; `each` in a
section holds what all its questions have in common. A stored document has neither: all is written out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast, get_args

from surveys.definitions import Node, Reader
from surveys.questionnaires.forbidden import asks_for
from surveys.questionnaires.lineage import OF
from surveys.questionnaires.model import (
    FACES,
    OPTION_CODES,
    RESERVED,
    Condition,
    Lineage,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    QuestionnaireKind,
    Recordings,
    Relation,
    Section,
    Wording,
    option_variable,
    recording_key,
)

DIGEST = re.compile(r"[0-9a-f]{64}")
QUESTION_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
SECTION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
MAX_FREE_TEXT = 10_000

KINDS: tuple[str, ...] = get_args(QuestionKind)

Scales = Mapping[str, tuple[Option, ...]]


def read(top: Node) -> Questionnaire:
    """The questionnaire in a document's top table; only good when the reader has noted no fault."""
    languages = top.languages()
    scales = _scales(top, languages)
    questionnaire = Questionnaire(
        name=top.name("name"),
        kind=cast(QuestionnaireKind, top.word("kind", known=get_args(QuestionnaireKind))),
        title=top.text("title", languages),
        sections=tuple(_section(node, languages, scales) for node in top.tables("sections")),
        languages=languages,
        source=top.note("source"),
        recordings=read_recordings(top, languages) if top.has("recordings") else {},
    )
    top.end()
    check_recordings(top.reader, questionnaire)
    _check_ids(top.reader, questionnaire)
    _check_routing(top.reader, questionnaire)
    return questionnaire


def _scales(top: Node, languages: tuple[str, ...]) -> Scales:
    scales = top.table("scales") if top.has("scales") else None
    if scales is None:
        return {}
    found = {name: _options(scales, name, languages) for name in scales.names}
    scales.end()
    return found


def _section(node: Node, languages: tuple[str, ...], scales: Scales) -> Section:
    each = node.table("each") if node.has("each") else None
    section = Section(
        id=node.name("id", SECTION_ID),
        title=node.text("title", languages),
        intro=node.text_if_any("intro", languages),
        questions=tuple(
            _question(question, languages, scales) for question in node.tables("questions", fallback=each)
        ),
    )
    if each is not None:
        each.end()
    node.end()
    return section


def _question(node: Node, languages: tuple[str, ...], scales: Scales) -> Question:
    kind = cast(QuestionKind, node.word("kind", known=KINDS))
    free = kind == "text"
    question = Question(
        id=node.name("id", QUESTION_ID),
        kind=kind,
        text=node.text("text", languages),
        options=() if free else _options_of(node, languages, scales),
        required=False if free else node.flag("required", False),
        skip=True if free else node.flag("skip", True),
        not_applicable=False if free else node.flag("not_applicable", False),
        sensitive=node.flag("sensitive", False),
        hint=node.text_if_any("hint", languages),
        shown_if=_condition(node),
        wording=cast(Wording, node.word("wording", known=get_args(Wording))),
        max_length=node.whole("max_length", least=1, most=MAX_FREE_TEXT) if free else 0,
        source=node.note("source"),
        lineage=_lineage(node),
    )
    if not question.source:
        node.fault("definition_key_missing", "source")
    if question.sensitive and question.required:
        node.fault("definition_sensitive_required", "required")
    if asked := asks_for(question):
        node.fault("definition_forbidden", "text" if asked != question.id else "id", asked=asked)
    node.end()
    return question


def _options_of(node: Node, languages: tuple[str, ...], scales: Scales) -> tuple[Option, ...]:
    if not node.has("scale"):
        return _options(node, "options", languages)
    if node.has("options"):
        node.fault("definition_scale_and_options", "scale")
    name = node.word("scale")
    if name not in scales:
        node.fault("definition_scale_unknown", "scale", found=name[:60], known=", ".join(scales))
    return scales.get(name, ())


def _options(node: Node, key: str, languages: tuple[str, ...]) -> tuple[Option, ...]:
    options: list[Option] = []
    for one in node.tables(key):
        option = Option(
            code=one.word("code"),
            text=one.text("text", languages),
            face=one.word("face", known=FACES) if one.has("face") else None,
        )
        if len(option.code) != 1 or option.code not in OPTION_CODES:
            one.fault("definition_option_code", "code", found=option.code[:20])
        elif any(option.code == other.code for other in options):
            one.fault("definition_option_twice", "code", found=option.code)
        one.end()
        options.append(option)
    return tuple(options)


def _condition(node: Node) -> Condition | None:
    table = node.table("shown_if") if node.has("shown_if") else None
    if table is None:
        return None
    codes = table.words("codes")
    if table.has("codes") and not codes:
        table.fault("definition_empty", "codes")
    condition = Condition(table.word("question"), frozenset(codes))
    table.end()
    return condition


def _lineage(node: Node) -> Lineage | None:
    table = node.table("lineage") if node.has("lineage") else None
    if table is None:
        return None
    relation = cast(Relation, table.word("relation", known=get_args(Relation)))
    of = table.word("of") if table.has("of") or relation != "new" else ""
    if table.has("of") and not OF.fullmatch(of):
        table.fault("definition_lineage_of", "of", found=of[:80])
    lineage = Lineage(relation, of, table.note("note"))
    table.end()
    return lineage


def read_recordings(top: Node, languages: tuple[str, ...]) -> Recordings:
    """language -> key -> digest of the table `recordings`."""
    table = top.table("recordings")
    if table is None:
        return {}
    found: dict[str, dict[str, str]] = {}
    for language in table.names:
        if language not in languages:
            table.value(language, dict)
            table.fault("definition_value", language, found=language[:20], known=", ".join(languages))
            continue
        sounds = table.table(language)
        if sounds is not None:
            found[language] = {key: sounds.name(key, DIGEST) for key in sounds.names}
    return found


def check_recordings(reader: Reader, questionnaire: Questionnaire) -> None:
    """A sound belongs to a question, or to one of its options."""
    known = {recording_key(question.id) for question in questionnaire.questions}
    known |= {recording_key(q.id, option.code) for q in questionnaire.questions for option in q.options}
    for language, sounds in questionnaire.recordings.items():
        for key in sounds:
            if key not in known:
                reader.fault("definition_recording_key", f"recordings.{language}.{key}", found=key[:60])


def _key(section: Section, question: Question, rest: str) -> str:
    return f"sections.{section.id}.questions.{question.id}.{rest}"


def _check_ids(reader: Reader, questionnaire: Questionnaire) -> None:
    """Every id is there once, and no id, variable or form field can be taken for another."""
    sections: set[str] = set()
    fields: dict[str, str] = {}
    for section in questionnaire.sections:
        if section.id and section.id in sections:
            key = f"sections.{section.id}.id"
            reader.fault("definition_id_twice", key, found=section.id, other=section.id)
        sections.add(section.id)
        for question in section.questions:
            key = _key(section, question, "id")
            if question.id in RESERVED:
                reader.fault("definition_id_reserved", key, found=question.id)
            own = [question.id]
            if question.kind == "several":
                own += [option_variable(question.id, option.code) for option in question.options]
            for field in dict.fromkeys(own):
                if question.id and field in fields:
                    reader.fault("definition_id_twice", key, found=field, other=fields[field])
                fields.setdefault(field, question.id)


def _check_routing(reader: Reader, questionnaire: Questionnaire) -> None:
    """Skip logic looks back only, at options that exist."""
    conditions = {q.id: q.shown_if.question for q in questionnaire.questions if q.shown_if}
    known = {question.id: question for question in questionnaire.questions}
    before: set[str] = set()
    for section in questionnaire.sections:
        for question in section.questions:
            if question.shown_if:
                problem = _routing_problem(question, question.shown_if, known, before, conditions)
                if problem:
                    code, place, details = problem
                    reader.fault(code, _key(section, question, f"shown_if.{place}"), **details)
            before.add(question.id)


def _routing_problem(
    question: Question, condition: Condition, known: Mapping[str, Question], before: set[str],
    conditions: Mapping[str, str],
) -> tuple[str, str, dict[str, str]] | None:
    """(fault, key within `shown_if`, details) of one condition, or None."""
    other = known.get(condition.question)
    if other is None:
        return "definition_routing_unknown", "question", {"found": condition.question[:60]}
    if circle := _circle(question.id, conditions):
        return "definition_routing_cycle", "question", {"circle": " → ".join(circle)}
    if other.id not in before:
        return "definition_routing_later", "question", {"found": other.id}
    if other.kind == "text":
        return "definition_routing_text", "question", {"found": other.id}
    if strange := sorted(condition.codes - other.codes):
        return "definition_routing_code", "codes", {"found": ", ".join(strange)[:60], "question": other.id}
    return None


def _circle(start: str, conditions: Mapping[str, str]) -> Sequence[str]:
    """The ids from `start` back to itself along the conditions, or nothing."""
    path = [start]
    while (following := conditions.get(path[-1])) is not None:
        if following == start:
            return [*path, start]
        if following in path:
            return ()
        path.append(following)
    return ()


