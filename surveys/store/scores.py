"""The score tables that people see, as rows: one per wave and day, of which the last two are kept."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from surveys.store import collection, responses, waves
from surveys.store.tables import ResponseRow, ScoreTableRow
from surveys.waves import Wave

KEPT_ROWS = 2
"""tables of a wave in the database: the one people see, and the one before it"""
KEPT_PARSED = 4
"""tables in memory, per database and process; one of a hundred units takes some 20 MB"""
_HEAD = 160
"""characters of a document that hold everything but its records"""


@dataclass(frozen=True)
class ScoreTable:
    day: date
    """as of the end of this day, or of the moment it was forced"""
    records: Sequence[dict[str, Any]]
    """as surveys.scores.records gives them (and `editions.ABOVE`); shared by all readers, so not to be changed"""
    made_from: str = ""
    """what lay in the database for it, once the wave took no more answers; see `lasts`"""
    fixed: bool = False
    """computed after the wave's figures were fixed (chốt): it never moves again"""


def save(
    session: Session, wave: Wave, day: date, records: Sequence[dict[str, Any]], *, correction: bool = False
) -> None:
    """Keep the table of this day; one saved earlier for the same day is replaced. NaN is refused (ValueError).

    The two newest tables stay, older ones go. wave: as it was when the records were computed. Where the fixed
    table is there already nothing is kept, unless it is a correction's.
    """
    if not correction and _fixed(session, wave):
        return
    body = json.dumps(records, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    print_of = sha256(body.encode()).hexdigest()[:32]
    head: dict[str, object] = {"print": print_of, "made_from": _made_from(session, wave, day)}
    # a head of known length, then the records: one can be read without the other
    if wave.settled:
        head["fixed"] = True
    document = json.dumps(head).ljust(_HEAD) + body
    key = {"province_code": wave.province_code, "wave_id": wave.id}
    session.merge(ScoreTableRow(**key, day=day, document=document))
    session.flush()
    of_wave = (ScoreTableRow.province_code == wave.province_code, ScoreTableRow.wave_id == wave.id)
    days = session.scalars(select(ScoreTableRow.day).where(*of_wave).order_by(ScoreTableRow.day.desc()))
    if older := list(days)[KEPT_ROWS:]:
        session.execute(delete(ScoreTableRow).where(*of_wave, ScoreTableRow.day.in_(older)))


def latest(session: Session, wave: Wave) -> ScoreTable | None:
    """The newest table, or None when none was ever computed. Parsed once per process, not once per page."""
    row = session.execute(
        select(ScoreTableRow.day, func.substr(ScoreTableRow.document, 1, _HEAD))
        .where(ScoreTableRow.province_code == wave.province_code, ScoreTableRow.wave_id == wave.id)
        .order_by(ScoreTableRow.day.desc())
        .limit(1)
    ).one_or_none()
    if row is None or not row[1].startswith("{"):  # of before there were heads: to be computed anew
        return None
    day, head = row[0], json.loads(row[1])
    known = _parsed.of(session)
    key = (wave.id, day, head["print"])
    records = known.get(key)
    if records is None:
        records = json.loads(_body(session, wave, day))
        known.put(key, records)
    return ScoreTable(day, records, head["made_from"], head.get("fixed", False))


def newest_days(session: Session) -> dict[int, date]:
    """id of a wave -> day of its newest table, for every wave that has one."""
    rows = session.execute(select(ScoreTableRow.wave_id, func.max(ScoreTableRow.day)).group_by(ScoreTableRow.wave_id))
    return {row[0]: row[1] for row in rows}


def _fixed(session: Session, wave: Wave) -> bool:
    heads = session.scalars(select(func.substr(ScoreTableRow.document, 1, _HEAD)).where(
        ScoreTableRow.province_code == wave.province_code, ScoreTableRow.wave_id == wave.id
    ))
    return any(json.loads(head).get("fixed", False) for head in heads if head.startswith("{"))


def _body(session: Session, wave: Wave, day: date) -> str:
    document = session.get_one(ScoreTableRow, (wave.province_code, wave.id, day)).document
    return document[_HEAD:]


def lasts(session: Session, wave: Wave, table: ScoreTable, today: date) -> bool:
    """Whether the table is final: the wave has ended, and nothing that it was computed from has changed since."""
    if wave.settled:
        return table.fixed
    return wave.ended(today) and table.made_from != "" and table.made_from == _made_from(session, wave, table.day)


def _made_from(session: Session, wave: Wave, day: date) -> str:
    """Print of all that a table of an ended wave depends on and that may yet change; '' while it may still grow.

    Answers are only ever added, so their number tells. On the last day of answers itself nothing is final: what
    forgets their order runs with the next day's table.
    """
    if not wave.ended(day):
        return ""
    of_wave = (ResponseRow.province_code == wave.province_code, ResponseRow.wave_id == wave.id)
    number, last = session.execute(select(func.count(), func.max(ResponseRow.day)).where(*of_wave)).one()
    if last is not None and responses.day_of(last) >= day:
        return ""
    slips = collection.slip_counts(session, wave.province_code, wave.id)
    told = [number, sorted(slips.items()), sorted(waves.populations(session, wave).items())]
    return sha256(json.dumps(told).encode()).hexdigest()[:32]


Key = tuple[int, date, str]


class _Recent:
    """The tables read last, the longest unused one goes first. Safe between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[Key, Sequence[dict[str, Any]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Sequence[dict[str, Any]] | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Key, records: Sequence[dict[str, Any]]) -> None:
        with self._lock:
            for old in [held for held in self._held if held[:1] == key[:1]]:
                del self._held[old]  # an earlier table of the same wave is shown no more
            self._held[key] = records
            while len(self._held) > KEPT_PARSED:
                self._held.popitem(last=False)


class _Parsed:
    """By database: the key is the connection pool, which tells one from another and goes with its engine."""

    def __init__(self) -> None:
        self._by_pool: WeakKeyDictionary[Pool, _Recent] = WeakKeyDictionary()

    def of(self, session: Session) -> _Recent:
        return self._by_pool.setdefault(session.get_bind().engine.pool, _Recent())


_parsed = _Parsed()
