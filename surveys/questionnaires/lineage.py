"""Where questions come from: what a remark on it claims is held against the questionnaire that it names."""

from __future__ import annotations

import re
from collections.abc import Callable

from surveys.definitions import Reader
from surveys.errors import Fault
from surveys.questionnaires.model import Question, Questionnaire

OF = re.compile(r"([a-z][a-z0-9-]{0,63})(?:@([0-9a-f]{8,64}))?/([a-z][a-z0-9_]{0,31})")
"""questionnaire, first digits of the version's content where it is named, question"""

Versions = Callable[[str, str | None], Questionnaire | None]
"""(name, first digits of a version's content; None: the one in force) -> questionnaire"""


def problems(questionnaire: Questionnaire, versions: Versions, file: str) -> tuple[Fault, ...]:
    """Every remark that names nothing, or says 'same' of what is not the same."""
    reader = Reader(file)
    for section in questionnaire.sections:
        for question in section.questions:
            if question.lineage is not None and question.lineage.of:
                _check(reader, f"sections.{section.id}.questions.{question.id}.lineage", question, versions)
    return tuple(reader.faults)


def differing(one: Question, other: Question) -> tuple[str, ...]:
    """What of two questions is not the same, as keys of a definition; what is asked, in Vietnamese."""
    found = []
    if one.kind != other.kind:
        found.append("kind")
    if one.text["vi"] != other.text["vi"]:
        found.append("text")
    if [(o.code, o.text["vi"]) for o in one.options] != [(o.code, o.text["vi"]) for o in other.options]:
        found.append("options")
    return tuple(found)


def _check(reader: Reader, key: str, question: Question, versions: Versions) -> None:
    lineage = question.lineage
    named = OF.fullmatch(lineage.of) if lineage is not None else None
    if lineage is None or named is None:
        return
    name, version, item = named[1], named[2], named[3]
    other = versions(name, version)
    if other is None or not other.has(item):
        reader.fault("definition_lineage_unknown", f"{key}.of", found=lineage.of[:120])
    elif lineage.relation == "same" and (parts := differing(question, other.question(item))):
        reader.fault("definition_lineage_not_same", f"{key}.relation", of=lineage.of[:120], parts=", ".join(parts))
