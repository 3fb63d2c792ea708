"""Citizens: the form behind a QR code or a slip. No cookie, no session, no account."""

from __future__ import annotations

from secrets import token_hex

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import errors, forms, messages, rendering, server_day
from app.auth import public
from app.db import reading, transaction
from app.form_view import Problem
from app.keys import secret, signer
from surveys import collection, responses
from surveys.collection import Point
from surveys.errors import Refusal, SubmissionRefusal
from surveys.responses import Place
from surveys.tokens import Acknowledgement
from surveys.waves import require_open

bp = Blueprint("respond", __name__)


@bp.get("/p/<code>")
@bp.get("/P/<code>")
@public
def form(code: str) -> ResponseReturnValue:
    with reading() as session:
        page = _point_page(session, collection.point(session, code), None)
    require_open(page.wave, server_day())
    return _html(forms.first(page, errors.language(), server_day()))


@bp.get("/s/<code>")
@bp.get("/S/<code>")
@public
def slip_form(code: str) -> ResponseReturnValue:
    with reading() as session:
        slip = collection.slip(session, code, secret(), server_day())
        page = _slip_page(session, Place(slip.province_code, slip.cell, slip=slip), None)
    require_open(page.wave, server_day())
    return _html(forms.first(page, errors.language(), server_day(), code))


@bp.post("/p/<code>")
@bp.post("/P/<code>")
@public
def submit(code: str) -> ResponseReturnValue:
    fields = _fields()
    with reading() as session:
        point = collection.point(session, code)
        token = forms.checked_token(fields, _token_place(point), server_day())
        page = _point_page(session, point, token.version, cell=token.cell)
    return _accept(page, fields)


@bp.post("/s")
@bp.post("/S")
@public
def submit_slip() -> ResponseReturnValue:
    fields = _fields()
    token = forms.slip_token(fields, server_day())
    with reading() as session:
        province = token.place.removeprefix(forms.SLIPS)
        place = responses.stored_place(session, province, fields.get("id", ""))
        if place is None:
            slip = collection.slip(session, fields.get("slip", ""), secret(), server_day())
            place = Place(slip.province_code, slip.cell, slip=slip)
        page = _slip_page(session, place, token.version)
    return _accept(page, fields)


def _accept(page: forms.Page, fields: dict[str, str]) -> ResponseReturnValue:
    if "id" not in fields and not request.is_json:
        # a browser whose script never arrived left out the id that <noscript> holds: give it one, keep all
        whole = Problem(None, messages.sentence("form_without_script", {}, forms.language_of(fields)))
        return _html(forms.again(page, {**fields, "id": token_hex(16)}, [whole], ""), 422)
    submission = forms.submission(fields, page.version)
    try:
        with transaction() as session:
            ack = responses.accept(session, submission, page.place, page.questionnaire, server_day(), signer())
    except SubmissionRefusal as refusal:
        if refusal.code != "answers_faulty":
            raise
        return _once_more(page, fields, refusal)
    if request.is_json:
        return _acknowledged(ack)
    return _html(rendering.sent_page(forms.language_of(fields), simulated=page.wave.mark))


def _acknowledged(ack: Acknowledgement) -> ResponseReturnValue:
    reply = {"id": ack.id.hex(), "day": ack.day.isoformat(), "signature": ack.signature}
    return reply, 200 if ack.repeated else 201


def _once_more(page: forms.Page, fields: dict[str, str], refusal: Refusal) -> ResponseReturnValue:
    """Every problem at once, each beside its question; nothing of what was answered is lost."""
    language = forms.language_of(fields)
    problems = [
        Problem(fault.column, messages.sentence(fault.code, {"field": fault.column, **fault.details}, language))
        for fault in refusal.faults
    ]
    sentence = messages.refusal_sentence(refusal, language)
    status = errors.status_of(refusal)
    if request.is_json:
        listed = [{"question": problem.question, "sentence": problem.sentence} for problem in problems]
        return {"error": refusal.code, "sentence": sentence, "problems": listed}, status
    return _html(forms.again(page, fields, problems, ""), status)


def _fields() -> dict[str, str]:
    """What was posted, unless another site posted it."""
    origin = request.headers.get("Origin", "null")
    foreign = origin != "null" and origin.partition("://")[2] != request.host
    if foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise SubmissionRefusal("form_foreign")
    fields = forms.read_fields(request)
    g.language = forms.language_of(fields)
    return fields


def _token_place(point: Point) -> str:
    return f"p:{point.code}"


def _point_page(session: Session, point: Point, version: int | None, cell: int | None = None) -> forms.Page:
    """cell: the one a form in somebody's hand was made for; the point may serve another wave by now."""
    place = Place(point.province_code, cell or point.cell, point_id=point.id)
    return _known(forms.page_of(session, place, version, f"/p/{point.code}", point.label, _token_place(point)))


def _slip_page(session: Session, place: Place, version: int | None) -> forms.Page:
    return _known(forms.page_of(session, place, version, "/s", "", forms.SLIPS + place.province_code))


def _known(page: forms.Page) -> forms.Page:
    """From here on a refusal's page can say that the wave is simulated."""
    g.simulated = page.wave.mark
    return page


def _html(page: bytes, status: int = 200) -> Response:
    reply = Response(page, status, mimetype="text/html")
    # a page kept by the browser would give the next person at a shared screen the last one's id
    reply.headers["Cache-Control"] = "no-store"
    return reply
