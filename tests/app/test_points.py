from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.db import transaction
from app.prints import addresses
from surveys import conduct
from surveys.origin import Basis
from surveys.store import units as unit_store
from surveys.unit_changes import Line
from surveys.waves import State
from tests.app.pictures import codes, pages, picture, words

PUBLIC = "https://hailong.quangtri.gov.vn"
UNITS = [
    Line(2, "44", "Tỉnh Quảng Trị", "province", ""),
    Line(3, "19249", "Xã Lệ Thủy", "commune", "44"),
    Line(4, "18880", "Phường Đồng Hới", "commune", "44"),
    Line(5, "Q1", "Quầy số 1", "counter", "19249"),
    Line(6, "66", "Tỉnh Đắk Lắk", "province", ""),
    Line(7, "24100", "Xã Ea Súp", "commune", "66"),
]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """Quảng Trị with two communes and a counter, an open wave, and a public address."""
    app = make_app(public_url=PUBLIC)
    with app.app_context(), transaction() as session:
        unit_store.import_units(session, UNITS)
        _wave(session, "W1")
        _wave(session, "W2", official=frozenset({Basis.OPEN}))
        _wave(session, "W3", simulated=True)
    return app


def _wave(session: object, code: str, **changes: object) -> None:
    plan = conduct.Plan(code, "sipas-transaction", "sipas-transaction", "44", "Khảo sát thử", **changes)  # type: ignore[arg-type]  # each test names real fields
    conduct.create(session, plan, date(2026, 7, 1))  # type: ignore[arg-type]  # a session of this test
    conduct.move(session, code, State.OPEN)  # type: ignore[arg-type]


def flask(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


def created(app: Flask, *words: str) -> list[dict[str, str]]:
    done = flask(app, "points", "create", *words, "--json")
    assert done.exit_code == 0, done.output
    rows: list[dict[str, str]] = json.loads(done.stdout)
    return rows


def test_a_point_is_created_listed_and_printed(app: Flask, tmp_path: Path) -> None:
    (point,) = created(app, "--wave", "W1", "--unit", "19249", "--label", "Quầy số 2")
    assert point["address"] == f"{PUBLIC}/p/{point['code']}"
    assert point["unit_name"] == "Xã Lệ Thủy, tỉnh Quảng Trị"
    assert json.loads(flask(app, "points", "list", "--wave", "W1", "--json").stdout) == [point]

    out = tmp_path / "poster.pdf"
    done = flask(app, "points", "poster", "--wave", "W1", "--unit", "19249", "--out", str(out))
    assert (done.exit_code, done.stderr) == (0, "")
    (page,) = pages(out.read_bytes())
    assert codes(picture(page)) == [point["address"]]
    assert "Xã Lệ Thủy, tỉnh Quảng Trị Quầy số 2" in words(page)
    assert "Mã QR dùng chung (chỉ để theo dõi)" in words(page)
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".pdf"] == ["poster.pdf"]


def test_communes_gives_each_commune_a_point_of_its_own(app: Flask, tmp_path: Path) -> None:
    points = created(app, "--wave", "W1", "--communes")
    assert {point["unit"] for point in points} == {"19249", "18880"}
    assert len({point["code"] for point in points}) == 2
    out = tmp_path / "all.pdf"
    assert flask(app, "points", "poster", "--wave", "W1", "--out", str(out)).exit_code == 0
    printed = [codes(picture(page)) for page in pages(out.read_bytes())]
    assert printed == [[point["address"]] for point in points]


def test_a_units_posters_include_its_counters_and_no_neighbour(app: Flask, tmp_path: Path) -> None:
    for unit in ("19249", "18880", "Q1"):
        created(app, "--wave", "W1", "--unit", unit)
    out = tmp_path / "some.pdf"
    assert flask(app, "points", "poster", "--wave", "W1", "--unit", "19249", "--out", str(out)).exit_code == 0
    said = [words(page) for page in pages(out.read_bytes())]
    assert len(said) == 2
    assert "Quầy số 1, xã Lệ Thủy, tỉnh Quảng Trị" in said[1]


def test_one_point_prints_by_its_code_however_it_is_typed(app: Flask, tmp_path: Path) -> None:
    first, _ = created(app, "--wave", "W1", "--communes")
    out = tmp_path / "one.pdf"
    done = flask(app, "points", "poster", "--wave", "W1", "--code", first["code"].lower(), "--out", str(out))
    assert done.exit_code == 0
    (page,) = pages(out.read_bytes())
    assert codes(picture(page)) == [first["address"]]


def test_an_official_open_basis_is_called_a_voluntary_sample(app: Flask, tmp_path: Path) -> None:
    created(app, "--wave", "W2", "--unit", "19249")
    out = tmp_path / "poster.pdf"
    assert flask(app, "points", "poster", "--wave", "W2", "--out", str(out)).exit_code == 0
    assert "Mã QR dùng chung (mẫu tự nguyện)" in words(pages(out.read_bytes())[0])


def test_a_simulated_waves_poster_says_so(app: Flask, tmp_path: Path) -> None:
    created(app, "--wave", "W3", "--unit", "19249")
    out = tmp_path / "poster.pdf"
    assert flask(app, "points", "poster", "--wave", "W3", "--out", str(out)).exit_code == 0
    assert "SỐ LIỆU MÔ PHỎNG – KHÔNG DÙNG ĐỂ BÁO CÁO; DỰ THẢO" in words(pages(out.read_bytes())[0])


@pytest.mark.parametrize("args, said", [
    (["create", "--wave", "W1"], "--communes"),
    (["create", "--wave", "W1", "--unit", "19249", "--communes"], "--communes"),
    (["create", "--wave", "nothing", "--unit", "19249"], "nothing"),
    (["create", "--wave", "W1", "--unit", "99999"], "99999"),
    (["create", "--wave", "W1", "--unit", "24100"], "24100"),
    (["create", "--wave", "W1", "--unit", "19249", "--label", "x" * 121], "121"),
    (["list", "--wave", "nothing"], "nothing"),
    (["poster", "--wave", "W1", "--out", "OUT"], "points create"),
    (["poster", "--wave", "W1", "--unit", "18880", "--out", "OUT"], "points create"),
    (["poster", "--wave", "W1", "--unit", "99999", "--out", "OUT"], "99999"),
    (["poster", "--wave", "W1", "--code", "ABCDEFGH", "--out", "OUT"], "mã"),
    (["poster", "--wave", "W1", "--unit", "18880", "--code", "ABCDEFGH", "--out", "OUT"], "--code"),
    (["terminal-qr", "--code", "ABCDEFGH"], "mã"),
    (["terminal-qr"], "demonstration create"),
])
def test_what_cannot_be_done_is_refused_with_a_clear_line(
    app: Flask, tmp_path: Path, args: list[str], said: str
) -> None:
    out = tmp_path / "poster.pdf"
    done = flask(app, "points", *[str(out) if word == "OUT" else word for word in args])
    assert done.exit_code == 1
    assert done.stderr.startswith("Lỗi: ")
    assert "\nError: " in done.stderr
    assert said in done.stderr
    assert not out.exists()
    assert json.loads(flask(app, "points", "list", "--wave", "W1", "--json").stdout) == []


def test_a_point_of_another_wave_is_not_printed_under_this_one(app: Flask, tmp_path: Path) -> None:
    (other,) = created(app, "--wave", "W2", "--unit", "19249")
    done = flask(app, "points", "poster", "--wave", "W1", "--code", other["code"], "--out", str(tmp_path / "x.pdf"))
    assert done.exit_code == 1
    assert other["code"] in done.stderr
    assert "W1" in done.stderr


def test_a_poster_that_cannot_be_written_leaves_nothing_behind(app: Flask, tmp_path: Path) -> None:
    created(app, "--wave", "W1", "--unit", "19249")
    out = tmp_path / "no such folder" / "poster.pdf"
    done = flask(app, "points", "poster", "--wave", "W1", "--out", str(out))
    assert done.exit_code == 1
    assert "poster.pdf" in done.stderr
    assert not out.parent.exists()


@pytest.mark.parametrize("public, warned", [
    ("", "HAILONG_PUBLIC_URL"), ("http://localhost:8000", "chính máy này"),
    ("https://192.168.1.4", "mạng nội bộ"), ("http://hailong.quangtri.gov.vn", "https"),
])
def test_an_address_that_a_phone_cannot_reach_is_warned_of_and_still_printed(
    app: Flask, make_app: Callable[..., Flask], tmp_path: Path, public: str, warned: str
) -> None:
    created(app, "--wave", "W1", "--unit", "19249")
    out = tmp_path / "poster.pdf"
    done = flask(make_app(public_url=public), "points", "poster", "--wave", "W1", "--out", str(out))
    assert done.exit_code == 0
    assert "Cảnh báo: " in done.stderr
    assert "Warning: " in done.stderr
    assert warned in done.stderr
    assert "Cảnh báo" not in done.stdout
    assert out.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("public, base, found", [
    (PUBLIC, PUBLIC, []),
    ("https://1.1.1.1", "https://1.1.1.1", []),
    ("", "http://127.0.0.1:8000", ["address_unset", "address_loopback", "address_http"]),
    ("", "http://192.168.1.23:8000", ["address_unset", "address_private", "address_http"]),
    ("http://0.0.0.0:8000", "http://0.0.0.0:8000", ["address_loopback", "address_http"]),
    ("https://[::1]", "https://[::1]", ["address_loopback"]),
    ("https://[::ffff:10.0.0.1]", "https://[::ffff:10.0.0.1]", ["address_private"]),
    ("https://[fd00::7]", "https://[fd00::7]", ["address_private"]),
    ("https://169.254.3.4", "https://169.254.3.4", ["address_private"]),
    ("https://100.64.0.9", "https://100.64.0.9", ["address_private"]),
    ("https://may-chu", "https://may-chu", ["address_private"]),
    ("https://hailong.local", "https://hailong.local", ["address_private"]),
    ("https://app.localhost", "https://app.localhost", ["address_loopback"]),
    ("https://", "https://", ["address_loopback"]),
    ("http://hailong.vn", "http://hailong.vn", ["address_http"]),
])
def test_what_keeps_a_phone_away_is_known_from_the_address(public: str, base: str, found: list[str]) -> None:
    assert addresses.obstacles(public, base) == found


def test_the_terminal_draws_the_code_asked_for_and_says_its_address(app: Flask) -> None:
    (point,) = created(app, "--wave", "W1", "--unit", "19249")
    done = app.test_cli_runner().invoke(args=["points", "terminal-qr", "--code", point["code"]], color=True)
    assert done.exit_code == 0
    assert "\x1b[38;5;16;48;5;231m" in done.stdout
    assert done.stdout.rstrip().endswith(point["address"])


def test_the_terminal_draws_the_demonstrations_first_point_by_default(app: Flask) -> None:
    created(app, "--wave", "W1", "--unit", "19249")
    shown, _ = created(app, "--wave", "W3", "--communes")
    assert shown["address"] in flask(app, "points", "terminal-qr").stdout
