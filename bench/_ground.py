"""What benchmarks measure on: a database of their own with a wave over the communes of one province."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import make_url

from app import create_app, server_day
from app.db import db, transaction
from app.settings import read
from surveys import approvals, conduct, drafts, publication
from surveys.access import Grant, Role
from surveys.store import accounts, responses, sessions, units, waves
from surveys.waves import State

PROVINCE = "44"
COMMUNE = "19249"
"""of the demonstration: Xã Lệ Thủy"""
WAVE = "QT-2026-MP"
"""of the demonstration, with answers"""
ACCOUNTS = 230
COMMUNES = [str(19000 + n) for n in range(78)]


@contextmanager
def sqlite() -> Iterator[Flask]:
    """The application on a new, migrated SQLite database."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(read({}, state=Path(folder)))
        with app.app_context():
            upgrade()
        yield app
        with app.app_context():
            db.engine.dispose()


@contextmanager
def postgresql(given: str) -> Iterator[Flask]:
    """The same on a new database of the given server."""
    name = f"hailong_bench_{secrets.token_hex(4)}"
    server = make_url(given).set(drivername="postgresql")
    address = server.render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as administrator, tempfile.TemporaryDirectory() as folder:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        url = server.set(database=name).render_as_string(hide_password=False)
        app = create_app(read({}, state=Path(folder), database_url=url))
        try:
            with app.app_context():
                upgrade()
            yield app
        finally:
            with app.app_context():
                db.engine.dispose()
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def demonstration(database_url: str = "") -> Iterator[Flask]:
    """The application with the simulated wave (78 communes) and as many accounts as a province has."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(read({}, state=Path(folder), database_url=database_url, demonstration=True))
        with app.app_context():
            upgrade()
        furnish(app)
        yield app
        with app.app_context():
            db.engine.dispose()


def furnish(app: Flask) -> None:
    """The demonstration's data and accounts in a migrated, empty database."""
    command(app, "units", "load-national")
    command(app, "demonstration", "create")
    with app.app_context(), transaction() as session:
        communes = [unit.code for unit in units.tree(session, server_day()).subtree(PROVINCE)][1:]
        for number in range(ACCOUNTS):
            grant = Grant(Role.UNIT_OFFICER, communes[number % len(communes)])
            accounts.add(session, f"can.bo.{number}", NO_HASH, grant, display=f"Cán bộ {number}")


def busy(app: Flask) -> None:
    """What a department in full work has beside it: waves in every state, drafts, something waiting, comments."""
    with app.app_context(), transaction() as session:
        today, province = server_day(), units.tree(session, server_day()).unit(PROVINCE)
        plan = conduct.Plan(
            "KE-HOACH", "counter-short", "counter-short", PROVINCE, "Đợt đang lập", simulated=True, training=True
        )
        conduct.create(session, plan, today)
        for code, states in (("TAP-HUAN", [State.OPEN]), ("DA-DONG", [State.OPEN, State.CLOSED]),
                             ("DA-CHOT", [State.OPEN, State.CLOSED, State.FIXED])):
            conduct.create(session, replace(plan, code=code, title=f"Đợt {code}"), today)
            for state in states:
                conduct.move(session, code, state)
        wave = waves.wave(session, WAVE)
        commune = conduct.tree_of(session, wave).unit(COMMUNE)
        responses.add_comments(session, [
            {"province_code": PROVINCE, "id": bytes([number]) * 16, "wave_id": wave.id, "variable": "comment",
             "unit_id": unit.id, "text": f"Ý kiến số {number}, gọi 0912345678", "released": None}
            for number in range(60) for unit in (commune,)
        ])
        for kind, name in (("questionnaire", "sipas-transaction"), ("index", "sipas-transaction"),
                           ("targets", "sipas-transaction"), ("fields", "fields-15"),
                           ("translation", "sipas-transaction/en"), ("recordings", "sipas-transaction")):
            text = drafts.begun_from(session, kind, name)
            for turn in range(2):
                drafts.save(session, kind, text.replace("2026", str(2026 + turn)), author="analyst", today=today)
        drafts.save(session, "questionnaire", "name = [[[", author="analyst", today=today)
        approvals.propose(
            session, "contacts", f"unit:{province.code}", {"unit": province.code}, actor="somebody",
            unit_code=PROVINCE, reason="để thử", today=today,
        )


def correcting(app: Flask) -> None:
    """The wave with answers published by two persons, and computed anew with other counts for a correction."""
    with app.app_context(), transaction() as session:
        conduct.close(session, WAVE, server_day())
        conduct.fix(session, WAVE, server_day())
    command(app, "scores", "refresh", "--wave", WAVE)
    with app.app_context(), transaction() as session:
        wave = waves.wave(session, WAVE)
        made = publication.propose(session, wave, "15/QĐ-SNV", server_day(), actor="somebody", today=server_day())
        approvals.decide(session, made.id, True, actor="another", answer="Đồng ý", today=server_day())
        wave, tree = waves.wave(session, WAVE), conduct.tree_of(session, wave)
        counts = {unit.code: 1_000 + 10 * place for place, unit in enumerate(conduct.gathering(tree, wave))}
        conduct.set_populations(session, wave, tree, counts)
    command(app, "scores", "refresh", "--wave", WAVE, "--correction")


NO_HASH = "no hash: nobody signs in with it"


def enter(client: FlaskClient, role: Role, unit: str | None) -> None:
    """Sign in as a new account with this role, both factors shown, without the pages."""
    with client.application.app_context(), transaction() as session:
        name = f"{role.value}.{secrets.token_hex(3)}"
        account = accounts.add(session, name, NO_HASH, Grant(role, unit), display=name)
        accounts.change(session, account.id, second_factor="set up, as far as the pages know")
        number = sessions.start(session, account.id, int(time.time()), "")
    with client.session_transaction() as cookie:
        cookie["staff"] = number


def command(app: Flask, *words: str) -> None:
    """One of the program's own commands; stops the benchmark when it fails."""
    done = app.test_cli_runner().invoke(args=list(words))
    if done.exit_code:
        raise SystemExit(done.output)


def open_wave(app: Flask, code: str) -> None:
    """An open wave of the transaction form over every commune."""
    with tempfile.TemporaryDirectory() as folder:
        units = Path(folder) / "units.csv"
        rows = ["code,name,kind,parent,valid_from,valid_to", f"{PROVINCE},Tỉnh thử,province,,2025-07-01,"]
        rows += [f"{commune},Xã thử {commune},commune,{PROVINCE},2025-07-01," for commune in COMMUNES]
        units.write_text("\n".join(rows), encoding="utf-8")
        command(app, "units", "import", str(units))
    command(
        app, "waves", "create", code, "--questionnaire", "sipas-transaction", "--index", "sipas-transaction",
        "--province", PROVINCE, "--official", "sample,dossiers,open",
    )
    command(app, "waves", "open", code)
