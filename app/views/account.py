"""The way in: set-up, invitation, passphrase, second factor; the way out; the demonstration's doors."""

from __future__ import annotations

import math

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, doors, patience, security, server_day, set_up
from app.auth import public_with_form
from app.db import reading, transaction
from app.patience import Guess
from app.prints import qr
from app.settings import Settings
from app.staff_forms import Form
from surveys import accounts as domain
from surveys import own_account, passphrases
from surveys.access import Grants
from surveys.errors import Fault, Refusal
from surveys.store import accounts, units
from surveys.store.accounts import Account

bp = Blueprint("account", __name__, url_prefix="/account")

UNPROCESSABLE = 422
SLOW_DOWN = 429


@bp.get("/sign-in")
@public_with_form
def sign_in() -> ResponseReturnValue:
    target = auth.safe_next(request.args.get("next"))
    if auth.viewer() is not None:
        return redirect(target or url_for("home.index"), 303)
    return _sign_in_page(Form({"next": target or ""}), 200)


@bp.post("/sign-in")
@public_with_form
def try_sign_in() -> ResponseReturnValue:
    form = Form(request.form)
    form.require("name", "account_name_missing")
    form.require("passphrase", "passphrase_missing")
    if form.problems:
        return _sign_in_page(form, UNPROCESSABLE)
    name = accounts.normal(form["name"])
    if seconds := wait(name, Guess.SIGN_IN):
        form.refuse("passphrase", "sign_in_wait", {"seconds": seconds})
        return *_sign_in_page(form, SLOW_DOWN), {"Retry-After": str(seconds)}
    failed(name, Guess.SIGN_IN)  # counted before the slow check, or parallel tries are free
    account = _account(name)
    right = passphrases.matches(account.passphrase if account else None, form.raw("passphrase"))
    if account is None or not right or not account.opens(server_day()):
        form.refuse("passphrase", "sign_in_wrong")
        return _sign_in_page(form, UNPROCESSABLE)
    patience.succeeded(settings(), name, address(), Guess.SIGN_IN)
    return _enter(account, auth.safe_next(form["next"]))


def _account(name: str) -> Account | None:
    if not accounts.is_name(name):
        return None
    with reading() as database:
        return accounts.by_name(database, name)


def _sign_in_page(form: Form, status: int) -> tuple[str, int]:
    with reading() as database:
        fresh = not accounts.any_account(database)
        demonstration = doors.demonstration(database) if doors.open_to(settings(), request) else None
    return render_template("account/sign_in.html", form=form, fresh=fresh, demonstration=demonstration), status


def _enter(account: Account, target: str | None) -> ResponseReturnValue:
    """The passphrase is shown; on to the second factor where there is one or has to be."""
    if account.second_factor is not None:
        auth.half_way(account, target)
        return redirect(url_for("account.second_factor"), 303)
    if own_account.needs_second_factor(Grants.of(account.held, server_day())):
        auth.half_way(account, target)
        return redirect(url_for("account.enrol"), 303)
    _arrive(account)
    return redirect(target or url_for("home.index"), 303)


def _arrive(account: Account) -> None:
    auth.sign_in(account)
    patience.recognise(settings(), account.name, address(), patience.clock())


# the second factor


@bp.get("/second-factor")
@public_with_form
def second_factor() -> ResponseReturnValue:
    coming = auth.on_the_way()
    if coming is None or coming[0].second_factor is None:
        return redirect(url_for("account.sign_in"), 303)
    return render_template("account/second_factor.html", form=Form())


@bp.post("/second-factor")
@public_with_form
def try_second_factor() -> ResponseReturnValue:
    """Six digits of the app, or a recovery code, in one field."""
    coming = auth.on_the_way()
    if coming is None or coming[0].second_factor is None:
        return redirect(url_for("account.sign_in"), 303)
    account, target = coming
    form = Form(request.form)
    form.require("code", "second_factor_missing")
    if form.problems:
        return render_template("account/second_factor.html", form=form), UNPROCESSABLE
    if seconds := wait(account.name, Guess.CODE):
        form.refuse("code", "sign_in_wait", {"seconds": seconds})
        page = render_template("account/second_factor.html", form=form)
        return page, SLOW_DOWN, {"Retry-After": str(seconds)}
    failed(account.name, Guess.CODE)
    if not _right(account, form["code"]):
        form.refuse("code", "second_factor_wrong")
        return render_template("account/second_factor.html", form=form), UNPROCESSABLE
    patience.succeeded(settings(), account.name, address(), Guess.CODE)
    _arrive(account)
    return redirect(target or url_for("home.index"), 303)


def _right(account: Account, typed: str) -> bool:
    """Whether the code is right and, of two requests with the same code, this is the first."""
    g.actor = account.name
    step = security.step_of(settings(), account.second_factor or "", typed, account.second_factor_last)
    with transaction() as database:
        if step is not None:
            return accounts.use_step(database, account.id, step)
        return own_account.use_recovery_code(database, account, typed) is not None


@bp.route("/enrol", methods=["GET", "POST"])
@public_with_form
def enrol() -> ResponseReturnValue:
    """The only page that a passphrase alone opens where the role wants a second factor and there is none yet."""
    coming = auth.on_the_way()
    if coming is None or coming[0].second_factor is not None:
        return redirect(url_for("account.sign_in"), 303)
    account, target = coming
    done = enrolment(account, url_for("account.enrol"))
    if not isinstance(done, list):
        return done
    _arrive(account)
    return recovery_page(done, target or url_for("home.index"))


def enrolment(account: Account, action: str, present: bytes | None = None) -> ResponseReturnValue | list[str]:
    """The enrolment page, or, once a code of the new secret is right, the recovery codes to show.

    The secret waits in the session, encrypted, until it is proved.
    """
    kept: str = session.get("enrolling") or security.new_secret(settings())
    session["enrolling"] = kept
    form = Form(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if seconds := wait(account.name, Guess.CODE):
            form.refuse("code", "sign_in_wait", {"seconds": seconds})
        elif (step := security.step_of(settings(), kept, form["code"], None)) is None:
            failed(account.name, Guess.CODE)
            form.refuse("code", "second_factor_wrong")
        else:
            g.actor = account.name
            with transaction() as database:
                codes = own_account.enrol(database, account, kept, step, present)
            session.pop("enrolling", None)
            return codes
        status = UNPROCESSABLE
    said = security.address(settings(), kept, account.name)
    page = render_template(
        "account/enrol.html", form=form, action=action, key=security.typed_key(settings(), kept),
        address=said, qr=qr.outline(said), signed_in=present is not None,
    )
    return page, status


def recovery_page(codes: list[str], target: str) -> ResponseReturnValue:
    return render_template("account/recovery.html", codes=codes, target=target, day=server_day())


# the first passphrase


@bp.route("/set-up", methods=["GET", "POST"])
@public_with_form
def set_up_page() -> ResponseReturnValue:
    with reading() as database:
        if accounts.any_account(database):
            return redirect(url_for("account.sign_in"), 303)
    form = Form(request.form if request.method == "POST" else None)
    if request.method == "POST":
        _check_set_up(form)
    if request.method == "GET" or form.problems:
        return _passphrase_page("account/set_up.html", form)
    kept = passphrases.hashed(form.raw("passphrase"))
    g.actor = accounts.normal(form["name"])
    with transaction() as database:
        account = own_account.set_up(database, form["name"], kept)
        set_up.spend(settings())
    return _enter(account, None)


def _check_set_up(form: Form) -> None:
    form.require("code", "set_up_code_missing")
    form.require("name", "account_name_missing")
    if not set_up.is_code(settings(), form["code"]):
        form.refuse("code", "set_up_code_wrong")
    if not accounts.is_name(accounts.normal(form["name"])):
        form.refuse("name", "account_name_malformed")
    check_passphrase(form, form["name"])


@bp.route("/invitation", methods=["GET", "POST"])
@public_with_form
def invitation() -> ResponseReturnValue:
    """Whoever holds a letter's code chooses the passphrase of the account."""
    form = Form(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return _passphrase_page("account/invitation.html", form)
    form.require("code", "invitation_missing")
    if form.problems:
        return _passphrase_page("account/invitation.html", form)
    if seconds := wait("", Guess.INVITATION):
        form.refuse("code", "sign_in_wait", {"seconds": seconds})
        page, _ = _passphrase_page("account/invitation.html", form)
        return page, SLOW_DOWN, {"Retry-After": str(seconds)}
    today = server_day()
    try:
        with reading() as database:
            issued = domain.code_of(database, form["code"], today)
            about = names_around(database, issued.account)
    except Refusal as refusal:
        failed("", Guess.INVITATION)
        form.refused(refusal, "code")
        return _passphrase_page("account/invitation.html", form)
    check_passphrase(form, *about)
    if form.problems:
        return _passphrase_page("account/invitation.html", form)
    kept = passphrases.hashed(form.raw("passphrase"))
    g.actor = issued.account.name
    with transaction() as database:
        account = domain.take_up(database, form["code"], kept, today)
    patience.succeeded(settings(), "", address(), Guess.INVITATION)
    return _enter(account, None)


def names_around(database: Session, account: Account) -> tuple[str, ...]:
    """What a guesser knows about a person: names of the account, the person, the units."""
    tree = units.tree(database, server_day())
    codes = {account.workplace, *(grant.unit for grant in account.held)}
    found = [tree.unit(code) for code in codes if code and code in tree]
    above = [unit for each in found for unit in tree.ancestors(each.code) if unit.parent is not None]
    return (account.name, account.display, *sorted({unit.name for unit in (*found, *above)}))


def check_passphrase(form: Form, *about: str) -> None:
    wrong: Fault | None = passphrases.problem(form.raw("passphrase"), *about)
    if not form["passphrase"]:
        form.refuse("passphrase", "passphrase_missing")
    elif wrong is not None:
        form.refuse("passphrase", wrong.code, wrong.details)
    if form.raw("again") != form.raw("passphrase") or not form["again"]:
        form.refuse("again", "passphrase_differs")


def _passphrase_page(template: str, form: Form) -> tuple[str, int]:
    page = render_template(
        template, form=form, shortest=passphrases.SHORTEST, advised=passphrases.ADVISED
    )
    return page, UNPROCESSABLE if form.problems else 200


# the way out, and the doors


@bp.post("/sign-out")
@public_with_form
def sign_out() -> ResponseReturnValue:
    auth.sign_out()
    return redirect(url_for("home.index"), 303)


@bp.post("/demonstration")
@public_with_form
def demonstration() -> ResponseReturnValue:
    """One click signs in; elsewhere than on the demonstration's own machine this page does not exist."""
    if not doors.open_to(settings(), request):
        abort(404)
    with reading() as database:
        shown = doors.demonstration(database)
    if shown is None:
        abort(404)
    who = request.form.get("who", "")
    if who not in shown.doors():
        abort(404)
    auth.sign_in_demonstration(who)
    return redirect(url_for("home.index"), 303)


def wait(name: str, guess: Guess) -> int:
    return math.ceil(patience.wait(settings(), name, address(), patience.clock(), guess))


def failed(name: str, guess: Guess) -> None:
    patience.failed(settings(), name, address(), patience.clock(), guess)


def address() -> str:
    return request.remote_addr or ""


def settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
