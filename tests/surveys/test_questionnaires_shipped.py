"""The questionnaires that ship with the source say what the domain says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain, pairwise

import pytest

from surveys.indexes import load as index_files
from surveys.questionnaires.load import FOLDER, shipped
from surveys.questionnaires.model import Questionnaire

SCALE = ["Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng"]
OLD_SPELLING = re.compile(r"Uỷ|uỷ|o[àáảãạèéẻẽẹ](?!\w)|(?<![qQ])u[ýỳỷỹỵ](?!\w)")
"""hoà, khoẻ, thuỷ, uỷ; the house writes hòa, khỏe, thủy, ủy (quý and quỹ have one spelling)"""


def items_by_section(questionnaire: Questionnaire) -> dict[str, list[str]]:
    return {
        section.id: [question.id for question in section.questions if question.kind == "scale"]
        for section in questionnaire.sections
    }


def numbered(prefix: str, first: int, last: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(first, last + 1)]


def wordings(questionnaire: Questionnaire, language: str) -> Iterator[str]:
    yield questionnaire.title[language]
    for section in questionnaire.sections:
        for text in (section.title, section.intro):
            if text:
                yield text[language]
        for question in section.questions:
            for text in (question.text, question.hint, *(option.text for option in question.options)):
                if text:
                    yield text[language]


def test_three_questionnaires_ship():
    assert {name: q.kind for name, q in shipped().items()} == {
        "counter-short": "counter", "sipas-household": "household", "sipas-transaction": "transaction",
    }


def test_the_transaction_form_has_its_22_criteria_by_factor():
    items = items_by_section(shipped()["sipas-transaction"])
    assert {factor: items[factor] for factor in ("I", "II", "III", "IV", "V")} == {
        "I": numbered("q", 1, 4), "II": numbered("q", 5, 9), "III": numbered("q", 10, 15),
        "IV": numbered("q", 16, 18), "V": numbered("q", 19, 22),
    }


def test_a_stored_transaction_answer_is_22_items_first_then_5_coded_questions():
    variables = [variable.id for variable in shipped()["sipas-transaction"].variables]
    assert variables == [*numbered("q", 1, 22), "field", "respondent", "behalf", "sex", "age"]


def test_the_household_form_has_33_criteria_in_9_factors():
    items = items_by_section(shipped()["sipas-household"])
    sizes = {factor: len(ids) for factor, ids in items.items() if ids}
    assert sizes == {"A": 2, "B": 2, "C": 8, "D": 2, "I": 4, "II": 4, "III": 5, "IV": 3, "V": 3}
    assert list(chain.from_iterable(items.values())) == numbered("s", 1, 33)


def test_the_household_form_asks_the_other_parts_of_the_official_form():
    questions = shipped()["sipas-household"].questions
    ids = [question.id for question in questions]
    rows = {"interest": 8, "experience": 7, "expectation": 10}
    assert {name: sum(id.startswith(f"{name}_") for id in ids) for name in rows} == rows
    assert {"channels", "willingness", "trouble", "money", "filing", "information"} <= set(ids)


def test_the_short_form_has_one_item_per_factor_and_one_on_the_whole():
    assert items_by_section(shipped()["counter-short"]) == {
        "factors": numbered("f", 1, 5), "overall": ["q_overall"], "comment": [],
    }


def test_a_reason_is_asked_only_after_a_low_answer():
    condition = shipped()["counter-short"].question("reason").shown_if
    assert condition is not None
    assert (condition.question, condition.codes) == ("q_overall", {"1", "2"})


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_scored_item_uses_the_fixed_scale_with_its_faces(name: str):
    for question in shipped()[name].questions:
        if question.kind == "scale":
            assert [(o.code, o.face, o.text["vi"]) for o in question.options] == [
                (str(n), f"face-{n}", words) for n, words in enumerate(SCALE, start=1)
            ]
            assert question.required
            assert question.skip


@pytest.mark.parametrize("name", sorted(shipped()))
def test_questions_about_the_person_are_marked_and_optional(name: str):
    about = {"sex", "age", "schooling", "occupation"}
    for question in shipped()[name].questions:
        assert question.sensitive == (question.id in about)
        assert not (question.sensitive and question.required)


@pytest.mark.parametrize("name", ["sipas-transaction", "sipas-household"])
def test_age_bands_begin_at_18_and_do_not_overlap(name: str):
    words = [option.text["en"] for option in shipped()[name].question("age").options]
    bounds = [[int(number) for number in re.findall(r"\d+", text)] for text in words]
    assert bounds[0][0] == 18
    for (_, last), following in pairwise(bounds[:-1]):
        assert following[0] == last + 1
    assert bounds[-1] == [bounds[-2][1]]  # 'over 60' after '50 to 60'


@pytest.mark.parametrize("name", sorted(shipped()))
def test_no_sentence_claims_to_be_official_before_it_was_compared(name: str):
    for question in shipped()[name].questions:
        assert question.wording == "unconfirmed"
        assert question.source


def test_the_row_that_the_transcription_lost_is_flagged():
    assert "MISSING" in shipped()["sipas-household"].question("expectation_8").source


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_vietnamese_wording_is_composed_and_spelt_as_the_house_spells(name: str):
    index_titles = [c.title["vi"] for c in index_files.shipped()[name].tree.walk()]
    texts = [*wordings(shipped()[name], "vi"), *index_titles, index_files.shipped()[name].title["vi"]]
    for text in texts:
        assert unicodedata.is_normalized("NFC", text)
        assert not OLD_SPELLING.search(text), text


@pytest.mark.parametrize("word", ["Uỷ ban", "hoà", "xoá", "thuỷ", "khoẻ", "uỷ quyền"])
def test_the_spelling_check_knows_the_old_spelling(word: str):
    assert OLD_SPELLING.search(word)


@pytest.mark.parametrize("word", ["Ủy ban", "hòa", "xóa", "thủy", "Quý cơ quan", "quỹ", "hoàn toàn", "thoải mái"])
def test_the_spelling_check_leaves_good_spelling_alone(word: str):
    assert not OLD_SPELLING.search(word)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_items_are_short_enough_to_be_read_aloud(name: str):
    for question in shipped()[name].questions:
        assert len(question.text["vi"]) <= 90, question.text["vi"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_english_stands_beside_every_vietnamese_text(name: str):
    questionnaire = shipped()[name]
    assert questionnaire.languages == ("vi", "en")
    assert all(text.strip() for text in wordings(questionnaire, "en"))


def test_a_shipped_file_is_called_after_its_questionnaire():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(shipped())
