"""From what a citizen sent to one stored row and its acknowledgement."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from surveys.collection import Slip
from surveys.errors import SubmissionRefusal, WaveRefusal
from surveys.origin import Flag, Language, Mode
from surveys.questionnaires.model import Questionnaire
from surveys.questionnaires.validation import encode, table_of
from surveys.store import intake
from surveys.store import responses as store
from surveys.store import waves as wave_store
from surveys.tokens import Acknowledgement, Signer, parse_id
from surveys.waves import Wave

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


@dataclass(frozen=True)
class Cell:
    """What an answer takes over from its design cell."""

    id: int
    wave: Wave
    received_at: int


@dataclass(frozen=True)
class Prepared:
    """An answer that was checked and waits to be written: rows, and what they depend on."""

    row: Mapping[str, Any]
    """of the table `response`"""
    comments: tuple[Mapping[str, Any], ...]
    slip: bytes | None
    """digest of the slip that is spent with it"""
    cell: Cell

    @property
    def alone(self) -> bool:
        """One row of one table, so that one statement stores all of it."""
        return not self.comments and self.slip is None


class WaveMoved(Exception):
    """The wave is not as it was when the answer was judged: judge again."""


def duration_bucket(seconds: int | None) -> int:
    """0 unknown, 1 under one minute … 5 half an hour and more: coarse, so that it identifies nobody."""
    if seconds is None or seconds < 0:
        return 0
    return 1 + sum(seconds >= bound for bound in DURATIONS)


def prepare(
    submission: Submission, place: Place, cell: Cell, questionnaire: Questionnaire, today: date
) -> Prepared:
    """The rows of an answer; touches no database.

    Raises SubmissionRefusal("answers_faulty") with every fault. Whether the wave takes it is asked by
    `require_taken`, whether it is the first of its id by `keep`.
    """
    encoded = encode(table_of(questionnaire), submission.fields)
    row = {
        "province_code": place.province_code, "id": submission.id, "wave_id": cell.wave.id, "cell": cell.id,
        "point_id": place.point_id, "version": submission.version, "mode": int(submission.mode),
        "language": int(submission.language), "day": store.day_number(today),
        "duration": duration_bucket(submission.seconds), "flags": int(submission.flags), "weight": None,
        "answers": encoded.answers,
    }
    comments = tuple(
        {
            # an id of its own: nothing leads from the text to the answer
            "province_code": place.province_code, "id": secrets.token_bytes(16), "wave_id": cell.wave.id,
            "unit_id": cell.received_at, "variable": variable, "text": text,
        }
        for variable, text in encoded.texts.items()
    )
    return Prepared(row, comments, place.slip.digest if place.slip else None, cell)


def taken(prepared: Prepared, today: date) -> bool:
    """Whether the wave, as it was read, takes this answer. After collection paper alone, and no slip is spent."""
    wave, mode = prepared.cell.wave, Mode(prepared.row["mode"])
    return wave.takes_answers(today) or (prepared.slip is None and wave.takes_answers(today, mode))


def keep(statements: intake.Statements, cursor: intake.Cursor, prepared: Prepared, *, taken: bool) -> tuple[date, bool]:
    """Write the answer once; (the day it was stored on, whether that was before), to be committed by the caller.

    The same id with the same answers is the same answer. taken: whether its wave takes it; one that is stored
    already is known again whatever became of its wave. Raises SubmissionRefusal ("answer_conflict": other answers
    under the id; "slip_unusable"), WaveRefusal("wave_not_open") and WaveMoved: then nothing may be committed.
    """
    row = prepared.row
    province_code: str = row["province_code"]
    # the answer first, the slip second: 64 parallel sends of one answer then meet at the primary key
    if taken and statements.add(cursor, row, statements.judged(prepared.cell.wave)):
        if prepared.slip is not None and not statements.spend(cursor, province_code, prepared.slip):
            raise SubmissionRefusal("slip_unusable")  # rolls the answer back: one slip, one answer
        for comment in prepared.comments:
            statements.comment(cursor, comment)
        return store.day_of(row["day"]), False
    known = statements.known(cursor, province_code, row["id"])
    if known is None:
        if taken:
            raise WaveMoved
        wave = prepared.cell.wave
        raise WaveRefusal("wave_not_open", wave=wave.code, state=wave.state.value)
    if (known.answers, known.version, known.cell) != (row["answers"], row["version"], row["cell"]):
        raise SubmissionRefusal("answer_conflict")
    return store.day_of(known.day), True


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
    cell = cell_of(session, place)
    # held until this commits: who closes or fixes the wave waits for answers on their way, and so counts them
    cell = replace(cell, wave=wave_store.held(session, cell.wave))
    prepared = prepare(submission, place, cell, questionnaire, today)
    statements = intake.statements(session.get_bind().dialect.name)
    day, repeated = keep(statements, intake.cursor_of(session), prepared, taken=taken(prepared, today))
    return signer.acknowledge(submission.id, day, repeated=repeated)


def cell_of(session: Session, place: Place) -> Cell:
    row = wave_store.cell(session, place.province_code, place.cell)
    return Cell(row.id, wave_store.wave_by_id(session, row.wave_id), row.received_at)


def stored_place(session: Session, province_code: str, id_text: str) -> Place | None:
    """Where the answer of this id went, if it is stored: its slip is spent, and its second try needs no slip."""
    known = store.response(session, province_code, parse_id(id_text)) if id_text else None
    return None if known is None else Place(province_code, known.cell, known.point_id)
