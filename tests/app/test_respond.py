"""The citizens' path over HTTP: every answer once, every refusal with its reason, nothing half-stored."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app import server_day
from app.db import transaction
from app.keys import secret, signer
from surveys import codes
from surveys.store import intake
from surveys.store.order import forget_order
from surveys.store.tables import CommentRow
from surveys.tokens import issue_token
from tests.world import ITEMS, World, answered, build, fresh_id, hidden, opened, post, run


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def test_an_answer_is_stored_as_characters_and_acknowledged(world: World):
    reply = post(world, answered(opened(world), q2="-", q3="0", sex="1"))
    assert reply.status_code == 201
    ((answers,),) = world.rows("select answers from response")
    assert str(answers).startswith("4-0444")
    assert len(str(answers)) == 27
    with world.app.app_context():
        again = signer().acknowledge(
            bytes.fromhex(reply.json["id"]), date.fromisoformat(reply.json["day"]), repeated=False
        )
    assert reply.json["signature"] == again.signature


def test_the_code_of_a_point_is_read_in_any_case_and_with_look_alikes(world: World):
    for path in (f"/p/{world.point.lower()}", f"/P/{world.point}", f"/p/{world.point.replace('0', 'o')}"):
        assert world.client.get(path).status_code == 200


def test_the_page_sets_no_cookie_and_is_the_same_for_everyone_but_for_the_fresh_id(world: World):
    one, two = (world.client.get(f"/p/{world.point}") for _ in range(2))
    assert "Set-Cookie" not in one.headers
    ids = [opened(world)["id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert len(one.data) == len(two.data)


def test_a_page_without_javascript_is_answered_with_thanks(world: World):
    reply = world.client.post(f"/p/{world.point}", data=answered(opened(world)))
    assert reply.status_code == 200
    assert "Hệ thống đã nhận ý kiến. Xin cảm ơn Ông/Bà." in reply.text
    assert world.count() == 1


def test_the_same_answer_sent_again_is_acknowledged_alike_and_stored_once(world: World):
    fields = answered(opened(world))
    first, second = post(world, fields), post(world, fields)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert world.count() == 1


def test_the_same_id_with_other_answers_is_a_conflict_and_the_first_stands(world: World):
    fields = answered(opened(world))
    post(world, fields)
    reply = post(world, {**fields, "q1": "1"})
    assert reply.status_code == 409
    assert world.rows("select substr(answers, 1, 1) from response") == [("4",)]


def test_parallel_sends_of_one_answer_make_one_row_and_one_acknowledgement(world: World):
    fields = answered(opened(world))
    replies: list[tuple[int, object]] = []
    barrier = threading.Barrier(16)

    def send() -> None:
        client = world.app.test_client()
        barrier.wait()
        reply = client.post(f"/p/{world.point}", json=fields)
        replies.append((reply.status_code, json.dumps(reply.json, sort_keys=True)))

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in replies) == [200] * 15 + [201]
    assert len({body for _, body in replies}) == 1
    assert world.count() == 1


def test_a_slip_is_spent_with_the_answer_it_brought_and_by_no_second_one(world: World):
    (slip,) = world.slips(1)
    fields = answered(opened(world, f"/s/{slip.lower()}"))
    assert post(world, fields, "/s").status_code == 201
    assert post(world, fields, "/s").status_code == 200, "its own second try"
    reply = post(world, {**fields, "id": fresh_id()}, "/s")
    assert reply.status_code == 404
    assert reply.json["sentence"] == "Mã này hiện không dùng được. Ông/Bà vui lòng hỏi quầy hướng dẫn."
    assert world.client.get(f"/s/{slip}").status_code == 404
    assert world.count() == 1
    assert world.rows("select basis from cell c join response r on r.cell = c.id") == [(2,)]


def test_sixteen_people_with_one_slip_make_one_answer(world: World):
    (slip,) = world.slips(1)
    fields = answered(opened(world, f"/s/{slip}"))
    statuses: list[int] = []

    def send() -> None:
        statuses.append(world.app.test_client().post("/s", json={**fields, "id": fresh_id()}).status_code)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [404] * 15
    assert world.count() == 1


def test_a_faulty_answer_does_not_spend_its_slip(world: World):
    (slip,) = world.slips(1)
    fields = opened(world, f"/s/{slip}")
    assert post(world, fields, "/s").status_code == 422
    assert world.count("slip") == 1
    assert post(world, answered(fields), "/s").status_code == 201


def test_unknown_used_and_malformed_slips_get_one_and_the_same_reply(world: World):
    (slip,) = world.slips(1)
    post(world, answered(opened(world, f"/s/{slip}")), "/s")
    replies = [world.client.get(f"/s/{code}") for code in (slip, "0" * 26, "x", "ẩn", codes.draw(26))]
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.data for reply in replies}) == 1


def test_nothing_in_the_store_joins_a_slip_to_its_answer(world: World):
    slips = world.slips(3)
    before = {bytes(digest) for digest, in world.rows("select digest from slip")}
    for slip in slips[:2]:
        post(world, answered(opened(world, f"/s/{slip}")), "/s")
    left = {bytes(digest) for digest, in world.rows("select digest from slip")}
    assert len(before) == 3
    assert len(left) == 1, "a spent slip is gone: no row is left that could be joined by anything"
    answers = repr(world.rows("select * from response"))
    assert not any(slip in answers for slip in slips)


def test_postgresql_forgets_which_transaction_wrote_an_answer_and_its_comment(world: World):
    if not world.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        pytest.skip("SQLite keeps neither")
    for number in range(12):
        post(world, answered(opened(world), comment=f"ý kiến {number}"))
    joined = "select count(*) from response r join comment c on r.xmin::text = c.xmin::text"
    assert world.rows(joined) == [(12,)], "until the day is over"
    with world.app.app_context(), transaction() as session:
        assert forget_order(session, server_day()) == 0, "today's answers stay where they are"
    with world.app.app_context(), transaction() as session:
        assert forget_order(session, server_day() + timedelta(days=1)) == 12
    assert world.rows("select count(distinct xmin::text) from response") == [(1,)]
    assert world.rows("select count(distinct xmin::text) from comment") == [(1,)]
    physical = [bytes(id) for id, in world.rows("select id from response order by ctid")]
    assert physical == sorted(physical)
    with world.app.app_context(), transaction() as session:
        assert forget_order(session, server_day() + timedelta(days=1)) == 0, "once is enough"


def test_every_problem_comes_at_once_beside_its_question_and_nothing_is_lost(world: World):
    fields = answered(opened(world), comment="Cảm ơn")
    del fields["q5"]
    fields |= {"q7": "9", "helped": "1"}
    reply = world.client.post(f"/p/{world.point}", data=fields)
    assert reply.status_code == 422
    assert reply.text.count("checked") == 22 - 2 + 1
    assert "Cảm ơn" in reply.text
    assert fields["id"] in reply.text
    listed = post(world, fields)
    assert listed.status_code == 422
    assert {problem["question"] for problem in listed.json["problems"]} == {"q5", "q7"}
    assert world.count() == 0
    assert world.count("comment") == 0


@pytest.mark.parametrize("change, status, code", [
    ({"token": None}, 400, "token_forged"),
    ({"token": "forged"}, 400, "token_forged"),
    ({"token": "a|\ud800"}, 400, "token_forged"),
    ({"id": None}, 400, "id_malformed"),
    ({"id": "abc"}, 400, "id_malformed"),
    ({"id": "g" * 32}, 400, "id_malformed"),
    ({"q1": None}, 422, "answers_faulty"),
    ({"q1": "6"}, 422, "answers_faulty"),
    ({"q1": 4.5}, 400, "form_malformed"),
    ({"q1": ["4"]}, 400, "form_malformed"),
    ({"q1": True}, 400, "form_malformed"),
    ({"surprise": "1"}, 422, "answers_faulty"),
    ({"comment": "a\0b"}, 422, "answers_faulty"),
    ({"comment": "\ud800"}, 422, "answers_faulty"),
    ({"comment": "dài " * 1000}, 422, "answers_faulty"),
    ({"comment": "dài " * 5000}, 413, "form_too_long"),
    ({"a\nb": "1"}, 400, "form_malformed"),
])
def test_bad_input_is_refused_with_its_reason_and_stores_nothing(
    world: World, change: dict[str, object], status: int, code: str
):
    fields: dict[str, object] = {**answered(opened(world)), **change}
    reply = world.client.post(
        f"/p/{world.point}", json={name: value for name, value in fields.items() if value is not None}
    )
    assert (reply.status_code, reply.json["error"]) == (status, code)
    assert len(reply.json["sentence"]) > 20
    assert world.count() == world.count("comment") == 0


def test_a_repeated_field_is_refused_in_either_shape(world: World):
    fields = answered(opened(world))
    as_form = world.client.post(f"/p/{world.point}", data={**fields, "q1": ["4", "1"]})
    as_json = world.client.post(
        f"/p/{world.point}", data=json.dumps(fields)[:-1] + ', "q1": "1"}', content_type="application/json"
    )
    assert as_form.status_code == as_json.status_code == 400
    assert "q1" in as_json.json["sentence"]
    assert world.count() == 0


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"q1":', "[" * 60_000, '"text"', "\xff", '{"a": {"b": 1}}'])
def test_a_body_that_is_no_form_is_refused(world: World, body: str):
    reply = world.client.post(f"/p/{world.point}", data=body.encode("latin-1"), content_type="application/json")
    assert reply.status_code == 400
    assert world.count() == 0


def test_a_megabyte_of_text_is_too_large(world: World):
    reply = post(world, answered(opened(world), comment="a" * 1_000_000))
    assert reply.status_code == 413
    assert world.count() == 0


def test_an_unknown_point_is_said_to_be_unknown(world: World):
    for code in ("ZZZZZZZZ", "x", "a" * 500, "..", "%00", "ẩn"):
        reply = world.client.get(f"/p/{code}")
        assert reply.status_code == 404
        assert '<html lang="vi">' in reply.text
    assert "Không có điểm đánh giá nào" in world.client.get("/p/ZZZZZZZZ").text


def test_a_closed_wave_takes_no_answer_but_acknowledges_what_it_has(world: World):
    fields = answered(opened(world))
    later = answered(opened(world))
    post(world, fields)
    run(world.runner, "waves", "close", "W1")
    assert world.client.get(f"/p/{world.point}").status_code == 410
    assert post(world, later).status_code == 410
    assert post(world, fields).status_code == 200
    assert world.count() == 1


def test_an_answer_to_an_older_version_is_accepted_under_that_version(world: World):
    fields = answered(opened(world))
    with world.app.app_context(), transaction() as session:
        row = session.execute(text("select * from questionnaire")).mappings().one()
        document = row["document"].replace("Ông/Bà", "Ông, Bà")
        assert document != row["document"]
        session.execute(
            text("insert into questionnaire (id, name, content, instrument, document, created) values "
                 "(9, :name, :content, :instrument, :document, :created)"),
            {**row, "content": "0" * 64, "document": document},
        )
        session.execute(text("update wave set questionnaire_id = 9"))
    assert post(world, fields).status_code == 201
    assert post(world, answered(opened(world))).status_code == 201
    assert sorted(world.rows("select version from response")) == [(row["id"],), (9,)]


def test_a_token_for_another_point_or_an_expired_one_is_refused(world: World):
    with world.app.app_context():
        old = issue_token(secret(), f"p:{world.point}", 1, 1, server_day() - timedelta(days=365))
        other = issue_token(secret(), "p:00000000", 1, 1, server_day())
    fields = answered(opened(world))
    assert post(world, {**fields, "token": old}).status_code == 410
    assert post(world, {**fields, "token": other}).status_code == 400
    assert world.count() == 0


def test_another_site_cannot_post_for_a_visitor(world: World):
    fields = answered(opened(world))
    strangers = ({"Origin": "https://elsewhere.example"}, {"Origin": "http://[bad"}, {"Sec-Fetch-Site": "cross-site"})
    for headers in strangers:
        reply = world.client.post(f"/p/{world.point}", data=fields, headers=headers)
        assert reply.status_code == 403
    assert world.count() == 0


def test_free_text_is_kept_apart_and_leads_to_nobody(world: World):
    fields = answered(opened(world), comment="Chờ hơi lâu")
    post(world, fields)
    ((id, words),) = world.rows("select id, text from comment")
    ((response_id,),) = world.rows("select id from response")
    assert words == "Chờ hơi lâu"
    assert bytes(id) != bytes(response_id)
    assert set(CommentRow.__table__.columns.keys()) == {
        "province_code", "id", "wave_id", "unit_id", "variable", "text", "released",
    }


junk = st.dictionaries(
    st.sampled_from([*ITEMS, "token", "id", "lang", "seconds", "helped", "comment", "slip", "sex"])
    | st.text(max_size=8),
    st.text(max_size=30) | st.integers() | st.none() | st.booleans() | st.lists(st.text(max_size=3), max_size=2),
    max_size=30,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk, st.booleans())
def test_no_input_breaks_the_server(world: World, fields: dict[str, object], whole: bool):
    base = answered(opened(world)) if whole else {}
    reply = world.client.post(
        f"/p/{world.point}", data=json.dumps({**base, **fields}), content_type="application/json"
    )
    assert reply.status_code < 500
    assert reply.json


def test_a_browser_whose_script_never_arrived_keeps_its_answers_and_can_send_again(world: World):
    fields = answered(opened(world), comment="Cảm ơn")
    del fields["id"]
    reply = world.client.post(f"/p/{world.point}", data=fields)
    assert reply.status_code == 422
    assert reply.text.count("checked") == 22
    again = world.client.post(f"/p/{world.point}", data={**fields, "id": hidden(reply.text, "id")})
    assert again.status_code == 200
    assert world.count() == world.count("comment") == 1


def test_a_refusal_of_a_simulated_wave_is_marked_as_simulated(world: World):
    with world.app.app_context(), transaction() as session:
        session.execute(text("update wave set simulated = true"))
    run(world.runner, "waves", "close", "W1")
    assert "SỐ LIỆU MÔ PHỎNG" in world.client.get(f"/p/{world.point}").text


def test_a_spent_slip_acknowledges_its_own_answer_even_after_it_expired(world: World):
    (slip,) = world.slips(1)
    fields = answered(opened(world, f"/s/{slip}"))
    first = post(world, fields, "/s")
    again = post(world, fields, "/s")
    assert (first.status_code, again.status_code) == (201, 200)
    # the note alone differs: by now nothing says which slip it was
    assert {**first.json, "note": ""} == {**again.json, "note": ""}


def test_an_english_form_is_refused_in_english(world: World):
    fields = answered(opened(world), lang="en")
    post(world, fields)
    assert "was sent before" in post(world, {**fields, "q1": "1"}).json["sentence"]


def test_pages_are_not_kept_by_a_shared_screen(world: World):
    (slip,) = world.slips(1)
    for path in (f"/p/{world.point}", f"/s/{slip}"):
        assert world.client.get(path).headers["Cache-Control"] == "no-store"


def test_a_wrong_method_says_which_are_right(world: World):
    assert "GET" in world.client.put(f"/p/{world.point}").headers["Allow"]


def test_free_text_reaches_no_log_when_the_store_fails(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    (slip,) = world.slips(1)
    fields = answered(opened(world, f"/s/{slip}"), comment="điều riêng tư")

    stored = intake.Statements.comment

    def without_wave(self: intake.Statements, cursor: intake.Cursor, row: Mapping[str, object]) -> None:
        stored(self, cursor, {**row, "wave_id": None})

    monkeypatch.setattr(intake.Statements, "comment", without_wave)
    reply = post(world, fields, "/s")
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "15")
    assert "an answer was not stored: IntegrityError" in caplog.text or "NotNullViolation" in caplog.text
    assert slip not in caplog.text
    assert "riêng tư" not in caplog.text
    assert fields["id"] not in caplog.text
    assert "riêng tư" not in reply.text
    assert world.count() == 0, "an answer is stored with its comment or not at all"
    monkeypatch.undo()
    assert post(world, fields, "/s").status_code == 201, "the slip was not spent"


def test_a_form_of_another_questionnaire_is_no_form_of_this_wave(world: World):
    run(world.runner, "waves", "create", "W2", "--questionnaire", "counter-short", "--index", "counter-short",
        "--province", "T1")
    run(world.runner, "waves", "open", "W2")
    issued = run(world.runner, "slips", "issue", "--wave", "W2", "--unit", "X1", "--count", "1", "--json")
    token = opened(world, "/s/" + json.loads(issued)[0]["code"])["token"]
    (slip,) = world.slips(1)
    fields = {"token": token, "id": fresh_id(), "slip": slip, **dict.fromkeys(("f1", "f2", "f3", "f4", "f5"), "5")}
    reply = post(world, {**fields, "q_overall": "5"}, "/s")
    assert (reply.status_code, reply.json["error"]) == (400, "token_forged")
    assert world.count() == 0
    assert world.count("slip") == 2


def test_pages_travel_compressed_where_the_phone_can_read_it(world: World):
    path = f"/p/{world.point}"
    plain, small = world.client.get(path), world.client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data).startswith(b"<!doctype html>")
    assert len(small.data) < len(plain.data) / 3
    style = re.search(r"/static/css/hailong[^\"]*", plain.text)
    assert style
    assert world.client.get(style[0], headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    signed_in = world.client.get("/account/sign-in", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in signed_in.headers, "a page with a secret of the session is not compressed"
