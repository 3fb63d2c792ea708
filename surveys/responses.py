"""From what a citizen sent to one stored row and its acknowledgement."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys.collection import Slip
from surveys.errors import SubmissionRefusal, WaveRefusal
from surveys.origin import Flag, Language, Mode
from surveys.questionnaires.model import Questionnaire
from surveys.questionnaires.validation import Encoded, encode, table_of
from surveys.store import collection as collection_store
from surveys.store import responses as store
from surveys.store import waves as wave_store
from surveys.store.tables import CellRow
from surveys.tokens import Acknowledgement, Signer, parse_id
from surveys.waves import Wave, require_open

DURATIONS = (60, 180, 600, 1800)
"""upper bounds in seconds of the duration buckets 1 to 4; 5 is longer, 0 unknown"""


@dataclass(frozen=True)
class Submission:
    """What one citizen sent. `id` was drawn by the device (without JavaScript by the page)."""

    id: bytes
    fields: Mapping[str, str]
    """question id -> what was chosen or written; nothing else"""
    version: int
    """questionnaire.id of the page it was written on"""
    mode: Mode
    language: Language
    seconds: int | None
    flags: Flag


@dataclass(frozen=True)
class Place:
    """Where the answer goes: a design cell, and the point or slip that leads there."""

    province_code: str
    cell: int
    point_id: int | None = None
    slip: Slip | None = None


def duration_bucket(seconds: int | None) -> int:
    """0 unknown, 1 under one minute … 5 half an hour and more: coarse, so that it identifies nobody."""
    if seconds is None or seconds < 0:
        return 0
    return 1 + sum(seconds >= bound for bound in DURATIONS)


def accept(
    session: Session, submission: Submission, place: Place, questionnaire: Questionnaire, today: date,
    signer: Signer,
) -> Acknowledgement:
    """Store the answer once and acknowledge it; runs in the caller's write transaction.

    The same id with the same answers is acknowledged again, alike to the byte; with other answers it is
    refused ("answer_conflict") and the first stands. A slip is spent in the same transaction.
    Raises SubmissionRefusal ("answers_faulty" with every fault, "answer_conflict", "slip_unusable") and
    WaveRefusal("wave_not_open").
    """
    cell = wave_store.cell(session, place.province_code, place.cell)
    encoded = encode(table_of(questionnaire), submission.fields)
    row = _row(submission, place, cell, encoded, today)

    known = store.response(session, place.province_code, submission.id)
    if known is None:
        # held until this commits: who closes or fixes the wave waits for answers on their way, and so counts them
        _require_open(wave_store.held_by_id(session, cell.wave_id), submission.mode, place, today)
        # the answer first, the slip second: 64 parallel sends of one answer then meet at the primary key
        if store.add_once(session, row):
            _spend(session, place)
            _keep_texts(session, cell, encoded)
            return signer.acknowledge(submission.id, today, repeated=False)
        # lost the race against the same id: the winner's row is committed by now
        known = store.response(session, place.province_code, submission.id)
    same = known is not None and all(
        getattr(known, name) == row[name] for name in ("answers", "version", "cell")
    )
    if known is None or not same:
        raise SubmissionRefusal("answer_conflict")
    return signer.acknowledge(submission.id, store.day_of(known.day), repeated=True)


def _require_open(wave: Wave, mode: Mode, place: Place, today: date) -> None:
    """After collection paper alone is taken, and no slip is spent any more."""
    if place.slip is not None and not wave.takes_answers(today):
        raise WaveRefusal("wave_not_open", wave=wave.code, state=wave.state.value)
    require_open(wave, today, mode)


def stored_place(session: Session, province_code: str, id_text: str) -> Place | None:
    """Where the answer of this id went, if it is stored: its slip is spent, and its second try needs no slip."""
    known = store.response(session, province_code, parse_id(id_text)) if id_text else None
    return None if known is None else Place(province_code, known.cell, known.point_id)


def _row(
    submission: Submission, place: Place, cell: CellRow, encoded: Encoded, today: date
) -> dict[str, object]:
    return {
        "province_code": place.province_code, "id": submission.id, "wave_id": cell.wave_id, "cell": cell.id,
        "point_id": place.point_id, "version": submission.version, "mode": int(submission.mode),
        "language": int(submission.language), "day": store.day_number(today),
        "duration": duration_bucket(submission.seconds), "flags": int(submission.flags), "weight": None,
        "answers": encoded.answers,
    }


def _spend(session: Session, place: Place) -> None:
    if place.slip and not collection_store.spend(session, place.slip.province_code, place.slip.digest):
        raise SubmissionRefusal("slip_unusable")  # rolls the answer back: one slip, one answer


def _keep_texts(session: Session, cell: CellRow, encoded: Encoded) -> None:
    """Free text, under an id of its own: nothing leads from it to the answer."""
    store.add_comments(session, [
        {
            "province_code": cell.province_code, "id": secrets.token_bytes(16), "wave_id": cell.wave_id,
            "unit_id": cell.received_at, "variable": variable, "text": text,
        }
        for variable, text in encoded.texts.items()
    ])
