"""What ours is measured against: a hello, a hello with one durable commit, and the same form in the usual way.

Served as `gunicorn bench._serving.peers:app`; which of them, and on which database, is said by the environment.
The usual way is what the documentation of Flask-WTF and Flask-SQLAlchemy leads to: a form class with a RadioField for
each of 22 items, validated by WTForms, one row for the response and one for each answer, a session cookie with the CSRF
token, redirect after POST.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask, redirect, render_template_string
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from sqlalchemy import ForeignKey, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from wtforms import RadioField
from wtforms.validators import InputRequired

ITEMS = 22
LEVELS = [("5", "Rất hài lòng"), ("4", "Hài lòng"), ("3", "Bình thường"), ("2", "Không hài lòng"),
          ("1", "Rất không hài lòng")]


def hello() -> Flask:
    made = Flask("hello")
    made.add_url_rule("/", view_func=lambda: "hello")
    return made


def base(url: str) -> Flask:
    """A hello that commits one row of 160 bytes to the disk first."""
    made = Flask("base")
    commit = _postgresql_commit(url) if url.startswith("postgresql") else _sqlite_commit(url)

    def post() -> str:
        commit(secrets.token_bytes(16), "4" * 22)
        return "hello"

    made.add_url_rule("/", view_func=post, methods=["POST"])
    return made


def _sqlite_commit(path: str) -> Callable[[bytes, str], None]:
    own = threading.local()
    with sqlite3.connect(path) as first:
        first.execute("PRAGMA journal_mode=WAL")
        first.execute("CREATE TABLE IF NOT EXISTS base (id BLOB PRIMARY KEY, answers TEXT) WITHOUT ROWID")

    def commit(id: bytes, answers: str) -> None:
        connection = getattr(own, "connection", None)
        if connection is None:
            connection = own.connection = sqlite3.connect(path, timeout=30, isolation_level=None)
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO base VALUES (?, ?)", (id, answers))
        connection.execute("COMMIT")

    return commit


def _postgresql_commit(url: str) -> Callable[[bytes, str], None]:
    own = threading.local()
    with psycopg.connect(url, autocommit=True) as first:
        first.execute("CREATE TABLE IF NOT EXISTS base (id bytea PRIMARY KEY, answers text)")

    def commit(id: bytes, answers: str) -> None:
        connection = getattr(own, "connection", None)
        if connection is None:
            connection = own.connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
        connection.execute("INSERT INTO base VALUES (%s, %s)", (id, answers))

    return commit


class Tables(DeclarativeBase):
    pass


class ResponseOfForm(Tables):
    __tablename__ = "idiomatic_response"

    id: Mapped[int] = mapped_column(primary_key=True)


class AnswerOfForm(Tables):
    __tablename__ = "idiomatic_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("idiomatic_response.id"))
    item: Mapped[str]
    value: Mapped[int]


PAGE = """<!doctype html><title>Phiếu</title><form method="post">{{ form.hidden_tag() }}
{% for field in form if field.type == "RadioField" %}<fieldset><legend>{{ field.label.text }}</legend>
{% for option in field %}{{ option }} {{ option.label }}{% endfor %}</fieldset>{% endfor %}
<button>Gửi</button></form>"""


def idiomatic(url: str) -> Flask:
    made = Flask("idiomatic")
    address = url.replace("postgresql:", "postgresql+psycopg:") if url.startswith("postgresql") else f"sqlite:///{url}"
    made.config.update(SECRET_KEY="peer", SQLALCHEMY_DATABASE_URI=address)  # protects nothing
    db = SQLAlchemy(made, model_class=Tables)
    items = {
        f"q{number}": RadioField(f"Câu {number}", choices=LEVELS, validators=[InputRequired()])
        for number in range(1, ITEMS + 1)
    }
    form_class = type("Answers", (FlaskForm,), items)
    with made.app_context():
        if not url.startswith("postgresql"):
            event.listen(db.engine, "connect", _as_durable_as_ours)
        Tables.metadata.create_all(db.engine)
        db.engine.dispose()

    def form() -> Any:
        filled = form_class()
        if filled.validate_on_submit():
            response = ResponseOfForm()
            db.session.add(response)
            db.session.flush()
            for name in items:
                answer = AnswerOfForm(response_id=response.id, item=name, value=int(filled[name].data))
                db.session.add(answer)
            db.session.commit()
            return redirect("/", 303)
        return render_template_string(PAGE, form=filled)

    made.add_url_rule("/", view_func=form, methods=["GET", "POST"])
    return made


def _as_durable_as_ours(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=30000")


def _chosen() -> Flask:
    kind, url = os.environ["PEER"], os.environ.get("PEER_DATABASE", "")
    return hello() if kind == "hello" else {"base": base, "idiomatic": idiomatic}[kind](url)


app = _chosen() if "PEER" in os.environ else None
