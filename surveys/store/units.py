"""The unit tree, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import func, insert, or_, select, text, tuple_, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from surveys import audit, mergers, sheets, unit_changes
from surveys.errors import Fault, NotFound, UnitRefusal
from surveys.store.tables import UnitRow, UnitSuccessionRow, WaveRow
from surveys.unit_changes import EVERYWHERE, Line, Merge
from surveys.units import Kind, Unit, UnitTree, fold

NATIONAL = Path(__file__).resolve().parent.parent / "data" / "units.csv"
NATIONAL_SUCCESSION = NATIONAL.with_name("units_succession.csv")

KEPT_TREES = 32
"""days whose trees stay in memory, per database"""
LONGEST_SEARCH = 200

_DATED = select(
    UnitRow.id, UnitRow.code, UnitRow.name, UnitRow.kind, UnitRow.parent, UnitRow.valid_from,
    UnitRow.valid_to, UnitRow.decree,
)
_STEP = (
    UnitSuccessionRow.old_code, UnitSuccessionRow.old_valid_from, UnitSuccessionRow.new_code,
    UnitSuccessionRow.new_valid_from,
)
Marker = tuple[int, int, int, int]
Allowed = unit_changes.Allowed
_trees: WeakKeyDictionary[Pool, tuple[Marker, dict[date, UnitTree]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Step:
    """A unit that came before or after another."""

    unit: Unit
    part: str
    """'whole' or 'part' of the older unit"""
    decree: str | None


@dataclass(frozen=True)
class Succession:
    predecessors: tuple[Step, ...]
    successors: tuple[Step, ...]


def _unit(row: Row[int, str, str, str, str | None, date, date | None, str | None]) -> Unit:
    id, code, name, kind, parent, valid_from, valid_to, decree = row
    return Unit(id, code, name, Kind(kind), parent, valid_from, valid_to, decree)


def units(session: Session) -> list[Unit]:
    """Every dated unit, by code, then by first day."""
    return [_unit(row) for row in session.execute(_DATED.order_by(UnitRow.code, UnitRow.valid_from))]


def ended(session: Session, codes: Collection[str], day: date) -> dict[str, date]:
    """Code -> last day, of those units that ended before the day; of a code used twice, the later one's."""
    rows = session.execute(
        select(UnitRow.code, func.max(UnitRow.valid_to))
        .where(UnitRow.code.in_(sorted(codes)), UnitRow.valid_to < day).group_by(UnitRow.code)
    ) if codes else ()
    return {code: last for code, last in rows if last is not None}


def history(session: Session, code: str) -> list[Unit]:
    """Every dated unit of a code, the oldest first; raises NotFound("unit_unknown")."""
    found = session.execute(_DATED.where(UnitRow.code == code).order_by(UnitRow.valid_from))
    dated = [_unit(row) for row in found]
    if not dated:
        raise NotFound("unit_unknown", unit=code)
    return dated


def tree(session: Session, day: date) -> UnitTree:
    """The units in force on a day; read once per day and database, and again after any change to units."""
    if session.info.get("units_changed"):
        return _read_tree(session, day)  # what is not committed is nobody else's business
    pool = session.get_bind().engine.pool
    marker = _marker_seen(session)
    kept = _trees.get(pool)
    if kept is None or kept[0] != marker:
        kept = _trees[pool] = (marker, {})
    trees = kept[1]
    found = trees.get(day)
    if found is None:
        if len(trees) >= KEPT_TREES:
            trees.clear()
        found = trees[day] = _read_tree(session, day)
    return found


def _read_tree(session: Session, day: date) -> UnitTree:
    in_force = _DATED.where(
        UnitRow.valid_from <= day, or_(UnitRow.valid_to.is_(None), UnitRow.valid_to >= day)
    )
    return UnitTree(day, [_unit(row) for row in session.execute(in_force)])


def _marker_seen(session: Session) -> Marker:
    """The marker of a transaction that only reads is asked for once: what it sees does not change."""
    if session.get_bind().get_execution_options().get("writes"):
        return _marker(session)
    seen: tuple[object, Marker] | None = session.info.get("units_marker")
    if seen is None or seen[0] is not session.get_transaction():
        marker = _marker(session)
        seen = session.info["units_marker"] = (session.get_transaction(), marker)
    return seen[1]


def _marker(session: Session) -> Marker:
    """Changes with every change this module can make: units are added, given their last day, or corrected."""
    count, last, closed, corrected = session.execute(
        select(func.count(), func.max(UnitRow.id), func.count(UnitRow.valid_to), func.sum(UnitRow.revision))
        .select_from(UnitRow)
    ).one()
    return count, last or 0, closed, int(corrected or 0)


def print_of(session: Session) -> str:
    """Names the present state of the units: a preview is carried out only while this is the same."""
    return "-".join(map(str, _marker(session)))


def lock(session: Session, expected: str | None = None) -> None:
    """Let nobody else change units until this transaction ends; readers are not held up.

    expected: `print_of` at the time of the preview. Raises UnitRefusal("units_moved_on") when somebody else has
    changed units since.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(text("LOCK TABLE unit, unit_succession IN SHARE ROW EXCLUSIVE MODE"))
    if expected is not None and expected != print_of(session):
        raise UnitRefusal("units_moved_on")


def preview(session: Session, rows: Sequence[Line], allowed: Allowed = EVERYWHERE) -> Merge:
    """What `import_units` would do with the rows, or its refusal; stores nothing."""
    stored = units(session)
    merge = unit_changes.check(stored, rows)
    faults = [*unit_changes.foreign(stored, merge, rows, allowed), *_taken_from_waves(session, rows, merge)]
    if faults:
        raise UnitRefusal("units_faulty", faults=faults, count=len(faults))
    return merge


def import_units(
    session: Session, rows: Sequence[Line], allowed: Allowed = EVERYWHERE, expected: str | None = None,
    source: str = "",
) -> Merge:
    """Add the rows of a file to the stored units; runs in the caller's write transaction.

    allowed: units whose subtrees may be changed. expected: see `lock`. source: what the file is called.
    Raises UnitRefusal("units_faulty") with every fault; nothing is stored then. A unit cannot be closed before
    the day whose tree a wave keeps.
    """
    lock(session, expected)
    merge = preview(session, rows, allowed)
    _store(session, merge)
    _note(session, "unit.imported", merge, {"file": source} if source else {})
    return merge


def preview_merger(session: Session, plan: mergers.Plan, allowed: Allowed = EVERYWHERE) -> mergers.Outcome:
    """What `succeed` would do, or its refusal; stores nothing."""
    made = mergers.rows(tree(session, plan.last_day), plan)
    return mergers.Outcome(preview(session, made.lines, allowed), made.steps)


def succeed(
    session: Session, plan: mergers.Plan, allowed: Allowed = EVERYWHERE, expected: str | None = None
) -> mergers.Outcome:
    """Carry out a merger, split, renaming or end of units; runs in the caller's write transaction.

    Raises UnitRefusal: "merger_faulty", "units_faulty" (faults by line of the change), "units_moved_on".
    """
    lock(session, expected)
    outcome = preview_merger(session, plan, allowed)
    _store(session, outcome.merge)
    if outcome.steps:
        session.execute(insert(UnitSuccessionRow), [vars(step) for step in outcome.steps])
    more: dict[str, object] = {"succession": mergers.words(outcome.steps)[:_NOTED], "decree": plan.decree}
    _note(session, "unit.succeeded", outcome.merge, more)
    return outcome


def correct(
    session: Session, code: str, valid_from: date, name: str, decree: str, reason: str,
    allowed: Allowed = EVERYWHERE,
) -> Unit:
    """Mend the name or the decree of a dated unit that was typed wrongly; nothing happened to the unit itself.

    Raises NotFound("unit_unknown"); UnitRefusal("unit_correction_empty") when nothing differs,
    "unit_correction_reason" without a reason, "unit_correction_faulty" for text that no unit may have,
    "unit_correction_published" for the name of a unit that stands in published figures: what was published keeps
    the name it was published under.
    """
    lock(session)
    row = session.scalar(select(UnitRow).where(UnitRow.code == code, UnitRow.valid_from == valid_from))
    if row is None:
        raise NotFound("unit_unknown", unit=code)
    before = Unit(row.id, row.code, row.name, Kind(row.kind), row.parent, row.valid_from, row.valid_to, row.decree)
    after = unit_changes.corrected(before, name, decree)
    if not reason.strip():
        raise UnitRefusal("unit_correction_reason")
    stored = [unit if unit.identity != before.identity else after for unit in units(session)]
    if unit_changes.foreign(stored, Merge((), (after,), ()), (), allowed):
        raise NotFound("unit_unknown", unit=code)
    if after.name != before.name and (wave := _published_with(session, before)):
        raise UnitRefusal("unit_correction_published", unit=code, wave=wave)
    row.name, row.decree, row.search = after.name, after.decree, fold(after.name)[:LONGEST_SEARCH]
    row.revision += 1
    session.flush()
    session.info["units_changed"] = True
    first = None if valid_from == date.min else valid_from
    audit.note(
        session, "unit.corrected", f"unit:{code}", {"name": before.name, "decree": before.decree, "from": first},
        {"name": after.name, "decree": after.decree, "reason": reason.strip()},
    )
    return after


def _published_with(session: Session, unit: Unit) -> str | None:
    """Code of an issued wave in whose tree the dated unit stands."""
    issued = select(WaveRow.code, WaveRow.province_code, WaveRow.units_day).where(
        WaveRow.state.in_(["published", "corrected"])
    )
    for wave, province, day in session.execute(issued):
        kept = tree(session, day)
        stands = unit.in_force(day) and unit.code in kept and province in kept
        if stands and kept.unit(unit.code) in kept.subtree(province):
            return str(wave)
    return None


_NOTED = 200
"""codes that one entry of the audit trail lists"""


def _note(session: Session, action: str, merge: Merge, more: Mapping[str, object]) -> None:
    if not merge.new and not merge.closed:
        return
    changed = [*merge.closed, *merge.new]
    after: dict[str, object] = {
        "new": len(merge.new), "closed": len(merge.closed), "new_codes": [unit.code for unit in merge.new[:_NOTED]],
        "closed_codes": [f"{unit.code} {unit.valid_to}" for unit in merge.closed[:_NOTED]], **more,
    }
    audit.note(session, action, f"unit:{changed[0].code}", None, after)


def _taken_from_waves(session: Session, rows: Sequence[Line], merge: Merge) -> list[Fault]:
    """Closings that would take a unit out of the tree a wave was created on."""
    if not merge.closed:
        return []
    row_of = {(row.code.strip(), _day(row.valid_from.strip())): row.row for row in rows}
    faults = []
    for wave, province, day in session.execute(select(WaveRow.code, WaveRow.province_code, WaveRow.units_day)):
        kept = tree(session, day)
        within = {unit.identity for unit in kept.subtree(province)} if province in kept else set()
        faults += [
            Fault("unit_in_wave", row_of[unit.identity], "valid_to", {"unit": unit.code, "wave": wave, "day": day})
            for unit in merge.closed
            if unit.identity in within and unit.valid_to is not None and unit.valid_to < day
        ]
    return faults


def load_national(session: Session) -> Merge:
    """The national list that ships with the source, and who succeeded whom; runs in the caller's write
    transaction. What is in the store already stays, also a last day that the list does not know yet.

    Raises UnitRefusal("units_faulty") where the stored units contradict the list.
    """
    lock(session)
    stored = {unit.identity: unit for unit in units(session)}
    rows = [row for row in _national() if not _closed_here(row, stored)]
    merge = unit_changes.check(stored.values(), rows)
    _store(session, merge)
    present = {tuple(key) for key in session.execute(select(*_STEP))}
    if missing := [step for step in _national_succession() if _step_key(step) not in present]:
        session.execute(insert(UnitSuccessionRow), missing)
    _note(session, "unit.loaded", merge, {})
    return merge


def _closed_here(row: Line, stored: Mapping[unit_changes.Identity, Unit]) -> bool:
    unit = stored.get((row.code, _day(row.valid_from)))
    return unit is not None and unit.valid_to is not None and not row.valid_to


def _store(session: Session, merge: Merge) -> None:
    if merge.new:
        session.execute(insert(UnitRow), [_fields(unit) for unit in merge.new])
    for unit in merge.closed:
        session.execute(update(UnitRow).where(UnitRow.id == unit.id).values(valid_to=unit.valid_to))
    if merge.new or merge.closed:
        session.info["units_changed"] = True


def _fields(unit: Unit) -> dict[str, object]:
    return {
        "code": unit.code, "name": unit.name, "kind": unit.kind.value, "parent": unit.parent,
        "valid_from": unit.valid_from, "valid_to": unit.valid_to, "decree": unit.decree,
        "search": fold(unit.name)[:LONGEST_SEARCH],
    }


def _national() -> list[Line]:
    return unit_changes.lines(sheets.read(NATIONAL.read_bytes()))


def _national_succession() -> list[dict[str, object]]:
    sheet = sheets.read(NATIONAL_SUCCESSION.read_bytes())
    rows = [dict(zip(sheet.columns, cells, strict=True)) for _, cells in sheet.rows]
    return [
        {
            "old_code": row["old_code"], "old_valid_from": _day(row["old_valid_from"]),
            "new_code": row["new_code"], "new_valid_from": _day(row["new_valid_from"]),
            "part": row["part"], "decree": row["decree"] or None,
        }
        for row in rows
    ]


def _step_key(step: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(step[column.key] for column in _STEP)


def _day(text: str) -> date:
    return date.fromisoformat(text) if text else date.min


def succession(session: Session, code: str, valid_from: date) -> Succession:
    """Who came before and after the unit of this code and first day; both empty where nothing is recorded."""
    table = UnitSuccessionRow
    before = session.execute(
        select(table.old_code, table.old_valid_from, table.part, table.decree)
        .where(table.new_code == code, table.new_valid_from == valid_from)
        .order_by(table.old_code, table.old_valid_from)
    )
    after = session.execute(
        select(table.new_code, table.new_valid_from, table.part, table.decree)
        .where(table.old_code == code, table.old_valid_from == valid_from)
        .order_by(table.new_code, table.new_valid_from)
    )
    return Succession(_steps(session, before), _steps(session, after))


def _steps(session: Session, rows: Iterable[Row[str, date, str, str | None]]) -> tuple[Step, ...]:
    found = list(rows)
    keys = [(code, day) for code, day, _, _ in found]
    wanted = _DATED.where(tuple_(UnitRow.code, UnitRow.valid_from).in_(keys))
    by_key = {unit.identity: unit for unit in (_unit(row) for row in session.execute(wanted))} if keys else {}
    return tuple(
        Step(by_key[code, day], part, decree) for code, day, part, decree in found if (code, day) in by_key
    )
