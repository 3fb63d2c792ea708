"""Reading a definition file: TOML in; out comes every fault at once, each with its file and key.

Questionnaires and index definitions are read by the same two classes. Reading never stops at a fault: each
look-up notes what is wrong and goes on with a harmless stand-in; `Reader.refuse_if_faulty` ends it.
Sizes are bounded, because a definition may also be an upload.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from surveys import definition_lines
from surveys.days import iso_day
from surveys.errors import DefinitionRefusal, Fault
from surveys.origin import Language

MAX_BYTES = 512 * 1024
MAX_TEXT = 1000
"""longest wording, in code points"""
MOST_FAULTS = 200
LONGEST_DETAIL = 200
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
LANGUAGES = tuple(language.word for language in Language)
"""languages that a stored answer can name"""

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_MANY = 320
_ENDLESS_KEY = re.compile(
    rf"""(?<![A-Za-z0-9_.-])(?:(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{_MANY}}}"""
)
_BARE_KEYS = ("id", "key", "code", "item")

T = TypeVar("T")


class Reader:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._places: set[tuple[str, str]] = set()
        self._text = ""
        self._raw: Mapping[str, object] = {}

    def fault(self, code: str, key: str, **details: object) -> None:
        """Note a fault; the same fault at the same key (a shared default) is noted once."""
        self._note(code, key, None, details)

    def _note(self, code: str, key: str, row: int | None, details: Mapping[str, object]) -> None:
        if (code, key) not in self._places:
            self._places.add((code, key))
            self.faults.append(Fault(code, row, key or None, {"file": self.file, **details}))

    def row_fault(self, code: str, row: int, column: str, **details: object) -> None:
        """Note a fault in a row of a workbook's sheet, or on a line; one of a code at one place."""
        if (code, f"{details.get('sheet')}!{row}!{column}") not in self._places:
            self._places.add((code, f"{details.get('sheet')}!{row}!{column}"))
            self.faults.append(Fault(code, row, column or None, {"file": self.file, **details}))

    def add(self, faults: Iterable[Fault]) -> None:
        """Take over faults that another reader of the same file has noted."""
        for fault in faults:
            self._note(fault.code, fault.column or "", fault.row, fault.details)

    def refuse_if_faulty(self) -> None:
        """Raises DefinitionRefusal("definition_faulty") with every fault, each with its line where there is one."""
        if self.faults:
            raise faulty(self.file, self._placed())

    def text(self, content: bytes) -> str:
        """The file's text; '' when it is too large or no UTF-8, which is then noted."""
        if len(content) > MAX_BYTES:
            self.fault("definition_too_large", "", most=MAX_BYTES, bytes=len(content))
            return ""
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as problem:
            found = f"{content[problem.start]:02X}"
            self._note("definition_not_utf8", "", content.count(b"\n", 0, problem.start) + 1, {"found": found})
            return ""

    def toml(self, content: bytes) -> Node:
        """The file's top table; empty when it is no TOML, which is then noted."""
        self._text = self.text(content)
        if _has_endless_key(self._text):  # the reader's time grows with the square of a key's parts
            self.fault("definition_syntax", "", problem="nested too deeply", written="….….….…")
            return Node(self, {}, "")
        try:
            self._raw = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as problem:
            self._syntax(str(problem))
        except (RecursionError, ValueError) as problem:  # ValueError: a number of thousands of digits
            deep = isinstance(problem, RecursionError)
            said = "nested too deeply" if deep else "number too long"
            self.fault("definition_syntax", "", problem=said, written="…")
        return Node(self, self._raw, "")

    def take_lines(self, text: str) -> None:
        """Know a text that another reader has read, for the lines of what is noted from now on."""
        self._text = text
        self._raw = tomllib.loads(text)

    def _syntax(self, problem: str) -> None:
        place = _PLACE.search(problem)
        line = int(place[1]) if place else self._text.count("\n") + 1  # 'at end of document'
        said = problem[:place.start()].rstrip() if place else problem.removesuffix(" (at end of document)")
        rows = self._text.splitlines()
        written = rows[line - 1].strip()[:60] if line <= len(rows) else ""
        self._note("definition_syntax", "", line, {"problem": said, "written": written or "…"})

    def _placed(self) -> list[Fault]:
        try:
            lines = definition_lines.lines(self._text, self._raw, _label) if self._raw else {}
        except (IndexError, ValueError, RecursionError):  # the key path alone is a place too
            lines = {}
        return [
            replace(
                fault,
                row=_line_of(fault.column or "", lines) if fault.row is None else fault.row,
                column=_readable(fault.column) if fault.column else None,
                details={key: _readable(value) for key, value in fault.details.items()},
            )
            for fault in self.faults
        ]


def _has_endless_key(text: str) -> bool:
    return any(line.count(".") >= _MANY and _ENDLESS_KEY.search(line) for line in text.split("\n"))


def _line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """The line of the key, else of the innermost table around it that the file has."""
    while key:
        if key in lines:
            return lines[key]
        key = key.rpartition(".")[0]
    return None


V = TypeVar("V")


def _readable(value: V) -> V | str:
    """What stood in a stranger's file, fit for a message: of bounded length, without unseen signs."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() else "?" for letter in value[:LONGEST_DETAIL])
    if isinstance(value, int) and abs(value) >= 10**15:
        return f"{value:.3e}" if abs(value) < 10**300 else "…"
    return value


def faulty(file: str, faults: Sequence[Fault]) -> DefinitionRefusal:
    """The refusal of a file; of endless faults the first MOST_FAULTS are listed, and all are counted."""
    return DefinitionRefusal("definition_faulty", faults=faults[:MOST_FAULTS], file=file, count=len(faults))


class Node:
    """One table of a definition, with the key path that leads to it. Keys nobody asked for are faults."""

    def __init__(
        self, reader: Reader, raw: Mapping[str, object], path: str, fallback: Node | None = None
    ) -> None:
        self.reader = reader
        self.path = path
        self._raw = raw
        self._fallback = fallback
        self._asked: set[str] = set()

    def at(self, key: str) -> str:
        """Key path of a key of this table."""
        if key not in self._raw and self._fallback is not None and self._fallback.has(key):
            return self._fallback.at(key)
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        return key in self._raw or (self._fallback is not None and self._fallback.has(key))

    @property
    def names(self) -> tuple[str, ...]:
        """Every key of this table, for tables whose keys are names."""
        return tuple(self._raw)

    def fault(self, code: str, key: str, **details: object) -> None:
        self.reader.fault(code, self.at(key), **details)

    def end(self) -> None:
        """Note every key that no look-up has asked for."""
        for key in self._raw:
            if key not in self._asked:
                self.fault("definition_key_unknown", key)

    def value(self, key: str, kind: type[T], default: T | None = None) -> T | None:
        """The value if it is of that type; None when absent or of another type, which is noted.

        A key without default is required. A whole number passes as a float; a boolean passes as no number.
        """
        self._asked.add(key)
        if key not in self._raw:
            if self._fallback is not None and self._fallback.has(key):
                return self._fallback.value(key, kind, default)
            if default is None:
                self.fault("definition_key_missing", key)
            return default
        value = self._raw[key]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value) if abs(value) < 10**15 else math.inf  # in no range, as a float of that size
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fault("definition_type", key, expected=_TYPE_NAMES[kind], type=type(value).__name__)
            return None
        return value

    def flag(self, key: str, default: bool) -> bool:
        found = self.value(key, bool, default)
        return default if found is None else found

    def whole(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        found = self.value(key, int, default)
        if found is not None and not least <= found <= most:
            self.fault("definition_number", key, least=least, most=most, found=found)
        return least if found is None else found

    def number(self, key: str, default: float | None = None, *, least: float, most: float) -> float:
        found = self.value(key, float, default)
        if found is not None and not least <= found <= most:  # NaN is no number in any range
            self.fault("definition_number", key, least=least, most=most, found=found)
            return least
        return least if found is None else found

    def word(self, key: str, default: str | None = None, *, known: tuple[str, ...] = ()) -> str:
        """A short text without meaning for readers: an id, the name of a rule (then always a known one)."""
        found = self.value(key, str, default)
        if found is not None and known and found not in known:
            self.fault("definition_value", key, found=found[:60], known=", ".join(known))
            found = None
        if found is None:
            return known[0] if known else ""
        return found

    def name(self, key: str, pattern: re.Pattern[str] = NAME) -> str:
        found = self.value(key, str)
        if found is not None and not pattern.fullmatch(found):
            self.fault("definition_id", key, found=found[:60], pattern=pattern.pattern)
        return found or ""

    def note(self, key: str) -> str:
        """A remark for the department's own readers (a source, what is open); '' if absent."""
        found = self.value(key, str, "") or ""
        if found:
            check_letters(self, key, found, most=4 * MAX_TEXT)
        return found

    def day(self, key: str) -> date | None:
        """A day, as TOML writes it or in ISO form; None when absent."""
        self._asked.add(key)
        found = self._raw.get(key)
        if isinstance(found, str):
            try:
                return iso_day(found)
            except ValueError:
                pass
        if isinstance(found, date) and not isinstance(found, datetime):
            return found
        if found is not None:
            self.fault("definition_type", key, expected=_TYPE_NAMES[date], type=type(found).__name__)
        return None

    def words(self, key: str) -> tuple[str, ...]:
        """A list of short texts."""
        found = []
        for place, value in enumerate(self.value(key, list) or [], start=1):
            if isinstance(value, str):
                found.append(value)
            else:
                self.fault("definition_type", f"{key}.#{place}", expected=_TYPE_NAMES[str],
                           type=type(value).__name__)
        return tuple(found)

    def table(self, key: str) -> Node | None:
        """A required table."""
        found: dict[str, object] | None = self.value(key, dict)
        return None if found is None else Node(self.reader, found, self.at(key))

    def tables(self, key: str, fallback: Node | None = None) -> Iterator[Node]:
        """The tables of a required, non-empty list; each named by its id if it has one, else by number."""
        found: list[object] | None = self.value(key, list)
        if found is not None and not found:
            self.fault("definition_empty", key)
        taken: set[str] = set()
        for place, raw in enumerate(found or [], start=1):
            if not isinstance(raw, dict):
                self.fault("definition_type", f"{key}.#{place}", expected=_TYPE_NAMES[dict],
                           type=type(raw).__name__)
                continue
            label = _label(raw)
            if label is None or label in taken:
                label = f"#{place}"
            taken.add(label)
            yield Node(self.reader, raw, f"{self.at(key)}.{label}", fallback)

    def text(self, key: str, languages: tuple[str, ...], *, most: int = MAX_TEXT) -> Mapping[str, str]:
        """What people read, in each of the languages and in no other."""
        table = self.table(key)
        if table is None:
            return {}
        texts = {}
        for language in languages:
            if not table.has(language):
                table.fault("definition_text_missing", language, language=language)
                table._asked.add(language)
                continue
            texts[language] = table.value(language, str) or ""
            if isinstance(table._raw[language], str):
                check_letters(table, language, texts[language], most=most)
        table.end()
        return texts

    def text_if_any(self, key: str, languages: tuple[str, ...]) -> Mapping[str, str] | None:
        return self.text(key, languages) if self.has(key) else None

    def languages(self, key: str = "languages") -> tuple[str, ...]:
        """The definition's languages: 'vi' first, each one known."""
        found = self.words(key)
        if "vi" not in found:
            self.fault("definition_text_missing", key, language="vi")
        for language in found:
            if language not in LANGUAGES:
                self.fault("definition_value", key, found=language[:20], known=", ".join(LANGUAGES))
        others = (language for language in found if language != "vi" and language in LANGUAGES)
        return ("vi", *dict.fromkeys(others))


_TYPE_NAMES: Mapping[type, str] = {
    bool: "true/false", int: "whole number", float: "number", str: "text", list: "list", dict: "table",
    date: "day (2026-07-31)",
}


def _label(raw: Mapping[str, object]) -> str | None:
    for key in _BARE_KEYS:
        value = raw.get(key)
        if isinstance(value, str) and _LABEL.fullmatch(value):
            return value
    return None


def check_letters(node: Node, key: str, text: str, *, most: int) -> None:
    """Note what a wording may not be: blank, too long, not composed, with signs that nobody sees."""
    if not text or text != text.strip():
        node.fault("definition_text_blank", key)
    if len(text) > most:
        node.fault("definition_text_too_long", key, limit=most, length=len(text), over=len(text) - most)
    if not unicodedata.is_normalized("NFC", text):
        node.fault("definition_text_not_nfc", key)
    # controls, direction marks, zero-width signs, lone surrogates, private letters
    strange = sorted({f"U+{ord(letter):04X}" for letter in text if unicodedata.category(letter)[0] == "C"})
    if strange:
        node.fault("definition_text_characters", key, characters=", ".join(strange[:5]))
