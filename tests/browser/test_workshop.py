"""A person who has never seen the source asks new questions: upload, approval, a training wave, an answer, the wipe.

Pictures for the docs are taken only when asked for:

    HAILONG_PICTURES=docs/pictures ./hailong exec python -m pytest tests/browser/test_workshop.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from surveys import definition_starts
from surveys.questionnaires import load as questionnaire_files
from tests.browser import citizen
from tests.browser.conftest import DESKTOP, PHONE, LiveServer, demonstrate

Axe = Callable[[Page], list[dict[str, Any]]]
Opener = Callable[..., Page]
WIDTHS = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])

MOST_STEPS = 15
MOST_LINKS = 18
"""followed on the way from one thing to the next"""
MENU = "nav.bar"
KINDS = {"questionnaire": "Phiếu hỏi", "index": "Phương pháp tính chỉ số"}
NAME = "phieu-2027"
WAVE = "TAP-HUAN-1"


@pytest.fixture(scope="module")
def server(serve: Callable[..., AbstractContextManager[LiveServer]]) -> Iterator[LiveServer]:
    """A demonstration of its own: these tests add definitions and waves."""
    with serve(demonstration=True) as own:
        demonstrate(own)
        yield own


@dataclass
class Journey:
    """Counts what a person does, from link to link as pages offer them: no address is typed but the first.

    A step is a thing done: a form filled in and sent, or a page looked at for its own sake. The links that lead there
    are counted apart.
    """

    axe: Axe
    steps: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def follow(self, page: Page, name: str | re.Pattern[str], place: str = "body") -> None:
        page.locator(place).get_by_role("link", name=name).first.click()
        page.wait_for_load_state("networkidle")
        self.links.append(str(name))

    def step(self, page: Page, said: str, picture: str = "") -> None:
        page.wait_for_load_state("networkidle")
        self.steps.append(said)
        assert self.axe(page) == [], said
        assert _wide(page) <= 0, said
        if picture:
            take(page, picture)


def take(page: Page, name: str) -> None:
    """The page at both widths, for the docs."""
    folder = os.environ.get("HAILONG_PICTURES")
    if not folder:
        return
    page.wait_for_load_state("networkidle")
    size = page.viewport_size
    for width, view in (("1280", DESKTOP), ("360", PHONE)):
        page.set_viewport_size(view)  # type: ignore[arg-type]  # width and height
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(200)  # letters of our own fonts
        page.screenshot(path=Path(folder) / f"workshop-{name}-{width}.png")
    if size:
        page.set_viewport_size(size)


def _wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def _enter(page: Page, server: LiveServer, door: str) -> None:
    page.goto(server.url)
    if page.get_by_role("button", name="Đăng xuất").count():
        page.get_by_role("button", name="Đăng xuất").click()
        page.goto(server.url)
    page.click(f"button[value={door}]")
    page.wait_for_load_state("networkidle")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """What the department was handed: a questionnaire and a method, as files."""
    found = []
    for kind in ("questionnaire", "index"):
        path = tmp_path / f"{kind}.toml"
        path.write_text(definition_starts.EXAMPLES[kind].replace("phieu-mau", NAME))
        found.append(str(path))
    return found


def test_new_questions_reach_a_training_wave_and_are_wiped_in_few_steps(
    server: LiveServer, open_page: Opener, axe: Axe, files: list[str]
):
    page = open_page(viewport=DESKTOP)
    journey = Journey(axe)

    _enter(page, server, "department")
    journey.step(page, "sign in")
    journey.follow(page, "Phiếu hỏi và phương pháp", MENU)
    page.get_by_label("Một hoặc nhiều tệp").set_input_files(files)
    page.get_by_role("button", name="Tải lên").click()
    journey.step(page, "choose both files and send", "index")

    for kind, name in KINDS.items():
        journey.follow(page, "Phiếu hỏi và phương pháp", MENU)
        journey.follow(page, f"{name} {NAME}", "main")
        if kind == "questionnaire":
            take(page, "draft")
        page.get_by_label("Thay đổi những gì, vì sao").fill("Theo kế hoạch khảo sát năm 2027.")
        page.get_by_role("button", name="Trình phê duyệt").click()
        expect(page.get_by_text("Đã trình phê duyệt.")).to_be_visible()
        journey.step(page, f"read the {kind} and submit it for approval", "proposed" if kind == "index" else "")

    _enter(page, server, "second")
    journey.step(page, "the second person signs in")
    for _ in KINDS:  # the one that waits longest stands first: the questionnaire, then its method
        journey.follow(page, "Chờ xác nhận", MENU)
        journey.follow(page, re.compile("Phê duyệt phiếu hỏi"), "main")
        page.get_by_role("button", name="Xác nhận và thực hiện").click()
        journey.step(page, "the second person reads and approves")

    journey.follow(page, "Đợt khảo sát", MENU)
    journey.follow(page, "Lập đợt khảo sát mới", "main")
    page.get_by_label("Mã đợt khảo sát").fill(WAVE)
    page.get_by_label("Tỉnh, thành phố").select_option(label="Tỉnh Quảng Trị")
    page.get_by_label("Đây là đợt tập huấn").check()
    page.locator("#questionnaire").select_option(NAME)
    page.locator("#index").select_option(NAME)
    page.get_by_role("button", name="Lập đợt khảo sát").click()
    page.wait_for_url(f"**/waves/{WAVE}")
    journey.step(page, "fill in the plan of a training wave and send", "wave")
    journey.follow(page, "Tạo điểm đánh giá", "main")
    page.get_by_role("button", name=re.compile("Tạo .* điểm")).click()
    journey.step(page, "make the collection points")
    page.wait_for_url(f"**/waves/{WAVE}")
    journey.follow(page, "Mở đợt khảo sát", "main")
    page.get_by_role("button", name="Mở đợt khảo sát").click()
    journey.step(page, "open the wave")

    _answer(server, open_page)
    journey.steps.append("answer on a phone")
    journey.follow(page, "Tiến độ thu thập", "main")
    expect(page.locator(".facts .big").first).to_contain_text("1")
    journey.step(page, "see the progress", "progress")

    page.go_back()
    journey.links.append("back to the wave")
    journey.follow(page, "Xóa phiếu tập huấn", "main")
    page.get_by_label(re.compile("Xóa cả đợt")).check()
    page.get_by_label(re.compile("Gõ lại mã đợt")).fill(WAVE)
    page.get_by_role("button", name="Xóa", exact=True).click()
    journey.step(page, "wipe")
    with server.transaction() as session:
        from surveys.store import waves

        assert WAVE not in {wave.code for wave in waves.waves(session)}
    assert len(journey.steps) < MOST_STEPS, journey.steps
    assert len(journey.links) <= MOST_LINKS, journey.links


def _answer(server: LiveServer, open_page: Opener) -> None:
    """One citizen, on a phone, at a point of the training wave."""
    from surveys import collection
    from surveys.store import waves

    with server.transaction() as session:
        point = next(iter(collection.points(session, waves.wave(session, WAVE))))
    phone = open_page()
    phone.goto(f"{server.url}/p/{point.code}")
    expect(phone.locator("h1").first).to_have_text("Phiếu lấy ý kiến về sự phục vụ")
    citizen.answer_all(phone)
    phone.get_by_role("button", name="Gửi ý kiến").click()
    expect(phone.get_by_text(citizen.SENT)).to_be_visible()


def _begun(page: Page, server: LiveServer, kind: str, name: str) -> str:
    """A draft begun from the version in force; its address."""
    _enter(page, server, "department")
    page.goto(f"{server.url}/definitions/")
    token = str(page.locator("input[name=csrf_token]").first.get_attribute("value"))
    reply = page.request.post(
        f"{server.url}/definitions/begin", form={"csrf_token": token, "kind": kind, "name": name},
        max_redirects=0, fail_on_status_code=False,
    )
    assert reply.status == 303
    return server.url + str(reply.headers["location"])


PAGES = {
    "questionnaire": ("", "text", "changes", "preview/", "parts/head", "parts/section-0", "parts/question-0-0",
                      "parts/question-1-1", "parts/scale-scale1"),
    "index": ("", "text", "changes", "parts/head", "parts/criterion-0", "parts/targets", "parts/attribution"),
    "translation": ("", "parts/words", "parts/words-0"),
    "recordings": ("", "parts/recordings"),
    "fields": ("", "parts/fields"),
}
PICTURED = {"questionnaire": "parts/question-0-0", "index": "parts/criterion-0", "translation": "parts/words-0"}
"""the forms in the pictures of the docs"""


@WIDTHS
@pytest.mark.parametrize("kind", PAGES)
def test_every_page_of_a_draft_is_accessible_and_fits(
    server: LiveServer, open_page: Opener, axe: Axe, viewport: dict[str, int], kind: str
):
    page = open_page(viewport=viewport)
    names = {"fields": "linh-vuc", "translation": "counter-short/en"}
    address = _begun(page, server, kind, names.get(kind, "counter-short"))
    for path in PAGES[kind]:
        page.goto(address + path)
        assert axe(page) == [], path
        assert _wide(page) <= 0, path
    if viewport == DESKTOP and kind in PICTURED:
        page.goto(address + PICTURED[kind])
        take(page, f"form-{kind}")


@WIDTHS
def test_versions_are_accessible_and_fit(
    server: LiveServer, open_page: Opener, axe: Axe, viewport: dict[str, int]
):
    page = open_page(viewport=viewport)
    _enter(page, server, "department")
    version = questionnaire_files.shipped()["sipas-transaction"].content[:12]
    for path in ("", "questionnaire/sipas-transaction/", f"questionnaire/sipas-transaction/{version}/",
                 "index/sipas-transaction/"):
        page.goto(f"{server.url}/definitions/{path}")
        assert axe(page) == [], path
        assert _wide(page) <= 0, path


@WIDTHS
@pytest.mark.parametrize("device", ["phone", "kiosk"])
def test_a_preview_steps_like_the_form_and_sends_nothing(
    server: LiveServer, open_page: Opener, axe: Axe, viewport: dict[str, int], device: str
):
    page = open_page(viewport=viewport)
    address = _begun(page, server, "questionnaire", "counter-short")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.goto(f"{address}preview/{device}")
    assert axe(page) == []
    assert _wide(page) <= 0
    if viewport == DESKTOP:
        page.get_by_role("button", name="Bắt đầu").click()
        take(page, f"preview-{device}")
        page.goto(f"{address}preview/{device}")
        page.evaluate("sessionStorage.clear()")
        page.reload()
    citizen.answer_all(page)
    page.get_by_role("button", name="Gửi ý kiến").click()
    expect(page.get_by_text("câu trả lời không được gửi đi")).to_be_visible()
    assert set(asked) == {"GET"}
    assert page.evaluate("localStorage.length") == 0


def test_a_question_is_changed_without_javascript(server: LiveServer, open_page: Opener):
    page = open_page(viewport=PHONE, java_script_enabled=False)
    address = _begun(page, server, "questionnaire", "counter-short")
    page.goto(address)
    page.get_by_role("link", name="Sửa câu f2").click()
    page.get_by_label("Lời văn – tiếng Việt").fill("Thủ tục và giấy tờ")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    page.get_by_role("button", name="Chuyển lên: câu f2").click()
    expect(page.locator(".outline__text").first).to_have_text("Thủ tục và giấy tờ")
    page.get_by_role("link", name="Thay đổi").click()
    expect(page.locator("ins", has_text="Thủ tục và giấy tờ")).to_be_visible()


def test_a_faulty_question_is_one_click_from_its_field(server: LiveServer, open_page: Opener):
    page = open_page(viewport=DESKTOP, errors_allowed=True)
    address = _begun(page, server, "questionnaire", "counter-short")
    page.goto(f"{address}text")
    text = page.locator("#toml").input_value()
    page.locator("#toml").fill(text.replace('text.vi = "Công chức phục vụ Ông/Bà"', 'text.vi = ""'))
    page.get_by_role("button", name="Lưu văn bản").click()
    take(page, "faults")
    page.locator("#faults a").first.click()
    expect(page.locator("#text_vi")).to_be_visible()
    assert page.url.endswith("#text_vi")
    page.locator("#text_vi").fill("Công chức phục vụ")
    page.get_by_role("button", name="Lưu").click()
    expect(page.locator("#faults")).to_have_count(0)
