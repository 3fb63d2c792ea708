"""Answers that come a second time, after a restore to a state that may not know them.

With its acknowledgement a device gets a note: the answer's id, the day and the place it was stored at, under the
server's key. The note says nothing of the answers. Device and server may meet again when the slip that led there is
gone (given out after the backup), the token expired, the wave closed: the note still says where the answer belongs, and
the signed acknowledgement that it had been taken, on which day.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from surveys import codes
from surveys.collection import Slip
from surveys.errors import NotFound, SubmissionRefusal, WaveRefusal
from surveys.questionnaires.model import Questionnaire
from surveys.responses import Cell, Place, cell_of
from surveys.store import collection as collection_store
from surveys.store import definitions
from surveys.tokens import slip_digest
from surveys.waves import State, Wave

_NOTE = re.compile(
    r"(?P<body>(?P<province>\w{1,32})\|(?P<cell>\d{1,9})\|(?P<point>\d{1,9})\|(?P<version>\d{1,9}))"
    r"\|(?P<mac>[0-9a-f]{32})",
    re.ASCII,
)
LONGEST = 16 * 1024
"""characters of one field"""


@dataclass(frozen=True)
class Copy:
    """What a device kept of an answer that was acknowledged."""

    id: bytes
    day: date
    """on which it was first acknowledged"""
    signature: str
    note: str
    point: str
    """code of the point it was given at; '' for a slip"""
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Origin:
    """Where a copy belongs, as far as the restored server still knows it."""

    place: Place
    cell: Cell
    questionnaire: Questionnaire
    version: int


def read(plain: bytes) -> Copy:
    """The copy that was sealed; raises SubmissionRefusal("seal_broken")."""
    try:
        told = json.loads(plain)
        fields = {name: _text(value) for name, value in told["answers"].items()}
        id = bytes.fromhex(fields["id"])
        if len(id) != 16:
            raise ValueError("id")
        return Copy(
            id, date.fromisoformat(told["day"]), _text(told["signature"]), _text(told["note"]),
            _text(told["action"]).removeprefix("/p/") if told["action"].startswith("/p/") else "", fields,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SubmissionRefusal("seal_broken") from None


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError("text")
    return value


def note(secret: bytes, id: bytes, day: date, place: Place, cell: Cell, questionnaire: Questionnaire,
         version: int) -> str:
    """What a device shows with the answer, should it come again.

    It names the wave by its code, not only by a number: after a restore the numbers that were given out since the
    backup are given out anew.
    """
    body = f"{place.province_code}|{cell.id}|{place.point_id or 0}|{version}"
    return f"{body}|{_mac(secret, id, day, body, cell, questionnaire)}"


def origin(session: Session, copy: Copy, secrets: Sequence[bytes]) -> Origin:
    """Where the copy belongs, by a note under any of the keys; a slip that can be spent (again) is spent with it, one
    that is gone is no obstacle.

    Raises SubmissionRefusal("again_unproven") for a note that is not ours, or of a place that is not (yet) here again.
    """
    shape = _NOTE.fullmatch(copy.note)
    if shape is None:
        raise SubmissionRefusal("again_unproven")
    body, province, mac = shape["body"], shape["province"], shape["mac"]
    cell_id, point_id, version = (int(shape[name]) for name in ("cell", "point", "version"))
    place = Place(province, cell_id)
    try:
        cell = cell_of(session, place)
        questionnaire = definitions.questionnaire(session, version)
    except (NoResultFound, NotFound):
        raise SubmissionRefusal("again_unproven") from None
    made = [_mac(secret, copy.id, copy.day, body, cell, questionnaire) for secret in secrets]
    if not any(hmac.compare_digest(mac.encode(), one.encode()) for one in made):
        raise SubmissionRefusal("again_unproven")
    typed = codes.normal(copy.point)
    point = collection_store.point(session, typed) if codes.is_code(typed, codes.POINT_LENGTH) else None
    if point is not None and (point.id, point.cell) == (point_id, cell.id):
        place = Place(province, cell.id, point_id=point.id)
    code = codes.normal(copy.fields.get("slip", ""))
    if codes.is_code(code, codes.SLIP_LENGTH):
        slip = collection_store.slip(session, [slip_digest(secret, code) for secret in secrets])
        if slip is not None and (slip.province_code, slip.cell) == (province, cell.id):
            place = Place(province, cell.id, slip=Slip(slip.province_code, slip.digest, slip.wave_id, slip.cell))
    return Origin(place, cell, questionnaire, version)


def require_taken(wave: Wave, day: date) -> None:
    """An answer that was first acknowledged within its wave's days is taken until the figures are fixed.

    Raises WaveRefusal "again_late" (fixed, or outside the wave's days) and "wave_not_open" (not open yet, though it was
    when the answer came: opened after the backup, it will be opened again).
    """
    if wave.state is State.PLANNED:
        raise WaveRefusal("wave_not_open", wave=wave.code, state=wave.state.value)
    early = wave.opens is not None and day < wave.opens
    late = wave.closes is not None and day > wave.closes
    if wave.settled or early or late:
        raise WaveRefusal("again_late", wave=wave.code)


def receipt(seal: str, epoch: str, outcome: str) -> bytes:
    """The bytes that the server signs about a copy it was sent: which one, by its SHA-256, and what became of it."""
    return f"hailong-again-1|{seal}|{epoch}|{outcome}".encode()


def _mac(secret: bytes, id: bytes, day: date, body: str, cell: Cell, questionnaire: Questionnaire) -> str:
    told = f"{id.hex()}|{day}|{body}|{cell.wave.code}|{cell.received_at}|{questionnaire.instrument}"
    return hmac.new(secret, b"hailong again 1|" + told.encode(), hashlib.sha256).hexdigest()[:32]
