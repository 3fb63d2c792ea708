"""On which line of a TOML file each key stands: what the standard library's reader does not tell.

Only for text that it has read without complaint, so nothing is checked here again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Path = tuple[str | int, ...]
"""keys, and places in lists from 0"""
Label = Callable[[Mapping[str, object]], str | None]

_SPACE = re.compile(r"[ \t\r\n]*(?:#[^\n]*[ \t\r\n]*)*")
_INLINE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]}\n#]*")
_STRINGS = (
    re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{1,2}(?!"))?', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{1,2}(?!'))?", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\])*"'),
    re.compile(r"'[^']*'"),
)


def lines(text: str, raw: Mapping[str, object], label: Label) -> dict[str, int]:
    """Key path -> line, from 1. raw: what the text was read to; label: how a table in a list is called.

    A table in a list goes by its label if no earlier one has it, else by '#' and its place from 1.
    """
    return _named(_Scanner(text).scanned(), raw, label)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self._counted = (0, 1)
        """a position, and the line it is on"""

    def scanned(self) -> dict[Path, int]:
        lists: dict[Path, int] = {}
        table: Path = ()
        while self._skip(_SPACE) and self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header(lists)
            else:
                self._pair(table)
        return self.found

    def _line(self) -> int:
        start, line = self._counted
        line += self.text.count("\n", start, self.at)
        self._counted = (self.at, line)
        return line

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return True

    def _header(self, lists: dict[Path, int]) -> Path:
        line, double = self._line(), self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        path: Path = ()
        keys = self._keys()
        for place, key in enumerate(keys, start=1):
            path = (*path, key)
            if double and place == len(keys):
                lists[path] = lists.get(path, -1) + 1
            self.found.setdefault(path, line)
            if path in lists:
                path = (*path, lists[path])
        self.found[path] = line
        self.at = self.text.index("]", self.at) + (2 if double else 1)
        return path

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_INLINE)
            keys.append(self._key())
            self._skip(_INLINE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _key(self) -> str:
        start = self.at
        if self.text[start] in "\"'":
            self._string()
            return _unquoted(self.text[start:self.at])
        self._skip(_BARE)
        if self.at == start:
            raise IndexError("no key")
        return self.text[start:self.at]

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.found.setdefault(path, line)
        self.at = self.text.index("=", self.at) + 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(_INLINE)
        first = self.text[self.at:self.at + 1]
        if first in ("[", "{"):
            self._inside(path, "]" if first == "[" else "}")
        elif first in ('"', "'"):
            self._string()
        else:
            self._skip(_PLAIN)

    def _inside(self, path: Path, end: str) -> None:
        self.at += 1
        place = 0
        while self._skip(_SPACE) and self.text[self.at] != end:
            if self.text[self.at] == ",":
                self.at += 1
            elif end == "}":
                self._pair(path)
            else:
                self.found[(*path, place)] = self._line()
                self._value((*path, place))
                place += 1
        self.at += 1

    def _string(self) -> None:
        found = next(filter(None, (pattern.match(self.text, self.at) for pattern in _STRINGS)), None)
        if found is None:
            raise IndexError("no end of text")
        self.at = found.end()


def _unquoted(key: str) -> str:
    import tomllib

    return next(iter(tomllib.loads(f"{key} = 0")))


def _named(found: Mapping[Path, int], raw: Mapping[str, object], label: Label) -> dict[str, int]:
    named: dict[str, int] = {}

    def walk(value: object, path: Path, name: str, top: str) -> None:
        if path in found:
            named.setdefault(name, found[path])
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, (*path, key), f"{name}.{key}" if name else key, top or key)
        elif isinstance(value, list):
            taken: set[str] = set()
            for place, inner in enumerate(value):
                own = label(inner) if isinstance(inner, dict) else None
                step = own if own is not None and own not in taken else f"#{place + 1}"
                taken.add(step)
                walk(inner, (*path, place), f"{name}.{step}", top)
                if isinstance(inner, dict) and (*path, place) in found:
                    named.setdefault(f"{top}.{step}", found[*path, place])  # 'tree.q1' for short

    walk(raw, (), "", "")
    return named
