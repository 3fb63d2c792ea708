"""What lies in the database: its schema, soundness, trail, clock, scores, points, demonstration."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, and_, func, inspect, select, text
from sqlalchemy.orm import Session

from app import keys, security, trail
from app.db import db, migrate, reading
from app.doctor import machine
from app.doctor.finding import Finding, Look, Severity
from surveys import audit
from surveys.audit import Verdict
from surveys.store import audit as audit_store
from surveys.store.responses import day_of
from surveys.store.tables import (
    AccountRow,
    AuditRow,
    CellRow,
    PointRow,
    ResponseRow,
    ScoreTableRow,
    SlipRow,
    WaveRow,
)

SHOWN = 10
"""codes that a finding names at most"""
SKEW, MOST_SKEW = 30, 300
"""seconds between the clocks of server and database"""


def findings(look: Look) -> list[Finding]:
    with db.engine.connect() as connection:
        found = [*_schema(connection)]
        current = not any(each.code in {"migrations_pending", "schema_newer"} for each in found)
        found += [*_soundness(connection, look), *_clock_of(connection, look)]
    if current:  # the rows are what the program takes them for
        with reading() as session:
            found += [
                *_keys(session, look), *_trail(session, look), *_clock(session, look), *_scores(session, look),
                *_points(session), *_demonstration(session, look),
            ]
    return found


# ---------------------------------------------------------------- the schema

def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(migrate.directory))
    return ScriptDirectory.from_config(config)


def revisions(connection: Connection) -> tuple[str, str]:
    """(of the database, '' for none; of the program)."""
    return MigrationContext.configure(connection).get_current_revision() or "", scripts().get_current_head() or ""


def _schema(connection: Connection) -> Iterator[Finding]:
    current, head = revisions(connection)
    details: dict[str, object] = {"current": current or "–", "head": head}
    if current and current not in {script.revision for script in scripts().walk_revisions()}:
        yield Finding("schema_newer", Severity.FAULT, details)
    elif current != head:
        yield Finding("migrations_pending", Severity.FAULT, details)
    if left := [name for name in inspect(connection).get_table_names() if name.startswith("_alembic_tmp_")]:
        yield Finding("migration_remains", Severity.FAULT, {"tables": ", ".join(left)})


def _soundness(connection: Connection, look: Look) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        if connection.exec_driver_sql("PRAGMA synchronous").scalar() not in {2, 3}:
            yield Finding("sqlite_not_full", Severity.DANGER)
        if look.quick:
            return
        said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)")]
        if said != ["ok"]:
            yield Finding("database_corrupt", Severity.DANGER, {"reason": said[0].splitlines()[-1]})
        elif torn := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(1):
            yield Finding("references_torn", Severity.FAULT, {"table": torn[0][0]})
        return
    broken = connection.execute(text(
        "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()"
    )).scalar()
    if broken:
        yield Finding("database_corrupt", Severity.DANGER, {"reason": f"checksum_failures = {broken}"})
    invalid = connection.execute(text(
        "SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index WHERE NOT indisvalid"
    )).scalar()
    if invalid:
        yield Finding("index_invalid", Severity.FAULT, {"indexes": invalid})


# ---------------------------------------------------------------- keys and the trail

def _keys(session: Session, look: Look) -> Iterator[Finding]:
    folder = look.settings.keys
    answers = session.scalar(select(ResponseRow.id).limit(1)) is not None
    factor = session.scalar(select(AccountRow.second_factor).where(AccountRow.second_factor.is_not(None)).limit(1))
    entries = session.scalar(select(AuditRow.seq).limit(1)) is not None
    for name, needed in (("acknowledgement.pem", answers), ("audit", entries), ("second-factor", factor is not None)):
        if needed and not (folder / name).exists():
            yield Finding("key_missing", Severity.FAULT, {"path": folder / name})
    secret = folder / "secret"
    if not look.settings.secret_key and secret.exists():
        handed_out = answers or session.scalar(select(SlipRow.digest).limit(1)) is not None
        if handed_out and secret.stat().st_mtime >= machine.started() > 0:  # made for want of the right one
            yield Finding("key_missing", Severity.FAULT, {"path": secret})
    if factor is not None and (folder / "second-factor").exists():
        try:
            security.typed_key(look.settings, factor)
        except Exception:  # whatever the library makes of a foreign key
            yield Finding("key_foreign", Severity.FAULT, {"path": folder / "second-factor"})


def _trail(session: Session, look: Look) -> Iterator[Finding]:
    if look.quick or not (look.settings.keys / "audit").exists():
        return
    kept = trail.remembered(look.settings)
    verdict = audit.verified(keys.audit(), audit_store.entries(session), audit_store.head(session), kept=kept)
    if verdict.broken is None:
        return
    if _is_foreign(session, verdict):
        yield Finding("key_foreign", Severity.FAULT, {"path": look.settings.keys / "audit"})
        return
    yield Finding("trail_broken", Severity.FAULT, {"seq": verdict.broken.seq})


def _is_foreign(session: Session, verdict: Verdict) -> bool:
    """Neither the first entry nor the head carries this key's seal: it is another installation's key."""
    head = audit_store.head(session)
    first = verdict.broken is not None and (verdict.broken.code, verdict.broken.seq) == ("audit_altered", 1)
    return first and head is not None and audit.head_seal(keys.audit(), head[0], head[1]) != head[2]


# ---------------------------------------------------------------- clocks

def _clock_of(connection: Connection, look: Look) -> Iterator[Finding]:
    if connection.dialect.name != "postgresql":
        return
    theirs = float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    apart = abs(theirs - time.time())
    if apart > SKEW:
        severity = Severity.FAULT if apart > MOST_SKEW else Severity.WARNING
        yield Finding("clocks_apart", severity, {"seconds": int(apart)})


def _clock(session: Session, look: Look) -> Iterator[Finding]:
    newest = session.scalar(select(func.max(ResponseRow.day)))
    if newest is not None and day_of(newest) > look.today:
        yield Finding("clock_behind", Severity.FAULT, {"day": day_of(newest), "today": look.today})
        return
    last = session.scalar(select(func.max(AuditRow.at)))
    if last is not None and last > look.now + MOST_SKEW:
        yield Finding("clock_behind", Severity.FAULT, {
            "day": datetime.fromtimestamp(last).astimezone().date(), "today": look.today,
        })


# ---------------------------------------------------------------- what people see

def _scores(session: Session, look: Look) -> Iterator[Finding]:
    """A table of today or yesterday for every open wave that had answers before that."""
    yesterday = look.today - timedelta(days=1)
    oldest = (yesterday - day_of(0)).days
    for wave in session.scalars(select(WaveRow).where(WaveRow.state == "open")):
        of_wave = and_(ResponseRow.province_code == wave.province_code, ResponseRow.wave_id == wave.id)
        answered = session.scalar(select(ResponseRow.id).where(of_wave, ResponseRow.day < oldest).limit(1))
        made = session.scalar(select(func.max(ScoreTableRow.day)).where(
            ScoreTableRow.province_code == wave.province_code, ScoreTableRow.wave_id == wave.id
        ))
        if answered is not None and (made is None or made < yesterday):
            yield Finding("scores_stale", Severity.WARNING, {"wave": wave.code, "day": made or "–"})


def _points(session: Session) -> Iterator[Finding]:
    joined = and_(CellRow.province_code == PointRow.province_code, CellRow.id == PointRow.cell,
                  CellRow.wave_id == PointRow.wave_id)
    lost = list(session.scalars(
        select(PointRow.code).outerjoin(CellRow, joined).where(CellRow.id.is_(None)).order_by(PointRow.code)
    ))
    if lost:
        yield Finding("points_without_cells", Severity.FAULT, {
            "count": len(lost), "points": ", ".join(lost[:SHOWN]) + (" …" if len(lost) > SHOWN else ""),
        })


def _demonstration(session: Session, look: Look) -> Iterator[Finding]:
    waves = session.execute(select(WaveRow.code, WaveRow.simulated)).all()
    simulated = [code for code, made_up in waves if made_up]
    real = [code for code, made_up in waves if not made_up]
    if look.settings.demonstration and real:
        yield Finding("demonstration_open", Severity.FAULT, {"waves": ", ".join(real[:SHOWN])})
    if simulated and real:
        yield Finding("simulated_beside_real", Severity.WARNING, {"waves": ", ".join(simulated[:SHOWN])})


