"""What machines ask about the server, and the page where administrators see the same."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from app import auth, health, health_words, metrics, server_day
from app.auth import public, requires
from app.db import reading
from app.language import current
from app.settings import Settings
from surveys.access import AccessRefusal, Action
from surveys.store import units

bp = Blueprint("health", __name__)

PLAIN = "text/plain; charset=utf-8"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """This process answers. Asks no database: a database that is away is no reason to start the server again."""
    return _said("ok\n")


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """200 when an answer sent now would be kept; else 503 and why, in codes."""
    codes = health.readiness(current_app)
    if not codes:
        return _said("ready\n")
    reply = _said("".join(f"{code}\n" for code in codes), 503)
    reply.headers["Retry-After"] = "5"
    return reply


@bp.get("/metrics")
@public
def exposed() -> ResponseReturnValue:
    """For a collector on this machine, or one that has the token; for everybody else there is no such page."""
    if not _may_collect():
        abort(404)
    return _said(health.exposed(), kind=EXPOSITION)


@bp.get("/status")
@requires(Action.SEE_STATUS)
def status() -> ResponseReturnValue:
    config = _config()
    with reading() as session:
        if not auth.grants().province_wide(Action.SEE_STATUS, units.tree(session, server_day())):
            raise AccessRefusal("access_denied", action=Action.SEE_STATUS.value)
        figures = health.figures(session)
    groups = health_words.groups(
        config, figures, health.backups(config), metrics.collected(config.state), health.readiness(current_app),
        health.free_space(config), server_day(), current(),
    )
    return render_template("health/status.html", groups=groups)


def _may_collect() -> bool:
    config = _config()
    given = request.headers.get("Authorization", "")
    if config.metrics_token and hmac.compare_digest(given.encode(), f"Bearer {config.metrics_token}".encode()):
        return True
    # behind a proxy every request comes from this machine: who sent it is what the proxy says
    return not any(name in request.headers for name in FORWARDED) and _is_loopback(request.remote_addr)


FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via")


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _said(text: str, status: int = 200, kind: str = PLAIN) -> Response:
    reply = Response(text, status, content_type=kind)
    reply.headers["Cache-Control"] = "no-store"
    return reply


def _config() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
