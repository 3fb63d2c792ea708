"""Domain refusal -> status and page, in one table."""

from __future__ import annotations

import sys
from functools import lru_cache

from flask import Flask, Response, current_app, g, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from app import messages, rendering, traffic, writer
from app.language import current
from surveys.errors import NotFound, Refusal, SubmissionRefusal

STATUS_OF_CODE: dict[str, int] = {
    "answers_faulty": 422,
    "token_forged": 400,
    "token_expired": 410,
    "form_malformed": 400,
    "field_repeated": 400,
    "form_too_long": 413,
    "form_foreign": 403,
    "id_malformed": 400,
    "wave_not_open": 410,
    "again_late": 410,
    "again_unproven": 400,
    "seal_broken": 400,
    "seal_unknown": 410,
    "slip_unusable": 404,
    "answer_conflict": 409,
    "access_denied": 403,
    "export_running": 429,
    "reading_busy": 503,
    "approval_same_person": 403,
    "approval_decided": 409,
    "approval_waiting": 409,
    "audit_broken": 503,
    "busy": 503,
    "storage_failed": 503,
    "storage_full": 507,
    "comments_gone": 409,
    "set_up_done": 409,
    "units_moved_on": 409,
    "set_up_code_spent": 409,
}
COME_AGAIN = {"busy": "2", "storage_failed": "15", "storage_full": "60", "reading_busy": "5", "export_running": "10"}
"""refusals of the moment, and after how many seconds it is worth trying again"""
STATUS_OF_KIND: dict[type[Refusal], int] = {NotFound: 404, SubmissionRefusal: 400}
OF_HTTP = {
    400: "http_bad_request", 403: "http_forbidden", 404: "http_not_found", 405: "http_method",
    413: "http_too_large", 415: "http_bad_request", 429: "http_slow_down", 500: "http_failure",
    503: "http_unavailable", 507: "http_unavailable",
}


def status_of(refusal: Refusal) -> int:
    if refusal.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[refusal.code]
    return next((status for kind, status in STATUS_OF_KIND.items() if isinstance(refusal, kind)), 400)


def language() -> str:
    """The reader's language: the form's own, else asked for by ?lang=, else that of the signed-in, else Vietnamese."""
    asked: str = g.get("language") or ""
    if not asked and request.query_string:
        asked = request.args.get("lang", "")
    if not asked and g.get("viewer"):
        asked = current()
    return "en" if asked == "en" else "vi"


def wants_json() -> bool:
    return request.is_json or request.accept_mimetypes.best == "application/json"


def refuse(sentence: str, status: int, code: str) -> ResponseReturnValue:
    traffic.refused(code)
    number = traffic.number_for(status)
    if wants_json():
        return {"error": code, "sentence": sentence, **({"request": number} if number else {})}, status
    made = _kept_page if code in COME_AGAIN and not number else rendering.refused_page
    page = made(sentence, status, language(), simulated=g.get("simulated", ""), number=number)
    return Response(page, status, mimetype="text/html")


_kept_page = lru_cache(maxsize=64)(rendering.refused_page)
"""of refusals that come in crowds, just when there is no time to write the same page again"""


def register(app: Flask) -> None:
    @app.errorhandler(Refusal)
    def refusal(raised: Refusal) -> ResponseReturnValue:
        reply = refuse(messages.refusal_sentence(raised, language()), status_of(raised), raised.code)
        if raised.code not in COME_AGAIN:
            return reply
        again = make_response(reply)
        again.headers["Retry-After"] = COME_AGAIN[raised.code]
        return again

    @app.errorhandler(OperationalError)
    def unavailable(raised: OperationalError) -> ResponseReturnValue:
        """The database is away, or a statement took longer than one may: later it may do."""
        current_app.log_exception(sys.exc_info())
        writer.heed(raised.orig)
        reply = make_response(refuse(messages.sentence("http_unavailable", {}, language()), 503, "http_unavailable"))
        reply.headers["Retry-After"] = "30"
        return reply

    @app.errorhandler(DataError)
    def unstorable(raised: DataError) -> ResponseReturnValue:
        """PostgreSQL keeps to lengths and ranges that nothing checked before: refused, and told to the log."""
        current_app.log_exception(sys.exc_info())
        return refuse(messages.sentence("text_unstorable", {}, language()), 400, "text_unstorable")

    @app.errorhandler(HTTPException)
    def http(raised: HTTPException) -> ResponseReturnValue:
        if raised.response is not None or (raised.code or 500) < 400:
            return raised.get_response()
        code = OF_HTTP.get(raised.code or 500, "http_bad_request" if (raised.code or 500) < 500 else "http_failure")
        reply = make_response(refuse(messages.sentence(code, {}, language()), raised.code or 500, code))
        for name, value in raised.get_headers():  # Allow, Retry-After
            reply.headers.setdefault(name, value)
        return reply
