"""What lies in the database: its schema, soundness, trail, clock, scores, points, demonstration."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import keys, security, trail
from app.db import db, migrate, reading
from app.doctor import machine
from app.doctor.finding import Finding, Look, Severity
from surveys import audit
from surveys.audit import Verdict
from surveys.store import audit as audit_store
from surveys.store import examination

SHOWN = 10
"""codes that a finding names at most"""
SKEW, MOST_SKEW = 30, 300
"""seconds between the clocks of server and database"""


def findings(look: Look) -> list[Finding]:
    with db.engine.connect() as connection:
        found = [*_schema(connection)]
        current = not any(each.code in {"migrations_pending", "schema_newer"} for each in found)
        found += [*_soundness(connection, look), *_clock_of(connection)]
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
    if left := examination.remains(connection):
        yield Finding("migration_remains", Severity.FAULT, {"tables": ", ".join(left)})


def _soundness(connection: Connection, look: Look) -> Iterator[Finding]:
    if not examination.waits_for_disk(connection):
        yield Finding("sqlite_not_full", Severity.DANGER)
    if look.quick:
        return
    damage = examination.damage(connection)
    if damage.corrupt:
        yield Finding("database_corrupt", Severity.DANGER, {"reason": damage.corrupt})
    if damage.torn:
        yield Finding("references_torn", Severity.FAULT, {"table": damage.torn})
    if damage.invalid:
        yield Finding("index_invalid", Severity.FAULT, {"indexes": damage.invalid})


# ---------------------------------------------------------------- keys and the trail

def _keys(session: Session, look: Look) -> Iterator[Finding]:
    folder = look.settings.keys
    answers = examination.has_answers(session)
    factor = examination.a_second_factor(session)
    entries = examination.has_entries(session)
    for name, needed in (("acknowledgement.pem", answers), ("audit", entries), ("second-factor", factor is not None)):
        if needed and not (folder / name).exists():
            yield Finding("key_missing", Severity.FAULT, {"path": folder / name})
    secret = folder / "secret"
    if not look.settings.secret_key and secret.exists():
        handed_out = answers or examination.has_slips(session)
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
        if kept is None and verdict.checked:
            yield Finding("trail_unwitnessed", Severity.FAULT, {"path": look.settings.keys / "audit-mark"})
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

def _clock_of(connection: Connection) -> Iterator[Finding]:
    theirs = examination.clock(connection)
    if theirs is None:
        return
    apart = abs(theirs - time.time())
    if apart > SKEW:
        severity = Severity.FAULT if apart > MOST_SKEW else Severity.WARNING
        yield Finding("clocks_apart", severity, {"seconds": int(apart)})


def _clock(session: Session, look: Look) -> Iterator[Finding]:
    newest = examination.newest_answer(session)
    if newest is not None and newest > look.today:
        yield Finding("clock_behind", Severity.FAULT, {"day": newest, "today": look.today})
        return
    last = examination.newest_entry(session)
    if last is not None and last > look.now + MOST_SKEW:
        day = datetime.fromtimestamp(last, ZoneInfo(look.settings.timezone)).date()
        yield Finding("clock_behind", Severity.FAULT, {"day": day, "today": look.today})


# ---------------------------------------------------------------- what people see

def _scores(session: Session, look: Look) -> Iterator[Finding]:
    """A table of today or yesterday for every open wave that had answers before that."""
    for wave, made in examination.stale_scores(session, look.today - timedelta(days=1)):
        yield Finding("scores_stale", Severity.WARNING, {"wave": wave, "day": made or "–"})


def _points(session: Session) -> Iterator[Finding]:
    if lost := examination.points_without_cells(session):
        yield Finding("points_without_cells", Severity.FAULT, {
            "count": len(lost), "points": ", ".join(lost[:SHOWN]) + (" …" if len(lost) > SHOWN else ""),
        })


def _demonstration(session: Session, look: Look) -> Iterator[Finding]:
    simulated, real = examination.waves_by_origin(session)
    if look.settings.demonstration and real:
        yield Finding("demonstration_open", Severity.FAULT, {"waves": ", ".join(real[:SHOWN])})
    if simulated and real:
        yield Finding("simulated_beside_real", Severity.WARNING, {"waves": ", ".join(simulated[:SHOWN])})
