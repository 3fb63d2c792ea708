"""Files that change one part of a definition in force: an index's targets, a questionnaire's words in another
language, its recordings. Merged with the whole they give a new version of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from surveys.definitions import LANGUAGES, MAX_TEXT, Node, Reader, check_letters
from surveys.indexes import document as index_documents
from surveys.indexes.checks import check_targets
from surveys.indexes.model import IndexDefinition, Target
from surveys.indexes.reading import read_target
from surveys.questionnaires import document as questionnaire_documents
from surveys.questionnaires.model import Option, Question, Questionnaire, Recordings, Section
from surveys.questionnaires.reading import check_recordings, read_recordings

Words = Mapping[str, str]
W = TypeVar("W", IndexDefinition, Questionnaire)


def named_in(content: bytes, key: str) -> str:
    """The name of the whole that a file names under `key`; '' where it names none."""
    found = Reader("").toml(content)
    value = found.value(key, str, "") if found.has(key) else ""
    return value or ""


def with_targets(content: bytes, file: str, wholes: Mapping[str, IndexDefinition]) -> IndexDefinition:
    """The index with the targets of the file in place of its own.

    Raises DefinitionRefusal("definition_faulty") with every fault.
    """
    reader = Reader(file)
    top = reader.toml(content)
    reader.refuse_if_faulty()
    whole = _whole(top, "index", wholes, "definition_part_index_unknown")
    targets: tuple[Target, ...] = ()
    if not _emptied(top, "targets"):
        targets = tuple(read_target(node) for node in top.tables("targets"))
    top.end()
    merged = whole and replace(whole, targets=targets)
    if merged:
        check_targets(reader, merged)
    reader.refuse_if_faulty()
    assert merged is not None  # noqa: S101  # no fault, so it was read
    return index_documents.named(merged)


def with_translation(content: bytes, file: str, wholes: Mapping[str, Questionnaire]) -> Questionnaire:
    """The questionnaire with all its words in one more language, or with other words in a language it has.

    Vietnamese is what is measured with, so it is no translation: fault "definition_translation_vietnamese".
    Raises DefinitionRefusal("definition_faulty") with every fault.
    """
    reader = Reader(file)
    top = reader.toml(content)
    reader.refuse_if_faulty()
    language = top.word("language", known=LANGUAGES)
    if language == "vi" and top.has("language"):
        top.fault("definition_translation_vietnamese", "language")
    whole = _whole(top, "questionnaire", wholes, "definition_part_questionnaire_unknown")
    if whole is None or reader.faults:
        reader.refuse_if_faulty()
    assert whole is not None  # noqa: S101  # no fault, so it was found
    merged = _translated(top, whole, language)
    top.end()
    reader.refuse_if_faulty()
    return _same_instrument(whole, merged, reader)


def with_recordings(content: bytes, file: str, wholes: Mapping[str, Questionnaire]) -> Questionnaire:
    """The questionnaire with the recordings of the file in place of its own.

    Raises DefinitionRefusal("definition_faulty") with every fault.
    """
    reader = Reader(file)
    top = reader.toml(content)
    reader.refuse_if_faulty()
    whole = _whole(top, "questionnaire", wholes, "definition_part_questionnaire_unknown")
    sounds = read_recordings(top, whole.languages if whole else LANGUAGES)
    top.end()
    merged = whole and replace(whole, recordings=sounds)
    if merged:
        check_recordings(reader, merged)
    reader.refuse_if_faulty()
    assert whole is not None  # noqa: S101  # no fault, so it was read
    assert merged is not None  # noqa: S101
    return _same_instrument(whole, merged, reader)


def targets_document(index: IndexDefinition) -> dict[str, object]:
    """The document of a targets file that says what the index has."""
    document = index_documents.to_document(index)
    return {"index": index.name, "targets": document.get("targets", [])}


def recordings_document(questionnaire: Questionnaire) -> dict[str, object]:
    """The document of a recordings file that says what the questionnaire has."""
    sounds: Recordings = questionnaire.recordings or {"vi": {}}
    return {
        "questionnaire": questionnaire.name,
        "recordings": {language: dict(keys) for language, keys in sounds.items()},
    }


def translation_document(questionnaire: Questionnaire, language: str) -> dict[str, object]:
    """The document of a translation file: what there is in that language, else '' to be filled in."""

    def said(text: Words | None) -> str:
        return (text or {}).get(language, "")

    sections: dict[str, object] = {}
    questions: dict[str, object] = {}
    options: dict[str, str] = {}
    for section in questionnaire.sections:
        sections[section.id] = {"title": said(section.title)} | (
            {"intro": said(section.intro)} if section.intro else {}
        )
        for question in section.questions:
            own: dict[str, object] = {"text": said(question.text)}
            if question.hint:
                own["hint"] = said(question.hint)
            apart = {}
            for option in question.options:
                words = option.text["vi"]
                if options.setdefault(words, said(option.text)) != said(option.text):
                    apart[option.code] = said(option.text)
            if apart:
                own["options"] = apart
            questions[question.id] = own
    return {
        "questionnaire": questionnaire.name, "language": language, "title": said(questionnaire.title),
        "sections": sections, "questions": questions, "options": options,
    }


def _whole(top: Node, key: str, wholes: Mapping[str, W], code: str) -> W | None:
    name = top.value(key, str)
    if name is None:
        return None
    whole = wholes.get(name)
    if whole is None:
        top.fault(code, key, found=name[:60], known=", ".join(wholes))
    return whole


def _emptied(top: Node, key: str) -> bool:
    """Whether the file says outright that there is none: `targets = []`."""
    return top.has(key) and top.value(key, list) == []


def _same_instrument(whole: Questionnaire, merged: Questionnaire, reader: Reader) -> Questionnaire:
    named = questionnaire_documents.named(merged)
    if named.instrument != whole.instrument:
        reader.fault("definition_instrument_changed", "questionnaire", found=whole.name)
    reader.refuse_if_faulty()
    return named


def _translated(top: Node, whole: Questionnaire, language: str) -> Questionnaire:
    shared = top.table("options") if top.has("options") else None
    known = {option.text["vi"] for question in whole.questions for option in question.options}
    words = {}
    for vietnamese in shared.names if shared else ():
        assert shared is not None  # noqa: S101  # it has names
        if vietnamese in known:
            words[vietnamese] = _said(shared, vietnamese)
    if shared:
        shared.end()
    sections, questions = top.table("sections"), top.table("questions")
    merged = replace(
        whole,
        title={**whole.title, language: _said(top, "title")},
        languages=tuple(dict.fromkeys((*whole.languages, language))),
        sections=tuple(_section(sections, questions, section, language, words) for section in whole.sections),
    )
    for node in (sections, questions):
        if node:
            node.end()
    return merged


def _section(
    sections: Node | None, questions: Node | None, section: Section, language: str, words: Words
) -> Section:
    node = sections.table(section.id) if sections else None
    intro = section.intro
    if node and intro:
        intro = {**intro, language: _said(node, "intro")}
    translated = replace(
        section,
        title={**section.title, language: _said(node, "title") if node else ""},
        intro=intro,
        questions=tuple(_question(questions, question, language, words) for question in section.questions),
    )
    if node:
        node.end()
    return translated


def _question(questions: Node | None, question: Question, language: str, words: Words) -> Question:
    node = questions.table(question.id) if questions else None
    if node is None:
        return question
    hint = {**question.hint, language: _said(node, "hint")} if question.hint else None
    own = node.table("options") if node.has("options") else None
    options = tuple(_option(node, own, option, language, words) for option in question.options)
    translated = replace(
        question, text={**question.text, language: _said(node, "text")}, hint=hint, options=options,
    )
    for each in (own, node):
        if each:
            each.end()
    return translated


def _option(node: Node, own: Node | None, option: Option, language: str, words: Words) -> Option:
    if own is not None and own.has(option.code):
        return replace(option, text={**option.text, language: _said(own, option.code)})
    vietnamese = option.text["vi"]
    if vietnamese not in words:
        node.fault("definition_translation_option", f"options.{option.code}", found=vietnamese[:80])
    return replace(option, text={**option.text, language: words.get(vietnamese, "")})


def _said(node: Node, key: str) -> str:
    found = node.value(key, str)
    if found is not None:
        check_letters(node, key, found, most=MAX_TEXT)
    return found or ""
