"""The definitions workshop: drafts by upload and by form, faults, conflicts, access, previews, versions."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import approvals, definition_starts, drafts
from surveys.access import Role
from surveys.drafts import Draft
from surveys.questionnaires import load as questionnaire_files
from surveys.store import definitions
from surveys.xlsform import writing as xlsform_writing
from tests.app import pictures, staff, wave_of_four

SHORT = (Path(questionnaire_files.__file__).parent / "definitions" / "counter-short.toml").read_text()
NEW = definition_starts.EXAMPLES["questionnaire"].replace("phieu-mau", "phieu-2027")
METHOD = definition_starts.EXAMPLES["index"].replace("phieu-mau", "phieu-2027")
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>${7*7}{{7*7}}'
ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(64)


@pytest.fixture
def world(app: Flask) -> Flask:
    wave_of_four.make(app)
    return app


@pytest.fixture
def manager(world: Flask, client: FlaskClient) -> FlaskClient:
    staff.sign_in(client, Role.PROVINCE_MANAGER, "90")
    return client


@pytest.fixture
def second(world: Flask) -> FlaskClient:
    """Another person who may approve."""
    other = world.test_client()
    staff.sign_in(other, Role.PROVINCE_MANAGER)
    return other


def _upload(client: FlaskClient, *files: tuple[str, bytes], path: str = "/definitions/upload",
            form_at: str = "/definitions/", **fields: str) -> TestResponse:
    page = client.get(form_at)
    sent = [(io.BytesIO(content), name) for name, content in files]
    data: dict[str, object] = {"csrf_token": staff.token(page), "file": sent if len(sent) != 1 else sent[0], **fields}
    return client.post(path, data=data)


def _send(client: FlaskClient, path: str, fields: Mapping[str, str], form_at: str) -> TestResponse:
    """With the revision that the page with the form carries."""
    page = client.get(form_at)
    assert page.status_code == 200, page.text[-500:]
    revision = re.search(r'name="revision" value="(\d+)"', page.text)
    return client.post(path, data={"csrf_token": staff.token(page),
                                   "revision": revision[1] if revision else "", **fields})


def _begin(client: FlaskClient, kind: str, name: str) -> str:
    """Address of a draft begun from what is in force, or from the example."""
    reply = staff.send(client, "/definitions/begin", {"kind": kind, "name": name}, "/definitions/")
    assert reply.status_code == 303, reply.text
    return reply.headers["Location"]


def _draft(app: Flask, address: str) -> Draft:
    from app.db import reading

    with app.app_context(), reading() as session:
        return drafts.draft(session, int(address.rstrip("/").rsplit("/", 1)[1]))


def _approve(app: Flask, second: FlaskClient) -> None:
    """The second person confirms everything that waits, in the order it was proposed."""
    from app.db import reading

    with app.app_context(), reading() as session:
        waiting = sorted(proposal.id for proposal in approvals.waiting(session))
    assert waiting
    for id in waiting:
        reply = staff.send(second, f"/approvals/{id}/decision", {"decision": "confirm", "answer": ""},
                           f"/approvals/{id}")
        assert reply.status_code == 303, reply.text


def _propose(client: FlaskClient, address: str) -> TestResponse:
    return _send(client, f"{address}proposal", {"reason": "Theo kế hoạch"}, address)


# ---- by upload

UPLOADS = {
    "questionnaire": SHORT, "fields": definition_starts.EXAMPLES["fields"], "index": METHOD,
    "targets": definition_starts.EXAMPLES["targets"].replace("phieu-mau", "counter-short"),
    "translation": 'questionnaire = "counter-short"\nlanguage = "en"\ntitle = "T"\n',
    "recordings": 'questionnaire = "counter-short"\n[recordings.vi]\n',
}


@pytest.mark.parametrize("kind", drafts.KINDS)
def test_one_upload_field_recognises_every_kind_of_file(world: Flask, manager: FlaskClient, kind: str):
    reply = _upload(manager, ("tep-bat-ky.toml", UPLOADS[kind].encode()))
    assert reply.status_code == 303, reply.text
    draft = _draft(world, reply.headers["Location"])
    assert (draft.kind, draft.content) == (kind, UPLOADS[kind])
    assert manager.get(reply.headers["Location"]).status_code == 200


def test_a_workbook_becomes_a_draft_of_the_same_questionnaire(world: Flask, manager: FlaskClient):
    shipped = questionnaire_files.shipped()["counter-short"]
    reply = _upload(manager, ("phieu.xlsx", xlsform_writing.workbook(shipped)))
    assert reply.status_code == 303, reply.text
    draft = _draft(world, reply.headers["Location"])
    assert draft.kind == "questionnaire"
    assert {question.id for question in questionnaire_files.parse(draft.content.encode(), "f").questions} == {
        question.id for question in shipped.questions
    }


def test_several_files_are_taken_together_or_not_at_all(world: Flask, manager: FlaskClient):
    reply = _upload(manager, ("a.toml", NEW.encode()), ("b.bin", b"\xff\xfe\x00"))
    assert reply.status_code == 422
    assert "b.bin" in reply.text
    assert "Bản thảo</h2>" not in manager.get("/definitions/").text
    assert _upload(manager, ("a.toml", NEW.encode()), ("b.toml", METHOD.encode())).status_code == 303
    listed = manager.get("/definitions/").text
    assert listed.count("/definitions/drafts/") == 2


@pytest.mark.parametrize("content", [b"", b"xin ch\xc3\xa0o", b"\xff\xfe", b"PK\x03\x04 no workbook", b"a = 1\n"])
def test_a_file_that_is_no_definition_is_refused_by_its_name(manager: FlaskClient, content: bytes):
    reply = _upload(manager, ("tai-lieu.docx", content))
    assert reply.status_code == 422
    assert "tai-lieu.docx" in reply.text


def test_no_file_is_said(manager: FlaskClient):
    reply = staff.send(manager, "/definitions/upload", {}, "/definitions/")
    assert reply.status_code == 422
    assert "Chưa chọn tệp" in reply.text


def test_a_file_larger_than_a_citizens_form_is_taken_and_a_huge_one_is_not(manager: FlaskClient):
    padded = NEW.encode() + b"# " + b"x" * 100_000 + b"\n"
    assert _upload(manager, ("lon.toml", padded)).status_code == 303
    assert _upload(manager, ("qua-lon.toml", b"#" * (3 * 1024 * 1024))).status_code == 413


# ---- faults

def test_faulty_text_is_kept_with_every_fault_and_a_link_to_its_place(world: Flask, manager: FlaskClient):
    faulty = NEW.replace('text.vi = "Nơi tiếp nhận hồ sơ dễ tìm"', 'text.vi = ""').replace('id = "II"', 'id = "!!"')
    reply = _upload(manager, ("phieu.toml", faulty.encode()))
    address = reply.headers["Location"]
    page = manager.get(address)
    assert _draft(world, address).content == faulty
    assert "2 chỗ cần sửa" in page.text
    assert f'href="{address}parts/question-0-1#text_vi"' in page.text
    assert f'href="{address}parts/section-1#id"' in page.text
    assert "Trình phê duyệt</button>" not in page.text
    assert _send(manager, f"{address}proposal", {"reason": "x"}, f"{address}text").status_code == 422


def test_text_that_is_no_toml_is_kept_and_saved_again(world: Flask, manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    typed = 'name = "phieu\n[[['
    reply = _send(manager, f"{address}text", {"content": typed}, f"{address}text")
    assert reply.status_code == 422
    assert "[[[" in reply.text
    assert _draft(world, address).content == typed
    assert manager.get(address).status_code == 200
    reply = _send(manager, f"{address}text", {"content": NEW}, f"{address}text")
    assert reply.status_code == 303
    assert _draft(world, address).content == NEW


def test_a_form_with_a_fault_is_saved_and_says_it_beside_the_field(world: Flask, manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    part = f"{address}parts/question-0-0"
    fields = _fields(manager.get(part).text) | {"id": "Câu Một", "text_vi": "Nơi ngồi chờ"}
    reply = _send(manager, part, fields, part)
    assert reply.status_code == 422
    assert 'id="id-problem"' in reply.text
    assert 'value="Câu Một"' in reply.text
    assert "Câu Một" in _draft(world, address).content


def _fields(page: str) -> dict[str, str]:
    """What a browser would send of the form of a part, from the page's HTML."""
    from html import unescape

    form = page[page.index('<form class="wide-form"'):]
    form = form[:form.index("</form>")]
    typed = r'<input class="input[^"]*" id="[^"]+" name="([^"]+)"(?:[^>]*? value="([^"]*)")?'
    found = {unescape(name): unescape(value) for name, value in re.findall(typed, form)}
    found |= dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="([^"]+)" value="1" checked', form), "1")
    for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside) or re.search(r'value="([^"]*)"', inside)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


# ---- by form

def test_a_question_is_reworded_moved_added_and_removed_by_forms(world: Flask, manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    part = f"{address}parts/question-0-0"
    fields = _fields(manager.get(part).text) | {"text_vi": "Chỗ ngồi chờ", "lineage_relation": "reworded",
                                                "lineage_of": "counter-short/f1", "lineage_note": "Ngắn hơn"}
    assert _send(manager, part, fields, part).status_code == 303
    for deed in ("down:question-0-0", "remove:question-0-4"):
        assert _send(manager, f"{address}order", {"do": deed}, address).status_code == 303
    reply = _send(manager, f"{address}order", {"do": "add:section-0"}, address)
    assert reply.headers["Location"] == f"{address}parts/question-0-4"
    part = reply.headers["Location"]
    fields = _fields(manager.get(part).text) | {"text_vi": "Lối đi", "text_en": "The way in", "id": "f6",
                                                "source": "Sở Nội vụ"}
    assert _send(manager, part, fields, part).status_code == 303
    made = questionnaire_files.parse(_draft(world, address).content.encode(), "f")
    assert [question.id for question in made.sections[0].questions] == ["f2", "f1", "f3", "f4", "f6"]
    assert made.question("f1").text["vi"] == "Chỗ ngồi chờ"
    assert made.question("f1").lineage is not None
    changes = manager.get(f"{address}changes").text
    assert "<del>Nơi ngồi chờ và trang thiết bị</del>" in changes
    assert "<ins>Chỗ ngồi chờ</ins>" in changes
    assert "không gộp được" in changes


def test_an_index_is_changed_by_forms(world: Flask, manager: FlaskClient):
    address = _begin(manager, "index", "counter-short")
    head = f"{address}parts/head"
    fields = _fields(manager.get(head).text) | {"minimum_n": "45", "aggregation": "mean_of_factors"}
    assert _send(manager, head, fields, head).status_code == 303
    targets = {"target_0_measure": "overall", "target_0_operator": ">", "target_0_percent": "85,5",
               "target_0_from": "2027-01-01", "target_0_to": "2027-12-31", "target_0_source": "Kế hoạch 1"}
    assert _send(manager, f"{address}parts/targets", targets, f"{address}parts/targets").status_code == 303
    assert _send(manager, f"{address}order", {"do": "up:criterion-1"}, address).status_code == 303
    part = f"{address}parts/criterion-0"
    fields = _fields(manager.get(part).text) | {"item_q_overall": "1"}
    assert _send(manager, part, fields, part).status_code == 303
    from surveys.indexes import load as index_files

    made = index_files.parse(_draft(world, address).content.encode(), "f", questionnaire_files.shipped())
    assert (made.minimum_n, made.aggregation) == (45, "mean_of_factors")
    assert [(target.measure, target.value, target.operator) for target in made.targets] == [("overall", 0.855, ">")]
    assert made.tree.children[0].items == ("f2", "q_overall")  # type: ignore[union-attr]  # a criterion
    assert "85,5%" in manager.get(address).text


def test_targets_fields_and_a_translation_are_written_by_forms(world: Flask, manager: FlaskClient):
    address = _begin(manager, "targets", "counter-short")
    targets = {"target_0_measure": "overall", "target_0_operator": ">=", "target_0_percent": "90",
               "target_0_from": "2027-01-01", "target_0_to": "2027-12-31", "target_0_source": "Kế hoạch 2"}
    assert _send(manager, f"{address}parts/targets", targets, f"{address}parts/targets").status_code == 303
    assert "90%" in manager.get(address).text

    address = _begin(manager, "fields", "linh-vuc")
    form = f"{address}parts/fields"
    fields = {"name": "linh-vuc", "title_vi": "Lĩnh vực", "source": "QĐ 1", "field_0_code": "HT",
              "field_0_vi": "Hộ tịch", "field_0_prefixes": "HT, 1.0", "field_3_code": "DD", "field_3_vi": "Đất đai"}
    assert _send(manager, form, fields, form).status_code == 303
    assert "Đất đai" in manager.get(address).text

    address = _begin(manager, "translation", "counter-short/en")
    form = f"{address}parts/words-0"
    page = manager.get(form).text
    fields = dict.fromkeys(re.findall(r'name="(line_\d+)"', page), "Said otherwise")
    assert _send(manager, form, fields, form).status_code == 303
    assert "Said otherwise" in _draft(world, address).content
    empty = dict.fromkeys(fields, "")
    reply = _send(manager, form, empty, form)
    assert reply.status_code == 422
    assert 'id="line_0-problem"' in reply.text


def test_a_recording_is_uploaded_played_by_anyone_and_removed(world: Flask, manager: FlaskClient):
    address = _begin(manager, "recordings", "counter-short")
    form = f"{address}parts/recordings"
    page = manager.get(form).text
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    sent = {"csrf_token": staff.token(manager.get(form)), "revision": revision[1],
            "sound:vi:f1": (io.BytesIO(ID3), "f1.mp3"), "sound:vi:strange": (io.BytesIO(ID3), "x.mp3")}
    assert manager.post(f"{address}recordings", data=sent).status_code == 303
    found = re.search(r'src="(/recording/[0-9a-f]{64})"', manager.get(form).text)
    assert found
    citizen = world.test_client()
    reply = citizen.get(found[1])
    assert (reply.status_code, reply.data, reply.mimetype) == (200, ID3, "audio/mpeg")
    assert "immutable" in reply.headers["Cache-Control"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in reply.headers
    assert citizen.get(found[1], headers={"Range": "bytes=0-2"}).data == b"ID3"
    assert _send(manager, f"{address}recordings", {"remove": "vi:f1"}, form).status_code == 303
    assert "/recording/" not in manager.get(form).text


def test_a_sound_that_no_phone_plays_is_said_beside_its_question(manager: FlaskClient):
    address = _begin(manager, "recordings", "counter-short")
    form = f"{address}parts/recordings"
    sent = {"csrf_token": staff.token(manager.get(form)), "revision": "1",
            "sound:vi:f1": (io.BytesIO(b"MZ no sound"), "f1.exe")}
    reply = manager.post(f"{address}recordings", data=sent)
    assert reply.status_code == 422
    assert "f1.exe" in reply.text


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 63, "F" * 64, "x"])
def test_a_recording_that_is_not_there_is_no_page(client: FlaskClient, digest: str):
    assert client.get(f"/recording/{digest}").status_code == 404


# ---- two people at once

def test_a_conflict_stores_nothing_and_keeps_what_was_typed(world: Flask, manager: FlaskClient, second: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    part = f"{address}parts/question-0-0"
    mine = manager.get(part)
    fields = _fields(mine.text)
    assert _send(second, part, fields | {"text_vi": "Của người thứ hai"}, part).status_code == 303
    sent = {"csrf_token": staff.token(mine), "revision": "1", **fields, "text_vi": "Của người thứ nhất"}
    reply = manager.post(part, data=sent)
    assert reply.status_code == 409
    assert 'value="Của người thứ nhất"' in reply.text
    assert "Của người thứ nhất" not in _draft(world, address).content
    reply = manager.post(f"{address}text", data={"csrf_token": staff.token(mine), "revision": "1", "content": "# tôi"})
    assert reply.status_code == 409
    assert "# tôi" in reply.text


def test_a_request_without_a_revision_changes_nothing(world: Flask, manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    token = staff.token(manager.get(address))
    for path, fields in ((f"{address}text", {"content": "x"}), (f"{address}order", {"do": "remove:section-0"}),
                         (f"{address}removal", {}), (f"{address}proposal", {"reason": "x"})):
        for revision in ({}, {"revision": "99"}, {"revision": "²"}, {"revision": "-1"}):
            assert manager.post(path, data={"csrf_token": token, **fields, **revision}).status_code in (400, 409, 422)
    assert _draft(world, address).revision == 1


# ---- approval and versions

def test_a_questionnaire_and_its_method_are_approved_by_a_second_person(
    world: Flask, manager: FlaskClient, second: FlaskClient
):
    assert _upload(manager, ("p.toml", NEW.encode()), ("m.toml", METHOD.encode())).status_code == 303
    addresses = sorted(set(re.findall(r'href="(/definitions/drafts/\d+/)"', manager.get("/definitions/").text)))
    for address in addresses:
        assert _propose(manager, address).status_code == 303
        locked = manager.get(address).text
        assert "Xem đề nghị của tôi" in locked
        assert "parts/" not in locked
        assert "Đến trang phê duyệt" in second.get(address).text
        assert manager.get(f"{address}parts/head").status_code == 404
        assert _send(manager, f"{address}text", {"content": "x"}, "/definitions/").status_code in (409, 422)
    _approve(world, second)
    from app.db import reading

    with world.app_context(), reading() as session:
        made, method = definitions.current(session, "phieu-2027"), definitions.current_index(session, "phieu-2027")
    assert made is not None
    assert method is not None
    page = manager.get(f"/definitions/questionnaire/phieu-2027/{made.content[:12]}/")
    assert "Nơi ngồi chờ có đủ chỗ ngồi" in page.text
    assert "Đã phê duyệt" in manager.get(addresses[0]).text
    text = manager.get(f"/definitions/questionnaire/phieu-2027/{made.content[:12]}/file.toml").data
    assert questionnaire_files.parse(text, "f").content == made.content
    workbook = manager.get(f"/definitions/questionnaire/phieu-2027/{made.content[:12]}/file.xlsx")
    assert workbook.data.startswith(b"PK")
    assert manager.get(f"/definitions/index/phieu-2027/{method.content[:12]}/file.xlsx").status_code == 404


def test_two_versions_are_compared_and_every_question_has_its_history(
    world: Flask, manager: FlaskClient, second: FlaskClient
):
    address = _begin(manager, "questionnaire", "counter-short")
    part = f"{address}parts/question-0-0"
    fields = _fields(manager.get(part).text) | {"text_vi": "Chỗ ngồi chờ"}
    assert _send(manager, part, fields, part).status_code == 303
    assert _propose(manager, address).status_code == 303
    _approve(world, second)
    page = manager.get("/definitions/questionnaire/counter-short/").text
    assert '<td class="is-reworded">Sửa lời văn</td>' in page
    digits = list(dict.fromkeys(re.findall(r"/definitions/questionnaire/counter-short/([0-9a-f]{12})/", page)))
    assert len(digits) == 2
    compared = manager.get("/definitions/questionnaire/counter-short/compare",
                           query_string={"old": digits[1], "new": digits[0]}).text
    assert "<ins>Chỗ ngồi chờ</ins>" in compared
    assert manager.get("/definitions/questionnaire/counter-short/compare?old=x").status_code == 200


def test_proposing_wants_a_reason_and_news(manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    reply = _send(manager, f"{address}proposal", {"reason": " "}, address)
    assert reply.status_code == 422
    assert 'id="reason-problem"' in reply.text or 'href="#reason"' in reply.text
    assert _propose(manager, address).status_code in (409, 422)  # it says what is in force already


def test_a_draft_is_thrown_away(world: Flask, manager: FlaskClient):
    address = _begin(manager, "fields", "linh-vuc")
    assert _send(manager, f"{address}removal", {}, address).status_code == 303
    assert manager.get(address).status_code == 404


# ---- previews

def test_previews_carry_no_token_and_send_nowhere(world: Flask, manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    for device in ("phone", "kiosk"):
        page = manager.get(f"{address}preview/{device}").text
        assert "KHÔNG GỬI ĐI ĐƯỢC" in page
        assert "Nơi ngồi chờ và trang thiết bị" in page
        assert 'method="get"' in page
        assert 'method="post"' not in page
        assert 'name="token" value=""' in page
        assert "send.js" not in page
        tried = manager.get(f"{address}preview/{device}?token=&f1=5").text
        assert "không được lưu" in tried
    assert "PREVIEW" in manager.get(f"{address}preview/phone?lang=en").text


def test_the_paper_preview_is_marked_and_asks_every_question(manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    reply = manager.get(f"{address}preview/paper.pdf")
    assert reply.mimetype == "application/pdf"
    words = " ".join(pictures.words(page) for page in pictures.pages(reply.data))
    assert "XEM THỬ" in words
    for question in questionnaire_files.shipped()["counter-short"].questions:
        assert question.text["vi"].split()[0] in words
    assert "Độc lập - Tự do - Hạnh phúc" in words


def test_a_faulty_draft_has_no_preview(manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    _send(manager, f"{address}text", {"content": "kind = 1"}, f"{address}text")
    for path in ("preview/phone", "preview/paper.pdf", "file.xlsx"):
        assert manager.get(f"{address}{path}").status_code == 404


# ---- access

READERS = (Role.AUDITOR, Role.OBSERVER, Role.UNIT_OFFICER, Role.ENTRY_CLERK)


@pytest.mark.parametrize("role", READERS)
def test_everybody_reads_versions_and_only_writers_see_drafts(world: Flask, manager: FlaskClient, role: Role):
    address = _begin(manager, "questionnaire", "counter-short")
    reader = world.test_client()
    staff.sign_in(reader, role, "901" if role is Role.UNIT_OFFICER else "90")
    page = reader.get("/definitions/")
    assert page.status_code == 200
    assert "/definitions/drafts/" not in page.text
    assert "Tải tệp lên" not in page.text
    assert reader.get("/definitions/questionnaire/counter-short/").status_code == 200
    for path in ("", "text", "changes", "preview/", "preview/phone", "preview/paper.pdf", "file.toml", "parts/head"):
        assert reader.get(f"{address}{path}").status_code == 403, path


def test_who_writes_definitions_for_a_unit_alone_writes_none(world: Flask, manager: FlaskClient):
    """Definitions are the whole installation's."""
    address = _begin(manager, "questionnaire", "counter-short")
    other = world.test_client()
    staff.sign_in(other, Role.ANALYST, "901")
    assert other.get(address).status_code == 403
    assert "Tải tệp lên" not in other.get("/definitions/").text


def test_waves_of_another_province_are_not_named(world: Flask, manager: FlaskClient):
    named = re.compile(r"[ >(]W1\b")
    assert named.search(manager.get("/definitions/").text)
    neighbour = world.test_client()
    staff.sign_in(neighbour, Role.PROVINCE_MANAGER, "91")
    for path in ("/definitions/", "/definitions/questionnaire/sipas-transaction/"):
        assert not named.search(neighbour.get(path).text)


# ---- hostile words

def test_hostile_wording_is_shown_as_it_is_written(world: Flask, manager: FlaskClient, second: FlaskClient):
    hostile = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    text = (NEW.replace("Nơi ngồi chờ có đủ chỗ ngồi", hostile).replace("Tiếp cận dịch vụ", hostile)
            .replace("Phiếu lấy ý kiến về sự phục vụ", hostile).replace("Rất hài lòng", hostile))
    address = _upload(manager, ("p.toml", text.encode())).headers["Location"]
    paths = [address, f"{address}text", f"{address}changes", f"{address}preview/", f"{address}preview/phone",
             f"{address}parts/head", f"{address}parts/question-0-0", f"{address}parts/section-0",
             f"{address}parts/scale-muc_do"]
    assert _propose(manager, address).status_code == 303
    _approve(world, second)
    listed = manager.get("/definitions/questionnaire/phieu-2027/").text
    version = re.search(r'href="(/definitions/questionnaire/phieu-2027/[0-9a-f]{12}/)"', listed)
    assert version
    for path in [*paths[:5], version[1], "/definitions/", "/definitions/questionnaire/phieu-2027/"]:
        page = manager.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
    assert pictures.pages(manager.get(f"{version[1]}paper.pdf").data)


@pytest.mark.parametrize("path", ["/definitions/drafts/999/", "/definitions/drafts/99999999999999999999/",
                                  "/definitions/questionnaire/none/", "/definitions/questionnaire/counter-short/0000/",
                                  "/definitions/questionnaire/counter-short/c0/", "/definitions/other/counter-short/"])
def test_what_is_not_there_is_no_page(manager: FlaskClient, path: str):
    assert manager.get(path).status_code == 404


@pytest.mark.parametrize("deed", ["", "add:", "up:question-9-9", "remove:criterion", "x:y", "add:section-²",
                                  "down:" + "-0" * 500])
def test_a_strange_deed_changes_nothing(world: Flask, manager: FlaskClient, deed: str):
    address = _begin(manager, "fields", "linh-vuc")
    assert _send(manager, f"{address}order", {"do": deed}, address).status_code == 404
    assert _draft(world, address).revision == 1


def test_pages_work_in_english_too(manager: FlaskClient):
    address = _begin(manager, "questionnaire", "counter-short")
    for path in ("/definitions/", address, f"{address}text", f"{address}changes", f"{address}parts/question-0-0"):
        page = manager.get(path, query_string={"lang": "en"}).text
        assert "Questionnaires and methods" in page
        assert not re.search(r">(Lưu|Trình phê duyệt|Tải lên|Văn bản)<", page), path

