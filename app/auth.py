"""Who is asking, and may they: every route carries a mark, and a route without a mark is refused.

`@requires(action)`   signed-in staff whose role has the action; the view asks `surveys.access` for the unit
`@public`             citizens' pages: no cookie, no session, no account
`@public_with_form`   open to anyone as well, but with a form of ours: what it sends carries a CSRF token

The session is a signed cookie: 12 hours at most, 30 minutes without use, a new one at every sign-in.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect

from app import doors
from app.db import reading
from app.settings import Settings
from surveys.access import AccessRefusal, Action, Grants
from surveys.store import accounts
from surveys.store.accounts import Account

ABSOLUTE = 12 * 3600
IDLE = 30 * 60
_TOUCH = 60
"""seconds of use after which the cookie is written anew"""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])
csrf = CSRFProtect()


@dataclass(frozen=True)
class Rule:
    action: Action | None
    """None: anyone"""
    form: bool
    """unsafe requests must carry a CSRF token"""


@dataclass(frozen=True)
class Viewer:
    """The signed-in member of staff."""

    name: str
    """of the account, or 'demo:<door>': what the audit trail says"""
    display: str
    grants: Grants
    demonstration: bool
    language: str = "vi"


def requires(action: Action) -> Callable[[View], View]:
    return lambda view: _marked(view, Rule(action, form=True))


def public(view: View) -> View:
    return _marked(view, Rule(None, form=False))


def public_with_form(view: View) -> View:
    return _marked(view, Rule(None, form=True))


def _marked(view: View, rule: Rule) -> View:
    view.access_rule = rule  # type: ignore[attr-defined]  # functions take attributes; rule_of reads it
    return view


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    return getattr(app.view_functions.get(endpoint), "access_rule", None)


def _admit() -> ResponseReturnValue | None:
    """Before every request: deny by default."""
    if request.endpoint is None:
        return None  # no such page, or not with this method: Flask says so
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        current_app.logger.error("route without an access rule: %s", request.endpoint)
        abort(403)
    if rule.action is not None:
        who = viewer()
        if who is None:
            target = request.full_path.rstrip("?") if request.method in SAFE else None
            return redirect(url_for("account.sign_in", next=target), 303)
        g.actor = who.name
        if not who.grants.may(rule.action):
            raise AccessRefusal("access_denied", action=rule.action.value)
    if rule.form and request.method not in SAFE:
        _same_site()
        csrf.protect()
    return None


def _same_site() -> None:
    """Browsers say where a request comes from."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise CSRFError("sent from another site")


def viewer() -> Viewer | None:
    """Who is signed in; reads the session, so citizens' pages never ask."""
    if "viewer" not in g:
        g.viewer = _from_session()
    who: Viewer | None = g.viewer
    return who


def grants() -> Grants:
    """What the asker holds today, on routes that require an action."""
    who = viewer()
    if who is None:
        raise AccessRefusal("access_denied")
    return who.grants


def can(action: str) -> bool:
    """For templates: whether a role of the signed-in person has the action."""
    who = viewer()
    return who is not None and who.grants.may(Action(action))


def sign_in(account: Account) -> None:
    """Start a new session; nothing of the one before survives, so a planted cookie is worth nothing."""
    _start(account=account.id, mark=_mark(account))


def sign_in_demonstration(who: str) -> None:
    _start(door=who)


def sign_out() -> None:
    session.clear()
    g.viewer = None


def _start(**kept: object) -> None:
    now = int(time.time())
    session.clear()
    session["staff"] = {"since": now, "seen": now, **kept}
    g.pop("viewer", None)


def _mark(account: Account) -> str:
    """Ties a session to the passphrase it was opened with: a new passphrase ends it."""
    return hashlib.sha256((account.passphrase or "").encode()).hexdigest()[:16]


def _from_session() -> Viewer | None:
    kept: dict[str, Any] | None = session.get("staff")
    if kept is None:
        return None
    now = time.time()
    who = _viewer_of(kept) if now - kept["since"] <= ABSOLUTE and now - kept["seen"] <= IDLE else None
    if who is None:
        session.clear()
    elif now - kept["seen"] > _TOUCH:
        session["staff"] = {**kept, "seen": int(now)}
    return who


def _viewer_of(kept: dict[str, Any]) -> Viewer | None:
    if "door" in kept:  # the demonstration's doors; shut again as soon as the conditions no longer hold
        if not doors.open_to(_settings(), request):
            return None
        with reading() as database:
            shown = doors.demonstration(database)
        door = shown.doors().get(kept["door"]) if shown else None
        if door is None:
            return None
        return Viewer(f"demo:{door.key}", door.label, door.grants, demonstration=True)
    with reading() as database:
        account = accounts.by_id(database, kept["account"])
    if account is None or account.state != accounts.ACTIVE or _mark(account) != kept["mark"]:
        return None
    from app import server_day

    held = Grants.of(account.held, server_day())
    return Viewer(account.name, account.display or account.name, held, False, account.language)


def safe_next(target: str | None) -> str | None:
    """A path on this very site, or None: '//host', '/\\host', control characters lead browsers elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found


def register(app: Flask) -> None:
    config: Settings = app.config["HAILONG"]
    https = config.address.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-hailong" if https else "hailong",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # `_admit` checks, by the route's mark
        WTF_CSRF_TIME_LIMIT=ABSOLUTE,
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer, which some browsers withhold
    )
    csrf.init_app(app)
    public(app.view_functions["static"])
    app.before_request(_admit)
    app.context_processor(lambda: {"can": can, "viewer": viewer})

    @app.errorhandler(CSRFError)
    def stale(raised: CSRFError) -> ResponseReturnValue:
        return render_template("account/stale.html"), 400
