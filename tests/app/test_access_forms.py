"""Every form that changes something, filled in as somebody would who wants what is another province's.

The matrix of routes (test_access_matrix) sends its forms empty, and an empty form is refused for what is missing
before it is asked whom it names. Here every POST route gets a full form: about a thing of one's own with the other
province's codes in its fields, and about the other province's thing. What the request would commit is compared row by
row with what was there, and then undone: no row of a foreign unit may appear, change or go. The same forms sent by
people of the other province do change rows; otherwise nothing would be shown.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, text
from werkzeug.routing import Rule

from app import server_day
from app.db import db, transaction
from surveys import approvals
from surveys.access import Role
from surveys.store import accounts
from surveys.store import waves as wave_store
from surveys.store.tables import Base
from tests.app import test_access_matrix as matrix
from tests.app import two_provinces
from tests.app.test_access_matrix import Persona
from tests.app.test_access_matrix import provinces as provinces
from tests.app.two_provinces import SECRET, WAVES, Provinces

Rows = dict[str, frozenset[tuple[object, ...]]]
SHARED = {
    "audit", "audit_head", "staff_session", "draft", "recording", "field_list", "questionnaire", "index_definition",
}
"""tables whose rows belong to no province; what the trail says is held by test_audit"""
OURS = [Persona(role, unit) for role in Role for unit in ("T1", "X1")]
THEIRS = [Persona(Role.ADMINISTRATOR, "U9"), Persona(Role.PROVINCE_MANAGER, "U9"), Persona(Role.ANALYST, "U9"),
          Persona(Role.HELP_DESK, "U9")]


def forms(app: Flask, mine: Provinces, theirs: Mapping[str, str]) -> list[dict[str, Any]]:
    """Fields that could be what a route wants, once for each kind of thing that is asked for."""
    with app.app_context():
        later = (server_day() + timedelta(days=20)).isoformat()
        today = server_day().isoformat()
    common = {
        "unit": "X9", "workplace": "X9", "province": "U9", "parent": "U9", "parent-0": "U9", "code-0": "X8",
        "name-0": "Xã Mới", "kind-0": "commune", "link-0-0": "whole", "below-0": "0", "count": "1",
        "display": "Người Mới", "successor": "nguoi.x9", "who": "old", "role": "unit_officer",
        "valid_from": "", "valid_to": later, "title": "Đợt mới", "questionnaire": "sipas-transaction",
        "index": "sipas-transaction", "official": "open", "opens": "", "closes": later, "late_until": later,
        "units_day": today, "target": ">85", "reason": "lý do đủ dài", "answer": "đồng ý", "decision_day": today,
        "step": "apply", "state": theirs["state"], "what": "wipe", "purpose": "reset", "decree": "1/NQ",
        "confirmed": WAVES["U9"], "release": theirs["comment"], "grant": theirs["grant_id"],
        f"last_day_{theirs['grant_id']}": later, f"last_day_{mine.grant_id}": later, "content": theirs["list"],
        "carry_out": "1", "codes": theirs["code"], "last_day": later, "unit_2": "U9", "role_2": "help_desk",
    }
    return [
        {**common, "name": "nguoi.moi", "code": "MOI-2026", "decision": "confirm"},
        {**common, "name": "Xã Đổi Tên", "code": WAVES["U9"], "decision": "2160/QĐ-UBND", "who": "new",
         "role": "administrator", "unit": "U9"},
        {**common, "name": "nguoi.moi", "decision": "reject", "role": "entry_clerk", "unit": "U9", "unit_2": "X9"},
    ]


FILES = {
    "accounts.from_list": "name,display,role,unit,workplace\nnguoi.la,Người Lạ,unit_officer,X9,X9\n",
    "units.check_file": two_provinces.world.UNITS + "X7,Xã Bảy,commune,U9,2025-07-01,,\n",
    "waves.populations": "unit,size\nX9,100\n",
}


def other_things(app: Flask, made: Provinces) -> dict[str, str]:
    """What stands for the parameters and fields, of the other province."""
    with app.app_context(), transaction() as session:
        officer = accounts.by_name(session, "nguoi.x9")
        assert officer is not None
        wave = wave_store.wave(session, WAVES["U9"])
        comment = session.execute(text("select id from comment where wave_id = :wave limit 1"), {"wave": wave.id})
        proposal = next(each for each in approvals.waiting(session) if each.subject == f"wave:{WAVES['U9']}")
        from surveys.accounts import RESET, operator, renew
        from surveys.store import units

        issued = renew(session, operator("cli:test"), "nguoi.x9", RESET, server_day())
        return {
            "wave_code": WAVES["U9"], "unit_code": "X9", "account": "nguoi.x9", "id": str(proposal.id),
            "grant_id": str(accounts.held_by(session, officer.id)[0].id), "code": issued.code,
            "comment": bytes(comment.scalar_one()).hex(), "state": units.print_of(session),
            "list": FILES["accounts.from_list"],
        }


def rows_of(connection: Any) -> Rows:
    """Every row of every table, as the transaction sees them."""
    found = {}
    for name in inspect(connection).get_table_names():
        if name in Base.metadata.tables and name not in SHARED:
            found[name] = frozenset(
                tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)
                for row in connection.execute(text(f'select * from "{name}"'))  # our own names
            )
    return found


@contextmanager
def what_would_be_committed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Rows, list[Rows]]]:
    """(rows before, rows at each commit); the commits themselves are undone."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    with app.app_context(), db.engine.connect() as connection:
        before = rows_of(connection)
    seen: list[Rows] = []

    def committing(connection: Any) -> None:
        if connection.get_execution_options().get("writes"):
            seen.append(rows_of(connection))

    with app.app_context():
        dialect = db.engine.dialect
    event.listen(Engine, "commit", committing)
    monkeypatch.setattr(dialect, "do_commit", dialect.do_rollback)
    try:
        yield before, seen
    finally:
        event.remove(Engine, "commit", committing)


def foreign_ids(app: Flask) -> dict[str, set[object]]:
    """Column -> values that lead to the other province."""
    with app.app_context(), db.engine.connect() as connection:
        def ids(sql: str) -> set[object]:
            return {row[0] for row in connection.execute(text(sql))}

        return {
            "province_code": {"U9"}, "unit_code": {"U9", "X9"}, "workplace": {"U9", "X9"},
            "wave_id": ids("select id from wave where province_code = 'U9'"),
            "unit_id": ids("select id from unit where code in ('U9', 'X9')"),
            "account_id": ids("select id from account where workplace in ('U9', 'X9')"),
            "code": {"U9", "X9", "X8", "X7", WAVES["U9"]}, "parent": {"U9", "X9"}, "name": {"nguoi.u9", "nguoi.x9"},
        }


def touched(before: Rows, after: Rows, foreign: Mapping[str, set[object]]) -> list[str]:
    """Rows of the other province that came, went or changed."""
    found = []
    for name, rows in after.items():
        columns = [column.name for column in Base.metadata.tables[name].columns]
        for row in rows ^ before[name]:
            values = dict(zip(columns, row, strict=True))
            if any(values.get(column) in known for column, known in foreign.items()):
                found.append(f"{name} {values}"[:200])
    return found


def address_of(app: Flask, rule: Rule, made: Provinces, theirs: Mapping[str, str], *, foreign: bool) -> str:
    if not foreign:
        return matrix.filled(app, rule, made)
    swapped = Provinces(made.world, {**made.values, **theirs}, int(theirs["grant_id"]))
    address = matrix.filled(app, rule, swapped)
    return address.replace("/units/X1/", "/units/X9/")


def sent(rule: Rule, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The form as a browser would send it; merely naming a foreign unit where the route takes several."""
    data = dict(fields)
    if rule.endpoint in FILES:
        data["file"] = (io.BytesIO(FILES[rule.endpoint].encode()), "tep.csv")
        if rule.endpoint == "accounts.from_list":
            data.pop("file")
    if rule.endpoint == "units.merge":
        data["last_day"] = data["valid_to"]
    return data


def test_a_full_form_about_what_is_anothers_changes_nothing_and_tells_nothing(
    app: Flask, provinces: Provinces, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    theirs = other_things(app, provinces)
    foreign = foreign_ids(app)
    filled = forms(app, provinces, theirs)
    routes = [(rule, action) for rule, method, action in matrix.closed_routes(app) if method == "POST"]
    ours = {who: matrix.signed_in(app, who) for who in OURS}
    able = {who: matrix.signed_in(app, who) for who in THEIRS}
    faults, effective, cells, statuses = [], set(), 0, Counter[int]()
    with what_would_be_committed(app, monkeypatch) as (before, commits):
        for rule, action in routes:
            for who, client in {**ours, **able}.items():
                if not who.may(action):
                    continue  # refused at the door, whatever the form says: test_access_matrix
                for about_theirs in (True, False) if who in ours else (True,):
                    address = address_of(app, rule, provinces, theirs, foreign=about_theirs)
                    for fields in filled:
                        data = sent(rule, fields)
                        commits.clear()
                        reply = client.post(address, data=data)
                        changed = [row for after in commits for row in touched(before, after, foreign)]
                        cell = f"{rule.rule} as {matrix.name_of(who)}, {'theirs' if about_theirs else 'own'}"
                        if who in able:
                            effective |= {rule.endpoint} if changed else set()
                            continue
                        cells += 1
                        statuses[reply.status_code] += 1
                        faults += [f"{cell}: changes {row}" for row in changed]
                        if reply.status_code >= 500:
                            faults.append(f"{cell}: {reply.status_code}")
                        said = two_provinces.said_by(reply)
                        faults += [f"{cell}: tells {word!r}" for word in TOLD if word in said]
    with capsys.disabled():
        print(f"\nfull forms: {cells} sent over {len(routes)} routes, {len(faults)} changes or leaks; "
              f"{dict(sorted(statuses.items()))}; the same forms do their work at {sorted(effective)}")
    assert not faults, "\n".join(faults[:40])
    assert len(effective) >= FEWEST_EFFECTIVE, sorted(effective)


TOLD = (SECRET["U9"], "nguoi.u9", "Người ở X9", "Người ở U9")
"""words of the other province that no form had in it"""
FEWEST_EFFECTIVE = 14
"""routes at which people of the other province do change its rows by these very forms"""
