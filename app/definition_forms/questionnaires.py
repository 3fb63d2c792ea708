"""A questionnaire as forms: its head, sections, questions and shared scales.

In a file `each` holds what all questions of a section have in common, and `scales` the options that many share.
Forms show a question with what it inherits; saved, it writes only what differs from its section.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from app.definition_forms.raw import (
    Form,
    Raw,
    languages,
    moved,
    one_line,
    own_tables,
    put_number,
    put_word,
    put_wording,
    rows,
    split,
    table,
    tables,
    word,
    wording,
    words,
)

KINDS = ("scale", "choice", "several", "text")
FLAGS = ("required", "not_applicable", "sensitive")
OPTION_COLUMNS = ("code", "vi", "en", "face")


@dataclass(frozen=True)
class Asked:
    """A question in the outline."""

    part: str
    """'question-0-3': where its form is"""
    number: int
    id: str
    kind: str
    text: Mapping[str, str]
    options: int
    required: bool
    sensitive: bool
    condition: str
    """'q6 = 1, 2', or ''"""
    relation: str
    first: bool
    last: bool


@dataclass(frozen=True)
class Part:
    part: str
    id: str
    title: Mapping[str, str]
    questions: tuple[Asked, ...]
    first: bool
    last: bool


def outline(raw: Raw) -> tuple[Part, ...]:
    found: list[Part] = []
    number = 0
    every = tables(raw, "sections")
    for s, section in enumerate(every):
        each = table(section, "each")
        asked = []
        held = tables(section, "questions")
        for q, own in enumerate(held):
            number += 1
            question = {**each, **own}
            asked.append(Asked(
                f"question-{s}-{q}", number, word(own, "id"), word(question, "kind"), table(own, "text"),
                len(options_of(raw, question)), bool(question.get("required")), bool(question.get("sensitive")),
                _condition(question), word(table(own, "lineage"), "relation"), q == 0, q == len(held) - 1,
            ))
        found.append(Part(
            f"section-{s}", word(section, "id"), table(section, "title"), tuple(asked), s == 0, s == len(every) - 1,
        ))
    return tuple(found)


def _condition(question: Mapping[str, Any]) -> str:
    shown_if = table(question, "shown_if")
    return f"{word(shown_if, 'question')} = {', '.join(words(shown_if, 'codes'))}" if shown_if else ""


def options_of(raw: Raw, question: Mapping[str, Any]) -> list[Raw]:
    """Its own options, or those of the shared scale it names."""
    scale = word(question, "scale")
    return tables(table(raw, "scales"), scale) if scale else tables(question, "options")


def scales(raw: Raw) -> dict[str, int]:
    """Shared scale -> how many options it has."""
    return {name: len(tables(table(raw, "scales"), name)) for name in table(raw, "scales")}


# ---- the head

def head(raw: Raw) -> dict[str, str]:
    return {
        "name": word(raw, "name"), "kind": word(raw, "kind"), "title_vi": wording(raw, "title"),
        "title_en": wording(raw, "title", "en"), "source": word(raw, "source"),
        "english": "1" if "en" in languages(raw) else "",
    }


def with_head(raw: Raw, form: Form) -> Raw:
    raw = deepcopy(raw)
    raw["name"], raw["kind"] = one_line(form, "name"), one_line(form, "kind")
    others = [each for each in words(raw, "languages") if each not in ("vi", "en")]
    raw["languages"] = ["vi", *(["en"] if form.get("english") else []), *others]
    put_wording(raw, "title", form, languages(raw), required=True)
    put_word(raw, "source", one_line(form, "source"))
    return raw


# ---- sections

def section(raw: Raw, s: int) -> dict[str, str]:
    own = tables(raw, "sections")[s]
    return {
        "id": word(own, "id"), "title_vi": wording(own, "title"), "title_en": wording(own, "title", "en"),
        "intro_vi": wording(own, "intro"), "intro_en": wording(own, "intro", "en"),
    }


def with_section(raw: Raw, s: int, form: Form) -> Raw:
    raw = deepcopy(raw)
    own = tables(raw, "sections")[s]
    own["id"] = one_line(form, "id")
    put_wording(own, "title", form, languages(raw), required=True)
    put_wording(own, "intro", form, languages(raw), required=False)
    return raw


def with_new_section(raw: Raw) -> tuple[Raw, str]:
    """The copy, and the part whose form comes next."""
    raw = deepcopy(raw)
    held = own_tables(raw, "sections")
    held.append({"id": _free("phan", {word(each, "id") for each in tables(raw, "sections")}),
                 "title": dict.fromkeys(languages(raw), ""), "questions": []})
    return raw, f"section-{len(tables(raw, 'sections')) - 1}"


# ---- questions

def question(raw: Raw, s: int, q: int) -> dict[str, str]:
    """The fields of a question's form."""
    holder = tables(raw, "sections")[s]
    own = tables(holder, "questions")[q]
    shown = {**table(holder, "each"), **own}
    lineage, shown_if = table(own, "lineage"), table(shown, "shown_if")
    fields = {
        "id": word(own, "id"), "kind": word(shown, "kind"), "scale": word(shown, "scale"),
        "text_vi": wording(own, "text"), "text_en": wording(own, "text", "en"),
        "hint_vi": wording(shown, "hint"), "hint_en": wording(shown, "hint", "en"),
        "wording": word(shown, "wording"), "source": word(shown, "source"), "max_length": word(shown, "max_length"),
        "shown_if_question": word(shown_if, "question"), "shown_if_codes": ", ".join(words(shown_if, "codes")),
        "lineage_relation": word(lineage, "relation"), "lineage_of": word(lineage, "of"),
        "lineage_note": word(lineage, "note"), "skip": "" if shown.get("skip") is False else "1",
        **{flag: word(shown, flag) for flag in FLAGS},
    }
    return fields | option_fields(tables(own, "options"))


def option_fields(options: list[Raw]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, option in enumerate(options):
        fields |= {
            f"option_{number}_code": word(option, "code"), f"option_{number}_face": word(option, "face"),
            f"option_{number}_vi": wording(option, "text"), f"option_{number}_en": wording(option, "text", "en"),
        }
    return fields


def with_question(raw: Raw, s: int, q: int, form: Form) -> Raw:
    raw = deepcopy(raw)
    holder = tables(raw, "sections")[s]
    own, each, known = tables(holder, "questions")[q], table(holder, "each"), languages(raw)
    kind = one_line(form, "kind")
    own["id"] = one_line(form, "id")
    put_wording(own, "text", form, known, required=True)
    put_wording(own, "hint", form, known, required=False)
    if own.get("hint") == each.get("hint"):
        own.pop("hint", None)
    for key in ("kind", "wording", "source"):
        _inherit(own, each, key, one_line(form, key))
    free = kind == "text"
    for flag in FLAGS:
        _flag(own, each, flag, bool(form.get(flag)) and not (free and flag != "sensitive"), default=False)
    _flag(own, each, "skip", free or bool(form.get("skip")), default=True)
    _answers(own, each, form, known, free=free)
    _shown_if(own, each, form)
    _lineage(own, form)
    return raw


def _inherit(own: Raw, each: Raw, key: str, value: str) -> None:
    if value and value == word(each, key):
        own.pop(key, None)
    elif value or key in each:
        own[key] = value
    else:
        own.pop(key, None)


def _flag(own: Raw, each: Raw, key: str, value: bool, *, default: bool) -> None:
    if bool(each.get(key, default)) == value:
        own.pop(key, None)
    else:
        own[key] = value


def _answers(own: Raw, each: Raw, form: Form, known: tuple[str, ...], *, free: bool) -> None:
    """A text has a length, every other kind a shared scale or options of its own."""
    options = read_options(form, known, tables(own, "options"))
    scale = one_line(form, "scale")
    for key in ("scale", "options", "max_length"):
        own.pop(key, None)
    if free:
        length = one_line(form, "max_length")
        if length != word(each, "max_length"):
            put_number(own, "max_length", length)
        return
    if scale and scale != word(each, "scale"):
        own["scale"] = scale
    if options:
        own["options"] = options


def read_options(form: Form, known: tuple[str, ...], before: list[Raw]) -> list[Raw]:
    """The options typed; what a form does not show of an option (a third language) stays with its code."""
    kept = {word(option, "code"): option for option in before}
    found = []
    for row in rows(form, "option", OPTION_COLUMNS):
        option = deepcopy(kept.get(row["code"], {}))
        option["code"] = row["code"]
        put_word(option, "face", row["face"])
        said = {f"text_{language}": row[language] for language in ("vi", "en")}
        put_wording(option, "text", said, known, required=True)
        found.append(option)
    return found


def _shown_if(own: Raw, each: Raw, form: Form) -> None:
    earlier, codes = one_line(form, "shown_if_question"), split(one_line(form, "shown_if_codes"))
    condition = {"question": earlier, "codes": codes} if earlier or codes else None
    if condition is None or condition == each.get("shown_if"):
        own.pop("shown_if", None)
    else:
        own["shown_if"] = condition


def _lineage(own: Raw, form: Form) -> None:
    lineage = {key: one_line(form, f"lineage_{key}") for key in ("relation", "of", "note")}
    found = {key: value for key, value in lineage.items() if value}
    if found:
        own["lineage"] = found
    else:
        own.pop("lineage", None)


def with_new_question(raw: Raw, s: int) -> tuple[Raw, str]:
    """A question like the one before it: same kind, scale and choices to leave it out."""
    raw = deepcopy(raw)
    holder = tables(raw, "sections")[s]
    held = own_tables(holder, "questions")
    taken = {word(each, "id") for part in tables(raw, "sections") for each in tables(part, "questions")}
    before = tables(holder, "questions")[-1] if tables(holder, "questions") else {}
    fresh: Raw = {"id": _free("q", taken)}
    for key in ("kind", "scale", "required", "not_applicable", "skip", "source"):
        if key in before:
            fresh[key] = before[key]
    if "kind" not in fresh and "kind" not in table(holder, "each"):
        fresh["kind"] = "scale"
        if known := list(scales(raw)):
            fresh["scale"] = known[0]
    fresh |= {"wording": "unconfirmed", "text": dict.fromkeys(languages(raw), "")}
    held.append(fresh)
    return raw, f"question-{s}-{len(tables(holder, 'questions')) - 1}"


def _free(stem: str, taken: set[str]) -> str:
    """The first free name: q1, q2, …"""
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}{number}") not in taken)


# ---- shared scales

def scale(raw: Raw, name: str) -> dict[str, str]:
    return option_fields(tables(table(raw, "scales"), name))


def with_scale(raw: Raw, name: str, form: Form) -> Raw:
    raw = deepcopy(raw)
    held = table(raw, "scales")
    held[name] = read_options(form, languages(raw), tables(held, name))
    raw["scales"] = held
    return raw


# ---- order

def reordered(raw: Raw, deed: str, places: tuple[int, ...]) -> Raw:
    """A section (one place) or a question (two) moved up or down, or removed. Raises IndexError."""
    raw = deepcopy(raw)
    sections = tables(raw, "sections")
    items = own_tables(raw, "sections") if len(places) == 1 else own_tables(sections[places[0]], "questions")
    items[places[-1]]  # an address that is gone is refused before anything moves
    if deed == "remove":
        del items[places[-1]]
    else:
        moved(items, places[-1], -1 if deed == "up" else 1)
    return raw


def earlier(raw: Raw, s: int, q: int) -> list[tuple[str, str]]:
    """(id, wording) of the questions with options that come before: what a condition may name."""
    found: list[tuple[str, str]] = []
    for place, part in enumerate(tables(raw, "sections")):
        each = table(part, "each")
        for at, own in enumerate(tables(part, "questions")):
            if (place, at) >= (s, q):
                return found
            if word({**each, **own}, "kind") != "text":
                found.append((word(own, "id"), wording(own, "text")))
    return found


