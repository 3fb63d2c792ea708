"""Editions of a wave's figures as they were published, as rows: written once, read for ever."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.canonical import digest
from surveys.store.tables import PublicationRow
from surveys.waves import Wave

KEPT = 8
"""documents in memory per process, by their content"""


@dataclass(frozen=True)
class Edition:
    """What people were given, and by which decision."""

    number: int
    """1: published; 2 and more: corrections"""
    decision: str
    """'2160/QĐ-UBND'"""
    decision_day: date
    reason: str
    """why it was corrected; '' of the first"""
    published: date
    proposed_by: str
    approved_by: str
    content: str
    """sha-256 of the records, as they are stored"""


_COLUMNS = (
    PublicationRow.edition, PublicationRow.decision, PublicationRow.decision_day, PublicationRow.reason,
    PublicationRow.published, PublicationRow.proposed_by, PublicationRow.approved_by, PublicationRow.content,
)


def written(records: Sequence[dict[str, Any]]) -> str:
    """Records word for word as an edition keeps them. NaN is refused (ValueError)."""
    return json.dumps(records, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def editions(session: Session, wave: Wave) -> list[Edition]:
    """Every edition of the wave, the newest first."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(PublicationRow.province_code == wave.province_code, PublicationRow.wave_id == wave.id)
        .order_by(PublicationRow.edition.desc())
    )
    return [Edition(*row) for row in rows]


def latest(session: Session, wave: Wave) -> Edition | None:
    """The edition in force, or None before anything was published."""
    row = session.execute(
        select(*_COLUMNS)
        .where(PublicationRow.province_code == wave.province_code, PublicationRow.wave_id == wave.id)
        .order_by(PublicationRow.edition.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Edition(*row)


def records(session: Session, wave: Wave, edition: Edition) -> Sequence[dict[str, Any]]:
    """The edition's records; shared by all readers, so not to be changed."""
    known = _recent.get(edition.content)
    if known is None:
        known = json.loads(document(session, wave, edition.number))
        _recent.put(edition.content, known)
    return known


def document(session: Session, wave: Wave, number: int) -> str:
    return session.get_one(PublicationRow, (wave.province_code, wave.id, number)).document


def intact(session: Session, wave: Wave, edition: Edition) -> bool:
    """Whether the stored text is still the one that was published."""
    return digest(document(session, wave, edition.number)) == edition.content


def add(session: Session, wave: Wave, edition: Edition, text: str) -> None:
    session.add(PublicationRow(
        province_code=wave.province_code, wave_id=wave.id, edition=edition.number, decision=edition.decision,
        decision_day=edition.decision_day, reason=edition.reason, published=edition.published,
        proposed_by=edition.proposed_by, approved_by=edition.approved_by, content=edition.content, document=text,
    ))
    session.flush()


def last_number(session: Session, wave: Wave) -> int:
    return session.scalar(select(func.max(PublicationRow.edition)).where(
        PublicationRow.province_code == wave.province_code, PublicationRow.wave_id == wave.id
    )) or 0


class _Recent:
    """The documents read last. The key is the content's hash, so what it finds is right in every database."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Sequence[dict[str, Any]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Sequence[dict[str, Any]] | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: str, records: Sequence[dict[str, Any]]) -> None:
        with self._lock:
            self._held[key] = records
            while len(self._held) > KEPT:
                self._held.popitem(last=False)


_recent = _Recent()
