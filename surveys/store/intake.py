"""Answers on their way in: driver-level statements, each made once from the tables.

One answer is one INSERT that carries two conditions: its id is new (ON CONFLICT DO NOTHING), and its wave's row is
still as the caller judged it. Whether a wave takes answers is said in one place, `surveys.waves.Wave.takes_answers`;
here it is only held that nobody moved the wave since. Whoever ends a wave for good waits for answers on their way
(`surveys.store.responses.none_on_its_way`): a lock on the wave's row for each answer would make answers wait for
each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Dialect, and_, bindparam, cast, column, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

from surveys.store.tables import CommentRow, ResponseRow, SlipRow, WaveRow
from surveys.waves import Wave

COLUMNS = tuple(column.name for column in ResponseRow.__table__.columns)
JUDGED = ("state", "opens", "closes", "late_until")
"""columns of a wave that say whether it takes answers"""


JUDGED_NAMES = tuple(f"judged_{name}" for name in JUDGED)


class Cursor(Protocol):
    """What is used of a driver's cursor."""

    @property
    def rowcount(self) -> int: ...
    def execute(self, statement: str, parameters: Mapping[str, Any], /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> Any: ...


@dataclass(frozen=True)
class Known:
    """A stored answer, as far as a second send of it is compared with it."""

    answers: str
    version: int
    cell: int
    day: int


class Statements:
    """The statements of one engine; parameters are named, and bound as Python values by every driver."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._dates_as_text = dialect.name == "sqlite"
        self._add = self._sql(_addition(dialect.name))
        self._add_many = "" if self._dates_as_text else self._sql(_additions())
        self._known = self._sql(
            select(ResponseRow.answers, ResponseRow.version, ResponseRow.cell, ResponseRow.day)
            .where(ResponseRow.province_code == bindparam("province_code"), ResponseRow.id == bindparam("id"))
        )
        self._spend = self._sql(
            delete(SlipRow)
            .where(SlipRow.province_code == bindparam("province_code"), SlipRow.digest == bindparam("digest"))
        )
        self._comment = self._sql(insert(CommentRow).values(
            {name: bindparam(name) for name in ("province_code", "id", "wave_id", "unit_id", "variable", "text")}
        ))

    def _sql(self, statement: ClauseElement) -> str:
        return str(statement.compile(dialect=self._dialect))

    def judged(self, wave: Wave) -> dict[str, object]:
        """The wave as it was judged, as parameters of `add`."""
        values: dict[str, object] = {name: getattr(wave, name) for name in JUDGED} | {"state": wave.state.value}
        if self._dates_as_text:
            values = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
        return {f"judged_{name}": value for name, value in values.items()}

    def add(self, cursor: Cursor, row: Mapping[str, object], judged: Mapping[str, object]) -> bool:
        """Store the answer, unless its id is there already or its wave has moved; says whether it was stored."""
        cursor.execute(self._add, {**row, **judged})
        return cursor.rowcount == 1

    def add_many(self, cursor: Cursor, rows: Sequence[Mapping[str, object]]) -> set[bytes]:
        """As `add`, for many at once, in one statement (PostgreSQL); ids of those that were stored.

        rows: with `judged` in each, no id twice.
        """
        cursor.execute(self._add_many, {name: _array(row[name] for row in rows) for name in (*COLUMNS, *JUDGED_NAMES)})
        return {bytes(id) for (id,) in cursor.fetchall()}

    def known(self, cursor: Cursor, province_code: str, id: bytes) -> Known | None:
        cursor.execute(self._known, {"province_code": province_code, "id": id})
        row = cursor.fetchone()
        return None if row is None else Known(*row)

    def spend(self, cursor: Cursor, province_code: str, digest: bytes) -> bool:
        """Spend the slip; False when it was spent before. The row's own lock arbitrates between two spenders."""
        cursor.execute(self._spend, {"province_code": province_code, "digest": digest})
        return cursor.rowcount == 1

    def comment(self, cursor: Cursor, row: Mapping[str, object]) -> None:
        cursor.execute(self._comment, row)


def _addition(engine: str) -> ClauseElement:
    table = ResponseRow.__table__
    values: list[ColumnElement[Any]] = [bindparam(name, type_=table.c[name].type) for name in COLUMNS]
    if engine == "postgresql":  # a SELECT, unlike VALUES, does not learn from the table what a NULL or bytes are
        values = [cast(value, value.type) for value in values]
    unmoved = [
        column.is_not_distinct_from(bindparam(f"judged_{column.name}", type_=column.type))
        for column in (WaveRow.__table__.c[name] for name in JUDGED)
    ]
    source = select(*values).select_from(WaveRow).where(WaveRow.id == bindparam("wave_id"), *unmoved)
    kind = postgresql.insert if engine == "postgresql" else sqlite.insert
    return kind(ResponseRow).from_select(list(COLUMNS), source).on_conflict_do_nothing(
        index_elements=["province_code", "id"]
    )


def _additions() -> ClauseElement:
    """The same for arrays, one for each column."""
    types = {name: ResponseRow.__table__.c[name].type for name in COLUMNS}
    types |= {f"judged_{name}": WaveRow.__table__.c[name].type for name in JUDGED}
    sent = func.unnest(
        *(cast(bindparam(name), postgresql.ARRAY(type)) for name, type in types.items())
    ).table_valued(*(column(name, type) for name, type in types.items())).render_derived(name="sent")
    unmoved = [WaveRow.__table__.c[name].is_not_distinct_from(sent.c[f"judged_{name}"]) for name in JUDGED]
    source = (
        select(*(sent.c[name] for name in COLUMNS)).select_from(sent)
        .join(WaveRow, (WaveRow.id == sent.c.wave_id) & and_(*unmoved)).order_by(sent.c.id)
    )
    return postgresql.insert(ResponseRow).from_select(list(COLUMNS), source).on_conflict_do_nothing(
        index_elements=["province_code", "id"]
    ).returning(ResponseRow.id)


def _array(values: Iterable[object]) -> str:
    """PostgreSQL's own text of an array (its manual, "Array Input and Output Syntax").

    The driver's lists look every element's type up anew, which costs four times as much as all else that is sent.
    """
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    text = repr(value) if isinstance(value, float) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=4)
def statements(engine: str) -> Statements:
    """Of 'sqlite' or 'postgresql'. Named parameters for both: a row is a mapping, and no order has to be kept."""
    if engine == "sqlite":
        return Statements(sqlite.dialect(paramstyle="named"))
    return Statements(PGDialect_psycopg())  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there


def cursor_of(session: Session) -> Cursor:
    """A cursor of the session's own transaction."""
    cursor: Cursor = session.connection().connection.cursor()
    return cursor
