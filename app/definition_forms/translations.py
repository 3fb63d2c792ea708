"""A translation beside the Vietnamese wording: one form per section, and one for the title and the shared options."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from app.definition_forms.raw import Form, Raw, one_line, table, word
from surveys.questionnaires.model import Question, Questionnaire


@dataclass(frozen=True)
class Line:
    """One text to translate."""

    path: tuple[str, ...]
    """keys in the translation's file"""
    label: str
    """'q1', 'q1.2' …: what it belongs to"""
    vietnamese: str
    said: str


def parts(questionnaire: Questionnaire) -> list[str]:
    return ["words", *(f"words-{s}" for s in range(len(questionnaire.sections)))]


def lines(raw: Raw, questionnaire: Questionnaire, section: int | None) -> list[Line]:
    """section: its place; None: the title and the options that several questions share. Raises IndexError."""
    if section is None:
        own = table(raw, "options")
        apart = {code for question in questionnaire.questions for code in _apart(raw, question)}
        shared = dict.fromkeys(
            option.text["vi"] for question in questionnaire.questions for option in question.options
            if f"{question.id}.{option.code}" not in apart
        )
        return [
            Line(("title",), "title", questionnaire.title["vi"], word(raw, "title")),
            *(Line(("options", text), "option", text, word(own, text)) for text in shared),
        ]
    held = questionnaire.sections[section]
    own, questions = table(table(raw, "sections"), held.id), table(raw, "questions")
    found = [Line(("sections", held.id, "title"), held.id, held.title["vi"], word(own, "title"))]
    if held.intro:
        found.append(Line(("sections", held.id, "intro"), held.id, held.intro["vi"], word(own, "intro")))
    for question in held.questions:
        told = table(questions, question.id)
        at = ("questions", question.id)
        found.append(Line((*at, "text"), question.id, question.text["vi"], word(told, "text")))
        if question.hint:
            found.append(Line((*at, "hint"), question.id, question.hint["vi"], word(told, "hint")))
        options = table(told, "options")
        found += [
            Line((*at, "options", option.code), f"{question.id}.{option.code}", option.text["vi"],
                 word(options, option.code))
            for option in question.options if option.code in options
        ]
    return found


def _apart(raw: Raw, question: Question) -> list[str]:
    """'q1.2' for each option whose words are given for this question alone."""
    return [f"{question.id}.{code}" for code in table(table(table(raw, "questions"), question.id), "options")]


def with_lines(raw: Raw, questionnaire: Questionnaire, section: int | None, form: Form) -> Raw:
    """The texts typed as `line_0`, `line_1`, … in the order of `lines`."""
    changed = deepcopy(raw)
    for number, line in enumerate(lines(raw, questionnaire, section)):
        holder = changed
        for key in line.path[:-1]:
            if not isinstance(holder.get(key), dict):
                holder[key] = {}
            holder = holder[key]
        holder[line.path[-1]] = one_line(form, f"line_{number}")
    return changed


def left(raw: Raw, questionnaire: Questionnaire, section: int | None) -> tuple[int, int]:
    """(texts still empty, all texts)."""
    every = lines(raw, questionnaire, section)
    return sum(not line.said for line in every), len(every)
