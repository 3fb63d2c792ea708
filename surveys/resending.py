"""Answers that come a second time, after a restore to a state that may not know them.

With its acknowledgement a device gets a note: the answer's id, the day, the epoch and the place it was stored at, the
slip that led there, under the server's key. The note says nothing of the answers. Device and server may meet again when
the slip is gone (given out after the backup), the token expired, the wave closed: the note still says where the answer
belongs, and the signed acknowledgement that it had been taken, on which day. Within its own epoch a note is worth
nothing: whatever is missing there was deleted on purpose.
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
from surveys.responses import Cell, Place, cell_of, stored_place
from surveys.store import collection as collection_store
from surveys.store import definitions
from surveys.tokens import slip_digest
from surveys.waves import State, Wave

_NOTE = re.compile(
    r"(?P<body>(?P<province>\w{1,32})\|(?P<cell>\d{1,9})\|(?P<point>\d{1,9})\|(?P<version>\d{1,9})"
    r"\|(?P<epoch>\d{1,9}(-[0-9a-f]{8})?))\|(?P<mac>[0-9a-f]{32})",
    re.ASCII,
)
LONGEST = 16 * 1024
"""characters of one field"""
POINT, SOME_SLIP = "", "slip"
"""what led to an answer: a point; a slip, nobody can say which. Else the slip's digest"""


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
         version: int, epoch: str, typed: str) -> str:
    """What a device shows with the answer, should it come again.

    typed: code of the slip that was spent with it just now; '' where none was, and for an answer that was known: its
    slip is gone by then, and whoever sends it again may name any. The note names the wave by its code, not only by a
    number: after a restore the numbers that were given out since the backup are given out anew.
    """
    body = f"{place.province_code}|{cell.id}|{place.point_id or 0}|{version}|{epoch}"
    by = POINT if place.point_id else _named(secret, typed) or SOME_SLIP
    return f"{body}|{_mac(secret, id, day, body, cell, questionnaire, by)}"


def origin(session: Session, copy: Copy, secrets: Sequence[bytes], epoch: str) -> Origin:
    """Where the copy belongs, by a note under any of the keys; its slip is spent with it, if it can be (again).

    epoch: the present one. Only the very slip that is known to have led to the answer may be gone; where it is not
    known which did, one has to be spent, unless the answer is stored already.
    Raises SubmissionRefusal("again_unproven") for a note that is not ours, or of this epoch, or of a place that is not
    (yet) here again.
    """
    shape = _NOTE.fullmatch(copy.note)
    if shape is None or shape["epoch"] == epoch:
        raise SubmissionRefusal("again_unproven")
    body, province, mac = shape["body"], shape["province"], shape["mac"]
    cell_id, point_id, version = (int(shape[name]) for name in ("cell", "point", "version"))
    place = Place(province, cell_id)
    try:
        cell = cell_of(session, place)
        questionnaire = definitions.questionnaire(session, version)
    except (NoResultFound, NotFound):
        raise SubmissionRefusal("again_unproven") from None
    code = copy.fields.get("slip", "")
    proven = any(_is_made(mac, key, copy, body, cell, questionnaire, _named(key, code)) for key in secrets)
    if not proven and not any(_is_made(mac, key, copy, body, cell, questionnaire, SOME_SLIP) for key in secrets):
        raise SubmissionRefusal("again_unproven")
    typed = codes.normal(copy.point)
    point = collection_store.point(session, typed) if codes.is_code(typed, codes.POINT_LENGTH) else None
    if point is not None and (point.id, point.cell) == (point_id, cell.id):
        place = Place(province, cell.id, point_id=point.id)
    code = codes.normal(code)
    if codes.is_code(code, codes.SLIP_LENGTH):
        slip = collection_store.slip(session, [slip_digest(key, code) for key in secrets])
        if slip is not None and (slip.province_code, slip.cell) == (province, cell.id):
            place = Place(province, cell.id, slip=Slip(slip.province_code, slip.digest, slip.wave_id, slip.cell))
    if not proven and place.slip is None and stored_place(session, province, copy.id.hex()) is None:
        raise SubmissionRefusal("again_unproven")
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


def _named(secret: bytes, typed: str) -> str:
    """What a note says of a slip: of its code, by the note's own key, whichever key the slip was given out under."""
    code = codes.normal(typed)
    return slip_digest(secret, code).hex() if codes.is_code(code, codes.SLIP_LENGTH) else POINT


def _is_made(mac: str, secret: bytes, copy: Copy, body: str, cell: Cell, questionnaire: Questionnaire, by: str) -> bool:
    made = _mac(secret, copy.id, copy.day, body, cell, questionnaire, by)
    return hmac.compare_digest(mac.encode(), made.encode())


def _mac(secret: bytes, id: bytes, day: date, body: str, cell: Cell, questionnaire: Questionnaire, by: str) -> str:
    wave = cell.wave  # its mark, too: what was practice may be wiped, and its wave be made a real one
    told = f"{id.hex()}|{day}|{body}|{wave.code}|{wave.mark}|{cell.received_at}|{questionnaire.instrument}|{by}"
    return hmac.new(secret, b"hailong again 2|" + told.encode(), hashlib.sha256).hexdigest()[:32]
