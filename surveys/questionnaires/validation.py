"""From the fields of a form to a stored answer, by look-ups in a table made once per questionnaire.

An answer is one character per variable, in the codebook's order: '0' skipped, '-' not applicable, options
'1' to '9' then 'A' to 'Z'. Fields of a form: the question's id; for a 'several' question `<id>_<code>` = '1'
for each ticked option, and `<id>` itself = '0' (skipped), '-' (not applicable) or '2' (none of these).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import getitem

from surveys.errors import Fault, SubmissionRefusal
from surveys.questionnaires.cleaning import clean_text
from surveys.questionnaires.model import (
    FORM_FIELDS,
    NOT_APPLICABLE,
    NOT_TICKED,
    SKIPPED,
    TICKED,
    Question,
    Questionnaire,
    option_variable,
)
from surveys.questionnaires.routing import Triggers, triggers

Characters = Mapping[object, str]
"""what a field may hold -> what is stored; '' stands for an absent or empty field"""


@dataclass(frozen=True)
class Encoded:
    answers: str
    """one character per variable"""
    texts: dict[str, str]
    """question id -> cleaned free text, only where something was written"""


@dataclass(frozen=True)
class Step:
    """How one coded question is read."""

    question: Question
    fields: tuple[str, ...]
    """of the variables, in order: the id, or one per option of a 'several' question"""
    characters: Characters
    """of each of `fields`"""
    whole: Characters
    """of the field `<id>` of a 'several' question: what it makes of every variable not ticked"""
    on: Triggers | None
    """when it is asked; None: always"""


@dataclass(frozen=True)
class Table:
    """A questionnaire made ready for `encode`."""

    questionnaire: Questionnaire
    steps: tuple[Step, ...]
    known: frozenset[str]
    """every field name that may come, with those of the form itself"""
    quick: bool
    """every question is always asked and is one variable"""
    fields: tuple[str, ...]
    """when quick: the field of each variable"""
    characters: tuple[Characters, ...]
    """when quick: what each of `fields` may hold"""
    texts: tuple[str, ...]
    """fields of free text"""


@lru_cache(maxsize=64)
def table_of(questionnaire: Questionnaire) -> Table:
    """The questionnaire's table; the same object for the same questionnaire."""
    steps = tuple(_step(questionnaire, q) for q in questionnaire.questions if q.kind != "text")
    own = {question.id for question in questionnaire.questions}
    own.update(field for step in steps for field in step.fields)
    return Table(
        questionnaire, steps, frozenset(own) | FORM_FIELDS,
        quick=all(step.on is None and step.question.kind != "several" for step in steps),
        fields=tuple(step.fields[0] for step in steps),
        characters=tuple(step.characters for step in steps),
        texts=tuple(question.id for question in questionnaire.texts),
    )


def encode(table: Table, fields: Mapping[str, str]) -> Encoded:
    """What is stored of a form's fields.

    A required question that is asked and has no value is missing; an optional one is then skipped. A question
    that skip logic does not ask is stored '-' whatever came for it: without JavaScript the page shows it, and
    people change their mind.
    Raises SubmissionRefusal("answers_faulty") with every fault, `column` naming the field: 'answer_missing',
    'answer_unknown', 'field_unknown', 'text_characters', 'text_too_long'.
    """
    if not table.quick:
        return _encode_with_care(table, fields)
    try:
        # no Python bytecode per answer: this runs for every form
        answers = "".join(map(getitem, table.characters, map(fields.get, table.fields, repeat(""))))
    except (KeyError, TypeError):  # TypeError: not even a text
        return _encode_with_care(table, fields)
    if not table.known.issuperset(fields) or any(map(fields.get, table.texts)):
        return _encode_with_care(table, fields)
    return Encoded(answers, {})


def decode(questionnaire: Questionnaire, answers: str) -> dict[str, str]:
    """Variable id -> character of a stored answer. Raises ValueError when it is of another questionnaire."""
    variables = questionnaire.variables
    if len(answers) != len(variables):
        raise ValueError(f"{questionnaire.name} has {len(variables)} variables, not {len(answers)}")
    return {variable.id: character for variable, character in zip(variables, answers, strict=True)}


def _step(questionnaire: Questionnaire, question: Question) -> Step:
    unanswered: dict[object, str] = {}
    if not question.required:
        unanswered |= {"": SKIPPED, SKIPPED: SKIPPED}
    if question.skip:
        unanswered[SKIPPED] = SKIPPED
    if question.not_applicable:
        unanswered[NOT_APPLICABLE] = NOT_APPLICABLE
    on = triggers(questionnaire, question)
    if question.kind != "several":
        chosen = {option.code: option.code for option in question.options}
        return Step(question, (question.id,), chosen | unanswered, {}, on)
    marks: dict[object, str] = {TICKED: TICKED, NOT_TICKED: NOT_TICKED, "": ""}
    return Step(
        question,
        tuple(option_variable(question.id, option.code) for option in question.options),
        marks | {key: value for key, value in unanswered.items() if key},
        {**unanswered, NOT_TICKED: NOT_TICKED},
        on,
    )


def _encode_with_care(table: Table, fields: Mapping[str, str]) -> Encoded:
    """As `encode`, one question after the other; finds every fault."""
    faults = [Fault("field_unknown", None, _readable(name)) for name in fields if name not in table.known]
    answers: list[str] = []
    for step in table.steps:
        if step.on is not None and not any(answers[place] in codes for place, codes in step.on):
            answers += NOT_APPLICABLE * len(step.fields)
        elif step.question.kind == "several":
            answers += _several(step, fields, faults)
        else:
            answers.append(_one(step.question.id, step.characters, fields, faults))
    texts: dict[str, str] = {}
    for question in table.questionnaire.texts:
        _text(table, question, fields, answers, texts, faults)
    if faults:
        raise SubmissionRefusal("answers_faulty", faults=faults, count=len(faults))
    return Encoded("".join(answers), texts)


def _one(field: str, characters: Characters, fields: Mapping[str, str], faults: list[Fault]) -> str:
    value = fields.get(field, "")
    stored = characters.get(value) if isinstance(value, str) else None
    if stored is None:
        faults.append(Fault("answer_unknown" if value else "answer_missing", column=field))
        return SKIPPED
    return stored


def _several(step: Step, fields: Mapping[str, str], faults: list[Fault]) -> list[str]:
    """Characters of a group: ticks win over a word on the whole group, any mark over silence."""
    marks = [_one(field, step.characters, fields, faults) for field in step.fields]
    if TICKED in marks or NOT_TICKED in marks:
        return [TICKED if mark == TICKED else NOT_TICKED for mark in marks]
    said = NOT_APPLICABLE if NOT_APPLICABLE in marks else SKIPPED if SKIPPED in marks else ""
    if not said:
        said = _one(step.question.id, step.whole, fields, faults)
    return [said] * len(marks)


def _text(
    table: Table, question: Question, fields: Mapping[str, str], answers: list[str], texts: dict[str, str],
    faults: list[Fault],
) -> None:
    value = fields.get(question.id, "")
    on = triggers(table.questionnaire, question)
    if not value or (on is not None and not any(answers[place] in codes for place, codes in on)):
        return
    cleaned = clean_text(question, value) if isinstance(value, str) else _no_text(question)
    if isinstance(cleaned, Fault):
        faults.append(cleaned)
    elif cleaned:
        texts[question.id] = cleaned


def _no_text(question: Question) -> Fault:
    return Fault("text_characters", column=question.id)


def _readable(name: object) -> str:
    """A stranger's field name, fit for a message: short, without unseen signs."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(name)[:40])
