"""A questionnaire as one reader sees it: in one language, numbered, with the answers and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.wording import words
from surveys.questionnaires.model import (
    NOT_TICKED,
    TICKED,
    Question,
    Questionnaire,
    Section,
    Text,
    option_variable,
)


@dataclass(frozen=True)
class Problem:
    """Something to mend before the form can be taken."""

    question: str | None
    """a question's id (or the field of one option of it), or None where the whole form is meant"""
    sentence: str


@dataclass(frozen=True)
class Choice:
    """One thing to choose; on a 'several' question also 'none of these'."""

    code: str
    """what the input's id ends with"""
    name: str
    """of the form field"""
    value: str
    text: str
    face: str | None
    chosen: bool


@dataclass(frozen=True)
class Item:
    """One question in one language, with what was answered and what is wrong with it."""

    id: str
    number: int
    kind: str
    text: str
    hint: str
    options: tuple[Choice, ...]
    required: bool
    optional: bool
    skip: bool
    not_applicable: bool
    max_length: int
    shown_if: tuple[str, str] | None
    condition: str
    chosen: str
    problem: str

    @property
    def described(self) -> str:
        """Ids of what describes the whole fieldset."""
        return " ".join(
            f"a-{self.id}-{part}" for part, there in (("problem", self.problem), ("hint", self.hint)) if there
        )

    @property
    def first_input(self) -> str:
        """Where a link from the error summary leads."""
        return f"a-{self.id}-" + (self.options[0].code if self.options else "text")


@dataclass(frozen=True)
class Part:
    id: str
    title: str
    intro: str
    items: tuple[Item, ...]

    @property
    def scale(self) -> bool:
        return any(item.kind == "scale" for item in self.items)


@dataclass(frozen=True)
class Form:
    title: str
    sections: tuple[Part, ...]
    helped: bool = False

    @property
    def count(self) -> int:
        return sum(len(section.items) for section in self.sections)


def form_view(
    questionnaire: Questionnaire, language: str, fields: Mapping[str, str], problems: Sequence[Problem]
) -> Form:
    numbers = {question.id: number for number, question in enumerate(questionnaire.questions, 1)}
    wrong = {question_of(questionnaire, problem): problem.sentence for problem in problems}

    def part(section: Section) -> Part:
        items = tuple(
            _item(questionnaire, question, numbers, language, fields, wrong.get(question.id, ""))
            for question in section.questions
        )
        intro = in_language(section.intro, language)
        return Part(section.id, in_language(section.title, language), intro, items)

    return Form(
        in_language(questionnaire.title, language),
        tuple(part(section) for section in questionnaire.sections),
        helped=fields.get("helped") == "1",
    )


def question_of(questionnaire: Questionnaire, problem: Problem) -> str | None:
    """Id of the question a problem belongs to: the field of one option belongs to its question."""
    field = problem.question or ""
    if questionnaire.has(field):
        return field
    return next((variable.question.id for variable in questionnaire.variables if variable.id == field), None)


def _item(
    questionnaire: Questionnaire, question: Question, numbers: Mapping[str, int], language: str,
    fields: Mapping[str, str], problem: str,
) -> Item:
    fixed = words(language)
    several = question.kind == "several"
    own_hint = in_language(question.hint, language)
    return Item(
        id=question.id, number=numbers[question.id], kind=question.kind,
        text=in_language(question.text, language),
        hint=" ".join(filter(None, (own_hint, fixed["several"] if several else "",
                                    fixed["sensitive"] if question.sensitive else ""))),
        options=tuple(_choices(question, language, fields)),
        required=question.required and question.kind != "text",
        optional=not question.required and not question.sensitive,
        skip=question.skip and question.kind != "text", not_applicable=question.not_applicable,
        max_length=question.max_length,
        shown_if=None if question.shown_if is None
        else (question.shown_if.question, "".join(sorted(question.shown_if.codes))),
        condition=_condition(questionnaire, question, numbers, language),
        chosen=fields.get(question.id, ""), problem=problem,
    )


def _choices(question: Question, language: str, fields: Mapping[str, str]) -> Iterable[Choice]:
    for option in question.options:
        several = question.kind == "several"
        name = option_variable(question.id, option.code) if several else question.id
        value = TICKED if several else option.code
        text = in_language(option.text, language)
        yield Choice(option.code, name, value, text, option.face, fields.get(name) == value)
    if question.kind == "several":
        none_said = fields.get(question.id) == NOT_TICKED
        yield Choice("0", question.id, NOT_TICKED, words(language)["none_of_these"], None, none_said)


def _condition(
    questionnaire: Questionnaire, question: Question, numbers: Mapping[str, int], language: str
) -> str:
    """'Chỉ trả lời nếu ở câu 6 Ông/Bà chọn …': what the script does, said to a reader without it."""
    if question.shown_if is None:
        return ""
    earlier = questionnaire.question(question.shown_if.question)
    names = [
        f"“{in_language(option.text, language)}”"
        for option in earlier.options if option.code in question.shown_if.codes
    ]
    fixed = words(language)
    return fixed["only_if"].format(number=numbers[earlier.id], choices=fixed["or"].join(names))


def in_language(text: Text | None, language: str) -> str:
    return "" if text is None else text.get(language) or text["vi"]
