"""A small province for tests: two communes, a department, a wave with a point."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from app.db import reading, transaction
from app.keys import secret
from surveys import collection, conduct
from surveys.store import waves as wave_store

UNITS = """code,name,kind,parent,valid_from,valid_to,decree
T1,Tỉnh Thử Nghiệm,province,,2025-07-01,,
X1,Xã Một,commune,T1,2025-07-01,,
X2,Phường Hai,commune,T1,2025-07-01,,
S1,Sở Thử,department,T1,2025-07-01,,
U9,Tỉnh Khác,province,,2025-07-01,,
X9,Xã Khác,commune,U9,2025-07-01,,
"""
ITEMS = [f"q{number}" for number in range(1, 23)]


def run(runner: FlaskCliRunner, *args: str) -> str:
    """The output of a command that has to succeed."""
    result = runner.invoke(args=list(args))
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(runner: FlaskCliRunner, *args: str) -> str:
    """The output of a command that has to be refused, without a traceback."""
    result = runner.invoke(args=list(args))
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.output


@dataclass(frozen=True)
class World:
    app: Flask
    runner: FlaskCliRunner
    client: FlaskClient
    point: str
    """code of the open point of commune X1"""

    def slips(self, count: int, unit: str = "X1") -> list[str]:
        with self.app.app_context(), transaction() as session:
            wave = wave_store.wave(session, "W1")
            from app import server_day

            fresh = collection.draw_slips(count)
            collection.issue(session, wave, conduct.tree_of(session, wave), unit, fresh, secret(), server_day())
            return fresh

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        from sqlalchemy import text

        with self.app.app_context(), reading() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def count(self, table: str = "response") -> int:
        (found,) = self.rows(f"select count(*) from {table}")[0]
        assert isinstance(found, int)
        return found


def build(app: Flask, tmp_path: object, questionnaire: str = "sipas-transaction") -> World:
    from pathlib import Path

    runner = app.test_cli_runner()
    file = Path(str(tmp_path)) / "units.csv"
    file.write_text(UNITS, encoding="utf-8")
    run(runner, "units", "import", str(file))
    run(runner, "waves", "create", "W1", "--questionnaire", questionnaire, "--index", questionnaire,
        "--province", "T1", "--target", ">85")
    run(runner, "waves", "open", "W1")
    with app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        point = collection.create_point(session, wave, conduct.tree_of(session, wave), "X1", "Quầy 1")
    return World(app, runner, app.test_client(), point.code)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'<input[^>]*value="([^"]*)"[^>]*name="{name}"', page
    )
    assert found, f"no field {name}"
    return found.group(1).replace("&#34;", '"')


def opened(world: World, path: str | None = None) -> dict[str, str]:
    """The form's own fields, as a page without JavaScript would send them."""
    reply = world.client.get(path or f"/p/{world.point}")
    assert reply.status_code == 200, reply.text
    fields = {"token": hidden(reply.text, "token"), "id": hidden(reply.text, "id")}
    if 'name="slip"' in reply.text:
        fields["slip"] = hidden(reply.text, "slip")
    return fields


def answered(fields: Mapping[str, str], value: str = "4", **others: str) -> dict[str, str]:
    return {**fields, **dict.fromkeys(ITEMS, value), **others}


def post(world: World, fields: Mapping[str, str], path: str | None = None) -> TestResponse:
    return world.client.post(path or f"/p/{world.point}", json=dict(fields))


def fresh_id() -> str:
    return secrets.token_hex(16)
