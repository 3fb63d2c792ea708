"""Accounts of staff, for those who look after them: find, invite, grant, reset, close, hand over, letters."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import account_letters, auth, language, messages, server_day
from app.account_columns import COLUMNS
from app.auth import requires
from app.db import reading, transaction
from app.language import translate as _
from app.role_words import ROLE_WORDS, role_task, role_word
from app.staff_forms import Form
from app.uploads import takes_files
from surveys import account_lists, handover
from surveys import accounts as domain
from surveys.access import Action, Grant, Role
from surveys.accounts import By, Issued, NewAccount
from surveys.errors import Fault, Refusal
from surveys.sheets import Sheet
from surveys.store import accounts as store
from surveys.store import sessions, units
from surveys.store.accounts import Account
from surveys.units import UnitTree, fold

bp = Blueprint("accounts", __name__, url_prefix="/accounts")

A_PAGE = 50
ROLE_ROWS = 3
"""roles that the form of a new account takes at once"""
UPLOAD = 512 * 1024
UNPROCESSABLE = 422
SHOWN_FAULTS = 100

Doing = Callable[[Session, date], Issued | None]
Paging = Callable[[str, Form], ResponseReturnValue]


@dataclass(frozen=True)
class Line:
    """An account as the list shows it."""

    account: Account
    state: str
    workplace: str
    roles: tuple[str, ...]


# finding


@bp.get("/")
@requires(Action.RESET_ACCOUNTS)
def index() -> ResponseReturnValue:
    asked = Form(request.args)
    today = server_day()
    with reading() as session:
        tree = units.tree(session, today)
        every = domain.visible(session, by(), today)
    found = [account for account in every if _fits(account, asked, tree, today)]
    pages = max(1, -(-len(found) // A_PAGE))
    page = min(max(1, int(asked["page"]) if asked["page"].isdigit() and len(asked["page"]) < 6 else 1), pages)
    lines = [_line(account, tree, today) for account in found[(page - 1) * A_PAGE : page * A_PAGE]]
    wanted = {key: asked[key] for key in ("q", "unit", "state", "role") if asked[key]}
    return render_template(
        "accounts/index.html", lines=lines, asked=asked, found=len(found), all=len(every), page=page, pages=pages,
        wanted=wanted, roles=_role_choices(_("Mọi vai trò")), states=_state_choices(),
    )


def _fits(account: Account, asked: Form, tree: UnitTree, today: date) -> bool:
    if asked["state"] and asked["state"] != _state(account, today):
        return False
    if asked["role"] and not any(g.role == asked["role"] and not domain.over(g, today) for g in account.held):
        return False
    if asked["q"] and fold(asked["q"]) not in fold(f"{account.display} {account.name}"):
        return False
    if not asked["unit"]:
        return True
    within = _units_meant(tree, asked["unit"])
    return account.workplace in within or any(grant.unit in within for grant in account.held)


def _units_meant(tree: UnitTree, typed: str) -> frozenset[str]:
    """Codes of the units that were typed, and of all below them; worked out once for a page."""
    known: dict[str, frozenset[str]] = g.setdefault("units_meant", {})
    if typed not in known:
        meant = [typed] if typed in tree else [unit.code for unit in tree.find(typed)[:50]]
        known[typed] = frozenset(unit.code for code in meant for unit in tree.subtree(code))
    return known[typed]


def _state(account: Account, today: date) -> str:
    """'invited', 'active', 'disabled'"""
    return account.state if account.state == store.INVITED or account.opens(today) else store.DISABLED


def state_word(state: str) -> str:
    return {
        store.INVITED: _("Đã mời, chưa mở"), store.ACTIVE: _("Đang hoạt động"), store.DISABLED: _("Ngừng hoạt động"),
    }[state]


def _state_choices() -> list[tuple[str, str]]:
    known = (store.ACTIVE, store.INVITED, store.DISABLED)
    return [("", _("Mọi trạng thái")), *((state, state_word(state)) for state in known)]


def _role_choices(first: str) -> list[tuple[str, str]]:
    return [("", first), *((role.value, role_word(role, language.current())) for role in Role)]


def _line(account: Account, tree: UnitTree, today: date) -> Line:
    roles = tuple(
        f"{role_word(grant.role, language.current())} – {_place(grant.unit, tree)}"
        for grant in account.held if not domain.over(grant, today)
    )
    return Line(account, state_word(_state(account, today)), _place(account.workplace, tree, ""), roles)


def _place(code: str | None, tree: UnitTree, none: str | None = None) -> str:
    if code is None:
        return _("toàn hệ thống") if none is None else none
    return tree.unit(code).name if code in tree else code


# inviting


@bp.route("/new", methods=["GET", "POST"])
@requires(Action.MANAGE_ACCOUNTS)
def new() -> ResponseReturnValue:
    form = Form(request.form if request.method == "POST" else request.args)
    today = server_day()
    if request.method == "POST":
        with reading() as session:
            asked, rows = _new_account(form, units.tree(session, today))
            faults = domain.problems(session, by(), asked, today)
        form.take([_at_row(fault, rows) for fault in faults], "name")
        if not form.problems:
            with transaction() as session:
                issued = domain.invite(session, by(), asked, today)
            return _codes_page([issued])
    page = render_template(
        "accounts/new.html", form=form, rows=range(1, ROLE_ROWS + 1), roles=_role_choices(_("Chọn vai trò")),
        tasks=[(role_word(r, language.current()), role_task(r, language.current())) for r in Role],
    )
    return page, UNPROCESSABLE if form.problems else 200


def _new_account(form: Form, tree: UnitTree) -> tuple[NewAccount, list[int]]:
    """What the form asks for, and in which row of the form each role stands; form faults are noted in it."""
    workplace = _unit(form, "workplace", tree)
    held, rows = [], []
    for row in range(1, ROLE_ROWS + 1):
        role = form[_field("role", row)]
        if not role:
            continue
        if role not in ROLE_WORDS:
            form.refuse(_field("role", row), "account_role_unknown", {"role": role[:40]})
            continue
        first, last = form.day(_field("valid_from", row)), form.day(_field("valid_to", row))
        held.append(Grant(Role(role), _unit(form, _field("unit", row), tree), first, last))
        rows.append(row)
    return NewAccount(form["name"], form["display"], workplace, tuple(held)), rows


def _field(name: str, row: int) -> str:
    """Fields of the first role have plain names; 'unit_2' belongs to the second."""
    return name if row == 1 else f"{name}_{row}"


def _at_row(fault: Fault, rows: Sequence[int]) -> Fault:
    """A fault of one of the roles, at the field of its row in the form."""
    if fault.row is None or fault.column is None:
        return fault
    return Fault(fault.code, None, _field(fault.column, rows[fault.row - 1]), fault.details)


def _unit(form: Form, field: str, tree: UnitTree) -> str | None:
    """The code of the unit that was typed, by code or by name; a fault where it is none or several."""
    typed = form[field]
    if not typed or typed in tree:
        return typed or None
    found = [unit for unit in tree.find(typed) if domain.reaches(by(), tree, unit.code)]
    exact = [unit for unit in found if fold(tree.full_name(unit.code)) == fold(typed) or fold(unit.name) == fold(typed)]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0].code
    if not found:
        form.refuse(field, "unit_unknown", {"unit": typed[:40]})
    else:
        some = "; ".join(f"{unit.code} {tree.full_name(unit.code)}" for unit in found[:3])
        form.refuse(field, "unit_ambiguous", {"n": len(found), "some": some})
    return None


@bp.route("/list", methods=["GET", "POST"])
@requires(Action.MANAGE_ACCOUNTS)
@takes_files(UPLOAD, text=UPLOAD)
def from_list() -> ResponseReturnValue:
    """A list of accounts: looked at first, then carried out as a whole or not at all."""
    form = Form()
    if request.method == "GET":
        return render_template("accounts/list.html", form=form, preview=None)
    try:
        sheet, content = _uploaded()
        asked = account_lists.accounts(account_lists.translated(sheet, COLUMNS), _role_codes())
        with reading() as session:
            tree = units.tree(session, server_day())
            faults = [*asked.faults, *domain.list_faults(session, by(), asked.rows, server_day())]
        if "carry_out" in request.form and not faults:
            with transaction() as session:
                return _codes_page(domain.invite_all(session, by(), asked.rows, server_day()))
    except Refusal as refusal:
        form.refused(refusal, "file")
        return render_template("accounts/list.html", form=form, preview=None), UNPROCESSABLE
    said = [messages.fault_sentence(fault, language.current()) for fault in _in_order(faults, sheet)]
    preview = [
        (row, new.name, new.display, _place(new.workplace, tree, ""),
         [f"{role_word(held.role, language.current())} – {_place(held.unit, tree)}" for held in new.held])
        for row, new in asked.rows
    ]
    page = render_template(
        "accounts/list.html", form=form, preview=preview, faults=said[:SHOWN_FAULTS], more=len(said) - SHOWN_FAULTS,
        content=content,
    )
    return page, UNPROCESSABLE if faults else 200


def _in_order(faults: Sequence[Fault], sheet: Sheet) -> list[Fault]:
    """One fault a cell, the first that was found, under the heading that the list itself has."""
    headings = dict(zip(account_lists.translated(sheet, COLUMNS).columns, sheet.columns, strict=True))
    first: dict[tuple[int, str], Fault] = {}
    for fault in faults:
        place = (fault.row or 0, headings.get(fault.column or "", fault.column or ""))
        first.setdefault(place, Fault(fault.code, fault.row, place[1] or None, fault.details))
    return [first[place] for place in sorted(first)]


def _uploaded() -> tuple[Sheet, str]:
    """The table that was sent, as a file or as the text of the page before; raises ImportRefusal."""
    file = request.files.get("file")
    if file is not None and file.filename:
        sheet = account_lists.read(file.read())
    elif request.form.get("content"):
        sheet = account_lists.read(request.form["content"].encode())
    else:
        raise Refusal("account_list_missing")
    return sheet, account_lists.as_csv(sheet)


def _role_codes() -> dict[str, str]:
    return {word: code for code, words in ROLE_WORDS.items() for word in words}


@bp.get("/list/template.csv")
@requires(Action.MANAGE_ACCOUNTS)
def list_template() -> ResponseReturnValue:
    """An empty list to fill in, with one line as an example."""
    columns = tuple(COLUMNS)
    line = ("lan.nguyen", "Nguyễn Thị Lan", "", ROLE_WORDS["unit_officer"][0], "", "", "31/12/2026")
    text = "\ufeff" + "".join(",".join(cells) + "\r\n" for cells in (columns, line))
    return Response(
        text, mimetype="text/csv", headers={"Content-Disposition": 'attachment; filename="danh-sach-tai-khoan.csv"'}
    )


# codes and their letters


def _codes_page(issued: Sequence[Issued]) -> ResponseReturnValue:
    """The codes, shown once, and the way to their letters. Nothing of them is kept but digests."""
    return render_template("accounts/codes.html", issued=issued, today=server_day())


@bp.post("/letters.pdf")
@requires(Action.RESET_ACCOUNTS)
def letters() -> ResponseReturnValue:
    """Letters of codes that are still good. By POST: a code stands in no address."""
    codes = request.form.get("codes", "").split()
    if not 1 <= len(codes) <= account_lists.MOST:
        raise Refusal("invitation_unusable")
    with transaction() as session:
        issued = domain.letters_of(session, by(), codes, server_day())
        content = account_letters.pdf(session, issued, server_day())
    name = f"thu-{issued[0].account.name}.pdf" if len(issued) == 1 else f"thu-{len(issued)}-tai-khoan.pdf"
    return Response(
        content, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


# one account


@bp.get("/of/<name>")
@requires(Action.RESET_ACCOUNTS)
def one(name: str) -> ResponseReturnValue:
    return _one_page(name, Form())


@bp.post("/of/<name>/grants")
@requires(Action.MANAGE_ACCOUNTS)
def grant(name: str) -> ResponseReturnValue:
    form = Form(request.form)
    with reading() as session:
        unit = _unit(form, "unit", units.tree(session, server_day()))
    if form["role"] not in ROLE_WORDS:
        form.refuse("role", "account_role_missing")
    first, last = form.day("valid_from"), form.day("valid_to")
    if form.problems:
        return _one_page(name, form)
    new_grant = Grant(Role(form["role"]), unit, first, last)
    return _done(name, form, "unit", lambda session, today: domain.grant(session, by(), name, new_grant, today))


@bp.post("/of/<name>/grants/<int:grant_id>/end")
@requires(Action.MANAGE_ACCOUNTS)
def end_grant(name: str, grant_id: int) -> ResponseReturnValue:
    form = Form(request.form)
    field = f"last_day_{grant_id}"
    last = form.day(field) or server_day() - timedelta(days=1)
    if form.problems:
        return _one_page(name, form)
    return _done(name, form, field, lambda session, today: domain.end_grant(session, by(), name, grant_id, last, today))


@bp.post("/of/<name>/workplace")
@requires(Action.MANAGE_ACCOUNTS)
def move(name: str) -> ResponseReturnValue:
    form = Form(request.form)
    with reading() as session:
        workplace = _unit(form, "workplace", units.tree(session, server_day()))
    if form.problems:
        return _one_page(name, form)
    return _done(name, form, "workplace", lambda session, today: domain.move(session, by(), name, workplace, today))


@bp.route("/of/<name>/disable", methods=["GET", "POST"])
@requires(Action.MANAGE_ACCOUNTS)
def disable(name: str) -> ResponseReturnValue:
    """By GET: what it comes to, and a button; nothing is done before that."""
    if request.method == "GET":
        return _sure_page(name, "disable", Action.MANAGE_ACCOUNTS)
    return _done(name, Form(), "state", lambda session, today: domain.disable(session, by(), name, today))


@bp.post("/of/<name>/enable")
@requires(Action.MANAGE_ACCOUNTS)
def enable(name: str) -> ResponseReturnValue:
    return _done(name, Form(), "state", lambda session, today: domain.enable(session, by(), name, today))


@bp.route("/of/<name>/reset", methods=["GET", "POST"])
@requires(Action.RESET_ACCOUNTS)
def reset(name: str) -> ResponseReturnValue:
    """By GET: what it comes to, and a button; a wrong click signs nobody out."""
    purpose = domain.FACTOR if request.values.get("purpose") == domain.FACTOR else domain.RESET
    if request.method == "GET":
        return _sure_page(name, purpose, Action.RESET_ACCOUNTS)
    return _done(name, Form(), "state", lambda session, today: domain.renew(session, by(), name, purpose, today))


@bp.route("/of/<name>/hand-over", methods=["GET", "POST"])
@requires(Action.MANAGE_ACCOUNTS)
def hand_over(name: str) -> ResponseReturnValue:
    """One form when a clerk leaves."""
    form = Form(request.form if request.method == "POST" else {"last_day": server_day().isoformat()})
    if request.method == "POST":
        last = form.day("last_day")
        if last is None:
            form.refuse("last_day", "handover_past")
        successor = _successor(form, name)
        if not form.problems and last is not None:
            return _done(
                name, form, "last_day",
                lambda session, today: handover.hand_over(session, by(), name, last, successor, today),
                page=_hand_over_page,
            )
    return _hand_over_page(name, form)


def _successor(form: Form, name: str) -> str | NewAccount:
    if form["who"] != "new":
        form.require("successor", "handover_successor_missing")
        return form["successor"]
    form.require("name", "account_name_missing")
    form.require("display", "account_display_missing")
    today = server_day()
    with reading() as session:
        leaver = domain.one(session, by(), name, today)
        workplace = _unit(form, "workplace", units.tree(session, today)) if form["workplace"] else leaver.workplace
    return NewAccount(form["name"], form["display"], workplace, ())


def _hand_over_page(name: str, form: Form) -> ResponseReturnValue:
    today = server_day()
    with reading() as session:
        tree = units.tree(session, today)
        leaver = domain.manageable(session, by(), name, today)
        left = handover.open_of(session, leaver)
    held = [_grant_words(each, tree) for each in leaver.held if not domain.over(each, today)]
    page = render_template("accounts/hand_over.html", account=leaver, form=form, held=held, left=left)
    return page, UNPROCESSABLE if form.problems else 200


def _done(name: str, form: Form, field: str, do: Doing, page: Paging | None = None) -> ResponseReturnValue:
    """Carry out, and show the account again; a code that came of it is shown once instead."""
    try:
        with transaction() as session:
            issued = do(session, server_day())
    except Refusal as refusal:
        if refusal.code in {"account_unknown", "access_denied", "grant_unknown"}:
            raise
        form.refused(refusal, field)
        return (page or _one_page)(name, form)
    if isinstance(issued, Issued):
        return _codes_page([issued])
    return redirect(url_for("accounts.one", name=store.normal(name), done=1), 303)


def _sure_page(name: str, deed: str, action: Action) -> ResponseReturnValue:
    """Asks once more before a reset or a closing, and says what follows from it; a refusal is told at once."""
    today = server_day()
    try:
        with reading() as session:
            account = domain.governed(session, by(), action, name, today)
            alive = sessions.count(session, account.id, time.time())
    except Refusal as refusal:
        if refusal.code in {"account_unknown", "access_denied"}:
            raise
        form = Form()
        form.refused(refusal, "state")
        return _one_page(name, form)
    if deed != "disable" and account.state == store.INVITED:
        deed = domain.INVITE
    return render_template("accounts/sure.html", account=account, deed=deed, sessions=alive)


def _one_page(name: str, form: Form) -> ResponseReturnValue:
    today = server_day()
    with reading() as session:
        tree = units.tree(session, today)
        account = domain.one(session, by(), name, today)
        held = store.held_by(session, account.id)
        alive = sessions.count(session, account.id, time.time())
        invited = store.invitation_of(session, account.id)
    page = render_template(
        "accounts/one.html", account=account, form=form, state=_state(account, today),
        state_word=state_word(_state(account, today)),
        workplace=_full(account.workplace, tree),
        grants=[(each.id, *_grant_words(each.grant, tree), not domain.over(each.grant, today)) for each in held],
        sessions=alive, invited=invited, today=today,
        may_manage=domain.may(by(), Action.MANAGE_ACCOUNTS, tree, account, today),
        may_reset=domain.may(by(), Action.RESET_ACCOUNTS, tree, account, today),
        roles=_role_choices(_("Chọn vai trò")), own=account.name == by().name,
        has_trail="audit.index" in current_app.view_functions,
    )
    return page, UNPROCESSABLE if form.problems else 200


def _full(code: str | None, tree: UnitTree) -> str:
    if code is None:
        return ""
    return tree.full_name(code) if code in tree else code


def _grant_words(given: Grant, tree: UnitTree) -> tuple[str, str, str]:
    """(role, place, dates)"""
    place = tree.full_name(given.unit) if given.unit and given.unit in tree else _place(given.unit, tree)
    first = given.valid_from.strftime("%d/%m/%Y") if given.valid_from else ""
    last = given.valid_to.strftime("%d/%m/%Y") if given.valid_to else ""
    if first and last:
        dates = _("từ {first} đến hết {last}", first=first, last=last)
    elif first:
        dates = _("từ {first}", first=first)
    else:
        dates = _("đến hết {last}", last=last) if last else _("không thời hạn")
    return role_word(given.role, language.current()), place, dates


def by() -> By:
    """Who is asking."""
    who = auth.viewer()
    if who is None:
        raise Refusal("access_denied")
    return By(who.name, who.grants)

