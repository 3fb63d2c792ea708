"""Citizens' documents as bytes: what stands in them, what does not, and how much they weigh. No browser."""

from __future__ import annotations

import gzip
import json
import re
import runpy
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app import rendering, templating
from app.form_view import Problem
from app.rendering import Place
from app.wording import WORDS, words
from surveys.questionnaires.load import shipped
from surveys.questionnaires.model import FORM_FIELDS, Questionnaire, option_variable

ROOT = Path(templating.HERE).parent
STATIC = templating.STATIC
KEY = {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "BBBB"}
OPEN = Place("/p/AB12CD34", "Xã Lệ Thủy, tỉnh Quảng Trị", "Quầy số 2")
SLIP = Place("/s", "Xã Lệ Thủy, tỉnh Quảng Trị", slip=True)
TOKEN = "p:AB12CD34|7|1|20900|abc_-"
ID = "0f" * 16
START = (
    "Ông/Bà tự nguyện trả lời. Phiếu không hỏi họ tên, số điện thoại, số định danh. Cán bộ nơi Ông/Bà làm thủ tục "
    "không xem được từng phiếu. Gửi rồi thì không rút lại được, vì không ai biết phiếu nào là của Ông/Bà."
)
START_SLIP = "Sở Nội vụ biết thẻ đã được dùng, không biết Ông/Bà trả lời gì."
WATERMARK = "SỐ LIỆU MÔ PHỎNG – KHÔNG DÙNG ĐỂ BÁO CÁO; DỰ THẢO"


def document(
    questionnaire: Questionnaire, place: Place = OPEN, language: str = "vi", simulated: bool = False
) -> rendering.Document:
    return rendering.form_document(
        questionnaire, place, language, asker="Sở Nội vụ tỉnh Quảng Trị", ack_key=KEY, simulated=simulated
    )


def page(questionnaire: Questionnaire, place: Place = OPEN, language: str = "vi", simulated: bool = False) -> str:
    slip = "S" * 26 if place.slip else ""
    made = document(questionnaire, place, language, simulated)
    return made.page(token=TOKEN, fresh_id=ID, slip=slip).decode()


def again(questionnaire: Questionnaire, fields: dict[str, str], problems: list[Problem], **more: str) -> str:
    return rendering.form_again(
        questionnaire, OPEN, "vi", fields=fields, problems=problems, token=TOKEN, id=ID,
        asker="Sở Nội vụ tỉnh Quảng Trị", ack_key=KEY, simulated=False, **more,
    ).decode()


@dataclass
class Seen(HTMLParser):
    """Elements of a page as (tag, attributes)."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    return parser


@pytest.fixture(params=sorted(shipped()))
def questionnaire(request: pytest.FixtureRequest) -> Questionnaire:
    found: Questionnaire = shipped()[request.param]
    return found


@pytest.fixture
def transaction() -> Questionnaire:
    return shipped()["sipas-transaction"]


@pytest.fixture
def counter() -> Questionnaire:
    return shipped()["counter-short"]


# ---- what a page is made of

def test_every_question_is_one_fieldset_and_nothing_is_a_table(questionnaire: Questionnaire) -> None:
    made = seen(page(questionnaire))
    assert [f["data-question"] for f in made.all("fieldset")] == [q.id for q in questionnaire.questions]
    assert not made.all("table")


def test_every_field_of_the_form_is_one_the_answers_are_read_from(questionnaire: Questionnaire) -> None:
    known = FORM_FIELDS | {question.id for question in questionnaire.questions}
    for question in questionnaire.questions:
        if question.kind == "several":
            known |= {option_variable(question.id, option.code) for option in question.options}
    made = seen(page(questionnaire))
    names = {e["name"] for tag in ("input", "textarea") for e in made.all(tag)}
    assert names <= known
    assert {question.id for question in questionnaire.questions} <= names


def test_every_option_skip_and_not_my_case_can_be_chosen(questionnaire: Questionnaire) -> None:
    made = seen(page(questionnaire))
    sent = {(e["name"], e["value"]) for e in made.all("input") if e["type"] in ("radio", "checkbox")}
    for question in questionnaire.questions:
        several = question.kind == "several"
        for option in question.options:
            pair = (option_variable(question.id, option.code), "1") if several else (question.id, option.code)
            assert pair in sent
        if question.kind != "text":
            assert ((question.id, "0") in sent) == question.skip
            assert ((question.id, "-") in sent) == question.not_applicable


def test_ids_are_unique_and_every_reference_leads_to_one(questionnaire: Questionnaire) -> None:
    for text in (page(questionnaire), again(questionnaire, {}, [Problem("q1", "!"), Problem(None, "!")])):
        made = seen(text)
        ids = Counter(e["id"] for _, e in made.elements if e.get("id"))
        assert [name for name, count in ids.items() if count > 1] == []
        for _, attributes in made.elements:
            for name in ("for", "aria-labelledby", "aria-describedby"):
                for target in (attributes.get(name) or "").split():
                    assert target in ids, f"{name}={target}"
            href = attributes.get("href") or ""
            if href.startswith("#"):
                assert href[1:] in ids, href


def test_the_strict_content_policy_holds_nothing_back(questionnaire: Questionnaire) -> None:
    for text in (page(questionnaire), again(questionnaire, {}, [])):
        for tag, attributes in seen(text).elements:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            if tag == "script":
                assert attributes.get("src") or attributes.get("type") == "application/json"
            for name in ("src", "action"):
                assert (attributes.get(name) or "/").startswith("/")
        assert "<style" not in text


def test_the_page_says_who_asks_about_whom_and_why_in_the_agreed_words(transaction: Questionnaire) -> None:
    text = page(transaction)
    for said in (START, "Sở Nội vụ tỉnh Quảng Trị", OPEN.unit, OPEN.label):
        assert said in text
    assert START_SLIP not in text
    assert START_SLIP in page(transaction, SLIP)


def test_sensitive_questions_and_free_text_carry_their_notes(transaction: Questionnaire) -> None:
    text = page(transaction)
    sensitive = sum(question.sensitive for question in transaction.questions)
    assert text.count("Câu này không bắt buộc, chỉ dùng để tổng hợp chung.") == sensitive > 0
    assert text.count("Xin đừng ghi tên, số điện thoại, địa chỉ.") == len(transaction.texts) > 0


def test_a_question_asked_only_sometimes_says_when(counter: Questionnaire) -> None:
    asked = next(question for question in counter.questions if question.shown_if)
    text = page(counter)
    assert "Chỉ trả lời nếu ở câu 6 Ông/Bà chọn “Rất không hài lòng” hoặc “Không hài lòng”." in text
    fieldset = next(f for f in seen(text).all("fieldset") if f["data-question"] == asked.id)
    assert (fieldset["data-if"], fieldset["data-codes"]) == ("q_overall", "12")


@pytest.mark.parametrize("simulated", [True, False])
def test_the_watermark_stands_on_every_page_of_a_simulated_wave_only(
    transaction: Questionnaire, simulated: bool
) -> None:
    made = [
        page(transaction, simulated=simulated),
        page(transaction, language="en", simulated=simulated),
        rendering.sent_page("vi", simulated=simulated).decode(),
        rendering.refused_page("Không.", 404, "vi", simulated=simulated).decode(),
    ]
    assert [WATERMARK in text for text in made] == [simulated] * 4


def test_each_language_declares_itself_and_leads_to_the_other(transaction: Questionnaire) -> None:
    vi, en = page(transaction), page(transaction, language="en")
    assert '<html lang="vi">' in vi
    assert 'href="?lang=en" hreflang="en"' in vi
    assert '<html lang="en">' in en
    assert 'href="?lang=vi" hreflang="vi"' in en
    assert "Very dissatisfied" in en
    assert "Rất không hài lòng" not in en
    assert '<input type="hidden" name="lang" value="en">' in en


def test_a_language_the_questionnaire_does_not_have_is_vietnamese(transaction: Questionnaire) -> None:
    assert page(transaction, language="fr") == page(transaction)


# ---- one rendering, many requests

def test_a_request_only_joins_pieces_and_the_values_are_escaped(transaction: Questionnaire) -> None:
    made = document(transaction, SLIP)
    assert sorted(made.holes) == ["id", "slip", "token"]
    one = made.page(token=TOKEN, fresh_id=ID, slip="X").decode()
    two = made.page(token='"><script>', fresh_id="ff" * 16, slip="Y").decode()
    assert "<script>" not in two
    assert one.replace(TOKEN, "").replace(ID, "").replace('value="X"', "") == (
        two.replace("&#34;&gt;&lt;script&gt;", "").replace("ff" * 16, "").replace('value="Y"', "")
    )
    assert "\ue000" not in one


def test_only_a_page_without_javascript_carries_an_id(transaction: Questionnaire) -> None:
    text = page(transaction)
    assert text.count(ID) == 1
    assert f'<noscript><input type="hidden" name="id" value="{ID}"></noscript>' in text


def test_an_open_form_has_no_slip_field(transaction: Questionnaire) -> None:
    assert document(transaction).holes == ("token", "id")


# ---- once more, with everything answered and every problem

def test_nothing_answered_is_lost_and_every_problem_stands_in_the_list_and_at_its_question(
    counter: Questionnaire,
) -> None:
    fields = {"f1": "2", "f2": "0", "f3": "-", "q_overall": "1", "reason_2": "1", "comment": "Chờ <lâu>", "helped": "1"}
    problems = [Problem("f4", "Thiếu."), Problem("reason_9", "Lạ."), Problem(None, "Chung.")]
    text = again(counter, fields, problems, sentence="Cả phiếu.")
    made = seen(text)
    checked = {e["id"] for e in made.all("input") if "checked" in e}
    assert checked == {"a-f1-2", "a-f2-skip", "a-f3-none", "a-q_overall-1", "a-reason-2", "helped"}
    assert "Chờ &lt;lâu&gt;</textarea>" in text
    assert [a["href"] for a in made.all("a") if (a["href"] or "").startswith("#a-")] == ["#a-f4-1", "#a-reason-1"]
    assert re.findall(r'class="problem" id="([^"]+)">([^<]+)<', text) == [
        ("a-f4-problem", "Thiếu."), ("a-reason-problem", "Lạ."),
    ]
    for said in ("Cả phiếu.", "Chung.", "Câu 4: Thiếu.", "còn 4 chỗ cần xem lại", "Lỗi: "):
        assert said in text


def test_the_form_once_more_keeps_its_id_in_the_open(transaction: Questionnaire) -> None:
    text = again(transaction, {}, [])
    assert f'<input type="hidden" name="id" value="{ID}">' in text
    assert "<noscript>" not in text


def test_a_slip_form_once_more_leads_to_its_other_language_by_its_own_address(transaction: Questionnaire) -> None:
    text = rendering.form_again(
        transaction, SLIP, "vi", fields={}, problems=[], token=TOKEN, id=ID, slip="ABC", asker="", ack_key=KEY,
        simulated=False,
    ).decode()
    assert 'href="/s/ABC?lang=en"' in text


# ---- words

def test_every_sentence_exists_in_both_languages_with_the_same_places() -> None:
    for key, (vi, en) in WORDS.items():
        assert vi.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"\{\w+\}", vi)) == set(re.findall(r"\{\w+\}", en)), key


def test_the_scripts_find_every_sentence_they_say() -> None:
    code = "".join((STATIC / "js" / name).read_text(encoding="utf-8") for name in ("send.js", "respond.js"))
    said = set(re.findall(r"\bsay(?:\(\))?\.(\w+)", code))
    assert said == set(templating.SPOKEN_BY_SCRIPT)


def test_data_in_a_page_cannot_end_its_script_element() -> None:
    assert "<" not in templating.json_in_page({"a": "</script><b>"})
    assert json.loads(templating.json_in_page({"a": "</script>"})) == {"a": "</script>"}


@pytest.mark.parametrize(
    "share, language, text",
    [(0.80434, "vi", "80,43%"), (0.80125, "vi", "80,13%"), (0.8, "en", "80.00%"), (None, "vi", "–")],
)
def test_shares_are_written_as_people_read_them_and_half_rounds_up(
    share: float | None, language: str, text: str
) -> None:
    assert templating.percent(share, language) == text


@pytest.mark.parametrize("share, language, text", [
    (0.85, "vi", "85%"), (0.975, "vi", "97,5%"), (0.975, "en", "97.5%"), (0.011000000000000001, "vi", "1,1%"),
    (1.0, "vi", "100%"), (0.1, "vi", "10%"), (0.0, "vi", "0%"),
])
def test_shares_that_were_set_are_written_without_empty_decimals(share: float, language: str, text: str) -> None:
    assert templating.level(share, language) == text


# ---- weight, files, colours

def loaded_by(text: str) -> list[Path]:
    made = seen(text)
    addresses = [e["href"] for e in made.all("link")] + [e["src"] for e in made.all("script") if e.get("src")]
    return [STATIC / str(address).removeprefix("/static/").split("?")[0] for address in addresses]


def of_styles(paths: list[Path]) -> list[Path]:
    """Pictures and fonts that the style sheets name."""
    return [
        (path.parent / name).resolve()
        for path in paths if path.suffix == ".css"
        for name in re.findall(r"url\(([^)]+)\)", path.read_text(encoding="utf-8"))
    ]


def test_a_first_visit_weighs_less_than_100_kb_compressed_with_fonts_and_25_without(
    questionnaire: Questionnaire,
) -> None:
    text = page(questionnaire, simulated=True)
    paths = loaded_by(text)
    others = set(of_styles(paths))
    fonts = {path for path in others if path.suffix == ".woff2"}
    assert len(fonts) == 4
    light = len(gzip.compress(text.encode())) + sum(
        len(gzip.compress(path.read_bytes())) for path in {*paths, *others} - fonts
    )
    assert light <= 25_000
    assert light + sum(path.stat().st_size for path in fonts) <= 100_000


def test_the_address_of_a_static_file_changes_with_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templating, "STATIC", tmp_path)
    one, two = tmp_path / "a.css", tmp_path / "b.css"
    one.write_text("a")
    two.write_text("b")
    assert templating.asset("a.css").split("?")[1] != templating.asset("b.css").split("?")[1]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative contrast."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tokens() -> dict[str, dict[str, str]]:
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    light, dark = text.split("@media (prefers-color-scheme:dark)")
    found = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", half)) for half in (light, dark)]
    return {"light": found[0], "dark": found[0] | found[1]}


WORDS_ON = {
    "ink": ("paper", "surface", "sunken", "chosen", "good-tint", "bad-tint", "warn-tint"),
    "ink-soft": ("paper", "surface", "sunken"),
    "red-text": ("paper", "surface", "sunken", "bad-tint", "warn-tint"),
    "gold-text": ("paper", "surface"),
    "good": ("paper", "surface", "good-tint"),
    "bad": ("paper", "surface", "bad-tint"),
    "on-red": ("red", "red-deep"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_have_contrast_4_5_and_edges_of_controls_3(scheme: str) -> None:
    colour = tokens()[scheme]
    for word, grounds in WORDS_ON.items():
        for ground in grounds:
            assert contrast(colour[word], colour[ground]) >= 4.5, (word, ground)
    for ground in ("paper", "surface"):
        assert contrast(colour["edge"], colour[ground]) >= 3
        assert contrast(colour["focus"], colour[ground]) >= 3


def test_the_page_of_components_is_up_to_date() -> None:
    """Build it anew with docs/build_components.py."""
    build = runpy.run_path(str(ROOT / "docs" / "build_components.py"))["build"]
    assert (ROOT / "docs" / "components.html").read_text(encoding="utf-8") == build()


def test_words_of_an_unknown_language_are_vietnamese() -> None:
    assert words("fr")["start"] == "Bắt đầu"
