"""What a file would change in the unit tree, and whether the tree would still be a dated tree.

A file only ever adds dated units or gives an open one its last day: waves keep the tree they were run on.
Several files add up, so the rows of a file are checked together with what is stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from surveys.days import iso_day
from surveys.errors import Fault, UnitRefusal
from surveys.sheets import Sheet, column_faults
from surveys.units import Kind, Unit

REQUIRED = ("code", "name", "kind", "parent")
OPTIONAL = ("valid_from", "valid_to", "decree")
COLUMNS = (*REQUIRED, *OPTIONAL)

LONGEST = 200
"""characters of a name or a decree"""
_CODE = re.compile(r"[A-Za-z0-9._-]{1,32}")
_KINDS = {kind.value: kind for kind in Kind}

Identity = tuple[str, date]
Allowed = Collection[str | None]
"""codes of units whose subtrees may be changed; None among them: everywhere"""
EVERYWHERE: Allowed = frozenset({None})


@dataclass(frozen=True)
class Line:
    """One row of a file, as given."""

    row: int
    """line of the file, the header being 1"""
    code: str = ""
    name: str = ""
    kind: str = ""
    parent: str = ""
    valid_from: str = ""
    valid_to: str = ""
    decree: str = ""


@dataclass(frozen=True)
class Merge:
    """What the rows of a file come to."""

    new: tuple[Unit, ...]
    closed: tuple[Unit, ...]
    """stored units (with their id) that get a last day"""
    unchanged: tuple[Unit, ...]


@dataclass
class _Draft:
    """Stored units and rows of the file, side by side; `row` is None for what is only stored."""

    units: dict[Identity, tuple[Unit, int | None]]
    faults: list[Fault] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    """codes of rows that could not be read: nothing is concluded from their absence"""

    def by_code(self) -> dict[str, list[tuple[Unit, int | None]]]:
        dated: dict[str, list[tuple[Unit, int | None]]] = defaultdict(list)
        for unit, row in sorted(self.units.values(), key=lambda entry: entry[0].valid_from):
            dated[unit.code].append((unit, row))
        return dated


def lines(sheet: Sheet) -> list[Line]:
    """The rows of a unit file. Raises UnitRefusal("units_faulty") naming faulty columns and ragged rows."""
    faults = column_faults(sheet.columns, REQUIRED, OPTIONAL)
    width = len(sheet.columns)
    faults += [
        Fault("row_ragged", row, None, {"found": len(cells), "expected": width})
        for row, cells in sheet.rows if len(cells) != width
    ]
    _refuse(faults)
    return [Line(row, **dict(zip(sheet.columns, cells, strict=True))) for row, cells in sheet.rows]


def check(existing: Iterable[Unit], given: Sequence[Line]) -> Merge:
    """Merge the rows of a file with the stored units.

    existing: every dated unit of the store, a valid tree on every day.
    The same identity with the same content is unchanged; with only its last day newly given, closed; with
    anything else, refused. Raises UnitRefusal("units_faulty") with every fault, each with row and column:
    malformed fields, overlapping spans of one code, orphans (a unit whose parent does not exist for its whole
    span; several dated units of the parent may cover it together), cycles on any day.
    """
    stored = {unit.identity: unit for unit in existing}
    draft = _Draft({identity: (unit, None) for identity, unit in stored.items()})
    merge = _place_rows(stored, given, draft)
    touched = {unit.code for unit, row in draft.units.values() if row is not None}
    dated = draft.by_code()
    _check_overlaps(dated, touched, draft.faults)
    _check_parents(dated, touched, draft)
    _check_cycles(dated, draft.faults)
    _refuse(draft.faults)
    return merge


def foreign(
    existing: Iterable[Unit], merge: Merge, given: Sequence[Line], allowed: Allowed
) -> list[Fault]:
    """Changes to units that lie under none of the allowed units: on their last day, new ones from the first."""
    if None in allowed:
        return []
    after = {unit.identity: unit for unit in (*existing, *merge.new, *merge.closed)}
    dated: dict[str, list[Unit]] = defaultdict(list)
    for unit in after.values():
        dated[unit.code].append(unit)
    row_of = {(line.code.strip(), line.valid_from.strip()): line.row for line in given}
    faults = []
    for unit in (*merge.new, *merge.closed):
        days = [unit.valid_to or date.max]
        if unit.valid_to is None and unit.valid_from != date.min:
            days.append(unit.valid_from)  # a new unit: from its first day on
        if not all(_lies_below(unit, dated, allowed, day) for day in days):
            first = "" if unit.valid_from == date.min else unit.valid_from.isoformat()
            faults.append(Fault("unit_foreign", row_of.get((unit.code, first)), "code", {"unit": unit.code}))
    return faults


def _lies_below(unit: Unit, dated: Mapping[str, Sequence[Unit]], allowed: Allowed, day: date) -> bool:
    above: Unit | None = unit
    while above is not None and above.code not in allowed:
        above = next((each for each in dated.get(above.parent or "", ()) if each.in_force(day)), None)
    return above is not None


def corrected(before: Unit, name: str, decree: str) -> Unit:
    """The unit with another name or decree, cleaned as a file's are.

    Raises UnitRefusal: "unit_correction_faulty" with faults by column, "unit_correction_empty".
    """
    faults: list[Fault] = []
    said = _text(name, 0, "name", faults)
    if not said and not name.strip():
        faults.append(Fault("unit_name_missing", None, "name"))
    source = _text(decree, 0, "decree", faults)
    if faults:
        placed = [replace(fault, row=None) for fault in faults]
        raise UnitRefusal("unit_correction_faulty", faults=placed, count=len(placed))
    after = replace(before, name=said, decree=source or None)
    if after == before:
        raise UnitRefusal("unit_correction_empty")
    return after


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        ordered = sorted(faults, key=lambda fault: fault.row or 0)
        raise UnitRefusal("units_faulty", faults=ordered, count=len(ordered))


def _place_rows(stored: Mapping[Identity, Unit], given: Sequence[Line], draft: _Draft) -> Merge:
    new: list[Unit] = []
    closed: list[Unit] = []
    unchanged: list[Unit] = []
    for line in given:
        unit = _read(line, draft)
        if unit is None:
            continue
        identity = unit.identity
        earlier = draft.units.get(identity, (None, None))[1]
        if earlier is not None:
            details = {"unit": unit.code, "first": earlier}
            draft.faults.append(Fault("unit_row_repeated", line.row, "code", details))
            continue
        before = stored.get(identity)
        if before is None:
            new.append(unit)
        elif (unit := replace(unit, id=before.id)) == before:
            unchanged.append(unit)
        elif before.valid_to is None and unit.valid_to is not None and replace(unit, valid_to=None) == before:
            closed.append(unit)
        else:
            draft.faults += _changes(before, unit, line.row)
            unit = before
        draft.units[identity] = (unit, line.row)
    return Merge(tuple(new), tuple(closed), tuple(unchanged))


def _changes(before: Unit, after: Unit, row: int) -> list[Fault]:
    pairs = [(column, getattr(before, column), getattr(after, column)) for column in COLUMNS]
    return [
        Fault("unit_changed", row, column, {"unit": before.code, "stored": _word(old), "given": _word(new)})
        for column, old, new in pairs if old != new
    ]


def _word(value: object) -> str:
    return "–" if value in (None, date.min) else str(value)


def _read(line: Line, draft: _Draft) -> Unit | None:
    """The unit a row describes, or None with its faults noted."""
    faults: list[Fault] = []
    code, parent = line.code.strip(), line.parent.strip()
    for column, value in (("code", code), ("parent", parent)):
        if not _CODE.fullmatch(value) and (value or column == "code"):
            faults.append(Fault("unit_code_malformed", line.row, column, {"value": value[:40]}))
    name, decree = _text(line.name, line.row, "name", faults), _text(line.decree, line.row, "decree", faults)
    if not name and not line.name.strip():
        faults.append(Fault("unit_name_missing", line.row, "name"))
    kind = _KINDS.get(line.kind.strip())
    if kind is None:
        details = {"value": line.kind[:40], "known": ", ".join(_KINDS)}
        faults.append(Fault("unit_kind_unknown", line.row, "kind", details))
    valid_from = _day(line.valid_from, line.row, "valid_from", faults) or date.min
    valid_to = _day(line.valid_to, line.row, "valid_to", faults)
    if valid_to is not None and valid_to < valid_from:
        details = {"valid_from": line.valid_from, "valid_to": line.valid_to}
        faults.append(Fault("unit_dates_reversed", line.row, "valid_to", details))
    if faults or kind is None:
        draft.faults += faults
        draft.doubtful.add(code)
        return None
    return Unit(None, code, name, kind, parent or None, valid_from, valid_to, decree or None)


def _text(value: str, row: int, column: str, faults: list[Fault]) -> str:
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if not text.isprintable():
        faults.append(Fault("unit_text_unprintable", row, column))
    elif len(text) > LONGEST:
        faults.append(Fault("unit_text_long", row, column, {"found": len(text), "most": LONGEST}))
    else:
        return text
    return ""


def _day(value: str, row: int, column: str, faults: list[Fault]) -> date | None:
    text = value.strip()
    if not text:
        return None
    try:
        return iso_day(text)
    except ValueError:
        faults.append(Fault("day_malformed", row, column, {"value": text[:40]}))
        return None


Dated = Mapping[str, Sequence[tuple[Unit, int | None]]]


def _check_overlaps(dated: Dated, touched: Collection[str], faults: list[Fault]) -> None:
    for code in touched:
        longest, at = dated[code][0]
        for unit, row in dated[code][1:]:
            if longest.valid_to is None or unit.valid_from <= longest.valid_to:
                details = {"unit": code, "other": _span(longest if row is not None else unit)}
                faults.append(Fault("unit_overlap", at if row is None else row, "valid_from", details))
            if longest.valid_to is not None and (unit.valid_to is None or unit.valid_to > longest.valid_to):
                longest, at = unit, row


def _span(unit: Unit) -> str:
    return f"{_word(unit.valid_from)} … {_word(unit.valid_to)}"


def _check_parents(dated: Dated, touched: Collection[str], draft: _Draft) -> None:
    for unit, row in list(draft.units.values()):
        if unit.parent is None or unit.parent in draft.doubtful:
            continue
        if row is None and unit.parent not in touched:
            continue
        parents = [parent for parent, _ in dated.get(unit.parent, ())]
        gap = _first_day_alone(unit, parents)
        if gap is None:
            continue
        details = {"unit": unit.code, "parent": unit.parent, "day": _word(gap)}
        if row is None:  # a stored child: the row to mend is the parent's
            row = next(line for _, line in dated[unit.parent] if line is not None)
            draft.faults.append(Fault("unit_left_alone", row, "valid_to", details))
        else:
            code = "unit_orphan" if parents else "unit_parent_unknown"
            draft.faults.append(Fault(code, row, "parent", details))


def _first_day_alone(unit: Unit, parents: Sequence[Unit]) -> date | None:
    """First day of the unit's span that no parent covers; None: all covered.

    A unit known 'since before our records' is covered as far back as its parent is known.
    """
    if not parents:
        return unit.valid_from
    day = unit.valid_from
    if day == date.min:
        day = parents[0].valid_from
        if unit.valid_to is not None and unit.valid_to < day:
            return unit.valid_from
    for parent in parents:
        if parent.valid_from > day:
            return day
        if parent.valid_to is None or parent.valid_to == date.max:
            return None
        day = max(day, parent.valid_to + timedelta(days=1))
        if unit.valid_to is not None and day > unit.valid_to:
            return None
    return day


def _check_cycles(dated: Dated, faults: list[Fault]) -> None:
    """A cycle of some day exists on the first day of one of its units: only those days are looked at."""
    suspects = _in_cycles({code: {u.parent for u, _ in rows if u.parent} for code, rows in dated.items()})
    found: set[int] = set()
    for day in sorted({unit.valid_from for code in suspects for unit, _ in dated[code]}):
        present = {c: (u, row) for c in suspects for u, row in dated[c] if u.in_force(day)}
        parents = {code: {unit.parent} for code, (unit, _) in present.items() if unit.parent}
        for code in sorted(_in_cycles(parents)):
            row = present[code][1]
            if row is not None and row not in found:
                found.add(row)
                path = " → ".join(_path(code, present))
                faults.append(Fault("unit_cycle", row, "parent", {"unit": code, "path": path}))


def _path(code: str, present: Mapping[str, tuple[Unit, int | None]]) -> list[str]:
    path = [code]
    while (parent := present[path[-1]][0].parent) is not None and parent != code and len(path) < 20:
        path.append(parent)
    return [*path, parent or ""]


def _in_cycles(parents: Mapping[str, Collection[str]]) -> set[str]:
    """Codes on cycles (where a code has several parents, also codes between two cycles): what remains when
    codes without a parent, then codes without a child, are taken away again and again."""
    left = _peeled(parents)
    below: dict[str, set[str]] = {code: set() for code in left}
    for code, above in left.items():
        for parent in above:
            below[parent].add(code)
    return set(_peeled(below))


def _peeled(edges: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    left = {code: {end for end in ends if end in edges} for code, ends in edges.items()}
    back: dict[str, list[str]] = defaultdict(list)
    for code, ends in left.items():
        for end in ends:
            back[end].append(code)
    bare = [code for code, ends in left.items() if not ends]
    while bare:
        gone = bare.pop()
        del left[gone]
        for code in back[gone]:
            left[code].discard(gone)
            if not left[code]:
                bare.append(code)
    return left
