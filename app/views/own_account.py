"""A person's own account: language, passphrase, second factor, recovery codes, sessions."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import auth, language, patience, server_day
from app.auth import requires
from app.db import reading, transaction
from app.language import translate as _
from app.patience import Guess
from app.role_words import role_word
from app.staff_forms import Form
from app.views import account as way_in
from surveys import own_account as domain
from surveys import passphrases
from surveys.access import Action, Grants
from surveys.errors import NotFound, Refusal
from surveys.lapse import fresh
from surveys.store import sessions, units
from surveys.store.accounts import Account
from surveys.store.sessions import StaffSession
from surveys.units import UnitTree

bp = Blueprint("own_account", __name__, url_prefix="/account")

CONFIRMED = 10 * 60
"""seconds for which a passphrase just given lets the second factor be changed"""


@bp.get("/")
@requires(Action.OWN_ACCOUNT)
def index() -> ResponseReturnValue:
    own = auth.own()
    if own is None:
        return render_template("account/index.html", account=None)
    account, _row = own
    today = server_day()
    with reading() as database:
        tree = units.tree(database, today)
        alive = sessions.count(database, account.id, time.time())
    held = Grants.of(account.held, today)
    workplace = account.workplace
    return render_template(
        "account/index.html", account=account, roles=_roles(held, tree), said=_said(request.args.get("done", "")),
        workplace=tree.full_name(workplace) if workplace and workplace in tree else "",
        left=domain.codes_left(account), required=domain.needs_second_factor(held), sessions=alive,
    )


def _roles(held: Grants, tree: UnitTree) -> list[str]:
    """'Cán bộ đầu mối của đơn vị – Xã Lệ Thủy, tỉnh Quảng Trị, đến hết ngày 31/12/2026'"""
    lines = []
    for grant in held.held:
        place = _("toàn hệ thống") if grant.unit is None else grant.unit
        if grant.unit is not None and grant.unit in tree:
            place = tree.full_name(grant.unit)
        line = f"{role_word(grant.role, language.current())} – {place}"
        if grant.valid_to is not None:
            line += _(", đến hết ngày {day}", day=grant.valid_to.strftime("%d/%m/%Y"))
        lines.append(line)
    return lines


def _said(done: str) -> str:
    return {
        "language": _("Đã lưu ngôn ngữ."), "passphrase": _("Đã đổi cụm mật khẩu; các phiên khác đã kết thúc."),
        "factor": _("Đã đặt lớp xác thực thứ hai."), "drop": _("Đã tắt lớp xác thực thứ hai."),
    }.get(done, "")


@bp.post("/language")
@requires(Action.OWN_ACCOUNT)
def choose_language() -> ResponseReturnValue:
    account, _row = _own()
    chosen = request.form.get("language", "")
    with transaction() as database:
        domain.choose_language(database, account, chosen)
    session.pop(language.KEY, None)
    return redirect(url_for("own_account.index", done="language"), 303)


@bp.route("/passphrase", methods=["GET", "POST"])
@requires(Action.OWN_ACCOUNT)
def passphrase() -> ResponseReturnValue:
    account, row = _own()
    form = Form(request.form if request.method == "POST" else None)
    if request.method == "POST":
        with reading() as database:
            about = way_in.names_around(database, account)
        way_in.check_passphrase(form, *about)
        if not form.problems:
            _check_present(form, account)
    if request.method == "GET" or form.problems:
        return _page("account/passphrase.html", form, shortest=passphrases.SHORTEST, advised=passphrases.ADVISED)
    kept = passphrases.hashed(form.raw("passphrase"))
    with transaction() as database:
        domain.change_passphrase(database, account, kept, row.digest)
    return redirect(url_for("own_account.index", done="passphrase"), 303)


@bp.route("/confirm/<what>", methods=["GET", "POST"])
@requires(Action.OWN_ACCOUNT)
def confirm(what: str) -> ResponseReturnValue:
    """Whoever finds a browser left open changes no second factor: the passphrase is asked for again."""
    words = {
        "recovery": (_("Tạo bộ mã dự phòng mới"), _("Bộ mã đang có sẽ không dùng được nữa.")),
        "factor": (_("Đặt lớp xác thực thứ hai"), _("Sau bước này, Ông/Bà quét một mã QR bằng điện thoại.")),
        "drop": (_("Tắt lớp xác thực thứ hai"), _("Tài khoản chỉ còn được bảo vệ bằng cụm mật khẩu.")),
    }
    if what not in words:
        abort(404)
    account, row = _own()
    form = Form(request.form if request.method == "POST" else None)
    if request.method == "POST":
        _check_present(form, account)
    if request.method == "GET" or form.problems:
        return _page("account/confirm.html", form, what=what, title=words[what][0], note=words[what][1])
    if what == "factor":
        session["confirmed"] = int(time.time())
        return redirect(url_for("own_account.factor"), 303)
    if what == "recovery":
        with transaction() as database:
            codes = domain.new_recovery_codes(database, account)
        return way_in.recovery_page(codes, url_for("own_account.index"))
    with transaction() as database:
        domain.drop_second_factor(database, account, auth.grants(), row.digest)
    return redirect(url_for("own_account.index", done="drop"), 303)


@bp.route("/factor", methods=["GET", "POST"])
@requires(Action.OWN_ACCOUNT)
def factor() -> ResponseReturnValue:
    account, row = _own()
    if not fresh(session.get("confirmed", 0), time.time(), CONFIRMED):
        return redirect(url_for("own_account.confirm", what="factor"), 303)
    done = way_in.enrolment(account, url_for("own_account.factor"), row.digest)
    if not isinstance(done, list):
        return done
    session.pop("confirmed", None)
    return way_in.recovery_page(done, url_for("own_account.index", done="factor"))


@bp.get("/sessions")
@requires(Action.OWN_ACCOUNT)
def sessions_page() -> ResponseReturnValue:
    account, row = _own()
    with reading() as database:
        alive = sessions.of(database, account.id, time.time())
    rows = [
        {"id": each.digest.hex(), "device": each.device, "started": _time(each.started), "seen": _time(each.seen),
         "present": each.digest == row.digest}
        for each in alive
    ]
    return render_template("account/sessions.html", rows=rows)


@bp.post("/sessions/end")
@requires(Action.OWN_ACCOUNT)
def end_session() -> ResponseReturnValue:
    account, _row = _own()
    try:
        digest = bytes.fromhex(request.form.get("session", ""))
    except ValueError:
        raise NotFound("session_unknown") from None
    with transaction() as database:
        domain.end_session(database, account, digest)
    return redirect(url_for("own_account.sessions_page"), 303)


@bp.post("/sessions/end-others")
@requires(Action.OWN_ACCOUNT)
def end_others() -> ResponseReturnValue:
    account, row = _own()
    with transaction() as database:
        domain.end_other_sessions(database, account, row.digest)
    return redirect(url_for("own_account.sessions_page"), 303)


def _own() -> tuple[Account, StaffSession]:
    own = auth.own()
    if own is None:
        raise Refusal("account_demonstration")
    return own


def _check_present(form: Form, account: Account) -> None:
    """The passphrase in use, with the patience of signing in."""
    if not form["present"]:
        form.refuse("present", "passphrase_missing")
        return
    if seconds := way_in.wait(account.name, Guess.SIGN_IN):
        form.refuse("present", "sign_in_wait", {"seconds": seconds})
        return
    way_in.failed(account.name, Guess.SIGN_IN)
    if passphrases.matches(account.passphrase, form.raw("present")):
        patience.succeeded(way_in.settings(), account.name, way_in.address(), Guess.SIGN_IN)
    else:
        form.refuse("present", "passphrase_wrong")


def _page(template: str, form: Form, **values: object) -> tuple[str, int]:
    return render_template(template, form=form, **values), way_in.UNPROCESSABLE if form.problems else 200


def _time(at: int) -> str:
    zone = ZoneInfo(way_in.settings().timezone)
    return datetime.fromtimestamp(at, zone).strftime("%H:%M %d/%m/%Y")
