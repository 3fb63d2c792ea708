"""The front page: one door for each kind of user."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app import doors, messages
from app.auth import public, public_with_form
from app.db import reading
from app.prints import addresses, qr
from app.settings import Settings
from surveys import codes
from surveys.store import accounts

bp = Blueprint("home", __name__)


@bp.get("/")
@public_with_form
def index() -> ResponseReturnValue:
    return _page()


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
    with reading() as session:
        fresh = not accounts.any_account(session)
        demonstration = doors.demonstration(session) if settings.demonstration else None
    point = demonstration.point if demonstration else None
    address = addresses.of_point(settings.address, point.code) if point else ""
    return render_template(
        "home/index.html", typed=typed, problem=problem, fresh=fresh, demonstration=demonstration,
        one_click=one_click, address=address, local_only=settings.loopback_only,
        qr=_qr(address) if address else None,
    )


def _qr(address: str) -> tuple[int, str]:
    """Side and outline of the address's QR code, in modules."""
    rows = qr.modules(address, quiet=qr.QUIET)
    outline = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return len(rows), outline
