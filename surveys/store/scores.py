"""The score tables that people see, as rows: one per wave and day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.store.tables import ScoreTableRow
from surveys.waves import Wave


@dataclass(frozen=True)
class ScoreTable:
    day: date
    """as of the end of this day, or of the moment it was forced"""
    records: Sequence[dict[str, Any]]
    """as surveys.scores.records gives them"""


def save(session: Session, wave: Wave, day: date, records: Sequence[dict[str, Any]]) -> None:
    """Keep the table of this day; one saved earlier for the same day is replaced. NaN is refused (ValueError)."""
    document = json.dumps(records, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    session.merge(
        ScoreTableRow(province_code=wave.province_code, wave_id=wave.id, day=day, document=document)
    )
    session.flush()


def latest(session: Session, wave: Wave) -> ScoreTable | None:
    """The newest table, or None when none was ever computed."""
    row = session.execute(
        select(ScoreTableRow.day, ScoreTableRow.document)
        .where(ScoreTableRow.province_code == wave.province_code, ScoreTableRow.wave_id == wave.id)
        .order_by(ScoreTableRow.day.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else ScoreTable(row.day, json.loads(row.document))
