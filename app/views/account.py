"""Set-up, sign-in, sign-out, and the demonstration's doors."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField, ValidationError
from wtforms.form import BaseForm

from app import auth, doors, messages, patience, set_up
from app.auth import public_with_form
from app.db import reading, transaction
from app.settings import Settings
from surveys import passphrases
from surveys.access import Grant, Role
from surveys.errors import Refusal
from surveys.store import accounts

bp = Blueprint("account", __name__, url_prefix="/account")

UNPROCESSABLE = 422


def fault(code: str, details: Mapping[str, object] | None = None) -> ValidationError:
    """What is wrong with one field, by its code."""
    return ValidationError(messages.sentence(code, details or {}))


class Present:
    """Not empty; the sentence names the field."""

    field_flags = {"required": True}  # noqa: RUF012  # WTForms' own protocol

    def __init__(self, code: str) -> None:
        self.code = code

    def __call__(self, form: BaseForm, field: StringField) -> None:
        if not (field.data or "").strip():
            raise fault(self.code)


class SignIn(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    name = StringField("Tên đăng nhập", [Present("account_name_missing")])
    passphrase = PasswordField("Cụm mật khẩu", [Present("passphrase_missing")])
    next = HiddenField()


class SetUp(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    code = StringField("Mã cài đặt", [Present("set_up_code_missing")])
    name = StringField("Tên đăng nhập", [Present("account_name_missing")])
    passphrase = PasswordField("Cụm mật khẩu", [Present("passphrase_missing")])
    again = PasswordField("Nhập lại cụm mật khẩu", [Present("passphrase_missing")])

    def validate_code(self, field: StringField) -> None:
        if not set_up.is_code(_settings(), field.data or ""):
            raise fault("set_up_code_wrong")

    def validate_name(self, field: StringField) -> None:
        if not accounts.is_name(accounts.normal(field.data or "")):
            raise fault("account_name_malformed")

    def validate_passphrase(self, field: PasswordField) -> None:
        if wrong := passphrases.problem(field.data or "", self.name.data or ""):
            raise fault(wrong.code, wrong.details)

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.passphrase.data:
            raise fault("passphrase_differs")


@bp.get("/sign-in")
@public_with_form
def sign_in() -> ResponseReturnValue:
    target = auth.safe_next(request.args.get("next"))
    if auth.viewer() is not None:
        return redirect(target or url_for("results.index"), 303)
    form = SignIn(formdata=None, next=target or "")
    return _sign_in_page(form, 200)


@bp.post("/sign-in")
@public_with_form
def try_sign_in() -> ResponseReturnValue:
    form = SignIn()
    if not form.validate():
        return _sign_in_page(form, UNPROCESSABLE)
    settings, now = _settings(), time.time()
    name, address = accounts.normal(form.name.data), request.remote_addr or ""
    if seconds := math.ceil(patience.wait(settings, name, address, now)):
        form.passphrase.errors = [messages.sentence("sign_in_wait", {"seconds": seconds})]
        page, status = _sign_in_page(form, 429)
        return page, status, {"Retry-After": str(seconds)}
    patience.failed(settings, name, address, now)  # counted before the slow check, or parallel tries are free
    account = _account(name)
    right = passphrases.matches(account.passphrase if account else None, form.passphrase.data)
    if account is None or not right:
        form.passphrase.errors = [messages.sentence("sign_in_wrong", {})]
        return _sign_in_page(form, UNPROCESSABLE)
    patience.succeeded(settings, name, address)
    auth.sign_in(account)
    return redirect(auth.safe_next(form.next.data) or url_for("results.index"), 303)


def _account(name: str) -> accounts.Account | None:
    if not accounts.is_name(name):
        return None
    with reading() as session:
        return accounts.by_name(session, name)


def _sign_in_page(form: SignIn, status: int) -> tuple[str, int]:
    with reading() as session:
        fresh = not accounts.any_account(session)
        demonstration = doors.demonstration(session) if doors.open_to(_settings(), request) else None
    page = render_template(
        "account/sign_in.html", form=form, problems=_problems(form), fresh=fresh, demonstration=demonstration
    )
    return page, status


@bp.post("/sign-out")
@public_with_form
def sign_out() -> ResponseReturnValue:
    auth.sign_out()
    return redirect(url_for("home.index"), 303)


@bp.route("/set-up", methods=["GET", "POST"])
@public_with_form
def set_up_page() -> ResponseReturnValue:
    with reading() as session:
        if accounts.any_account(session):
            return redirect(url_for("account.sign_in"), 303)
    form = SetUp()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else UNPROCESSABLE
        page = render_template(
            "account/set_up.html", form=form, problems=_problems(form), shortest=passphrases.SHORTEST
        )
        return page, status
    kept = passphrases.hashed(form.passphrase.data)
    with transaction() as session:
        if accounts.any_account(session):
            raise Refusal("set_up_done")
        account = accounts.add(session, form.name.data, kept, Grant(Role.ADMINISTRATOR))
        set_up.spend(_settings())
    auth.sign_in(account)
    return redirect(url_for("results.index"), 303)


@bp.post("/demonstration")
@public_with_form
def demonstration() -> ResponseReturnValue:
    """One click signs in; elsewhere than on the demonstration's own machine this page does not exist."""
    if not doors.open_to(_settings(), request):
        abort(404)
    with reading() as session:
        shown = doors.demonstration(session)
    if shown is None:
        abort(404)
    who = request.form.get("who", "")
    if who not in shown.doors():
        abort(404)
    auth.sign_in_demonstration(who)
    return redirect(url_for("field.index" if who == "commune" else "results.index"), 303)


def _problems(form: FlaskForm) -> list[tuple[str, str]]:
    """(field, sentence) of every faulty field, for the summary above the form."""
    return [(field.id, field.errors[0]) for field in form if field.errors]


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
