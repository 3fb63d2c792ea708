"""The audit trail as staff see it: searched, exported, verified; and looking at it is in it."""

from __future__ import annotations

import ast
import csv
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import audit_words, trail
from surveys import audit
from surveys.access import Role
from surveys.audit import Entry
from surveys.store import audit as store
from tests.app import staff
from tests.world import build, run

TOP = Path(audit_words.__file__).resolve().parent.parent


def note(session: Session, count: int = 3) -> None:
    for number in range(count):
        audit.note(session, "wave.opened", f"wave:W{number}", {"state": "planned"}, {"state": f"<b>open{number}</b>"})
    session.commit()


def actions(session: Session) -> list[str]:
    session.rollback()
    return [entry.action for entry in store.entries(session)]


def test_values_before_and_after_are_shown_and_escaped(client: FlaskClient, session: Session):
    note(session)
    staff.sign_in(client)
    page = client.get("/audit/").text
    assert "<del>chưa mở</del> → <ins>&lt;b&gt;open2&lt;/b&gt;</ins>" in page
    assert page.index("Mục 3") < page.index("Mục 2") < page.index("Mục 1")


def test_looking_at_the_trail_is_in_it_with_what_was_asked(client: FlaskClient, session: Session):
    staff.sign_in(client)
    client.get("/audit/?actor=lan&from=2026-11-01")
    session.rollback()
    last = list(store.entries(session))[-1]
    assert (last.action, last.actor) == ("audit.read", "administrator.all")
    assert last.after == '{"actor":"lan","start":"2026-11-01"}'


def test_the_trail_is_filtered_and_paged(client: FlaskClient, session: Session):
    note(session, 60)
    staff.sign_in(client)
    first = client.get("/audit/?subject=wave:").text
    assert first.count("trail-entries__head") == 50
    older = client.get("/audit/?subject=wave:&before=11").text
    assert older.count("trail-entries__head") == 10
    assert client.get("/audit/?subject=wave:W7").text.count("trail-entries__head") == 1
    assert "Không có mục nào khớp" in client.get("/audit/?actor=ai").text


@pytest.mark.parametrize("query", ["from=x", "to=2026-02-30", "from=%00"])
def test_a_day_that_cannot_be_read_is_said_beside_its_field(client: FlaskClient, query: str):
    staff.sign_in(client)
    reply = client.get(f"/audit/?{query}")
    assert reply.status_code in {400, 422}
    if reply.status_code == 422:
        assert 'aria-invalid="true"' in reply.text


@pytest.mark.parametrize("query", [
    "before=999999999999999999", "before=-1", "before=x", "before=99999999999", "to=9999-12-31", "from=0001-01-01",
    "subject=%25", "action=none",
])
def test_strange_queries_are_answered(client: FlaskClient, query: str):
    staff.sign_in(client)
    assert client.get(f"/audit/?{query}").status_code == 200


def test_an_export_ends_with_the_head_and_is_noted(client: FlaskClient, session: Session):
    note(session)
    staff.sign_in(client)
    rows = list(csv.DictReader(io.StringIO(client.get("/audit/export.csv?subject=wave").text)))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "3"]
    assert rows[-1]["action"] == "head"
    assert rows[-1]["digest"] == rows[-2]["digest"]
    assert rows[0]["after"] == '{"state":"<b>open0</b>"}'
    book = openpyxl.load_workbook(io.BytesIO(client.get("/audit/export.xlsx").data))
    assert book.active.max_row == 1 + 4 + 1
    assert actions(session)[-2:] == ["audit.exported", "audit.exported"]
    assert client.get("/audit/export.pdf").status_code == 404


def test_verifying_from_the_page_says_so_on_the_page(client: FlaskClient, session: Session):
    note(session)
    staff.sign_in(client)
    assert staff.send(client, "/audit/verify", {}, form_at="/audit/").status_code == 303
    page = client.get("/audit/").text
    assert "Nguyên vẹn: 4 mục." in page
    mark = f"4:{list(store.entries(session))[3].digest.hex()}"
    assert mark in page


def _forge(session: Session, statement: str) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("drop trigger audit_kept"))
        session.execute(text("drop trigger audit_kept_as_written"))
    else:
        session.execute(text("set local session_replication_role = replica"))
    session.execute(text(statement))
    session.commit()


def test_a_forgery_is_told_by_page_and_command(client: FlaskClient, session: Session, runner: FlaskCliRunner):
    note(session, 9)
    staff.sign_in(client)
    _forge(session, "update audit set actor = 'x' where seq = 4")
    reply = staff.send(client, "/audit/verify", {}, form_at="/audit/")
    assert reply.status_code == 409
    assert "Mục 4 đã bị sửa" in reply.text
    result = runner.invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert "Mục 4 đã bị sửa" in result.output


def test_a_broken_end_stops_the_changes_of_staff(client: FlaskClient, session: Session, runner: FlaskCliRunner):
    note(session)
    staff.sign_in(client)
    form = client.get("/audit/")
    _forge(session, "delete from audit where seq >= 3")
    assert client.get("/audit/").status_code == 503
    reply = client.post("/audit/verify", data={"csrf_token": staff.token(form)})
    assert reply.status_code == 409
    assert runner.invoke(args=["audit", "verify"]).exit_code == 1


def test_the_command_prints_the_mark_and_holds_an_earlier_one_against_the_trail(
    app: Flask, session: Session, runner: FlaskCliRunner
):
    note(session, 3)
    run(runner, "audit", "list")
    said = run(runner, "audit", "verify")
    digest = list(store.entries(session))[3].digest.hex()
    assert f"4:{digest}" in said
    run(runner, "audit", "verify", "--mark", f"4:{digest}")
    for wrong in (f"4:{'0' * 64}", f"9:{digest}", "x", "4:00"):
        assert runner.invoke(args=["audit", "verify", "--mark", wrong]).exit_code == 1


def test_a_database_set_back_does_not_fit_the_mark_beside_the_key(
    app: Flask, session: Session, runner: FlaskCliRunner
):
    run(runner, "audit", "list")
    kept = trail.remembered(app.config["HAILONG"])
    assert kept is not None
    assert kept[0] == 1
    _forge(session, "delete from audit")
    _forge_head(session)
    result = runner.invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert "trạng thái cũ" in result.output


def test_what_happens_after_a_set_back_does_not_hide_it(
    app: Flask, client: FlaskClient, session: Session, runner: FlaskCliRunner
):
    """Rows cut off and the head of that time put back: sealed by us both, so the next entries follow them."""
    run(runner, "audit", "list")
    session.rollback()
    seq, digest, seal = store.head(session) or (0, b"", b"")
    session.rollback()
    staff.sign_in(client)
    client.get("/audit/")
    run(runner, "audit", "list")
    kept = trail.remembered(app.config["HAILONG"])
    assert kept is not None
    _forge(session, f"delete from audit where seq > {seq}")
    session.execute(text("update audit_head set seq = :seq, digest = :digest, seal = :seal"),
                    {"seq": seq, "digest": digest, "seal": seal})
    session.commit()
    form = client.get("/audit/")
    for _ in range(3):
        assert client.post("/audit/verify", data={"csrf_token": staff.token(form)}).status_code == 409
        assert runner.invoke(args=["audit", "verify"]).exit_code == 1
    assert trail.remembered(app.config["HAILONG"]) == kept

    run(runner, "audit", "take-mark", "--reason", "khôi phục bản sao lưu")
    run(runner, "audit", "verify")
    session.rollback()
    last = list(store.entries(session))[-1]
    assert last.action == "audit.mark_taken"
    assert trail.spelt(kept) in (last.before or "")


def test_a_mark_that_is_gone_is_said(app: Flask, client: FlaskClient, session: Session, runner: FlaskCliRunner):
    staff.sign_in(client)
    form = client.get("/audit/")
    (app.config["HAILONG"].keys / "audit-mark").unlink()
    assert client.post("/audit/verify", data={"csrf_token": staff.token(form)}).status_code == 409
    (app.config["HAILONG"].keys / "audit-mark").write_text("1:xyz")
    assert "audit-mark" in runner.invoke(args=["audit", "verify"]).output


def _forge_head(session: Session) -> None:
    session.execute(text("delete from audit_head"))
    session.commit()


def test_the_trail_is_listed_and_exported_by_command(
    session: Session, runner: FlaskCliRunner, tmp_path: Path
):
    note(session)
    assert '"subject": "wave:W2"' in run(runner, "audit", "list", "--json", "--action", "wave.opened")
    run(runner, "audit", "export", "--format", "csv", "--out", str(tmp_path / "trail.csv"))
    assert (tmp_path / "trail.csv").read_text(encoding="utf-8").count("\n") == 1 + 4 + 1
    assert (tmp_path / "trail.csv").stat().st_mode & 0o077 == 0


def test_an_auditor_of_a_province_reads_only_what_concerns_it(app: Flask, session: Session, tmp_path: Path):
    build(app, tmp_path)
    for subject in ("unit:X1", "unit:X9", "draft:1"):
        audit.note(session, "test.noted", subject, None, {"told": f"about-{subject}"})
    session.commit()
    for unit, seen, hidden in (("T1", "about-unit:X1", "about-unit:X9"), ("U9", "about-unit:X9", "about-unit:X1")):
        client = app.test_client()
        staff.sign_in(client, Role.AUDITOR, unit)
        for page in (client.get("/audit/").text, client.get("/audit/export.csv").text):
            assert seen in page
            assert hidden not in page
            assert "about-draft:1" in page
    below = app.test_client()
    staff.sign_in(below, Role.AUDITOR, "X1")
    assert below.get("/audit/").status_code == 403


def noted_actions() -> dict[str, str]:
    """Literal actions handed to `note` -> the file."""
    found = {}
    for folder in ("app", "surveys"):
        for path in sorted((TOP / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name.lstrip("_") != "note":
                    continue
                for argument in node.args[1:2]:
                    for each in ast.walk(argument):
                        if isinstance(each, ast.Constant) and isinstance(each.value, str) and "." in each.value:
                            found[each.value] = path.name
    return found


def test_every_action_that_is_noted_has_words():
    found = noted_actions()
    assert len(found) > 8
    assert {action: file for action, file in found.items() if action not in audit_words.WORDS} == {}


def test_words_are_for_actions_that_are_noted():
    """A word without an action was renamed, or never used."""
    texts = "\n".join(path.read_text(encoding="utf-8") for folder in ("app", "surveys")
                      for path in (TOP / folder).rglob("*.py") if path.name != "audit_words.py")
    assert [action for action in audit_words.WORDS if f'"{action}"' not in texts] == []


def test_values_are_said_as_people_say_them() -> None:
    grants = [{"role": "observer", "unit": "44", "from": "2026-12-31", "to": None}]
    entry = Entry(7, 0, "lan", "account.disabled", "account:ha", None, '{"state":"active"}',
                  json.dumps({"state": "disabled", "grants": grants}), b"", b"")
    shown = audit_words.told(entry, ZoneInfo("Asia/Ho_Chi_Minh"), "vi").changes
    assert [(change.key, change.before, change.after) for change in shown] == [
        ("Trạng thái", "đang hoạt động", "ngừng hoạt động"),
        ("Vai trò", "", "Vai trò: Đại diện đơn vị phối hợp giám sát, Đơn vị: 44, Từ ngày: 31/12/2026"),
    ]
