"""What a questionnaire is. Frozen: a version never changes, a changed questionnaire is another version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Text = Mapping[str, str]
"""language -> wording; 'vi' is always there"""
Recordings = Mapping[str, Mapping[str, str]]

QuestionKind = Literal["scale", "choice", "several", "text"]
QuestionnaireKind = Literal["transaction", "household", "counter"]
Wording = Literal["confirmed", "unconfirmed"]
Relation = Literal["same", "reworded", "new"]

SKIPPED = "0"
NOT_APPLICABLE = "-"
TICKED = "1"
NOT_TICKED = "2"
OPTION_CODES = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FACES = ("face-1", "face-2", "face-3", "face-4", "face-5")

FORM_FIELDS = frozenset({"token", "id", "slip", "lang", "seconds", "helped"})
"""fields of a citizen's form that are no answers"""
IMPORT_COLUMNS = frozenset(
    {"unit", "stratum", "psu", "weight", "fpc", "basis", "mode", "day", "handled_by"}
)
"""columns of an imported file that are no answers"""
RESERVED = FORM_FIELDS | IMPORT_COLUMNS


@dataclass(frozen=True)
class Option:
    code: str
    """one of OPTION_CODES: the character that is stored"""
    text: Text
    face: str | None = None
    """name of a picture, one of FACES"""


@dataclass(frozen=True)
class Condition:
    """Ask only when an earlier question was answered with one of these options."""

    question: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Lineage:
    """Where a question comes from. A remark for analysts: nobody is asked it, so it changes no instrument."""

    relation: Relation
    """same: wording and options as there; reworded: the same matter in other words; new: nothing before it"""
    of: str = ""
    """'sipas-transaction/q3', or with the version it means 'sipas-transaction@3fa94c01/q3'; '' when new"""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    id: str
    kind: QuestionKind
    text: Text
    options: tuple[Option, ...] = ()
    required: bool = False
    """the citizen must choose: an option, to skip, or 'not my case'; never an answer forced"""
    skip: bool = True
    """offers 'Bỏ qua câu này', stored '0'"""
    not_applicable: bool = False
    """offers 'Không thuộc trường hợp của tôi', stored '-'"""
    sensitive: bool = False
    """about the person; always optional, and the page says so"""
    hint: Text | None = None
    shown_if: Condition | None = None
    wording: Wording = "unconfirmed"
    """'confirmed' only where the exact official sentence has been read in the official document"""
    max_length: int = 0
    """text: most code points; 0 for other kinds"""
    source: str = ""
    """where its content comes from, and what is still open"""
    lineage: Lineage | None = None

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(option.code for option in self.options)


@dataclass(frozen=True)
class Variable:
    """One character of a stored answer. Equal: the same name and characters, whatever the wording."""

    id: str
    """the question's id; for one option of a 'several' question `<id>_<code>`"""
    question: Question = field(compare=False)
    option: Option | None = field(compare=False)
    """the option that is ticked or not, for a 'several' question"""
    codes: frozenset[str]
    """every character that can be stored here"""


@dataclass(frozen=True)
class Section:
    id: str
    """'I', 'II' ... for a factor; 'about', 'comment' ..."""
    title: Text
    intro: Text | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Questionnaire:
    name: str
    kind: QuestionnaireKind
    title: Text
    sections: tuple[Section, ...]
    languages: tuple[str, ...]
    """every text is there in each of them; 'vi' first"""
    source: str = ""
    recordings: Recordings = field(default_factory=dict)
    """language -> key ('q1'; 'q1/2' for an option) -> sha-256 of the sound that reads it aloud"""
    content: str = ""
    """sha-256 of the whole definition in every language: names this version"""
    instrument: str = ""
    """sha-256 of structure, scale and Vietnamese wording: a new translation is no new instrument"""

    def __hash__(self) -> int:
        return hash(self.content)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question in the order it is asked."""
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The codebook: what each character of a stored answer is. Free text is not in it."""
        return tuple(variable for question in self.questions for variable in _variables(question))

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Variable id -> its place in a stored answer, from 0."""
        return {variable.id: place for place, variable in enumerate(self.variables)}

    @cached_property
    def texts(self) -> tuple[Question, ...]:
        """Free-text questions."""
        return tuple(question for question in self.questions if question.kind == "text")

    @cached_property
    def _by_id(self) -> Mapping[str, Question]:
        return {question.id: question for question in self.questions}

    def question(self, question_id: str) -> Question:
        """Raises KeyError for an id this questionnaire does not have."""
        return self._by_id[question_id]

    def has(self, question_id: str) -> bool:
        return question_id in self._by_id


def recording_key(question_id: str, code: str | None = None) -> str:
    """Key of the sound that reads a question, or one of its options, aloud."""
    return question_id if code is None else f"{question_id}/{code}"


def option_variable(question_id: str, code: str) -> str:
    """Name of the variable, and of the form field, for one option of a 'several' question."""
    return f"{question_id}_{code}"


def _variables(question: Question) -> tuple[Variable, ...]:
    if question.kind == "text":
        return ()
    unanswered = {SKIPPED} if question.skip or not question.required else set()
    if question.not_applicable or question.shown_if:
        unanswered.add(NOT_APPLICABLE)
    if question.kind == "several":
        marks = frozenset({TICKED, NOT_TICKED} | unanswered)
        return tuple(
            Variable(option_variable(question.id, option.code), question, option, marks)
            for option in question.options
        )
    return (Variable(question.id, question, None, question.codes | unanswered),)
