"""Who is asking, and may they: every route carries a mark, and a route without a mark is refused.

`@requires(action)`   signed-in staff whose role has the action; the view asks `surveys.access` for the unit
`@public`             citizens' pages: no cookie, no session, no account
`@public_with_form`   open to anyone as well, but with a form of ours: what it sends carries a CSRF token

A session is a row of the database: 12 hours at most, 30 minutes without use, a new one at every sign-in. The signed
cookie carries its random number, the CSRF token, and, between the passphrase and the second factor, who is on the
way in. The demonstration's doors have no account, so theirs stays in the cookie.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect

from app import devices, doors, load
from app.db import reading, transaction
from app.settings import Settings
from surveys import own_account
from surveys.access import AccessRefusal, Action, Grants
from surveys.lapse import fresh
from surveys.store import accounts, sessions
from surveys.store.accounts import Account
from surveys.store.sessions import ABSOLUTE, IDLE, StaffSession

HALF_WAY = 10 * 60
"""seconds between the passphrase and the second factor"""
_TOUCH = 60
"""seconds of use after which the session's last use is written anew"""
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
        load.spare()
        who = viewer()
        if who is None:
            target = request.full_path.rstrip("?") if request.method in SAFE else None
            return redirect(url_for("account.sign_in", next=target), 303)
        g.actor = who.name
        if not who.grants.may(rule.action):
            raise AccessRefusal("access_denied", action=rule.action.value)
        load.enter(request.endpoint, who.name)
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
    """Start a new session; nothing of the one before survives, so a planted cookie is worth nothing.

    Every factor has been shown when this is called.
    """
    g.actor = account.name
    now = int(time.time())
    before = session.get("staff")
    with transaction() as database:
        if isinstance(before, str):
            sessions.end(database, sessions.digest_of(before))
        number = own_account.signed_in(database, account, now, devices.device(request.user_agent.string))
    session.clear()
    session["staff"] = number
    g.pop("viewer", None)


def sign_in_demonstration(who: str) -> None:
    now = int(time.time())
    session.clear()
    session["staff"] = {"since": now, "seen": now, "door": who}
    g.pop("viewer", None)


def sign_out() -> None:
    number = session.get("staff")
    if isinstance(number, str):
        with transaction() as database:
            sessions.end(database, sessions.digest_of(number))
    session.clear()
    g.viewer = None


def half_way(account: Account, target: str | None) -> None:
    """The passphrase was right; the second factor is still to come, and opens nothing but its own page."""
    kept = {"account": account.id, "mark": account.uniquifier[:16], "since": int(time.time()), "next": target}
    session.clear()
    session["half_way"] = kept


def on_the_way() -> tuple[Account, str | None] | None:
    """Who has shown the passphrase and not yet the second factor, and where they were going."""
    kept = session.get("half_way")
    if kept is None or not fresh(kept["since"], time.time(), HALF_WAY):
        return None
    from app import server_day

    with reading() as database:
        account = accounts.by_id(database, kept["account"])
    if account is None or account.uniquifier[:16] != kept["mark"] or not account.opens(server_day()):
        return None
    return account, kept["next"]


def _from_session() -> Viewer | None:
    kept = session.get("staff")
    if kept is None:
        return None
    who = _viewer_of_row(kept) if isinstance(kept, str) else _viewer_of_door(kept)
    if who is None:
        session.clear()
    return who


def _viewer_of_row(number: str) -> Viewer | None:
    from app import server_day

    now = time.time()
    today = server_day()
    with reading() as database:
        found = sessions.held(database, number)
    if found is None or not found[0].alive(now) or not found[1].opens(today):
        return None
    row, account = found
    held = Grants.of(account.held, today)
    if account.second_factor is None and own_account.needs_second_factor(held):
        return None  # a role that came into force meanwhile asks for more than was shown
    if now - row.seen > _TOUCH:
        with transaction() as database:
            sessions.touch(database, row.digest, int(now))
    g.account, g.staff_session = account, row
    return Viewer(account.name, account.display or account.name, held, False, account.language)


def own() -> tuple[Account, StaffSession] | None:
    """The signed-in person's account and session; None for the demonstration's doors, which have neither."""
    viewer()
    return (g.account, g.staff_session) if "account" in g else None


def _viewer_of_door(kept: dict[str, Any]) -> Viewer | None:
    """Shut again as soon as the demonstration's conditions no longer hold."""
    now = int(time.time())
    if not (fresh(kept.get("since", 0), now, ABSOLUTE) and fresh(kept.get("seen", 0), now, IDLE)):
        return None
    if not doors.open_to(_settings(), request):
        return None
    with reading() as database:
        shown = doors.demonstration(database)
    door = shown.doors().get(kept.get("door", "")) if shown else None
    if door is None:
        return None
    if now - kept["seen"] > _TOUCH:
        session["staff"] = {**kept, "seen": now}
    return Viewer(f"demo:{door.key}", door.label, door.grants, demonstration=True)


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
