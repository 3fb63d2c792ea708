"""Sounds as rows."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.recordings import Recording
from surveys.store.tables import RecordingRow

_COLUMNS = (
    RecordingRow.digest, RecordingRow.media_type, func.length(RecordingRow.sound), RecordingRow.added,
)


def add(session: Session, recording: Recording, sound: bytes) -> Recording:
    """Keep it; what another transaction kept first stands."""
    try:
        with session.begin_nested():
            session.add(RecordingRow(
                digest=recording.digest, media_type=recording.media_type, sound=sound, added=recording.added,
            ))
    except IntegrityError:
        return by_digest(session, recording.digest) or recording
    return recording


def by_digest(session: Session, digest: str) -> Recording | None:
    """What is known of a sound, without the sound."""
    row = session.execute(select(*_COLUMNS).where(RecordingRow.digest == digest)).one_or_none()
    return None if row is None else Recording(*row)


def sound(session: Session, digest: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a sound, or None."""
    row = session.execute(
        select(RecordingRow.media_type, RecordingRow.sound).where(RecordingRow.digest == digest)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def known(session: Session, digests: Iterable[str]) -> frozenset[str]:
    """Those of the digests that are kept here."""
    asked = sorted(set(digests))
    found: set[str] = set()
    for start in range(0, len(asked), 500):  # SQLite binds no endless list
        part = asked[start:start + 500]
        found.update(session.scalars(select(RecordingRow.digest).where(RecordingRow.digest.in_(part))))
    return frozenset(found)


def all_of(session: Session) -> tuple[Recording, ...]:
    """Every sound, those added last first."""
    rows = session.execute(select(*_COLUMNS).order_by(RecordingRow.added.desc(), RecordingRow.digest))
    return tuple(Recording(*row) for row in rows)
