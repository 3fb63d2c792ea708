"""A wave is run through its pages: every step by somebody who may, with nothing lost and nothing hidden."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import refresh, server_day
from app.db import reading, transaction
from surveys import approvals, conduct, publication
from surveys.access import Role
from surveys.store import publications
from surveys.store import waves as store
from surveys.waves import State, Wave
from tests.app import staff
from tests.world import ITEMS, World, answered, build, opened, post, run

DECISION = "2160/QĐ-UBND"
STEPS = ("edit", "populations", "points", "open", "close", "late", "fix", "publish", "correct", "wipe")


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    staff.sign_in(client, Role.PROVINCE_MANAGER, "T1")
    return client


@pytest.fixture(autouse=True)
def launched(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What child processes would have been started for; none is."""
    asked: list[list[str]] = []
    monkeypatch.setattr(refresh, "launch", lambda _settings, _task, _lock, arguments: asked.append([*arguments]))
    return asked


def found(app: Flask, code: str = "W1") -> Wave:
    with app.app_context(), reading() as session:
        return store.wave(session, code)


def days(app: Flask, **ahead: int) -> dict[str, str]:
    with app.app_context():
        return {name: (server_day() + timedelta(days=number)).isoformat() for name, number in ahead.items()}


def plan(app: Flask, **changes: str) -> dict[str, str]:
    return {
        "code": "W2", "title": "Đợt hai", "province": "T1", "questionnaire": "sipas-transaction",
        "index": "sipas-transaction", "target": ">85", **days(app, opens=0, closes=30, late_until=40), **changes,
    }


def upload(client: FlaskClient, path: str, fields: dict[str, str], name: str, content: bytes) -> TestResponse:
    data = {"csrf_token": staff.token(client.get(path)), **fields, "file": (io.BytesIO(content), name)}
    return client.post(path, data=data, content_type="multipart/form-data")


def test_a_wave_is_planned_opened_closed_and_fixed(app: Flask, manager: FlaskClient, launched: list[list[str]]):
    reply = upload(manager, "/waves/new", plan(app), "so.csv", b"unit,size\nX1,120\nX2,80\n")
    assert (reply.status_code, reply.location) == (303, "/waves/W2")
    page = manager.get("/waves/W2").text
    assert "Đã có số hồ sơ của 2 trên 3 đơn vị" in page
    assert "Chưa có điểm đánh giá hay thẻ mời nào" in page
    assert staff.send(manager, "/waves/W2/points", {}).status_code == 303
    assert "Có 3 điểm đánh giá" in manager.get("/waves/W2").text
    for step, state in (("open", State.OPEN), ("close", State.CLOSED)):
        assert staff.send(manager, f"/waves/W2/{step}", {}).status_code == 303
        assert found(app, "W2").state is state
    fields = {"reason": "Mất điện ngày cuối", **days(app, closes=5)}
    assert staff.send(manager, "/waves/W2/open", fields).status_code == 303
    staff.send(manager, "/waves/W2/close", {})
    assert staff.send(manager, "/waves/W2/fix", {}).status_code == 303
    assert found(app, "W2").state is State.FIXED
    assert launched[-1] == ["scores", "refresh", "--wave", "W2"]


def test_nothing_typed_is_lost_and_each_fault_stands_beside_its_field(app: Flask, manager: FlaskClient):
    fields = plan(app, code="mã sai", target="nhiều", index="sipas-household", official="open", training="1")
    reply = staff.send(manager, "/waves/new", fields)
    assert reply.status_code == 422
    assert 'value="mã sai"' in reply.text
    assert 'value="nhiều"' in reply.text
    assert re.search(r'href="#target"', reply.text)
    assert re.search(r'id="official-open"[^>]* checked', reply.text)
    assert re.search(r'id="training"[^>]* checked', reply.text)
    for change, field in [({"index": "sipas-household"}, "index"), ({"code": "W1"}, "code"),
                          ({"closes": "2020-01-01"}, "closes"), ({"late_until": "2020-01-01"}, "late_until"),
                          ({"opens": "hôm nay"}, "opens"), ({"province": "U9"}, "province"),
                          ({"title": "t" * 201}, "title")]:
        reply = staff.send(manager, "/waves/new", plan(app, **change))
        assert (reply.status_code, f'href="#{field}"' in reply.text) == (422, True), change
    assert "W2" not in manager.get("/waves/").text


def test_a_units_name_is_no_formula_in_the_file_to_fill_in(app: Flask, world: World, tmp_path: Path):
    more = tmp_path / "more.csv"
    more.write_text("code,name,kind,parent,valid_from,valid_to,decree\nX5,=HYPERLINK(1),commune,T1,2025-07-01,,\n")
    run(world.runner, "units", "import", str(more))
    client = app.test_client()
    staff.sign_in(client, Role.PROVINCE_MANAGER, "T1")
    assert b"X5,'=HYPERLINK(1)," in client.get("/waves/W1/populations.csv").data


def test_a_file_of_counts_names_each_fault_by_row_and_stores_nothing(app: Flask, manager: FlaskClient, world: World):
    reply = upload(manager, "/waves/W1/populations", {}, "so.csv", b"unit,size\nX1,12\nX9,5\nX2,many\n")
    assert reply.status_code == 422
    assert "dòng 3, cột unit" in reply.text
    assert "dòng 4, cột size" in reply.text
    assert world.count("population") == 0
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("unit", "name", "size"), ("X1", "Xã Một", 12), ("X2", "Phường Hai", 30)):
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    assert upload(manager, "/waves/W1/populations", {}, "so.xlsx", held.getvalue()).status_code == 303
    assert {row[0] for row in world.rows("select size from population")} == {12, 30}
    told = manager.get("/waves/W1/populations.csv").data.decode("utf-8-sig").splitlines()
    assert "X1,Xã Một,12" in told
    assert "S1,Sở Thử," in told
    assert upload(manager, "/waves/W1/populations", {}, "so.xlsx", b"PK\x03\x04 nothing").status_code == 422
    assert upload(manager, "/waves/W1/populations", {}, "so.csv", b"").status_code == 422


def fixed(app: Flask, world: World, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    rows = [f"X1,dossiers,{','.join([value] * len(ITEMS))}" for value in "4" * 40 + "2" * 10]
    file.write_text("\n".join([f"unit,basis,{','.join(ITEMS)}", *rows]))
    run(world.runner, "responses", "import", "--wave", "W1", str(file))
    run(world.runner, "waves", "close", "W1")
    run(world.runner, "waves", "fix", "W1")


def decided(app: Flask, actor: str = "minh") -> None:
    with app.app_context(), transaction() as session:
        (waiting,) = approvals.waiting(session)
        approvals.decide(session, waiting.id, True, actor=actor, answer="", today=server_day())


def test_publishing_and_correcting_take_a_decision_and_two_persons(
    app: Flask, manager: FlaskClient, world: World, tmp_path: Path, launched: list[list[str]]
):
    fixed(app, world, tmp_path)
    for fields, field in [({"decision": "số 5", **days(app, decision_day=0)}, "decision"),
                          ({"decision": DECISION, **days(app, decision_day=1)}, "decision_day"),
                          ({"decision": DECISION, **days(app, decision_day=-1)}, "decision_day"),
                          ({"decision": DECISION, "decision_day": ""}, "decision_day")]:
        reply = staff.send(manager, "/waves/W1/publish", fields)
        assert (reply.status_code, f'href="#{field}"' in reply.text) == (422, True), fields
    fields = {"decision": DECISION, **days(app, decision_day=0)}
    assert staff.send(manager, "/waves/W1/publish", fields).status_code == 303
    assert found(app).state is State.FIXED, "one person alone publishes nothing"
    assert "đang chờ người thứ hai" in manager.get("/waves/W1").text
    decided(app)
    assert found(app).state is State.PUBLISHED
    page = manager.get("/waves/W1/editions/1").text
    assert f"Quyết định số {DECISION}" in page
    assert "Tỉnh Thử Nghiệm" in page
    assert "80,00%" in page
    for fmt in ("json", "csv", "xlsx"):
        assert manager.get(f"/waves/W1/editions/1.{fmt}").status_code == 200
    assert staff.send(manager, "/waves/W1/correct", {"step": "compute"}).location == "/waves/W1/correct"
    assert launched[-1] == ["scores", "refresh", "--wave", "W1", "--correction"]
    fields = {"decision": "2200/QĐ-UBND", **days(app, decision_day=0)}
    assert staff.send(manager, "/waves/W1/correct", fields).status_code == 422, "a correction has a reason"
    assert staff.send(manager, "/waves/W1/correct", {**fields, "reason": "Sai số hồ sơ"}).status_code == 303
    decided(app)
    page = manager.get("/waves/W1").text
    assert "2200/QĐ-UBND" in page
    assert DECISION in page
    assert "Sai số hồ sơ" in page
    assert "bản đính chính mới hơn" in manager.get("/waves/W1/editions/1").text
    assert manager.get("/waves/W1/editions/3").status_code == 404
    with app.app_context(), reading() as session:
        wave = store.wave(session, "W1")
        assert [each.number for each in publications.editions(session, wave)] == [2, 1]
        assert publication.latest(session, wave).reason == "Sai số hồ sơ"  # type: ignore[union-attr]  # there is one


def test_a_training_wave_says_so_everywhere_and_is_wiped_in_one_step(
    app: Flask, manager: FlaskClient, world: World
):
    mark = "ĐỢT TẬP HUẤN – KHÔNG TÍNH VÀO KẾT QUẢ"
    assert mark not in manager.get("/waves/W1").text
    staff.send(manager, "/waves/new", plan(app, training="1"))
    staff.send(manager, "/waves/W2/points", {})
    staff.send(manager, "/waves/W2/open", {})
    code = str(world.rows("select code from point where wave_id = (select id from wave where code = 'W2')")[0][0])
    form = opened(world, f"/p/{code}")
    assert post(world, answered(form), f"/p/{code}").status_code == 201
    pages = ["/waves/W2", "/waves/W2/progress", "/waves/W2/wipe", "/waves/W2/populations", "/waves/W2/methods"]
    for page in [*pages, "/print/W2/"]:
        assert mark in manager.get(page).text, page
    assert mark in world.client.get(f"/p/{code}").text, "the citizen's form"
    assert mark in world.client.get(f"/p/{code}?lang=en").text
    reply = staff.send(manager, "/waves/W2/wipe", {"confirmed": "W1", "what": "keep"})
    assert reply.status_code == 422
    assert 'href="#confirmed"' in reply.text
    assert world.count("response") == 1
    assert staff.send(manager, "/waves/W2/wipe", {"confirmed": "W2", "what": "keep"}).location == "/waves/W2"
    assert world.count("response") == 0
    assert found(app, "W2").state is State.PLANNED
    assert staff.send(manager, "/waves/W2/wipe", {"confirmed": "W2", "what": "delete"}).location == "/waves/"
    assert manager.get("/waves/W2").status_code == 404


def test_a_real_wave_is_not_wiped_from_its_page(manager: FlaskClient, world: World):
    assert post(world, answered(opened(world))).status_code == 201
    for what in ("keep", "delete"):
        reply = staff.send(manager, "/waves/W1/wipe", {"confirmed": "W1", "what": what})
        assert reply.status_code == 422
    assert world.count("response") == 1


def test_progress_is_live_sorted_and_searched(app: Flask, manager: FlaskClient, world: World):
    assert post(world, answered(opened(world))).status_code == 201
    page = manager.get("/waves/W1/progress").text
    assert page.index("Phường Hai") < page.index("Xã Một") < page.index("Sở Thử")
    by_answers = manager.get("/waves/W1/progress?sort=answers").text
    assert by_answers.index("Sở Thử") < by_answers.index("Xã Một")
    searched = manager.get("/waves/W1/progress?q=xa+mot").text
    assert "Xã Một" in searched
    assert "Sở Thử" not in searched
    own = app.test_client()
    staff.sign_in(own, Role.UNIT_OFFICER, "X1")
    page = own.get("/waves/W1/progress").text
    assert "Xã Một" in page
    assert "Phường Hai" not in page, "a unit sees its own counts only"
    assert own.get("/waves/W1/progress?unit=X2").status_code == 404
    assert own.get("/waves/W1/progress?unit=T1").status_code == 404


@pytest.mark.parametrize("role, unit, status", [
    (Role.PROVINCE_MANAGER, "U9", 404), (Role.PROVINCE_MANAGER, "X1", 404), (Role.ANALYST, "T1", 403),
    (Role.UNIT_OFFICER, "X1", 403), (Role.ADMINISTRATOR, None, 403),
])
def test_only_managers_of_the_province_run_its_waves(
    app: Flask, world: World, role: Role, unit: str | None, status: int
):
    client = app.test_client()
    staff.sign_in(client, role, unit)
    for step in STEPS:
        assert client.get(f"/waves/W1/{step}").status_code == status, step
    assert client.get("/waves/W1/populations.csv").status_code == status
    page = client.get("/waves/")
    token = {"csrf_token": staff.token(page)}
    for step in STEPS:
        assert client.post(f"/waves/W1/{step}", data={**token, "confirmed": "W1"}).status_code == status, step
    assert found(app).state is State.OPEN
    if status == 404 and unit == "U9":
        assert client.get("/waves/W1").status_code == 404
        assert client.get("/waves/W1/progress").status_code == 404
        assert "W1" not in page.text


def test_two_methods_are_compared_by_a_child_and_shown_when_ready(
    app: Flask, manager: FlaskClient, world: World, tmp_path: Path, launched: list[list[str]],
):
    fixed(app, world, tmp_path)
    with app.app_context(), reading() as session:
        index = conduct.newest_index(session, "sipas-transaction")
    same = f"sipas-transaction@{index.content[:12]}"
    page = manager.get(f"/waves/W1/methods?a={same}&b=sipas-transaction").text
    assert "Để so sánh, không phải kết quả" in page
    assert "Đang tính" in page
    command = launched[-1]
    assert command[:4] == ["scores", "compare", "--wave", "W1"]
    run(world.runner, *command)
    page = manager.get(f"/waves/W1/methods?a={same}&b=sipas-transaction").text
    assert "80,00%" in page
    assert "Không có đơn vị nào đổi kết luận" in page
    assert "Xã Một" in page
    assert "Phường Hai" not in page.split('id="units"')[1], "what may not be shown is not"
    assert "Không có" in manager.get("/waves/W1/methods?a=nothing&b=sipas-transaction").text
    assert manager.get("/waves/W1/methods?a=sipas-transaction&b=sipas-household").status_code == 200
    assert len(launched) == 1 + sum("refresh" in each for each in launched)


def test_pages_speak_english_too(manager: FlaskClient):
    for path in ("", "new", "W1", *(f"W1/{step}" for step in STEPS), "W1/progress", "W1/methods"):
        page = manager.get(f"/waves/{path}?lang=en").text
        main = page[page.index("<main"):page.index("</main>")].replace(TITLE, "").replace("Tỉnh Thử Nghiệm", "")
        left = re.findall(r">\s*([^<>]*(?:Đợt|Phiếu|Ngày|Chốt|Đơn vị|Lưu|Thôi)[^<>]*)<", main)
        assert not left, (path, left)


TITLE = (
    "Phiếu khảo sát sự hài lòng của người dân, tổ chức về việc giải quyết thủ tục hành chính – Tỉnh Thử Nghiệm"
)
"""what comes from definitions and units is as they have it"""
