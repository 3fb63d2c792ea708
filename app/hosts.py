"""Under which names this server answers, and which pages under which of them.

A request under a foreign name is refused before its page is looked for (`HaiLong.create_url_adapter`): its name would
otherwise find its way into addresses, and a page elsewhere may point a name of its own at this machine (DNS
rebinding). Where staff have an address of their own (HAILONG_STAFF_URL), their pages exist only there and citizens'
only on the public one, so that a fault on one side finds no session and no form of the other; `url_for` leads across
with a whole address.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, has_request_context, request

from app import auth
from app.settings import LOOPBACK, Settings

WILDCARD = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared with, not bound to
EITHER = frozenset({"static", "home.index"})
"""endpoints that both names have"""


class Side(StrEnum):
    CITIZENS = "citizens"
    STAFF = "staff"


def name_of(host: str) -> str | None:
    """'Hailong.VN:8000' -> 'hailong.vn'."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


@lru_cache(maxsize=256)
def is_known(settings: Settings, host: str) -> bool:
    name = name_of(host)
    if name is None:
        return False
    if name in LOOPBACK:
        return True
    if settings.bind in WILDCARD and not settings.public_url:
        return _is_address(name)  # a demonstration on every network of this machine; numbers cannot be rebound
    named = {name_of(urlsplit(address).netloc) for address in (settings.address, settings.staff_address)}
    return name in named | {each.strip().lower() for each in settings.trusted_hosts.split(",")}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def side_of(app: Flask, endpoint: str) -> Side | None:
    """Whose page it is; None: of both."""
    rule = auth.rule_of(app, endpoint)
    if rule is None or endpoint in EITHER:
        return None
    return Side.CITIZENS if rule.action is None and not rule.form else Side.STAFF


def here() -> Side | None:
    """Under whose name the request came; None: both have one name."""
    settings: Settings = current_app.config["HAILONG"]
    if not settings.staff_url:
        return None
    return Side.STAFF if is_staffs(settings, request.host) else Side.CITIZENS


@lru_cache(maxsize=256)
def is_staffs(settings: Settings, host: str) -> bool:
    """Whether it is the name that staff have for themselves."""
    return bool(settings.staff_url) and name_of(host) == urlsplit(settings.staff_url).hostname


def across(app: Flask, endpoint: str, path: str) -> str:
    """`path`, as a whole address where its page lives under the other name."""
    settings: Settings = app.config["HAILONG"]
    if not settings.staff_url or not has_request_context() or not path.startswith("/"):
        return path
    if endpoint.startswith("."):
        endpoint = f"{request.blueprint}{endpoint}" if request.blueprint else endpoint[1:]
    side = side_of(app, endpoint)
    if side is None or side == here():
        return path
    return (settings.staff_address if side is Side.STAFF else settings.address) + path


def register(app: Flask) -> None:
    settings: Settings = app.config["HAILONG"]

    @app.before_request
    def admit() -> None:
        if settings.staff_url and request.endpoint:
            side = side_of(current_app, request.endpoint)
            if side is not None and side != here():
                abort(404)
