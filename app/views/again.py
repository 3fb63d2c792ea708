"""Citizens' devices, after a restore: sealed copies of what had been acknowledged come again."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import replace
from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app import epochs, errors, forms, keys, messages, writer
from app.auth import public
from app.db import reading
from app.keyring import Generation
from app.uploads import BODY
from surveys import resending, responses
from surveys.errors import Refusal, SubmissionRefusal
from surveys.resending import Copy
from surveys.tokens import acknowledged

bp = Blueprint("again", __name__)

LOOKS = 3
"""at a wave that moves, or a slip that is spent, while the copy is on its way"""
FINAL = frozenset({"again_late", "answer_conflict", "answers_faulty", "seal_broken", "seal_unknown"})
"""refusals that no later visit changes, said under the server's signature so that the device may rely on them"""


@bp.post("/again")
@public
def again() -> ResponseReturnValue:
    """{"sealed": base64, "key": x of the page's key} -> {"seal", "epoch", "outcome": stored | known | refused,
    "signature"}."""
    forms.require_own_page(request)
    fields = forms.read_fields(request, BODY)
    sealed = _sealed(fields.get("sealed", ""))
    seal = hashlib.sha256(sealed).hexdigest()
    own = _named(fields.get("key", ""))
    try:
        known = _kept(resending.read(_opened(sealed)))
    except Refusal as refusal:
        if refusal.code not in FINAL:
            raise
        said = messages.refusal_sentence(refusal, errors.language())
        told = {"error": refusal.code, "sentence": said, **_receipt(own, seal, "refused")}
        return told, errors.status_of(refusal)
    return _receipt(own, seal, "known" if known else "stored"), 200 if known else 201


def _sealed(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise SubmissionRefusal("form_malformed", reason="base64") from None


def _named(x: str) -> Generation:
    """The generation whose public key the page holds; a page of before this field: the one that signs."""
    living = keys.living()
    return next((each for each in living[1:] if each.signer.public_jwk["x"] == x), living[0])


def _opened(sealed: bytes) -> bytes:
    """By whichever key it was sealed to; raises as `Opener.opened`."""
    living = keys.living()
    return next((each for each in living if each.opener.is_meant(sealed)), living[0]).opener.opened(sealed)


def _receipt(own: Generation, seal: str, outcome: str) -> dict[str, str]:
    epoch = epochs.current()
    signature = own.signer.sign(resending.receipt(seal, epoch, outcome))
    return {"seal": seal, "epoch": epoch, "outcome": outcome, "signature": signature}


def _kept(copy: Copy) -> bool:
    """Whether it was stored already; it is when this returns."""
    said = acknowledged(copy.id, copy.day)
    if not any(each.signer.verifies(said, copy.signature) for each in keys.living()):
        raise SubmissionRefusal("again_unproven")
    for _ in range(LOOKS):
        with reading() as session:
            found = resending.origin(session, copy, keys.secrets_believed(), epochs.current())
        resending.require_taken(found.cell.wave, copy.day)
        submission = replace(forms.submission(copy.fields, found.version), id=copy.id)
        # the day is that of the first acknowledgement: the answer belongs to it
        prepared = responses.prepare(submission, found.place, found.cell, found.questionnaire, copy.day)
        try:
            return _written(prepared)[1]
        except responses.WaveMoved:
            continue
        except Refusal as refusal:
            if refusal.code != "slip_unusable":  # somebody spent it this moment; then it is gone
                raise
    raise Refusal("busy")


def _written(prepared: responses.Prepared) -> tuple[date, bool]:
    return writer.stored(prepared, taken=True)
