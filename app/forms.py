"""Citizens' forms: which document belongs to a place, and what a posted form says.

Documents are rendered once and kept; a request only joins their pieces (see `app.rendering`).
"""

from __future__ import annotations

import json as jsons
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from urllib.parse import unquote_plus

from flask import Request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from app import epochs, keys, rendering
from app.form_view import Problem
from app.keyring import Generation
from app.uploads import FIELDS
from surveys import conduct, resending
from surveys.errors import SubmissionRefusal
from surveys.origin import Flag, Language, Mode
from surveys.questionnaires.model import FORM_FIELDS, Questionnaire
from surveys.responses import Cell, Place, Submission, cell_of
from surveys.store import definitions
from surveys.tokens import Acknowledgement, PageToken, check_token, issue_token, parse_id, place_of
from surveys.units import name_within
from surveys.waves import Wave

LONGEST_VALUE = 16 * 1024
"""characters of one field; longer ones are refused before anything looks at them"""
URLENCODED = "application/x-www-form-urlencoded"
SLIPS = "s:"
"""tokens of slips name their province: the slip itself says where the answer goes, and is gone once spent"""


@dataclass(frozen=True)
class Page:
    """A form at a place: all that rendering needs, and where its answers go."""

    place: Place
    cell: Cell
    questionnaire: Questionnaire
    version: int
    shown: rendering.Place
    asker: str
    token_place: str

    documents: dict[tuple[str, date], rendering.Document] = field(default_factory=dict, compare=False)
    """(language, day) -> the page as it is first opened, with the day's token"""

    @property
    def wave(self) -> Wave:
        return self.cell.wave

    def document(self, language: str, today: date) -> rendering.Document:
        found = self.documents.get((language, today))
        if found is None:
            own = keys.current()  # of one generation: the token tells which key the page verifies with
            key = jsons.dumps([own.signer.public_jwk, {"epoch": epochs.current(), "key": own.opener.public}])
            made = _document(self.questionnaire, self.shown, language, self.asker, key, self.wave.mark)
            found = self.documents[language, today] = made.of_token(self._token(own, today))
        return found

    def _token(self, own: Generation, today: date) -> str:
        cell = 0 if self.shown.slip else self.cell.id
        return issue_token(own.secret, self.token_place, cell, self.version, today)


def page_of(
    session: Session, place: Place, version: int | None, action: str, label: str, token_place: str
) -> Page:
    """The form of a design cell's wave, in the version asked for (default: the one handed out now)."""
    cell = cell_of(session, place)
    wave = cell.wave
    tree = conduct.tree_of(session, wave)
    questionnaire = definitions.questionnaire(session, version or wave.questionnaire_id)
    if version and questionnaire.instrument != definitions.questionnaire(session, wave.questionnaire_id).instrument:
        raise SubmissionRefusal("token_forged")  # a form of another wave's questionnaire
    shown = rendering.Place(
        action, tree.full_name(tree.by_id(cell.received_at).code), label, slip=token_place.startswith(SLIPS)
    )
    name = name_within(tree.unit(wave.province_code).name)
    return Page(
        place, cell, questionnaire, version or wave.questionnaire_id, shown, f"Sở Nội vụ {name}", token_place
    )


@lru_cache(maxsize=512)
def _document(
    questionnaire: Questionnaire, shown: rendering.Place, language: str, asker: str, public: str, simulated: str
) -> rendering.Document:
    ack_key, sealing = jsons.loads(public)
    return rendering.form_document(
        questionnaire, shown, language, asker=asker, ack_key=ack_key, simulated=simulated, sealing=sealing
    )


def again(
    page: Page, fields: Mapping[str, str], problems: Iterable[Problem], sentence: str
) -> bytes:
    """The page with everything answered so far and every problem; keeps the token and the id it came with."""
    return rendering.form_again(
        page.questionnaire, page.shown, language_of(fields), fields=fields, problems=list(problems),
        token=fields["token"], id=fields["id"], asker=page.asker,
        ack_key=keys.of_token(fields["token"]).signer.public_jwk,
        simulated=page.wave.mark, slip=fields.get("slip", ""), sentence=sentence,
    )


def is_foreign(origin: str | None, fetched_from: str | None, host: str) -> bool:
    """Whether a page elsewhere sent it: by the headers Origin and Sec-Fetch-Site, where a browser has them."""
    elsewhere = origin not in {None, "null"} and str(origin).partition("://")[2] != host
    return elsewhere or fetched_from == "cross-site"


def require_own_page(request: Request) -> None:
    """Raises SubmissionRefusal("form_foreign") for what another site's page sends."""
    if is_foreign(request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site"), request.host):
        raise SubmissionRefusal("form_foreign")


def acknowledged(ack: Acknowledgement, page: Page, own: Generation, epoch: str, slip: str) -> dict[str, str]:
    """What a device is told: the acknowledgement, and what it shows should it bring the answer again.

    own: the generation that made the device's page, which verifies with that one's public key; slip: the code that was
    typed.
    """
    spent = "" if ack.repeated or page.place.slip is None else slip
    note = resending.note(
        own.secret, ack.id, ack.day, page.place, page.cell, page.questionnaire, page.version, epoch, spent
    )
    day, signature = ack.day.isoformat(), ack.signature
    return {"day": day, "epoch": epoch, "id": ack.id.hex(), "note": note, "signature": signature}


def read_fields(request: Request, longest: int = LONGEST_VALUE) -> dict[str, str]:
    """The fields of a posted form or JSON object, each named once and each a text of at most `longest` characters.

    Raises SubmissionRefusal("form_malformed") or ("field_repeated").
    """
    try:
        if request.is_json or request.mimetype == URLENCODED:
            return fields_of(_body(request), json=request.is_json, longest=longest)
        return _checked(request.form.items(multi=True), longest)
    except OSError:  # a chunked body that is no such thing, or a sender that went away
        raise SubmissionRefusal("form_malformed", reason="HTTP") from None


def fields_of(raw: bytes, *, json: bool, longest: int = LONGEST_VALUE) -> dict[str, str]:
    """The fields of a body, a JSON object or else a form as browsers encode it. Raises as `read_fields`, and
    RequestEntityTooLarge for too many fields."""
    return _checked(_json_pairs(raw) if json else _form_pairs(raw), longest)


def _checked(pairs: Iterable[tuple[str, object]], longest: int) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not name.isprintable() or len(name) > 64:
            raise SubmissionRefusal("form_malformed", reason=f"{_plain(name)[:64]!r}")
        if name in fields:
            raise SubmissionRefusal("field_repeated", field=name)
        if len(value) > longest:
            raise SubmissionRefusal("form_too_long", field=name, most=longest)
        fields[name] = value
    return fields


def _body(request: Request) -> bytes:
    raw = request.get_data(cache=False)
    most = request.max_content_length
    if most is not None and len(raw) >= most:  # sent in chunks, its length is known only now
        raise RequestEntityTooLarge
    return raw


def _form_pairs(raw: bytes) -> Iterable[tuple[str, object]]:
    """As Werkzeug reads them, in a fifth of the time: most forms hold nothing that needs decoding."""
    if raw.count(b"&") >= FIELDS:
        raise RequestEntityTooLarge
    for pair in raw.decode("utf-8", "replace").split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace")
        yield name, value


def _json_pairs(raw: bytes) -> list[tuple[str, object]]:
    try:
        pairs = jsons.loads(raw, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise SubmissionRefusal("form_malformed", reason="JSON") from None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise SubmissionRefusal("form_malformed", reason="JSON {}")
    return pairs


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def checked_token(fields: Mapping[str, str], token_place: str, today: date) -> PageToken:
    token = fields.get("token", "")
    return check_token(keys.of_token(token).secret, token, token_place, today)


def slip_token(fields: Mapping[str, str], today: date) -> PageToken:
    """The token of a slip's form."""
    claimed = place_of(fields.get("token", ""))
    if not claimed.startswith(SLIPS):
        raise SubmissionRefusal("token_forged")
    return checked_token(fields, claimed, today)


def language_of(fields: Mapping[str, str]) -> str:
    return "en" if fields.get("lang") == "en" else "vi"


def submission(fields: Mapping[str, str], version: int) -> Submission:
    """What the fields say; raises SubmissionRefusal("id_malformed")."""
    seconds = fields.get("seconds", "")
    return Submission(
        id=parse_id(fields.get("id", "")),
        fields={name: value for name, value in fields.items() if name not in FORM_FIELDS},
        version=version,
        mode=Mode.PHONE,
        language=Language.EN if language_of(fields) == "en" else Language.VI,
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 8 else None,
        flags=Flag.HELPED if fields.get("helped") == "1" else Flag.NONE,
    )
