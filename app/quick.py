"""The two commonest requests of citizens, answered before Flask looks at them: a point's form, and an answer to it.

Flask's dispatch costs as much as all that these two need. What is done here is what `app.views.respond` does, by the
same functions of `forms`, `landing`, `responses` and `writer`, for the plain case alone: a form that is kept, an
answer that is right. Everything else, every refusal among it, is left to Flask, which begins anew: nothing has been
stored then, or storing once more under the same id changes nothing. A test holds that both ways reply alike, byte for
byte and header for header. A setting (`quick`) leaves all to Flask.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Flask

from app import compress, forms, headers, hosts, keyring, rendering, traffic, writer
from app.landing import Landings
from app.settings import Settings
from app.uploads import BODY
from surveys import codes, responses
from surveys.errors import Refusal
from surveys.tokens import check_token, is_made_with

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/p/"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
STATUS = {200: "200 OK", 201: "201 CREATED"}

Reply = tuple[int, bytes, list[tuple[str, str]]]


class Quick:
    """In front of an application."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app = app
        self._inner = inner
        self._settings: Settings = app.config["HAILONG"]
        self._keys = keyring.of(self._settings)
        self._zone = ZoneInfo(self._settings.timezone)
        self._always = headers.always_of(self._settings)
        self._landings: Landings = app.extensions["landings"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reply = self._reply(environ)
        if reply is None:
            return self._inner(environ, start_response)
        status, body, own = reply
        traffic.observed("citizen_send" if environ["REQUEST_METHOD"] == "POST" else "citizen_form", status, environ)
        start_response(STATUS[status], [*own, ("Content-Length", str(len(body))), *self._always])
        return [body]

    def _reply(self, environ: WSGIEnvironment) -> Reply | None:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX) or environ.get("QUERY_STRING") or not self._is_ours(environ):
            return None
        code = path[len(PREFIX) :]
        if codes.normal(code) != code:
            return None
        method = environ["REQUEST_METHOD"]
        if method == "GET":
            return self._form(code, environ.get("HTTP_ACCEPT_ENCODING", ""))
        return self._answer(code, environ) if method == "POST" else None

    def _is_ours(self, environ: WSGIEnvironment) -> bool:
        """Sent to a name of ours, and to citizens' where staff have one of their own."""
        host = environ.get("HTTP_HOST", "")
        return bool(host) and hosts.is_known(self._settings, host) and not hosts.is_staffs(self._settings, host)

    def _form(self, code: str, accepted: str) -> Reply | None:
        page: forms.Page | None = self._landings.known(("point", code))
        today = datetime.now(self._zone).date()
        if page is None or not page.wave.takes_answers(today):
            return None
        document = page.documents.get(("vi", today))
        if document is None:
            return None
        own = [("Content-Type", HTML), ("Cache-Control", "no-store"), ("Vary", "Accept-Encoding")]
        if compress.takes_gzip(accepted):
            return 200, document.gzip_page(fresh_id=token_hex(16)), [*own, ("Content-Encoding", "gzip")]
        return 200, document.page(fresh_id=token_hex(16)), own

    def _answer(self, code: str, environ: WSGIEnvironment) -> Reply | None:
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        length = environ.get("CONTENT_LENGTH", "")
        if kind not in {JSON, forms.URLENCODED} or "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal():
            return None
        if int(length) >= BODY or forms.is_foreign(
            environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE"), environ["HTTP_HOST"]
        ):
            return None
        try:
            raw = environ["wsgi.input"].read(int(length))
        except OSError:
            return None
        environ["wsgi.input"] = io.BytesIO(raw)  # should Flask have to begin anew
        if len(raw) != int(length):
            return None
        try:
            return self._stored(code, raw, kind == JSON, environ.get("HTTP_ACCEPT_ENCODING", ""))
        except Refusal as refusal:  # Flask says what is wrong, in the reader's language, and keeps what was typed
            if refusal.code in writer.COME_AGAIN:  # and does not store it once more: it has waited, or the disk is full
                environ[writer.REFUSED] = refusal
            return None
        except Exception:  # as above
            return None

    def _stored(self, code: str, raw: bytes, is_json: bool, accepted: str) -> Reply | None:
        fields = forms.fields_of(raw, json=is_json)
        today = datetime.now(self._zone).date()
        text = fields.get("token", "")
        made_by = next(each for each in self._keys.glanced() if is_made_with(each.secret, text))
        token = check_token(made_by.secret, text, f"p:{code}", today)
        page: forms.Page | None = self._landings.known(("form", code, token.version, token.cell))
        epoch: str | None = self._app.extensions.get("epoch")
        if page is None or epoch is None or "id" not in fields:
            return None
        sent = forms.submission(fields, page.version)
        prepared = responses.prepare(sent, page.place, page.cell, page.questionnaire, today)
        if not responses.taken(prepared, today):
            return None
        day, repeated = writer.stored_by(self._app, prepared, taken=True)
        vary = ("Vary", "Accept-Encoding")
        if is_json:
            ack = made_by.signer.acknowledge(sent.id, day, repeated=repeated)
            said = forms.acknowledged(ack, page, made_by, epoch, "")  # at a point
            body = json.dumps(said, separators=(",", ":")).encode() + b"\n"
            return 200 if repeated else 201, body, [("Content-Type", JSON), vary]
        page_sent = rendering.sent_page(forms.language_of(fields), simulated=page.wave.mark)
        own = [("Content-Type", HTML), ("Cache-Control", "no-store"), vary]
        if compress.takes_gzip(accepted):
            return 200, _packed(page_sent), [*own, ("Content-Encoding", "gzip")]
        return 200, page_sent, own


@lru_cache(maxsize=16)
def _packed(page: bytes) -> bytes:
    return gzip.compress(page, compress.QUICK, mtime=0)
