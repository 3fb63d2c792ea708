"""What the doctor asks of the database: its schema, its soundness, and what cannot be right in its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, inspect, select, text
from sqlalchemy.orm import Session

from surveys.store.responses import day_of
from surveys.store.tables import (
    AccountRow,
    AuditRow,
    Base,
    CellRow,
    PointRow,
    ResponseRow,
    ScoreTableRow,
    SlipRow,
    WaveRow,
)

_REMAINS = "_alembic_tmp_"
"""how the names of tables begin that a rebuild on SQLite makes and renames at its end"""


@dataclass(frozen=True)
class Damage:
    """What the engine says of itself."""

    corrupt: str = ""
    torn: str = ""
    """a table with rows that refer to nothing"""
    invalid: str = ""
    """indexes, with commas"""


def remains(connection: Connection) -> list[str]:
    """Tables that a rebuild left behind."""
    return [name for name in inspect(connection).get_table_names() if name.startswith(_REMAINS)]


def waits_for_disk(connection: Connection) -> bool:
    """SQLite: whether a commit waits until it is on the disk."""
    return connection.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA synchronous").scalar() in {2, 3}


def damage(connection: Connection) -> Damage:
    """Reads the whole database on SQLite."""
    if connection.dialect.name == "sqlite":
        said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)")]
        if said != ["ok"]:
            return Damage(corrupt=said[0].splitlines()[-1])
        torn = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(1)
        return Damage(torn=torn[0][0] if torn else "")
    broken = connection.execute(text(
        "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()"
    )).scalar()
    invalid = connection.execute(text(
        "SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index WHERE NOT indisvalid"
    )).scalar()
    return Damage(corrupt=f"checksum_failures = {broken}" if broken else "", invalid=invalid or "")


def clock(connection: Connection) -> float | None:
    """The database's own time in seconds since 1970; None: it has none."""
    if connection.dialect.name != "postgresql":
        return None
    return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def readable(session: Session) -> None:
    """Read a row of every table, as the program takes it to be; raises what SQLAlchemy raises."""
    for table in Base.metadata.sorted_tables:
        session.execute(select(table).limit(1)).all()


def open_point(session: Session) -> str | None:
    """Code of a point that takes answers."""
    return session.scalar(
        select(PointRow.code).join(WaveRow, WaveRow.id == PointRow.wave_id).where(WaveRow.state == "open").limit(1)
    )


def has_answers(session: Session) -> bool:
    return session.scalar(select(ResponseRow.id).limit(1)) is not None


def has_slips(session: Session) -> bool:
    return session.scalar(select(SlipRow.digest).limit(1)) is not None


def has_entries(session: Session) -> bool:
    return session.scalar(select(AuditRow.seq).limit(1)) is not None


def a_second_factor(session: Session) -> str | None:
    """Somebody's, encrypted."""
    return session.scalar(select(AccountRow.second_factor).where(AccountRow.second_factor.is_not(None)).limit(1))


def newest_answer(session: Session) -> date | None:
    newest = session.scalar(select(func.max(ResponseRow.day)))
    return None if newest is None else day_of(newest)


def newest_entry(session: Session) -> int | None:
    """Seconds since 1970."""
    return session.scalar(select(func.max(AuditRow.at)))


def stale_scores(session: Session, day: date) -> list[tuple[str, date | None]]:
    """(wave, day of its newest table) of the open waves that had answers before `day` and have no table since."""
    number = (day - day_of(0)).days
    found: list[tuple[str, date | None]] = []
    for wave in session.scalars(select(WaveRow).where(WaveRow.state == "open")):
        of_wave = and_(ResponseRow.province_code == wave.province_code, ResponseRow.wave_id == wave.id)
        answered = session.scalar(select(ResponseRow.id).where(of_wave, ResponseRow.day < number).limit(1))
        made = session.scalar(select(func.max(ScoreTableRow.day)).where(
            ScoreTableRow.province_code == wave.province_code, ScoreTableRow.wave_id == wave.id
        ))
        if answered is not None and (made is None or made < day):
            found.append((wave.code, made))
    return found


def points_without_cells(session: Session) -> Sequence[str]:
    """Codes of points whose cell is gone or belongs to another wave."""
    joined = and_(CellRow.province_code == PointRow.province_code, CellRow.id == PointRow.cell,
                  CellRow.wave_id == PointRow.wave_id)
    return session.scalars(
        select(PointRow.code).outerjoin(CellRow, joined).where(CellRow.id.is_(None)).order_by(PointRow.code)
    ).all()


def waves_by_origin(session: Session) -> tuple[list[str], list[str]]:
    """(codes of the simulated waves, of the real ones)."""
    waves = session.execute(select(WaveRow.code, WaveRow.simulated)).all()
    return [code for code, made_up in waves if made_up], [code for code, made_up in waves if not made_up]
