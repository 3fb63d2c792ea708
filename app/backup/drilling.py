"""A restore for practice: into a scratch place, looked at, and thrown away."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app import db, keys, server_day, trail
from app.backup import records
from app.backup.alone import alone
from app.backup.loading import loaded
from app.backup.manifest import Manifest
from app.settings import Settings
from surveys import audit, scores
from surveys.errors import Refusal
from surveys.store import audit as audit_store
from surveys.store import responses, waves


@dataclass(frozen=True)
class Drill:
    manifest: Manifest
    seconds: float
    """from opening the file to the last check"""
    entries: int
    """of the audit trail, all of which hold"""
    wave: str
    """whose score table was computed from the restored answers; '' where no wave has any"""
    records: int
    """of that table"""


def drill(settings: Settings, path: Path, passphrase: str) -> Drill:
    """Restore into a scratch place and check it as an installation; recorded and audited, whether it holds or not.

    Checked: every byte, what SQLite finds wrong, the rows of each table, today's schema, the audit trail under the
    restored key, and that a score table comes out of the restored answers. Raises Refusal: see `loading.loaded`, and
    "drill_trail".
    """
    began = time.monotonic()
    try:
        with alone(settings), loaded(settings, path, passphrase) as new:
            with new.app.app_context():
                entries = _trail(new.settings)
                wave, count = _scores(new.app)
            done = Drill(new.manifest, round(time.monotonic() - began, 1), entries, wave, count)
    except Refusal as refusal:
        _record(settings, path, None, time.monotonic() - began, refusal.code)
        raise
    _record(settings, path, done, done.seconds, "")
    return done


def _trail(own: Settings) -> int:
    with db.reading() as session:
        verdict = audit.verified(
            keys.audit(), audit_store.entries(session), audit_store.head(session), kept=trail.remembered(own)
        )
    if verdict.broken is not None:
        raise Refusal("drill_trail", seq=verdict.broken.seq)
    return verdict.checked


def _scores(app: Flask) -> tuple[str, int]:
    """Of the newest wave that has answers."""
    with db.reading() as session:
        for wave in sorted(waves.waves(session), key=lambda wave: wave.id, reverse=True):
            if responses.any_of(session, wave.id):
                return wave.code, len(scores.records(session, wave))
    return "", 0


def _record(settings: Settings, path: Path, done: Drill | None, seconds: float, said: str) -> None:
    records.remember(
        settings, drill=server_day(), drill_of=done.manifest.day if done else None, drill_held=done is not None,
        drill_seconds=round(seconds, 1), drill_said=said,
    )
    with db.transaction() as session:
        audit.note(session, "backup.drilled", f"backup:{path.name}", None, {
            "held": done is not None, "said": said, "rows": done.manifest.rows if done else None,
        })
