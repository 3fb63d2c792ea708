"""What benchmarks measure on: a database of their own with a wave over the communes of one province."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import make_url

from app import create_app
from app.db import db
from app.settings import read

PROVINCE = "44"
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
