"""Pages of units: browsing by day, files with a preview, mergers by form, corrections."""

from __future__ import annotations

import html
import io
import os
import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from surveys.access import Role
from surveys.store import units as store
from surveys.unit_changes import Line
from tests.app import staff

HEADER = "code,name,kind,parent,valid_from,valid_to,decree\n"
ROWS = [
    ("P", "Tỉnh Thử", "province", ""), ("A", "Xã Lệ Thủy", "commune", "P"), ("B", "Phường Bình", "commune", "P"),
    ("C", "Xã Cam", "commune", "P"), ("S", "Sở Nội vụ", "department", "P"), ("TA", "Trung tâm", "centre", "A"),
    ("Q", "Tỉnh Khác", "province", ""), ("D", "Xã Đông", "commune", "Q"),
]


@pytest.fixture(autouse=True)
def tree(app: Flask) -> None:
    from app.db import transaction

    with app.app_context(), transaction() as session:
        store.import_units(session, [Line(row, *cells, "2025-07-01") for row, cells in enumerate(ROWS, start=2)])


@pytest.fixture
def manager(client: FlaskClient) -> FlaskClient:
    staff.sign_in(client, Role.PROVINCE_MANAGER, "P")
    return client


def text(page: TestResponse) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page.text).split()))


def hidden(page: TestResponse) -> dict[str, list[str]]:
    """Every hidden field of the page's last form."""
    form = page.text.rsplit("<form", 1)[1]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def upload(client: FlaskClient, content: bytes | str, name: str = "don-vi.csv") -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    token = staff.token(client.get("/units/import"))
    return client.post("/units/import", data={"csrf_token": token, "file": (io.BytesIO(raw), name)})


def units(app: Flask, day: str = "2030-01-01") -> list[str]:
    from datetime import date

    from app.db import reading

    with app.app_context(), reading() as session:
        return sorted(unit.code for unit in store.tree(session, date.fromisoformat(day)))


# ---- browsing


@pytest.mark.parametrize("query", ["le thuy", "LỆ THUỶ", "xa le thuy", "a"])
def test_a_unit_is_found_without_accents_and_by_code(manager: FlaskClient, query: str) -> None:
    page = manager.get("/units/", query_string={"q": query})
    assert re.search(r'href="/units/A">Xã Lệ Thủy, tỉnh Thử<', page.text)


def test_units_stand_by_block_with_their_counts(manager: FlaskClient) -> None:
    said = text(manager.get("/units/P"))
    below = said[said.index("Đơn vị trực thuộc"):]
    assert re.search(r"\(4\) Phường \(1\) Phường Bình Xã \(2\) Xã Cam Xã Lệ Thủy Sở, ban, ngành \(1\) Sở Nội vụ", below)


def test_the_tree_is_that_of_the_day_asked_for(manager: FlaskClient) -> None:
    assert "Chưa" not in text(manager.get("/units/A?day=2025-07-01"))
    early = text(manager.get("/units/A?day=2025-06-30"))
    assert "Không có hiệu lực vào ngày 30/06/2025" in early
    assert "Ngày này chưa có đơn vị nào" in text(manager.get("/units/?day=2020-01-01"))


@pytest.mark.parametrize("day", ["x", "2025-02-30", "9999999999", "2025-07-01T00:00"])
def test_what_is_no_day_is_said_and_today_is_shown(manager: FlaskClient, day: str) -> None:
    for path in ("/units/", "/units/P"):
        page = manager.get(path, query_string={"day": day})
        assert page.status_code == 200
        assert "Ngày không đúng" in page.text


def test_an_unknown_unit_is_no_page(manager: FlaskClient) -> None:
    assert manager.get("/units/nobody").status_code == 404


def test_everybody_of_the_staff_browses_and_only_who_may_changes(client: FlaskClient) -> None:
    staff.sign_in(client, Role.OBSERVER, "P")
    page = client.get("/units/A")
    assert page.status_code == 200
    assert "/units/merge" not in page.text
    assert "/correct" not in page.text
    assert "/units/import" not in client.get("/units/").text
    for path in ("/units/import", "/units/merge", "/units/A/2025-07-01/correct"):
        assert client.get(path).status_code == 403


# ---- a file


def test_a_file_is_previewed_and_then_taken_in(app: Flask, manager: FlaskClient) -> None:
    reply = upload(manager, HEADER + "E,Xã E,commune,P,2027-01-01,,NQ 5\nC,Xã Cam,commune,P,2025-07-01,2026-12-31,\n"
                                     "A,Xã Lệ Thủy,commune,P,2025-07-01,,\n")
    assert reply.status_code == 303
    preview = manager.get(reply.location)
    assert "Thêm mới 1 Ghi ngày hết hiệu lực 1 Không đổi 1" in text(preview)
    assert "E" not in units(app)
    done = manager.post(reply.location, data=hidden(preview))
    assert "1 mới, 1 ghi ngày hết hiệu lực, 1 không đổi" in text(done)
    assert units(app) == ["A", "B", "D", "E", "P", "Q", "S", "TA"]
    assert manager.post(reply.location, data=hidden(preview)).status_code == 404  # once


def test_a_workbook_is_read_as_a_file_is(app: Flask, manager: FlaskClient) -> None:
    from datetime import date

    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    book.active.append(["code", "name", "kind", "parent", "valid_from"])
    book.active.append([19249, "Xã E", "commune", "P", date(2027, 1, 1)])
    book.save(out)
    reply = upload(manager, out.getvalue(), "don-vi.xlsx")
    preview = manager.get(reply.location)
    manager.post(reply.location, data=hidden(preview))
    assert "19249" in units(app)


@pytest.mark.parametrize("content, said", [
    ("", "Chưa chọn tệp"), (b"PK\x03\x04 no workbook", "Không đọc được bảng tính"), (b"\xff\xfe\x00", "UTF-8"),
    (HEADER + "E,Xã E,village,P,,,\n", "2 kind loại village không nhận"),
    (HEADER + "D,Xã Đông,commune,Q,2025-07-01,2026-12-31,\n", "2 code đơn vị D nằm ngoài phạm vi"),
    (HEADER + "A,Xã Khác,commune,P,2025-07-01,,\n", "2 name đơn vị A đã lưu với giá trị 'Xã Lệ Thủy'"),
])
def test_a_faulty_file_is_told_by_row_and_column_and_nothing_is_kept(
    app: Flask, manager: FlaskClient, content: bytes | str, said: str
) -> None:
    before = units(app)
    reply = upload(manager, content)
    assert reply.status_code == 422
    assert said in text(reply)
    assert units(app) == before


def test_a_preview_is_nobody_elses_and_refused_when_units_changed_meanwhile(app: Flask, manager: FlaskClient) -> None:
    reply = upload(manager, HEADER + "E,Xã E,commune,P,2027-01-01,,\n")
    fields = hidden(manager.get(reply.location))
    other = app.test_client()
    staff.sign_in(other)
    assert other.get(reply.location).status_code == 404
    second = upload(manager, HEADER + "F,Xã F,commune,P,2027-01-01,,\n")
    manager.post(second.location, data=hidden(manager.get(second.location)))
    late = manager.post(reply.location, data=fields)
    assert late.status_code == 409
    assert "đã có thay đổi khác" in text(late)
    assert "E" not in units(app)


@pytest.mark.parametrize("token", ["x", "A" * 22, "..%2F..%2Fkeys%2Fsecret", "../secret"])
def test_a_made_up_preview_is_no_page(manager: FlaskClient, token: str) -> None:
    assert manager.get(f"/units/import/{token}").status_code == 404


def test_a_preview_is_kept_for_an_hour(app: Flask, manager: FlaskClient) -> None:
    reply = upload(manager, HEADER + "E,Xã E,commune,P,2027-01-01,,\n")
    assert manager.get(reply.location).status_code == 200
    (file,) = (app.config["HAILONG"].state / "uploads").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    os.utime(file, (time.time() - 3601,) * 2)
    assert manager.get(reply.location).status_code == 404
    upload(manager, HEADER + "E,Xã E,commune,P,2027-01-01,,\n")
    assert not file.exists()


# ---- mergers


CHOSEN = "/units/merge?unit=A&unit=C&last_day=2027-06-30&count=1"
MERGED = {
    "unit": ["A", "C"], "last_day": "2027-06-30", "count": "1", "code-0": "N", "name-0": "Xã Mới", "kind-0": "commune",
    "parent-0": "P", "link-0-0": "whole", "link-1-0": "whole", "below-0": "0", "decree": "NQ 7", "step": "preview",
}


def send(client: FlaskClient, fields: dict[str, object]) -> TestResponse:
    return client.post("/units/merge", data={"csrf_token": staff.token(client.get(CHOSEN)), **fields})


def test_a_merger_is_chosen_written_previewed_and_carried_out(app: Flask, manager: FlaskClient) -> None:
    chosen = manager.get("/units/merge")
    assert re.findall(r'name="unit" value="([^"]+)"', chosen.text) == ["B", "C", "A", "S"]  # the own province's
    assert 'name="code-0"' in manager.get(CHOSEN).text
    preview = send(manager, MERGED)
    said = text(preview)
    assert "Xã Cam (C) Xã Mới (N) toàn bộ" in said
    assert "N" not in units(app)
    done = manager.post("/units/merge", data={**hidden(preview), "step": "apply"})
    assert done.location == "/units/N?day=2027-07-01&done=merged"
    assert units(app) == ["B", "D", "N", "P", "Q", "S", "TA"]
    page = text(manager.get(done.location))
    assert "Hình thành từ : Xã Lệ Thủy (toàn bộ) ; Xã Cam (toàn bộ)" in page or "Hình thành từ: Xã Lệ Thủy" in page
    assert "Trung tâm" in page


def test_what_was_written_comes_back_with_every_fault_beside_its_field(app: Flask, manager: FlaskClient) -> None:
    page = send(manager, {**MERGED, "code-0": "x y", "name-0": "", "link-1-0": "", "parent-0": "P"})
    assert page.status_code == 422
    assert 'value="NQ 7"' in page.text
    page = send(manager, {**MERGED, "code-0": "x y", "name-0": ""})
    assert page.status_code == 422
    for field in ("code-0", "name-0"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}-problem"' in page.text
    assert 'value="x y"' in page.text
    assert "N" not in units(app)


def test_the_form_can_be_gone_back_to_from_the_preview(manager: FlaskClient) -> None:
    preview = send(manager, MERGED)
    page = manager.post("/units/merge", data={**hidden(preview), "step": "change"})
    assert 'value="Xã Mới"' in page.text


def test_a_merger_previewed_before_another_change_is_refused(app: Flask, manager: FlaskClient) -> None:
    preview = send(manager, MERGED)
    first = upload(manager, HEADER + "F,Xã F,commune,P,2027-01-01,,\n")
    manager.post(first.location, data=hidden(manager.get(first.location)))
    assert manager.post("/units/merge", data={**hidden(preview), "step": "apply"}).status_code == 409
    assert "N" not in units(app)


@pytest.mark.parametrize("query, said", [
    ("last_day=2027-06-30&count=1", "chưa chọn đơn vị nào"), ("unit=A&last_day=x&count=1", "chưa ghi ngày cuối cùng"),
    ("unit=A&unit=&last_day=", "chưa ghi ngày"),
])
def test_an_incomplete_choice_is_told(manager: FlaskClient, query: str, said: str) -> None:
    page = manager.get(f"/units/merge?{query}")
    assert page.status_code == 422
    assert said in text(page)


def test_a_foreign_unit_is_merged_by_nobody(app: Flask, manager: FlaskClient) -> None:
    assert manager.get("/units/merge?unit=D&last_day=2027-06-30&count=1").status_code == 404
    assert send(manager, {**MERGED, "unit": ["A", "D"]}).status_code == 404
    assert manager.get("/units/D/2025-07-01/correct").status_code == 404
    assert "D" in units(app)


@pytest.mark.parametrize("fields", [
    {}, {"unit": "A"}, {"unit": "A", "last_day": "2027-13-01"}, {"count": "99"}, {"count": "-1", "unit": "A"},
    {"below-0": "77"}, {"link-0-0": "all"}, {"kind-0": "x" * 5000}, {"last_day": "9999-12-31"}, {"decree": "x" * 900},
])
def test_no_form_breaks_the_page(manager: FlaskClient, fields: dict[str, str]) -> None:
    for base in ({}, MERGED):
        assert send(manager, {**base, **fields}).status_code in {200, 404, 422}


# ---- corrections


def test_a_mistyped_name_is_mended_with_its_reason(app: Flask, manager: FlaskClient) -> None:
    path = "/units/C/2025-07-01/correct"
    reply = staff.send(manager, path, {"name": "Xã Cẩm", "decree": "", "reason": "gõ thiếu dấu"})
    assert reply.status_code == 303
    assert "Xã Cẩm" in text(manager.get(reply.location))
    page = staff.send(manager, path, {"name": "Xã Cám", "decree": "", "reason": ""})
    assert page.status_code == 422
    assert 'value="Xã Cám"' in page.text
    assert 'id="reason-problem"' in page.text


# ---- the command line can do the same


def test_commands_preview_merge_and_correct(app: Flask, runner: FlaskCliRunner, tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "x.csv"
    file.write_text(HEADER + "E,Xã E,commune,P,2027-01-01,,\n", encoding="utf-8")
    done = runner.invoke(args=["units", "import", str(file), "--preview"])
    assert (done.exit_code, "E" in units(app)) == (0, False)
    assert "+ E" in done.stdout
    merge = ["units", "merge", "--unit", "A", "--unit", "C:part", "--last-day", "2027-06-30",
             "--successor", "N,Xã Mới,commune,P", "--move-below", "A=N", "--decree", "NQ 7"]
    assert runner.invoke(args=[*merge, "--preview"]).exit_code == 0
    assert "N" not in units(app)
    assert runner.invoke(args=merge).exit_code == 0, runner.invoke(args=merge).output
    assert units(app) == ["B", "D", "N", "P", "Q", "S", "TA"]
    done = runner.invoke(args=["units", "correct", "B", "--name", "Phường Bính", "--reason", "gõ sai"])
    assert done.exit_code == 0, done.output
    assert "Phường Bính" in runner.invoke(args=["units", "list", "--day", "2026-01-01"]).stdout
    assert runner.invoke(args=["units", "correct", "B", "--name", "Phường Bính", "--reason", "x"]).exit_code == 1
