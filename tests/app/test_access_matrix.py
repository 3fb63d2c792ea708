"""Every route × every role × own and foreign places: who may, who may not, and that a refusal tells nothing.

What stands behind the addresses are real rows of province T1 (and of its commune X1). Every commit is undone, so
that each request meets the same world. A route without a rule fails, and so does one whose parameters no row fills.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Map, Rule
from werkzeug.test import TestResponse

from app import auth, refresh
from app.db import db, transaction
from surveys import access
from surveys.access import Action, Grant, Role
from surveys.store import accounts, sessions
from tests.app import two_provinces
from tests.app.two_provinces import SECRET, WAVES, Provinces

PLACES: tuple[str | None, ...] = ("T1", "X1", "X2", "U9", "X9")
"""where each role is held: the province of the things asked for, their commune, its sister, and the other province"""
ABOVE = {"T1": ("T1",), "X1": ("X1", "T1"), "X2": ("X2", "T1"), "U9": ("U9",), "X9": ("X9", "U9")}
"""unit -> itself and what is above it"""


@dataclass(frozen=True)
class Persona:
    role: Role | None
    """None: not signed in"""
    unit: str | None

    def may(self, action: Action) -> bool:
        return self.role is not None and action in access.ROLES[self.role]

    def reaches(self, unit: str) -> bool:
        return self.unit is None or self.unit in ABOVE[unit]

    def below(self, unit: str) -> bool:
        return self.unit is not None and unit in ABOVE[self.unit] and unit != self.unit

    @property
    def wide(self) -> bool:
        """Held at a province or everywhere."""
        return self.unit in {None, "T1", "U9"}


PERSONAS = [Persona(None, None), Persona(Role.ADMINISTRATOR, None),
            *(Persona(role, unit) for role in Role for unit in PLACES)]

INSTALLATION = {"workshop", "own_account"}
"""blueprints whose things belong to no province: definitions serve all, the own account is the asker's"""
PROVINCE_ONLY = {"comments.unit", "comments.propose"}
"""of a commune, and still only for who stands at its province"""
PERSONAL = {
    "units.import_preview": two_provinces.UPLOADER, "units.import_file": two_provinces.UPLOADER,
    "approvals.withdraw": "ai.do",
}
"""things that are one person's: an upload is confirmed by who sent it, a proposal withdrawn by who made it"""
ALSO = dict.fromkeys(("approvals.proposal", "approvals.decide"), Action.PUBLISH)
"""the proposal is one to publish: who may neither propose nor confirm such a thing does not see it"""
NAMED_IN_THE_FORM = {"own_account.end_session", "units.merge", "workshop.order", "workshop.save_sounds"}
"""forms that say what they are about; the matrix sends them empty, so what they name is not there"""
UNIT_NAMES_ARE_PUBLIC = {"units"}
"""blueprints that show the national list of public bodies: names and codes, no figures"""


def filled(app: Flask, rule: Rule, world: Provinces) -> str:
    """The address of a rule with the rows of province T1 behind its parameters; KeyError for an unknown one."""
    blueprint = rule.endpoint.partition(".")[0]
    values: dict[str, object] = {}
    for name in rule.arguments:
        values[name] = {
            ("accounts", "name"): world.values["account"], ("workshop", "name"): world.values["definition"],
            ("accounts", "grant_id"): world.grant_id,
            ("workshop", "what"): "questionnaire", ("own_account", "what"): "factor",
            ("workshop", "fmt"): "toml", ("workshop", "device"): "phone", ("workshop", "part"): "head",
            ("audit", "fmt"): "csv", ("results", "fmt"): "csv", ("waves", "fmt"): "csv",
            ("units", "code"): "X1", ("units", "valid_from"): "2025-07-01", ("respond", "code"): world.values["point"],
            ("sounds", "digest"): "0" * 64, ("static", "filename"): "css/tokens.css",
        }.get((blueprint, name)) or world.values[name]
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def place_of(rule: Rule) -> str | None:
    """The unit at which one must stand, or above it; None: nothing of a province is asked for."""
    blueprint = rule.endpoint.partition(".")[0]
    if blueprint in INSTALLATION or not rule.arguments - {"fmt", "filename"}:
        return None
    if rule.endpoint in PROVINCE_ONLY:
        return "T1"
    if rule.arguments & {"unit_code", "name"} or rule.endpoint.startswith("units."):
        return "X1"
    return "T1"


def expected(rule: Rule, method: str, who: Persona, action: Action) -> Callable[[TestResponse], str | None]:
    """What is wrong with a reply, or None: the rule and the scope say what it has to be."""
    if who.role is None:
        return _leads_to_sign_in
    if not who.may(action):
        return _is(403)
    place = place_of(rule)
    if rule.endpoint in PERSONAL:
        return _serves() if name_of(who) == PERSONAL[rule.endpoint] else _is(404)
    if rule.endpoint in ALSO and not who.may(ALSO[rule.endpoint]):
        return _is(404)
    if rule.endpoint in NAMED_IN_THE_FORM:
        return _serves(403, 404)
    if rule.endpoint == "units.unit":
        return _serves()  # the national list of public bodies
    if place is None:
        return _serves() if who.wide or rule.endpoint.startswith("own_account.") else _serves(403, 404)
    if who.reaches(place):
        return _serves()
    return _serves(404) if who.below(place) and rule.endpoint not in PROVINCE_ONLY else _is(404)


def _leads_to_sign_in(reply: TestResponse) -> str | None:
    where = urlsplit(reply.headers.get("Location", "")).path
    return None if (reply.status_code, where) == (303, "/account/sign-in") else f"{reply.status_code} {where}"


def _is(status: int) -> Callable[[TestResponse], str | None]:
    return lambda reply: None if reply.status_code == status else f"{reply.status_code} instead of {status}"


def _serves(*also: int) -> Callable[[TestResponse], str | None]:
    """Neither refused nor failed; what is wrong with a form (400, 409, 422) is said to who may send it."""
    def wrong(reply: TestResponse) -> str | None:
        status = reply.status_code
        if status in also:
            return None
        if status in {403, 404} or status >= 500:
            return f"{status} instead of an answer"
        where = urlsplit(reply.headers.get("Location", "")).path
        return "sent to sign in" if where == "/account/sign-in" else None
    return wrong


def foreign(rule: Rule, who: Persona) -> list[str]:
    """Words that a reply to this person must not hold: names, codes and texts of what they do not reach."""
    units = {"T1": "Tỉnh Thử Nghiệm", "X1": "Xã Một", "X2": "Phường Hai", "U9": "Tỉnh Khác", "X9": "Xã Khác"}
    provinces = {"T1": [WAVES["T1"], SECRET["T1"], "nguoi.t1"], "U9": [WAVES["U9"], SECRET["U9"], "nguoi.u9"]}
    people = {"X1": ["nguoi.x1"], "X2": ["nguoi.x2"], "X9": ["nguoi.x9"]}
    if who.role is None:
        return [*units.values(), *(word for words in (*provinces.values(), *people.values()) for word in words)]
    if who.unit is None:
        return []
    own = ABOVE[who.unit][-1]
    words = [word for province, said in provinces.items() if province != own for word in said]
    words += [word for unit, said in people.items() if not who.reaches(unit) for word in said]
    if rule.endpoint.partition(".")[0] not in UNIT_NAMES_ARE_PUBLIC:
        words += [name for unit, name in units.items() if not who.reaches(unit) and unit not in ABOVE[who.unit]]
    return words


def name_of(who: Persona) -> str:
    return f"{who.role}.{who.unit or 'all'}".lower()


def signed_in(app: Flask, who: Persona) -> FlaskClient:
    client = app.test_client()
    if who.role is None:
        return client
    with app.app_context(), transaction() as session:
        account = accounts.add(session, name_of(who), "not a hash", Grant(who.role, who.unit))
        accounts.change(session, account.id, second_factor="set up, as far as the pages know")
        number = sessions.start(session, account.id, int(time.time()), "")
    with client.session_transaction() as cookie:
        cookie["staff"] = number
    return client


@pytest.fixture
def provinces(app: Flask, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Provinces:
    monkeypatch.setattr(refresh, "launch", lambda *_: None)
    made = two_provinces.build(app, tmp_path)
    app.config.update(WTF_CSRF_ENABLED=False, WTF_CSRF_METHODS=[])
    return made


def _nothing_is_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the database undoes what would be committed."""
    with app.app_context():
        dialect = db.engine.dialect
    monkeypatch.setattr(dialect, "do_commit", dialect.do_rollback)


def closed_routes(app: Flask) -> list[tuple[Rule, str, Action]]:
    """Every route and method that takes an action; a route without any rule fails here."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        held = auth.rule_of(app, rule.endpoint)
        assert held is not None, f"{rule.rule}: no rule"
        if held.action is not None:
            found += [(rule, method, held.action) for method in sorted((rule.methods or set()) & METHODS)]
    return found


METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_every_route_for_every_role_at_every_place(
    app: Flask, provinces: Provinces, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    routes = closed_routes(app)
    addresses = {rule.rule: filled(app, rule, provinces) for rule, _, _ in routes}
    clients = {who: signed_in(app, who) for who in PERSONAS}
    _nothing_is_kept(app, monkeypatch)
    faults, leaks, statuses, cells = [], [], Counter[int](), 0
    for rule, method, action in routes:
        for who, client in clients.items():
            address = addresses[rule.rule]
            reply = client.open(address, method=method)
            cells += 1
            statuses[reply.status_code] += 1
            cell = f"{method} {rule.rule} as {name_of(who)}"
            if wrong := expected(rule, method, who, action)(reply):
                faults.append(f"{cell}: {wrong}")
            page = two_provinces.said_by(reply)
            leaks += [f"{cell}: tells {word!r}" for word in foreign(rule, who)
                      if word in page and word not in address]
    with capsys.disabled():
        print(f"\naccess matrix: {cells} cells = {len(routes)} routes x {len(PERSONAS)} persons; "
              f"{len(faults)} faults, {len(leaks)} leaks; {dict(sorted(statuses.items()))}")
    assert cells == len(routes) * len(PERSONAS)
    assert not faults + leaks, "\n".join(faults + leaks)


def test_a_foreign_unit_in_the_query_tells_no_more_than_one_in_the_path(
    app: Flask, provinces: Provinces, monkeypatch: pytest.MonkeyPatch
):
    """?unit=, ?province=, ?received= naming the other province: neither its words nor a failure."""
    routes = [(rule, action) for rule, method, action in closed_routes(app) if method == "GET"]
    asked = {"unit": "X9", "province": "U9", "received": "X9", "code": "X9", "q": "khac", "subject": "unit:X9"}
    people = {who: signed_in(app, who) for who in PERSONAS if who.unit in {"T1", "X1"}}
    _nothing_is_kept(app, monkeypatch)
    faults = []
    for rule, action in routes:
        address = filled(app, rule, provinces)
        for who, client in people.items():
            if not who.may(action):
                continue
            reply = client.get(address, query_string=asked)
            cell = f"GET {rule.rule} as {name_of(who)}"
            if reply.status_code >= 500:
                faults.append(f"{cell}: {reply.status_code}")
            faults += [f"{cell}: tells {word!r}" for word in foreign(rule, who) if word in two_provinces.said_by(reply)]
    assert not faults, "\n".join(faults)


def test_a_parameter_that_no_row_fills_is_noticed(app: Flask, provinces: Provinces):
    rule = Rule("/new/<something>", endpoint="new.page")
    Map([rule])
    with pytest.raises(KeyError):
        filled(app, rule, provinces)


@pytest.mark.parametrize("role", list(Role))
def test_the_matrix_asks_each_role_at_each_place(role: Role):
    assert {who.unit for who in PERSONAS if who.role is role} >= set(PLACES)


def test_the_matrix_would_see_a_leak(provinces: Provinces):
    """The words looked for do stand where they belong."""
    manager = signed_in(provinces.world.app, Persona(Role.PROVINCE_MANAGER, "T1"))
    wave = WAVES["T1"]
    for path, word in {
        f"/comments/{wave}/X1": SECRET["T1"], "/approvals/": SECRET["T1"], f"/results/{wave}": "Xã Một",
        "/waves/": wave, f"/print/{wave}/": "Phường Hai", f"/comments/{wave}/X1/released": SECRET["T1"],
    }.items():
        assert word in manager.get(path).text, path
    administrator = signed_in(provinces.world.app, Persona(Role.ADMINISTRATOR, "T1"))
    assert "nguoi.x1" in administrator.get("/accounts/").text
    assert "nguoi.x9" not in administrator.get("/accounts/").text
