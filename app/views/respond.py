"""Citizens: the form behind a QR code or a slip. No cookie, no session, no account."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import compress, epochs, errors, forms, keys, messages, rendering, server_day, traffic, writer
from app.auth import public
from app.db import reading
from app.form_view import Problem
from app.landing import landings
from surveys import codes, collection, responses
from surveys.errors import Refusal
from surveys.responses import Place, Submission
from surveys.tokens import PageToken
from surveys.waves import require_open

bp = Blueprint("respond", __name__)

LOOKS = 3
"""at a wave that moves while an answer is on its way"""


@bp.get("/p/<code>")
@bp.get("/P/<code>")
@public
def form(code: str) -> ResponseReturnValue:
    page = landings().of(("point", code), lambda: _landing(code))
    return _first(page)


@bp.get("/s/<code>")
@bp.get("/S/<code>")
@public
def slip_form(code: str) -> ResponseReturnValue:
    with reading() as session:
        slip = collection.slip(session, code, keys.secrets_believed(), server_day())
        key = ("slips", slip.province_code, slip.cell)
        page = landings().of(key, lambda: _slip_page(session, Place(slip.province_code, slip.cell), None))
    return _first(page, code)


@bp.post("/p/<code>")
@bp.post("/P/<code>")
@public
def submit(code: str) -> ResponseReturnValue:
    fields = _fields()
    token = forms.checked_token(fields, _token_place(codes.normal(code)), server_day())
    key = ("form", code, token.version, token.cell)
    return _accept(lambda: landings().of(key, lambda: _landing(code, token)), fields)


@bp.post("/s")
@bp.post("/S")
@public
def submit_slip() -> ResponseReturnValue:
    fields = _fields()
    token = forms.slip_token(fields, server_day())
    province = token.place.removeprefix(forms.SLIPS)

    def find() -> forms.Page:
        with reading() as session:
            place = responses.stored_place(session, province, fields.get("id", ""))
            if place is None:
                slip = collection.slip(session, fields.get("slip", ""), keys.secrets_believed(), server_day())
                place = Place(slip.province_code, slip.cell, slip=slip)
            return _slip_page(session, place, token.version)

    return _accept(find, fields)


def _accept(find: Callable[[], forms.Page], fields: dict[str, str]) -> ResponseReturnValue:
    """find: the page that was filled in, with its wave as it is now."""
    page = _known(find())
    if "id" not in fields and not request.is_json:
        # a browser whose script never arrived left out the id that <noscript> holds: give it one, keep all
        whole = Problem(None, messages.sentence("form_without_script", {}, forms.language_of(fields)))
        return _html(forms.again(page, {**fields, "id": token_hex(16)}, [whole], ""), 422)
    submission = forms.submission(fields, page.version)
    try:
        day, repeated = _stored(submission, page, find)
    except Refusal as refusal:
        if refusal.code == "answers_faulty" or (refusal.code in errors.COME_AGAIN and not request.is_json):
            return _once_more(page, fields, refusal)
        raise
    if request.is_json:
        own = keys.of_token(fields["token"])
        ack = own.signer.acknowledge(submission.id, day, repeated=repeated)
        said = forms.acknowledged(ack, page, own, epochs.current(), fields.get("slip", ""))
        return said, 200 if repeated else 201
    return _html(rendering.sent_page(forms.language_of(fields), simulated=page.wave.mark))


def _stored(submission: Submission, page: forms.Page, find: Callable[[], forms.Page]) -> writer.Stored:
    if (refused := request.environ.pop(writer.REFUSED, None)) is not None:
        raise refused
    today = server_day()
    for _ in range(LOOKS):
        prepared = responses.prepare(submission, page.place, page.cell, page.questionnaire, today)
        try:
            return writer.stored(prepared, taken=responses.taken(prepared, today))
        except responses.WaveMoved:
            landings().forget()
            page = find()
    raise Refusal("busy")


def _once_more(page: forms.Page, fields: dict[str, str], refusal: Refusal) -> ResponseReturnValue:
    """Every problem at once, each beside its question; nothing of what was answered is lost."""
    language = forms.language_of(fields)
    sentence = messages.refusal_sentence(refusal, language)
    problems = [
        Problem(fault.column, messages.sentence(fault.code, {"field": fault.column, **fault.details}, language))
        for fault in refusal.faults
    ] or [Problem(None, sentence)]
    status = errors.status_of(refusal)
    traffic.refused(refusal.code)
    if request.is_json:
        listed = [{"question": problem.question, "sentence": problem.sentence} for problem in problems]
        return {"error": refusal.code, "sentence": sentence, "problems": listed}, status
    reply = _html(forms.again(page, fields, problems, ""), status)
    if refusal.code in errors.COME_AGAIN:
        reply.headers["Retry-After"] = errors.COME_AGAIN[refusal.code]
    return reply


def _fields() -> dict[str, str]:
    """What was posted, unless another site posted it."""
    forms.require_own_page(request)
    fields = forms.read_fields(request)
    g.language = forms.language_of(fields)
    return fields


def _token_place(point_code: str) -> str:
    return f"p:{point_code}"


def _landing(typed: str, token: PageToken | None = None) -> forms.Page:
    """What a point's code leads to; token: of a form in somebody's hand, the point may serve another wave by now."""
    with reading() as session:
        point = collection.point(session, typed)
        place = Place(point.province_code, token.cell if token else point.cell, point_id=point.id)
        version = token.version if token else None
        return forms.page_of(session, place, version, f"/p/{point.code}", point.label, _token_place(point.code))


def _slip_page(session: Session, place: Place, version: int | None) -> forms.Page:
    return forms.page_of(session, place, version, "/s", "", forms.SLIPS + place.province_code)


def _first(page: forms.Page, slip: str = "") -> Response:
    """The page as it is first opened."""
    today = server_day()
    require_open(_known(page).wave, today)
    document = page.document(errors.language(), today)
    gzip = compress.wanted()
    made = document.gzip_page if gzip else document.page
    reply = _html(made(fresh_id=token_hex(16), slip=slip))
    reply.headers["Vary"] = "Accept-Encoding"
    if gzip:
        reply.headers["Content-Encoding"] = "gzip"
    return reply


def _known(page: forms.Page) -> forms.Page:
    """From here on a refusal's page can say that the wave is simulated."""
    g.simulated = page.wave.mark
    return page


def _html(page: bytes, status: int = 200) -> Response:
    reply = Response(page, status, mimetype="text/html")
    # a page kept by the browser would give the next person at a shared screen the last one's id
    reply.headers["Cache-Control"] = "no-store"
    return reply
