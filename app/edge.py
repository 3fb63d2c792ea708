"""What is sent, made one and the same text before any view reads it.

The engines disagree about odd text (SQLite stores NUL and miscounts, PostgreSQL refuses; neither takes a lone
surrogate), spreadsheets refuse control characters, and a direction mark can make a name look like another one. So
forms of ours are cleaned where they are parsed, by the same rule as what citizens write
(`surveys.questionnaires.cleaning`), and addresses with control characters lead nowhere.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from flask import Flask, Request, abort, current_app, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest

from app import auth
from surveys.errors import Refusal
from surveys.questionnaires.cleaning import cleaned

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """In NFC, without control characters, unseen signs and stacked marks.

    Raises Refusal("text_unfit") for NUL and lone surrogates.
    """
    found = cleaned(text)
    if found is None:
        raise Refusal("text_unfit")
    return found


class OneEach(ImmutableMultiDict[str, str]):
    """A form's fields. Asking for the value of a field that was sent twice is refused; lists are asked for as lists.

    Reading the first of several is how two programs come to disagree on what was sent.
    """

    def __getitem__(self, key: str) -> str:
        if len(self.getlist(key)) > 1:
            raise Refusal("field_repeated", field=clean(key)[:64])
        value: str = super().__getitem__(key)
        return value

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]  # all its overloads
        if len(self.getlist(key)) > 1:
            raise Refusal("field_repeated", field=clean(key)[:64])
        return super().get(key, default, type)


class CleanRequest(Request):
    """A request whose form is clean by the time anybody can read it."""

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        try:
            super()._load_form_data()
        except OSError:  # a chunked body that is no such thing, or a sender that went away
            raise BadRequest from None
        rule = auth.rule_of(current_app, self.endpoint) if self.endpoint else None
        if rule is None or not rule.form:
            return
        fields = [(clean(name), clean(value)) for name, value in self.form.items(multi=True)]
        self.__dict__["form"] = OneEach(fields)
        for _, file in self.files.items(multi=True):
            file.filename = UNPRINTABLE.sub("", file.filename or "") or None

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        raise BadRequest from None


def register(app: Flask) -> None:
    app.request_class = CleanRequest

    @app.before_request
    def refuse_unfit_address() -> None:
        if UNPRINTABLE.search(request.path):
            abort(404)
        if request.query_string and any(
            cleaned(name + value) is None for name, value in request.args.items(multi=True)
        ):
            raise Refusal("text_unfit")
