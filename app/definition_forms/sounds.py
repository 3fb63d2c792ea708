"""The recordings of a questionnaire: which sound reads which question or option aloud, in which language."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from app.definition_forms.raw import Raw, table, word
from surveys.questionnaires.model import Questionnaire, recording_key


@dataclass(frozen=True)
class Line:
    key: str
    """'q1', 'q1/2'"""
    text: str
    digest: str
    """'' without a recording"""


def lines(raw: Raw, questionnaire: Questionnaire, language: str) -> list[tuple[Line, list[Line]]]:
    """Each question with its options."""
    own = table(table(raw, "recordings"), language)
    found = []
    for question in questionnaire.questions:
        key = recording_key(question.id)
        options = [
            Line(inner, option.text[language], word(own, inner))
            for option in question.options for inner in (recording_key(question.id, option.code),)
        ]
        found.append((Line(key, question.text[language], word(own, key)), options))
    return found


def with_sound(raw: Raw, language: str, key: str, digest: str) -> Raw:
    """The key read aloud by that sound; digest '': by none."""
    raw = deepcopy(raw)
    every = table(raw, "recordings")
    own = table(every, language)
    if digest:
        own[key] = digest
    else:
        own.pop(key, None)
    every[language] = own
    raw["recordings"] = every
    return raw
