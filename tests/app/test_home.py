"""The front page and the page of posters: each kind of user finds the door."""

from __future__ import annotations

import re

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.access import Role
from tests.app import staff, wave_of_four


def test_the_front_page_is_vietnamese_and_has_a_door_for_each(client: FlaskClient):
    page = client.get("/")
    assert page.status_code == 200
    assert '<html lang="vi"' in page.text
    for door in ('action="/answer"', 'href="/print/"', 'href="/results/"', 'href="/account/sign-in"'):
        assert door in page.text
    assert "Set-Cookie" not in page.headers
    assert "SỐ LIỆU MÔ PHỎNG" not in page.text


def test_a_fresh_installation_leads_to_its_set_up(client: FlaskClient):
    assert "/account/set-up" in client.get("/").text
    staff.add_account(client)
    assert "/account/set-up" not in client.get("/").text


@pytest.mark.parametrize("typed, address", [
    ("AB12CD34", "/p/AB12CD34"), (" ab12-cd34 ", "/p/AB12CD34"), ("oIl2cd34", "/p/0112CD34"),
    ("7" * 26, "/s/" + "7" * 26), ("abcde " * 5 + "f", "/s/" + "ABCDE" * 5 + "F"),
])
def test_a_typed_code_leads_to_its_form_as_a_scanned_one_would(client: FlaskClient, typed: str, address: str):
    reply = client.post("/answer", data={"code": typed})
    assert (reply.status_code, reply.headers["Location"]) == (303, address)
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("typed", ["", "   ", "AB12", "AB12CD3U", "<script>alert(1)</script>", "9" * 5000])
def test_what_is_no_code_is_said_beside_the_field_and_kept(client: FlaskClient, typed: str):
    reply = client.post("/answer", data={"code": typed})
    assert reply.status_code == 422
    assert 'id="code-problem"' in reply.text
    assert 'aria-invalid="true"' in reply.text
    assert "<script>alert" not in reply.text
    if typed == "AB12CD3U":
        assert 'value="AB12CD3U"' in reply.text


def test_a_slips_code_never_stands_in_a_query(client: FlaskClient):
    assert client.get("/answer", query_string={"code": "7" * 26}).status_code == 405


@pytest.fixture
def points(app: Flask) -> list[str]:
    """Codes of the points of two communes."""
    from app.db import transaction
    from surveys import collection, conduct

    wave = wave_of_four.make(app)
    with app.app_context(), transaction() as session:
        tree = conduct.tree_of(session, wave)
        return [
            collection.create_point(session, wave, tree, unit, label).code
            for unit, label in (("902", "Quầy số 1"), ("901", ""))
        ]


def test_an_officer_sees_and_prints_the_own_points_only(client: FlaskClient, points: list[str]):
    own, foreign = points
    staff.sign_in(client, Role.UNIT_OFFICER, "902")
    page = client.get("/print/", follow_redirects=True)
    assert f"/p/{own}" in page.text
    assert "Quầy số 1" in page.text
    assert foreign not in page.text
    reply = client.get("/print/W1/posters.pdf", query_string={"code": own})
    assert reply.status_code == 200
    assert reply.data.startswith(b"%PDF-")
    assert reply.headers["Content-Disposition"] == f'attachment; filename="ap-phich_W1_{own}.pdf"'
    assert client.get("/print/W1/posters.pdf", query_string={"code": foreign}).status_code == 404


def test_the_province_prints_all_and_finds_a_unit_without_accents(client: FlaskClient, points: list[str]):
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    page = client.get("/print/W1/").text
    assert re.findall(r"<strong>([^<]+)</strong>", page.split('class="points"')[1]) == ["Phường Đông Hà", "Xã Lệ Thủy"]
    found = client.get("/print/W1/?q=le+thuy").text
    assert re.findall(r"<strong>([^<]+)</strong>", found.split('class="points"')[1]) == ["Xã Lệ Thủy"]
    assert len(pypdfium2.PdfDocument(client.get("/print/W1/posters.pdf").data)) == 2


def test_printing_warns_of_an_address_that_phones_cannot_reach(client: FlaskClient, points: list[str]):
    staff.sign_in(client)
    assert "HAILONG_PUBLIC_URL" in client.get("/print/W1/").text


def test_a_wave_elsewhere_is_no_page(client: FlaskClient, points: list[str]):
    staff.sign_in(client, Role.UNIT_OFFICER, "911")
    assert client.get("/print/W1/").status_code == 404
    assert client.get("/print/W1/posters.pdf").status_code == 404
