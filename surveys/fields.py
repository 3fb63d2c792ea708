"""Lists of fields (lĩnh vực): what administrative procedures are grouped by, in immutable versions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from surveys.canonical import canonical_json, digest
from surveys.definition_files import faults_of
from surveys.definitions import Node, Reader
from surveys.errors import Fault

Text = Mapping[str, str]

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")


@dataclass(frozen=True)
class Field:
    """One field (lĩnh vực) of administrative procedures, for a span of days."""

    code: str
    text: Text
    valid_from: date
    """date.min: since before our records"""
    valid_to: date | None = None
    """last day, inclusive"""
    prefixes: tuple[str, ...] = ()
    """beginnings of procedure codes that belong to the field: '1.004', 'HT'"""

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class FieldList:
    """One version of the list, dated entries and all."""

    name: str
    title: Text
    entries: tuple[Field, ...]
    languages: tuple[str, ...]
    source: str = ""
    content: str = ""
    """sha-256 of the whole list: names this version"""

    def __hash__(self) -> int:
        return hash(self.content)

    def on(self, day: date) -> tuple[Field, ...]:
        """The fields in force on a day."""
        return tuple(entry for entry in self.entries if entry.in_force(day))

    def of(self, procedure: str, day: date) -> Field | None:
        """The field of a procedure's code on a day: the longest beginning decides; None: no field names it."""
        matches = [
            (len(prefix), entry) for entry in self.on(day) for prefix in entry.prefixes if procedure.startswith(prefix)
        ]
        return max(matches, key=lambda match: match[0])[1] if matches else None


def parse(content: bytes, file: str) -> FieldList:
    """The list in a TOML file. Raises DefinitionRefusal("definition_faulty") with every fault."""
    reader = Reader(file)
    found = _read(reader, reader.toml(content))
    reader.refuse_if_faulty()
    assert found is not None  # noqa: S101  # no fault, so it was read
    return named(found)


def problems(content: bytes, file: str) -> tuple[Fault, ...]:
    """Every fault of a TOML file; nothing when it is good."""
    return faults_of(lambda: parse(content, file))


def from_document(document: str) -> FieldList:
    """The list in a stored canonical document; it goes by the document's own hash."""
    reader = Reader("document")
    found = _read(reader, Node(reader, json.loads(document), ""))
    reader.refuse_if_faulty()
    assert found is not None  # noqa: S101  # no fault, so it was read
    return named(found, content=digest(document))


def to_document(fields: FieldList) -> dict[str, object]:
    """Plain tables and lists that `from_document` reads back to an equal list. Defaults are left out."""
    document: dict[str, object] = {
        "name": fields.name, "title": dict(fields.title), "languages": list(fields.languages),
    }
    if fields.source:
        document["source"] = fields.source
    return document | {"fields": [_entry(entry) for entry in fields.entries]}


def to_json(fields: FieldList) -> str:
    """The canonical document as stored; its sha-256 is the list's `content`."""
    return canonical_json(to_document(fields))


def named(fields: FieldList, *, content: str | None = None) -> FieldList:
    """The same list with its hash filled in; `content` where it is known already."""
    return replace(fields, content=content or digest(to_json(fields)))


def _entry(entry: Field) -> dict[str, object]:
    table: dict[str, object] = {"code": entry.code, "text": dict(entry.text)}
    if entry.valid_from != date.min:
        table["valid_from"] = entry.valid_from.isoformat()
    if entry.valid_to is not None:
        table["valid_to"] = entry.valid_to.isoformat()
    if entry.prefixes:
        table["prefixes"] = list(entry.prefixes)
    return table


def _read(reader: Reader, top: Node) -> FieldList | None:
    if reader.faults:  # an unreadable file has one fault, not one per missing key
        return None
    languages = top.languages()
    found = FieldList(
        name=top.name("name"),
        title=top.text("title", languages),
        entries=tuple(_field(node, languages) for node in top.tables("fields")),
        languages=languages,
        source=top.note("source"),
    )
    top.end()
    _check(reader, found)
    return found


def _field(node: Node, languages: tuple[str, ...]) -> Field:
    valid_from, valid_to = node.day("valid_from") or date.min, node.day("valid_to")
    if valid_to is not None and valid_to < valid_from:
        node.fault("definition_index_days", "valid_to", valid_from=valid_from, valid_to=valid_to)
    prefixes = node.words("prefixes") if node.has("prefixes") else ()
    for prefix in prefixes:
        if not PREFIX.fullmatch(prefix):
            node.fault("definition_id", "prefixes", found=prefix[:60], pattern=PREFIX.pattern)
    entry = Field(node.name("code", CODE), node.text("text", languages), valid_from, valid_to, prefixes)
    node.end()
    return entry


def _check(reader: Reader, fields: FieldList) -> None:
    """A code names one field at a time, and a beginning leads to one field at a time."""
    for place, entry in enumerate(fields.entries):
        for earlier in fields.entries[:place]:
            if not _overlap(earlier, entry):
                continue
            if entry.code and entry.code == earlier.code:
                reader.fault("definition_fields_code_twice", f"fields.{entry.code}.code", found=entry.code)
            elif both := sorted(set(entry.prefixes) & set(earlier.prefixes)):
                reader.fault("definition_fields_prefix_twice", f"fields.{entry.code}.prefixes",
                             found=", ".join(both)[:60], other=earlier.code)


def _overlap(one: Field, other: Field) -> bool:
    return (one.valid_to is None or other.valid_from <= one.valid_to) and (
        other.valid_to is None or one.valid_from <= other.valid_to
    )
