"""Definitions as TOML text, to be read and changed by people: the same text for the same document.

The standard library reads TOML and does not write it. Definitions need little of it: texts, numbers, true or
false, days, lists, tables and lists of tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import chain

from surveys import fields
from surveys.fields import FieldList
from surveys.indexes import document as index_documents
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires.document import to_document
from surveys.questionnaires.model import Questionnaire

WIDTH = 110
"""longest line of a list that is written on one line"""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile('[\x00-\x1f\x7f"\\\\]')
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

Table = Mapping[str, object]


def to_toml(document: Table) -> str:
    """TOML that reads back to an equal document; keys in the document's order, values before tables.

    Raises ValueError for what TOML has no word for: None, NaN, half a surrogate pair.
    """
    return "".join(f"{line}\n" for line in _table((), document)).lstrip("\n")


def written(definition: Questionnaire | IndexDefinition | FieldList) -> str:
    """The file of any whole definition."""
    if isinstance(definition, Questionnaire):
        return questionnaire_toml(definition)
    if isinstance(definition, IndexDefinition):
        return to_toml(index_documents.to_document(definition))
    return to_toml(fields.to_document(definition))


def questionnaire_toml(questionnaire: Questionnaire) -> str:
    """The questionnaire's file: options that several questions share stand once, under `scales`."""
    return to_toml(with_scales(to_document(questionnaire)))


def with_scales(document: Table) -> dict[str, object]:
    """The same questionnaire document with lists of options that stand more than once moved to `scales`."""
    sections = [dict(section) for section in _tables(document["sections"])]
    times: dict[str, int] = {}
    for question in chain.from_iterable(_tables(section["questions"]) for section in sections):
        if "options" in question:
            key = _spelt(question["options"])
            times[key] = times.get(key, 0) + 1
    shared = [key for key, count in times.items() if count > 1]
    names = {key: f"scale{place}" for place, key in enumerate(shared, start=1)}
    for section in sections:
        section["questions"] = [_scaled(question, names) for question in _tables(section["questions"])]
    written: dict[str, object] = {key: value for key, value in document.items() if key != "sections"}
    if names:
        written["scales"] = {name: json.loads(key) for key, name in names.items()}
    return written | {"sections": sections}


def _scaled(question: Table, names: Mapping[str, str]) -> dict[str, object]:
    name = names.get(_spelt(question["options"])) if "options" in question else None
    if name is None:
        return dict(question)
    return {("scale" if key == "options" else key): (name if key == "options" else value)
            for key, value in question.items()}


def _spelt(options: object) -> str:
    return json.dumps(options, ensure_ascii=False)


def _tables(value: object) -> Sequence[Table]:
    return value if isinstance(value, list) else []


def _table(path: tuple[str, ...], table: Table) -> Iterator[str]:
    """Lines of a table's content: values, then tables, then lists of tables, each under its own header."""
    later: list[tuple[str, object]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            if _small(value):
                yield from (f"{_key(key)}.{_key(inner)} = {_value(each)}" for inner, each in value.items())
            else:
                later.append((key, value))
        elif isinstance(value, list | tuple) and value and all(isinstance(each, Mapping) for each in value):
            if all(_small(each) and len(_value(each)) <= WIDTH and not _nested(each) for each in value):
                yield f"{_key(key)} = ["
                yield from (f"  {_value(each)}," for each in value)
                yield "]"
            else:
                later.append((key, value))
        else:
            yield from _assignment(key, value)
    for key, value in later:
        inside = (*path, key)
        name = ".".join(map(_key, inside))
        if isinstance(value, Mapping):
            lines = tuple(_table(inside, value))
            own = not lines or lines[0] != ""  # else the headers further down name the table well enough
            yield from ("", f"[{name}]", *lines) if own else lines
        elif isinstance(value, list | tuple):
            for each in value:
                yield from ("", f"[[{name}]]", *_table(inside, each))


def _small(table: Table) -> bool:
    """Fit to be written by dotted keys or in braces: a few plain values."""
    return 0 < len(table) <= 3 and not any(_holds_tables(value) for value in table.values())


def _nested(table: Table) -> bool:
    return any(isinstance(value, list | tuple) for value in table.values()) or len(table) > 2


def _holds_tables(value: object) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list | tuple) and any(_holds_tables(each) for each in value)
    )


def _assignment(key: str, value: object) -> Iterator[str]:
    line = f"{_key(key)} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, list | tuple):
        yield line
        return
    yield f"{_key(key)} = ["
    yield from (f"  {_value(each)}," for each in value)
    yield "]"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value - value != 0:
            raise ValueError(f"not a number that a definition holds: {value}")
        return repr(value)
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    raise ValueError(f"TOML has no word for {type(value).__name__}")


def _text(text: str) -> str:
    text.encode("utf-8")  # half a surrogate pair is no text
    return '"' + _ESCAPED.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04X}"), text) + '"'
