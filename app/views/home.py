"""The front page: one door for each kind of user; for who is signed in, what is due today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, doors, hosts, load, messages, navigation, role_words, server_day, today_words
from app.auth import Viewer, public, public_with_form
from app.db import reading
from app.language import current
from app.prints import addresses, qr
from app.result_words import STATES, said
from app.settings import Settings
from surveys import access, codes, conduct, today
from surveys.access import Action
from surveys.store import accounts, units
from surveys.store import waves as wave_store
from surveys.today import Task
from surveys.units import Unit, UnitTree
from surveys.waves import State, Wave

bp = Blueprint("home", __name__)

PLACES: Mapping[str, str] = {
    "wave": "waves.wave", "progress": "waves.progress", "proposal": "approvals.proposal", "draft": "workshop.draft",
    "accounts": "accounts.index", "new_account": "accounts.new", "new_wave": "waves.new", "audit": "audit.index",
}
"""where a task is done -> the endpoint"""


@bp.get("/")
@public_with_form
def index() -> ResponseReturnValue:
    """Citizens and passers-by see the doors; only a browser that carries a cookie of ours is asked who it is."""
    if hosts.here() is not hosts.Side.CITIZENS and current_app.config["SESSION_COOKIE_NAME"] in request.cookies:
        load.spare()
        who = auth.viewer()
        if who is not None:
            return _today(who)
    return _page()


@dataclass(frozen=True)
class Running:
    """A wave in reach, as the page of the day shows it."""

    wave: Wave
    unit: Unit
    """where the reader begins to read it"""


def _today(who: Viewer) -> str:
    day = server_day()
    with reading() as session:
        tasks = today.due(session, who.grants, who.name, day)
        coming = None if tasks else today.upcoming(session, who.grants, day)
        running = _running(session, who)
        tree = units.tree(session, day)
        demonstration = doors.demonstration(session) if who.demonstration else None
    roles = [(role_words.role_word(grant.role, current()), _place(tree, grant.unit)) for grant in who.grants.held]
    return render_template(
        "home/today.html", tasks=[(task, _address(task)) for task in tasks], coming=coming, running=running,
        roles=roles, said=today_words, states=_state, endpoints=current_app.view_functions, day=day,
        places=navigation.places(), demonstration=demonstration, simulated=demonstration is not None,
    )


def _place(tree: UnitTree, unit: str | None) -> str:
    """Where a role is held; '' for everywhere."""
    return tree.full_name(unit) if unit is not None and unit in tree else unit or ""


def _running(session: Session, who: Viewer) -> list[Running]:
    """Waves that are collected or counted just now, with what the reader may do there."""
    found: list[Running] = []
    for wave in wave_store.waves(session):
        if wave.state in {State.PUBLISHED, State.CORRECTED}:
            continue
        tree = conduct.tree_of(session, wave)
        top = next(
            (code for action in (Action.SEE_PROGRESS, Action.SEE_RESULTS)
             if (code := access.top(who.grants, action, tree, wave.province_code))), None,
        )
        if top is not None:
            found.append(Running(wave, tree.unit(top)))
    found.sort(key=lambda each: (each.wave.training, each.wave.state is not State.OPEN))
    return found[:6]


def _state(state: State) -> str:
    return said(STATES, state.value, current())


def _address(task: Task) -> str:
    endpoint = PLACES.get(task.place, "")
    return url_for(endpoint, **task.at) if endpoint in current_app.view_functions else ""  # type: ignore[arg-type]  # of a route


@bp.post("/answer")
@public
def answer() -> ResponseReturnValue:
    """From a typed code to its form. By POST, so that a slip's code stands in no address but its own."""
    typed = request.form.get("code", "")[:64]
    code = codes.normal(typed)
    if codes.is_code(code, codes.POINT_LENGTH):
        return redirect(f"/p/{code}", 303)
    if codes.is_code(code, codes.SLIP_LENGTH):
        return redirect(f"/s/{code}", 303)
    problem = "code_malformed" if code else "code_missing"
    return _page(typed, messages.sentence(problem, {"length": len(code)})), 422


def _page(typed: str = "", problem: str = "") -> str:
    settings: Settings = current_app.config["HAILONG"]
    one_click = doors.open_to(settings, request)
    side = hosts.here()
    with reading() as session:
        fresh = not accounts.any_account(session)
        demonstration = doors.demonstration(session) if settings.demonstration else None
    point = demonstration.point if demonstration else None
    address = addresses.of_point(settings.address, point.code) if point else ""
    return render_template(
        "home/index.html", typed=typed, problem=problem, fresh=fresh, demonstration=demonstration,
        one_click=one_click, address=address, local_only=settings.loopback_only,
        citizens=side is not hosts.Side.STAFF, staff=side is not hosts.Side.CITIZENS,
        qr=_qr(address) if address else None,
    )


def _qr(address: str) -> tuple[int, str]:
    """Side and outline of the address's QR code, in modules."""
    rows = qr.modules(address, quiet=qr.QUIET)
    outline = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return len(rows), outline
