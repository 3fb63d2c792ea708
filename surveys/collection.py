"""Where answers are collected: points with a shared QR code, and one-use slips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from surveys import audit, codes
from surveys.errors import NotFound, SubmissionRefusal, WaveRefusal
from surveys.origin import Basis
from surveys.store import collection as store
from surveys.store import waves as wave_store
from surveys.store.tables import PointRow, SlipRow
from surveys.tokens import slip_digest
from surveys.units import UnitTree
from surveys.waves import State, Wave

SLIP_LIFE = timedelta(days=90)
"""how long a slip can be spent; a clerk who hoards slips gains little (reliability, T2)"""
MOST_SLIPS = 10_000
"""slips of one order"""
SMALLEST_CELL = 10
"""slips that a design cell apart from its unit's main one has at least"""


@dataclass(frozen=True)
class Point:
    id: int
    code: str
    province_code: str
    wave_id: int
    unit_id: int
    cell: int
    label: str


def _point(row: PointRow) -> Point:
    return Point(row.id, row.code, row.province_code, row.wave_id, row.unit_id, row.cell, row.label)


def require_member(tree: UnitTree, wave: Wave, unit_code: str) -> int:
    """The id of a unit of the wave's province; raises NotFound("unit_unknown") or WaveRefusal("unit_outside")."""
    unit = tree.unit(unit_code)
    if wave.province_code not in {unit.code, *(ancestor.code for ancestor in tree.ancestors(unit_code))}:
        raise WaveRefusal("unit_outside", unit=unit_code, province=wave.province_code)
    return stored_id(unit.id)


def stored_id(unit_id: int | None) -> int:
    """The id of a unit of a stored tree; ValueError for a unit that was never stored."""
    if unit_id is None:
        raise ValueError("a unit of a stored tree has an id")
    return unit_id


def create_point(
    session: Session, wave: Wave, tree: UnitTree, unit_code: str, label: str, draw: codes.Draw = codes.draw,
    handled_by: str | None = None,
) -> Point:
    """A place with a shared QR code at a unit; its answers have the open basis.

    handled_by: code of the agency that decides, where it is another than the unit that receives.
    """
    unit_id = require_member(tree, wave, unit_code)
    handler = unit_id if handled_by is None else require_member(tree, wave, handled_by)
    key = (unit_id, handler, int(Basis.OPEN), "", "")
    cell = wave_store.ensure_cells(session, wave, [(key, None, None)])[key]
    row = store.add_point(session, PointRow(
        code=draw(codes.POINT_LENGTH), province_code=wave.province_code, wave_id=wave.id, unit_id=unit_id,
        cell=cell.id, label=label,
    ))
    return _point(row)


def point(session: Session, typed: str) -> Point:
    """The point of a code as typed; raises NotFound("point_unknown")."""
    code = codes.normal(typed)
    row = store.point(session, code) if codes.is_code(code, codes.POINT_LENGTH) else None
    if row is None:
        raise NotFound("point_unknown", typed=typed[:32])
    return _point(row)


def points(session: Session, wave: Wave) -> list[Point]:
    """Every point of the wave, in the order they were made."""
    return [_point(row) for row in store.points(session, wave.id)]


def first_point(session: Session, wave: Wave) -> Point | None:
    """The point that was made first; None where there is none."""
    return next((_point(row) for row in store.points(session, wave.id, most=1)), None)


def draw_slips(count: int, draw: codes.Draw = codes.draw) -> list[str]:
    """Fresh one-use codes, not issued yet; raises WaveRefusal("slip_count")."""
    if not 1 <= count <= MOST_SLIPS:
        raise WaveRefusal("slip_count", count=count, most=MOST_SLIPS)
    return [draw(codes.SLIP_LENGTH) for _ in range(count)]


def issue(
    session: Session, wave: Wave, tree: UnitTree, unit_code: str, fresh: Sequence[str], secret: bytes, today: date,
    handled_by: str | None = None,
) -> None:
    """Make the codes usable at a unit, with the dossiers basis. The store keeps digests, never the codes.

    The stratum is the unit: every unit of the wave gives out its slips separately. Slips for dossiers that
    another agency decides form a design cell of their own, which must hold enough of them not to point at a
    person. Raises WaveRefusal ("wave_not_open", "unit_outside", "slip_cell_small") and NotFound.
    """
    if wave.state not in {State.PLANNED, State.OPEN}:
        raise WaveRefusal("wave_not_open", wave=wave.code, state=wave.state.value)
    unit_id = require_member(tree, wave, unit_code)
    handler = unit_id if handled_by is None else require_member(tree, wave, handled_by)
    key = (unit_id, handler, int(Basis.DOSSIERS), unit_code, "")
    cell = wave_store.ensure_cells(session, wave, [(key, None, None)])[key]
    if handler != unit_id and cell.issued + len(fresh) < SMALLEST_CELL:
        raise WaveRefusal("slip_cell_small", least=SMALLEST_CELL, handler=handled_by)
    store.add_slips(
        session, wave.province_code, wave.id, cell.id, [slip_digest(secret, code) for code in fresh],
        today + SLIP_LIFE,
    )
    audit.note(session, "slips.issued", f"wave:{wave.code}", None, {
        "unit": unit_code, "handled_by": handled_by, "slips": len(fresh),
    })


@dataclass(frozen=True)
class Slip:
    province_code: str
    digest: bytes
    wave_id: int
    cell: int


def slip(session: Session, typed: str, secrets: Iterable[bytes], today: date) -> Slip:
    """The usable slip of a code as typed; given out under any of the keys.

    Raises SubmissionRefusal("slip_unusable"), one code for every cause: whoever guesses learns nothing.
    """
    code = codes.normal(typed)
    row: SlipRow | None = None
    if codes.is_code(code, codes.SLIP_LENGTH):
        row = store.slip(session, [slip_digest(secret, code) for secret in secrets])
    if row is None or row.expires < today:
        raise SubmissionRefusal("slip_unusable")
    return Slip(row.province_code, row.digest, row.wave_id, row.cell)
