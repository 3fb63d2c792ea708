"""What people see of a wave's scores, and what they must not see."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import refresh
from app.settings import Settings, read
from surveys import conduct, reading
from surveys.access import Role
from surveys.alphabet import alphabetical
from surveys.indexes.load import shipped
from surveys.origin import Basis
from surveys.reading import Axis, Band, Figure, Line, Shown
from surveys.store import scores
from surveys.store import waves as wave_store
from surveys.store.tables import AuditRow
from surveys.targets import Goal
from surveys.waves import State, Target
from tests.app import staff
from tests.app.wave_of_four import RECORDS, make, record, today


@pytest.fixture
def shown(app: Flask, client: FlaskClient) -> FlaskClient:
    """A signed-in manager of the province whose wave has its table of today."""
    make(app, table_of=today(app))
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    return client


def _words(page: str) -> str:
    """The text between the tags, blanks squeezed."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def _row(page: str, name: str) -> str:
    return next(_words(row) for row in re.findall(r"<tr.*?</tr>", page, re.S) if f">{name}<" in row)


def test_the_overall_figure_stands_first_with_n_interval_verdict_and_target(shown: FlaskClient):
    text = _words(shown.get("/results/W1").text)
    lead = text[text.index("Chỉ số hài lòng chung"):]
    assert re.match(
        r"Chỉ số hài lòng chung 80,43% Khoảng tin cậy 95%: từ 78,43% đến 82,43% n = 400 phiếu ✕ Chưa đạt mục tiêu "
        r"Mục tiêu: trên 85%\.", lead,
    )
    assert "Đã gia quyền theo thiết kế mẫu" in lead


@pytest.mark.parametrize("verdict, words", [
    ("met", "Đạt mục tiêu"), ("not_met", "Chưa đạt mục tiêu"),
    ("not_enough_evidence", "Chưa đủ căn cứ kết luận khoảng tin cậy chứa mức 85%"),
])
def test_verdicts_have_their_fixed_words(app: Flask, client: FlaskClient, verdict: str, words: str):
    make(app, table_of=today(app), records=[record("90", verdict=verdict)])
    staff.sign_in(client)
    assert words in _words(client.get("/results/W1").text)


@pytest.mark.parametrize("operator, words", [(">", "trên 95%"), (">=", "95% trở lên")])
def test_a_target_is_said_with_its_sign(app: Flask, client: FlaskClient, operator: str, words: str):
    make(app, table_of=today(app), target=Target(0.95, operator))
    staff.sign_in(client)
    assert f"Mục tiêu: {words}." in client.get("/results/W1").text


def test_figures_round_half_up(shown: FlaskClient):
    page = shown.get("/results/W1").text
    assert "80,43%" in page  # 0.80425
    assert "điểm trung bình 4,13" in page  # 4.125


def test_level_decimals_and_satisfied_answers_are_the_definitions(app: Flask, client: FlaskClient):
    of = shipped()["sipas-transaction"]
    other = replace(
        of, interval=replace(of.interval, level=0.975), rounding=replace(of.rounding, digits=1),
        satisfied=frozenset("5"), content="other",
    )
    make(app, table_of=today(app), index=other)
    staff.sign_in(client)
    for address in ("/results/W1", "/results/W1?by=band"):
        text = _words(client.get(address).text)
        assert "95%" not in text
        assert "Chỉ số hài lòng chung 80,4% Khoảng tin cậy 97,5%: từ 78,4% đến 82,4% n = 400 phiếu" in text
        assert "Khoảng tin cậy 97,5%; điểm trung bình" in text
        assert "phần trăm câu trả lời “Rất hài lòng”. " in text
        assert "90,0%" in text


def test_the_pictures_name_the_target_with_its_sign(shown: FlaskClient):
    text = _words(shown.get("/results/W1").text)
    assert "mục tiêu 85%" not in text
    assert text.count("đường đứt: mục tiêu trên 85%") == 3  # factors, units, items


def test_a_figure_hidden_for_a_low_response_rate_says_so(app: Flask, client: FlaskClient):
    of = replace(shipped()["sipas-transaction"], minimum_response_rate=0.125, content="other")
    low = record("902", n=45, flags=["low_response"], publishable=False)
    make(app, table_of=today(app), index=of, records=[record("90"), low])
    staff.sign_in(client)
    page = client.get("/results/W1").text
    assert _row(page, "Xã Lệ Thủy") == "Xã Lệ Thủy Không công bố vì tỷ lệ trả lời thấp (dưới 12,5%)"
    assert "bảo vệ người trả lời" not in page


def test_every_commune_has_a_row_with_its_figures_beside_its_picture(shown: FlaskClient):
    page = shown.get("/results/W1").text
    assert _row(page, "Phường Đông Hà") == "Phường Đông Hà 95,00% từ 90,00% đến 98,00% n = 60 ✓ Đạt mục tiêu"
    assert _row(page, "Xã Lệ Thủy").endswith("n = 45 ? Chưa đủ căn cứ kết luận")
    pictures = re.findall(r'<svg class="plot plot--axis".*?</svg>', page, re.S)
    assert pictures
    assert all("<title" in picture and "<desc" in picture for picture in pictures)


def test_what_may_not_be_published_is_not_on_the_page(shown: FlaskClient):
    page = shown.get("/results/W1").text
    assert _row(page, "Xã Đa Krông") == "Xã Đa Krông Không tính riêng (dưới 30 phiếu)"
    assert _row(page, "Xã Dân Hóa") == "Xã Dân Hóa Không hiển thị để bảo vệ người trả lời"
    assert _row(page, "Đặc khu Cồn Cỏ") == "Đặc khu Cồn Cỏ Chưa có phiếu"
    for hidden in ("11,11", "22,22"):
        assert hidden not in page
        assert all(hidden not in shown.get(f"/results/W1/{unit}").text for unit in ("903", "904"))


def test_communes_stand_by_block_and_name_and_are_not_ranked(shown: FlaskClient):
    page = shown.get("/results/W1").text
    names = re.findall(r'scope="row" class="rows__name"><a[^>]*>([^<]+)', page)
    assert names == ["Phường Đông Hà", "Xã Ái Tử", "Xã Dân Hóa", "Xã Đa Krông", "Xã Lệ Thủy", "Đặc khu Cồn Cỏ"]


def test_bands_set_apart_only_what_lies_clear_of_the_province(shown: FlaskClient):
    text = _words(shown.get("/results/W1?by=band").text)
    above, unclear, below, without = (
        text.index(words) for words in (
            "Cao hơn rõ rệt so với mức chung của tỉnh (1)", "Chưa phân biệt được so với mức chung của tỉnh (1)",
            "Thấp hơn rõ rệt so với mức chung của tỉnh (1)", "Không có số liệu riêng (3)",
        )
    )
    places = [text.index(name, above) for name in ("Phường Đông Hà", "Xã Lệ Thủy", "Xã Ái Tử", "Xã Đa Krông")]
    assert above < places[0] < unclear < places[1] < below < places[2] < without < places[3]


@pytest.mark.parametrize("part, expected", [
    ((0.81, 0.9), Band.ABOVE), ((0.80, 0.9), Band.UNCLEAR), ((0.6, 0.78), Band.UNCLEAR), ((0.5, 0.7799), Band.BELOW),
    ((None, None), None),
])
def test_intervals_that_touch_are_not_told_apart(part: tuple[float | None, float | None], expected: Band | None):
    whole = Figure(Shown.YES, 400, 0.79, 0.78, 0.80)
    assert reading.band(Figure(Shown.YES, 40, 0.8, *part), whole) == expected


def test_search_needs_no_accents(shown: FlaskClient):
    page = shown.get("/results/W1?q=le+thuy").text
    assert re.findall(r'scope="row" class="rows__name"><a[^>]*>([^<]+)', page) == ["Xã Lệ Thủy"]
    assert 'value="le thuy"' in page
    assert "Không có đơn vị trực thuộc nào khớp" in shown.get("/results/W1?q=zzz").text


def test_official_and_monitoring_figures_are_kept_apart(shown: FlaskClient):
    page = shown.get("/results/W1").text
    official, monitoring = page.split('id="monitoring"')
    assert "95,12%" in monitoring
    assert "95,12%" not in official
    assert "Đạt mục tiêu" not in _words(monitoring).replace("Chưa đạt mục tiêu", "")  # held against no target
    assert {each["series"] for each in shown.get("/results/W1/export.json").json} == {"official"}  # nor ever published


def test_an_official_open_basis_is_said_to_be_voluntary(app: Flask, client: FlaskClient):
    make(app, table_of=today(app), official=frozenset({Basis.OPEN}))
    staff.sign_in(client)
    assert "mẫu tự nguyện" in client.get("/results/W1").text.lower()


def test_simulated_figures_carry_the_watermark(app: Flask, client: FlaskClient):
    make(app, table_of=today(app), simulated=True)
    staff.sign_in(client)
    mark = "SỐ LIỆU MÔ PHỎNG – KHÔNG DÙNG ĐỂ BÁO CÁO; DỰ THẢO"
    assert mark in client.get("/results/W1").text
    assert mark in client.get("/results/W1/902").text
    assert mark in client.get("/results/W1/export.csv").text


@pytest.mark.parametrize("state, draft", [
    (State.OPEN, True), (State.CLOSED, True), (State.FIXED, True), (State.PUBLISHED, False), (State.CORRECTED, False),
])
def test_real_figures_are_a_draft_until_they_are_published(
    app: Flask, client: FlaskClient, state: State, draft: bool
):
    make(app, table_of=today(app), state=state)
    make(app, code="W2")
    staff.sign_in(client)
    page = client.get("/results/W1").text
    assert "MÔ PHỎNG" not in page
    assert ("DỰ THẢO" in page) is draft
    assert client.get("/results/").text.count("DỰ THẢO") == 1 + draft
    assert "DỰ THẢO" not in client.get("/results/W1/export.csv").text
    assert "DỰ THẢO" not in client.get("/results/W1/export.json").text


def test_a_wave_that_is_alone_is_opened_at_once(shown: FlaskClient):
    assert shown.get("/results/").headers["Location"] == "/results/W1"


def test_a_unit_officer_sees_the_own_unit_and_no_other(app: Flask, client: FlaskClient):
    make(app, table_of=today(app))
    make(app, province="91", code="W2")
    staff.sign_in(client, Role.UNIT_OFFICER, "902")
    assert client.get("/results/").headers["Location"] == "/results/W1"
    assert client.get("/results/W1").headers["Location"] == "/results/W1/902"
    own = client.get("/results/W1/902")
    assert own.status_code == 200
    assert "82,00%" in own.text
    for foreign in ("/results/W1/90", "/results/W1/901", "/results/W1/911", "/results/W1/none", "/results/W2"):
        assert client.get(foreign).status_code == 404, foreign
    for foreign in ("/results/W1/export.json?unit=90", "/results/W1/export.json?unit=901", "/results/W2/export.json"):
        assert client.get(foreign).status_code == 404, foreign
    assert {each["unit"] for each in client.get("/results/W1/export.json").json} == {"902"}
    assert 'href="/results/W1"' not in own.text  # no link to what would be refused


def test_a_unit_of_another_province_is_no_page_of_the_wave_even_for_the_administrator(app: Flask, client: FlaskClient):
    make(app, table_of=today(app))
    staff.sign_in(client)
    assert client.get("/results/W1/911").status_code == 404


@pytest.mark.parametrize("fmt", ["json", "csv", "xlsx"])
def test_downloads_hold_public_rows_only(shown: FlaskClient, fmt: str):
    reply = shown.get(f"/results/W1/export.{fmt}")
    assert reply.status_code == 200
    assert re.fullmatch(rf'attachment; filename="hai-long_W1_90_[0-9-]+\.{fmt}"', reply.headers["Content-Disposition"])
    if fmt == "json":
        units = {each["unit"] for each in json.loads(reply.data)}
        assert units == {"90", "901", "902", "906"}
    if fmt == "csv":
        assert "0.1111" not in reply.text
        assert "0,1111" not in reply.text


def test_an_unknown_format_is_not_found(shown: FlaskClient):
    assert shown.get("/results/W1/export.pdf").status_code == 404


def test_a_hidden_figure_is_never_read_from_the_table():
    table = reading.Table([*RECORDS, record("901", "item:q1", publishable=False)])
    assert table.figure("904", "official", "overall") == Figure(Shown.PROTECTED)
    assert table.figure("901", "official", "item:q1") == Figure(Shown.PROTECTED)  # even if nothing says why
    assert table.figure("903", "official", "overall") == Figure(Shown.TOO_FEW)
    assert {each["unit"] for each in table.public(["903", "904", "901"])} == {"901"}


# the table moves once a day, and never in the process that serves the page


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    codes: list[str] = []
    monkeypatch.setattr(refresh, "launch", lambda settings, code, *_: codes.append(code))
    return codes


def test_without_a_table_the_page_says_so_and_has_it_computed_once(
    app: Flask, client: FlaskClient, launched: list[str]
):
    make(app)
    staff.sign_in(client)
    first = client.get("/results/W1")
    assert first.status_code == 200
    assert "Hệ thống đang tính số liệu" in first.text
    client.get("/results/W1/902")
    assert launched == ["W1"]
    assert client.get("/results/W1/export.json").status_code == 404


def test_a_table_of_yesterday_is_shown_with_its_day_and_a_new_one_begun(
    app: Flask, client: FlaskClient, launched: list[str]
):
    yesterday = today(app) - timedelta(days=1)
    make(app, table_of=yesterday)
    staff.sign_in(client)
    page = client.get("/results/W1").text
    assert "80,43%" in page
    assert f"Số liệu tính đến ngày {yesterday:%d/%m/%Y}" in page
    assert launched == ["W1"]


def test_a_final_table_is_computed_again_only_when_something_changed(
    app: Flask, client: FlaskClient, launched: list[str]
):
    from app.db import transaction

    wave = make(app, table_of=today(app) - timedelta(days=3), state=State.CLOSED)
    staff.sign_in(client)
    page = client.get("/results/W1")
    assert "đang tính" not in page.text
    assert f"{today(app) - timedelta(days=3):%d/%m/%Y}" in page.text
    assert launched == []
    with app.app_context(), transaction() as session:
        conduct.set_populations(session, wave, conduct.tree_of(session, wave), {"902": 500})
    assert "đang tính" in client.get("/results/W1").text
    assert launched == ["W1"]


def test_a_page_parses_a_table_once_and_sees_a_new_one_at_once(shown: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    from app.db import transaction

    read: list[object] = []
    body = scores._body
    monkeypatch.setattr(scores, "_body", lambda *of: read.append(of) or body(*of))
    for _ in range(3):
        assert "80,43%" in shown.get("/results/W1").text
    assert len(read) == 1
    with shown.application.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        scores.save(session, wave, today(shown.application), [record("90", estimate=0.7)])  # forced, on the same day
    assert "70,00%" in shown.get("/results/W1").text
    assert len(read) == 2


def test_a_table_of_today_is_not_computed_again(shown: FlaskClient, launched: list[str]):
    assert "đang tính" not in shown.get("/results/W1").text
    assert launched == []


def test_a_download_stands_in_the_trail(shown: FlaskClient):
    from app.db import reading

    shown.get("/results/W1/export.csv?unit=902")
    with shown.application.app_context(), reading() as session:
        *_, last = session.scalars(select(AuditRow).order_by(AuditRow.seq))
    assert (last.action, last.subject) == ("results.exported", "wave:W1")
    assert '"902"' in (last.after or "")


def test_many_who_ask_at_once_start_one_computation(settings: Settings, launched: list[str]):
    barrier = threading.Barrier(16)

    def ask() -> None:
        barrier.wait()
        refresh.ensure(settings, "W1")

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert launched == ["W1"]


def test_a_failed_computation_is_said_and_tried_again_after_a_pause(
    settings: Settings, launched: list[str], monkeypatch: pytest.MonkeyPatch
):
    assert refresh.ensure(settings, "W1") == refresh.Progress.RUNNING
    assert refresh.ensure(settings, "W1") == refresh.Progress.FAILED  # the (faked) child is gone, without a table
    real = refresh.time.time()
    monkeypatch.setattr(refresh.time, "time", lambda: real + refresh.PAUSE + 1)
    assert refresh.ensure(settings, "W1") == refresh.Progress.RUNNING
    assert launched == ["W1", "W1"]


def test_the_child_works_with_the_settings_of_its_parent(settings: Settings):
    changed = replace(settings, demonstration=True, port=8123, public_url="https://hailong.example.vn")
    assert read(refresh.environment(changed)) == changed


@pytest.mark.slow
def test_the_child_computes_the_table_of_today(app: Flask, client: FlaskClient, settings: Settings):
    import time

    make(app)
    staff.sign_in(client)
    assert "đang tính" in client.get("/results/W1").text
    deadline = time.monotonic() + 60
    while "Số liệu tính đến ngày" not in (page := client.get("/results/W1").text):
        assert time.monotonic() < deadline, (settings.state / "refresh" / "W1.log").read_text()
        time.sleep(0.3)
    assert "Chưa có phiếu" in page


def test_the_serving_process_never_loads_the_estimators(root: Path, settings: Settings, app: Flask):
    """In a process of its own: sign in, read a page, take every download; scipy stays out."""
    make(app, table_of=today(app))
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from app import create_app
        from app.settings import read
        app = create_app(read({{}}, state=Path({str(settings.state)!r}), database_url={settings.database_url!r}))
        from tests.app import staff
        client = app.test_client()
        staff.sign_in(client)
        for path in ("/", "/results/W1", "/results/W1/902", "/results/W1/export.json", "/results/W1/export.csv",
                     "/results/W1/export.xlsx", "/print/W1/"):
            assert client.get(path).status_code == 200, path
        heavy = [name for name in ("scipy", "statsmodels", "analysis") if name in sys.modules]
        assert not heavy, heavy
    """)
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("low, goal, start, ticks", [
    (0.93, None, 0.8, (0.8, 0.9, 1.0)), (0.93, 0.75, 0.7, (0.7, 0.8, 0.9, 1.0)),
    (0.6, 0.85, 0.6, (0.6, 0.7, 0.8, 0.9, 1.0)), (0.57, 0.85, 0.5, (0.6, 0.8, 1.0)),
    (0.0, 0.85, 0.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)), (None, None, 0.8, (0.8, 0.9, 1.0)),
])
def test_the_axis_holds_every_interval_and_the_target(low, goal, start: float, ticks: tuple[float, ...]):
    line = Line("a", {"vi": "a"}, Figure(Shown.YES, 40, 0.97, low, 0.99))
    assert reading.axis([line], Goal(goal, ">", None) if goal else None) == Axis(start, 1.0, ticks)


def test_vietnamese_names_are_in_the_order_of_the_alphabet():
    names = ["Đa Krông", "Dân Hóa", "Ái Tử", "Ăn", "An", "Cồn Tiên", "Cồn Cỏ", "Ô", "Ơ", "O", "Hà", "Há", "Ha"]
    assert sorted(names, key=alphabetical) == [
        "Ái Tử", "An", "Ăn", "Cồn Cỏ", "Cồn Tiên", "Dân Hóa", "Đa Krông", "Ha", "Hà", "Há", "O", "Ô", "Ơ",
    ]


def test_live_counts_are_of_the_unit_and_below_by_basis(app: Flask, client: FlaskClient):
    from app.db import transaction
    from surveys.store import responses
    from surveys.store import units as unit_store
    from surveys.store import waves as wave_store

    wave = make(app, table_of=today(app))
    with app.app_context(), transaction() as session:
        tree = unit_store.tree(session, wave.units_day)
        given = (("902", Basis.DOSSIERS, 3), ("902", Basis.OPEN, 2), ("901", Basis.OPEN, 4))
        for place, (code, basis, count) in enumerate(given):
            unit = tree.unit(code).id or 0
            key = (unit, unit, int(basis), "", "")
            cell = wave_store.ensure_cells(session, wave, [(key, None, None)])[key]
            responses.add_many(session, [
                {"province_code": "90", "id": bytes([place, number] + [0] * 14), "wave_id": wave.id, "cell": cell.id,
                 "point_id": None, "version": wave.questionnaire_id, "mode": 1, "language": 0, "day": 20000,
                 "duration": 0, "flags": 0, "weight": None, "answers": ""}
                for number in range(count)
            ])
    staff.sign_in(client)
    assert "9 phiếu đến lúc này Theo hồ sơ đã trả kết quả: 3 Mã QR dùng chung (chỉ để theo dõi): 6" in _words(
        client.get("/results/W1").text
    )
    assert "5 phiếu đến lúc này" in _words(client.get("/results/W1/902").text)


def test_pages_survive_strange_questions(shown: FlaskClient):
    assert shown.get("/results/W1?q=%00").status_code == 400
    for query in ("q=" + "x" * 5000, "by=nonsense", "q=%F0%9F%98%80", "q=%3Cscript%3E"):
        page = shown.get(f"/results/W1?{query}")
        assert page.status_code == 200, query
        assert "<script>" not in page.text

