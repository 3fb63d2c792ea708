"""The dated unit tree: nation, provinces, communes, departments, one-stop centres, counters.

A unit is its code and the day it came into force: code 44 was Tỉnh Quảng Bình until 2025-06-30 and is
Tỉnh Quảng Trị since. `UnitTree` is the tree of one day; changes to the tree are in `surveys.unit_changes`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from surveys.errors import NotFound


class Kind(StrEnum):
    NATION = "nation"
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"
    DEPARTMENT = "department"
    CENTRE = "centre"
    COUNTER = "counter"
    OTHER = "other"


RANK = {kind: rank for rank, kind in enumerate(Kind)}
"""order among siblings"""

TYPES = ("Tỉnh", "Thành phố", "Thị xã", "Thị trấn", "Quận", "Huyện", "Phường", "Xã", "Đặc khu")
"""words that stand before the proper name of an administrative unit"""

CAPITAL = frozenset({"Thành phố Hồ Chí Minh"})
"""names whose type keeps its capital within a sentence (Nghị định 30/2020/NĐ-CP, Phụ lục II)"""

_SAID_WITHIN = frozenset({Kind.PROVINCE, Kind.DISTRICT, Kind.COMMUNE})
"""kinds whose name may follow a comma in lower case"""

_APOSTROPHES = {ord(mark): None for mark in "'’‘ʼ`´"}
_D = str.maketrans({"đ": "d", "ð": "d"})  # 'ð' is a common mistyping of 'đ'
_NUMBERED = re.compile(r"\d|[IVXL]+\b")


@dataclass(frozen=True)
class Unit:
    """A public body for a span of days. Identity is (code, valid_from)."""

    id: int | None
    """row of the store; None: not stored yet"""
    code: str
    name: str
    kind: Kind
    parent: str | None
    """code of the parent, None for a root; which dated unit that is depends on the day"""
    valid_from: date
    """first day in force; date.min: since before our records"""
    valid_to: date | None
    """last day in force, inclusive; None: still in force"""
    decree: str | None

    @property
    def identity(self) -> tuple[str, date]:
        return self.code, self.valid_from

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def fold(text: str) -> str:
    """Search key: no accents, no tones, no case, no apostrophes; anything else but letters and digits is a
    blank. 'Lệ Thủy', 'LE THUỶ' and 'le  thuy' give 'le thuy'."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    plain = plain.translate(_APOSTROPHES).translate(_D)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


@functools.lru_cache(maxsize=8192)  # lists of units sort and say the same names on page after page
def bare_name(name: str) -> str:
    """The name without the type before it: 'Xã Lệ Thủy' -> 'Lệ Thủy'."""
    for word in TYPES:
        if name.casefold().startswith(f"{word.casefold()} "):
            return name[len(word) + 1:]
    return name


def name_within(name: str) -> str:
    """The name as it stands within a sentence: 'Tỉnh Quảng Trị' -> 'tỉnh Quảng Trị'.

    Types before a number keep their capital ('Quận 1'), as Nghị định 30/2020/NĐ-CP, Phụ lục II, has it.
    """
    proper = bare_name(name)
    if name in CAPITAL or proper == name or _NUMBERED.match(proper):
        return name
    return name[0].lower() + name[1:]


class UnitTree:
    """The units in force on one day. Look-ups by code and by id cost no search.

    units: dated units in any order, at most one per code on that day. A unit whose parent is not in force
    that day is left out with all below it: where the parent's record begins later than the unit's, that is
    as far as the tree is known.
    """

    def __init__(self, day: date, units: Iterable[Unit]) -> None:
        self.day = day
        present = [unit for unit in units if unit.in_force(day)]
        below: dict[str | None, list[Unit]] = defaultdict(list)
        for unit in sorted(present, key=lambda unit: (RANK[unit.kind], unit.code)):
            below[unit.parent].append(unit)
        self._below = below
        self._order: list[Unit] = []
        self._place: dict[str, tuple[int, int, int]] = {}
        """code -> first place in the order, place after its subtree, depth"""
        self._lay_out(below[None])
        self._by_id = {unit.id: unit for unit in self._order if unit.id is not None}
        self.units: tuple[Unit, ...] = tuple(self._order)
        """every unit, parents before children, each subtree in one piece"""

    def _lay_out(self, roots: list[Unit]) -> None:
        waiting: list[tuple[Unit, int, bool]] = [(root, 0, False) for root in reversed(roots)]
        while waiting:
            unit, depth, done = waiting.pop()
            if done:
                self._place[unit.code] = (self._place[unit.code][0], len(self._order), depth)
                continue
            self._place[unit.code] = (len(self._order), 0, depth)
            self._order.append(unit)
            waiting.append((unit, depth, True))
            waiting.extend((child, depth + 1, False) for child in reversed(self._below.get(unit.code, ())))

    def __contains__(self, code: object) -> bool:
        return code in self._place

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)

    def __len__(self) -> int:
        return len(self.units)

    def unit(self, code: str) -> Unit:
        """The unit of this code; raises NotFound("unit_unknown")."""
        return self.units[self._at(code)[0]]

    def by_id(self, id: int) -> Unit:
        """The unit of this row; raises NotFound("unit_unknown")."""
        found = self._by_id.get(id)
        if found is None:
            raise NotFound("unit_unknown", unit=f"#{id}")
        return found

    def children(self, code: str) -> tuple[Unit, ...]:
        """Units directly below; raises NotFound("unit_unknown")."""
        self._at(code)
        return tuple(self._below.get(code, ()))

    def subtree(self, code: str) -> tuple[Unit, ...]:
        """The unit itself, then everything below it, parents before children; raises NotFound."""
        first, end, _ = self._at(code)
        return self.units[first:end]

    def ancestors(self, code: str) -> tuple[Unit, ...]:
        """Units above, the nearest first; raises NotFound("unit_unknown")."""
        above: list[Unit] = []
        parent = self.unit(code).parent
        while parent is not None:
            above.append(self.unit(parent))
            parent = above[-1].parent
        return tuple(above)

    def full_name(self, code: str) -> str:
        """The name with those of the units above it: 'Xã Lệ Thủy, tỉnh Quảng Trị'.

        The nation is not said, nor a unit that the name already ends with ('… xã Lệ Thủy').
        """
        name = self.unit(code).name
        said = name
        for above in self.ancestors(code):
            if above.kind is Kind.NATION or name.casefold().endswith(above.name.casefold()):
                continue
            name = name_within(above.name) if above.kind in _SAID_WITHIN else above.name
            said += f", {name}"
        return said

    def find(self, text: str, among: Container[str] | None = None) -> tuple[Unit, ...]:
        """Units that a person may mean by `text`, the likeliest first. among: only these codes.

        Compared without accents, tones and case, with the type before the name or without it: first what
        equals the text, then what begins with it, then what contains it; among equals the higher unit.
        Where no name fits, every word of the text may stand anywhere in the full name
        ('tân thành quảng trị'). A code finds its unit.
        """
        wanted = fold(text)
        if not wanted:
            return ()
        ranked = [(rank, self._place[unit.code][2], place) for place, (unit, keys) in enumerate(self._keys)
                  if (among is None or unit.code in among) and (rank := _rank(wanted, keys)) is not None]
        if not ranked:
            return self._find_words(wanted.split(), among)
        return tuple(self.units[place] for _, _, place in sorted(ranked))

    def _find_words(self, words: list[str], among: Container[str] | None) -> tuple[Unit, ...]:
        def fits(unit: Unit, keys: tuple[str, ...]) -> bool:
            if not any(word in keys[0].split() for word in words):
                return False  # the unit's own name has to be meant, not only its province's
            said = fold(self.full_name(unit.code)).split()
            return all(word in said for word in words)

        asked = (pair for pair in self._keys if among is None or pair[0].code in among)
        return tuple(unit for unit, keys in asked if fits(unit, keys))

    @cached_property
    def _keys(self) -> tuple[tuple[Unit, tuple[str, ...]], ...]:
        return tuple(
            (unit, (fold(unit.name), fold(bare_name(unit.name)), fold(unit.code))) for unit in self.units
        )

    def _at(self, code: str) -> tuple[int, int, int]:
        place = self._place.get(code)
        if place is None:
            raise NotFound("unit_unknown", unit=code)
        return place


def _rank(wanted: str, keys: tuple[str, ...]) -> int | None:
    """0: equals, 1: begins with, 2: contains, None: no match. A code only matches from its beginning."""
    if wanted in keys:
        return 0
    if any(key.startswith(wanted) for key in keys):
        return 1
    return 2 if wanted in keys[0] else None
