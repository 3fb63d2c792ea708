"""What a form sends becomes one character per variable; everything else is refused with every fault."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.errors import SubmissionRefusal
from surveys.questionnaires.load import parse, shipped
from surveys.questionnaires.model import Questionnaire
from surveys.questionnaires.routing import shown
from surveys.questionnaires.validation import Table, decode, encode, table_of

TRANSACTION = shipped()["sipas-transaction"]
COUNTER = shipped()["counter-short"]
HOUSEHOLD = shipped()["sipas-household"]
RATED = {f"q{number}": "4" for number in range(1, 23)}
COMPLETE = RATED | {"field": "F", "respondent": "1", "behalf": "2"}
SHORT = {f"f{number}": "5" for number in range(1, 6)}

ODD = parse("""
name = "odd"
kind = "counter"
languages = ["vi"]
title.vi = "Các trường hợp hiếm"
[[sections]]
id = "I"
title.vi = "Một"
each.source = "own"
each.wording = "unconfirmed"
each.kind = "choice"
[[sections.questions]]
id = "strict"
required = true
skip = false
text.vi = "Bắt buộc chọn"
options = [{ code = "1", text.vi = "Có" }, { code = "A", text.vi = "Không" }]
[[sections.questions]]
id = "ways"
kind = "several"
required = true
not_applicable = true
shown_if = { question = "strict", codes = ["A"] }
text.vi = "Những cách nào?"
options = [{ code = "1", text.vi = "Một" }, { code = "2", text.vi = "Hai" }]
[[sections.questions]]
id = "second"
required = true
shown_if = { question = "ways", codes = ["2"] }
text.vi = "Vì sao chọn cách hai?"
options = [{ code = "1", text.vi = "Nhanh" }, { code = "2", text.vi = "Gần" }]
[[sections.questions]]
id = "words"
kind = "text"
max_length = 10
shown_if = { question = "second", codes = ["1"] }
text.vi = "Nói thêm"
""".encode(), "odd.toml")

ALL = (TRANSACTION, COUNTER, HOUSEHOLD, ODD)


def faults(questionnaire: Questionnaire, fields: dict[str, str]) -> set[tuple[str, str | None]]:
    with pytest.raises(SubmissionRefusal) as refused:
        encode(table_of(questionnaire), fields)
    assert refused.value.code == "answers_faulty"
    return {(fault.code, fault.column) for fault in refused.value.faults}


def stored(questionnaire: Questionnaire, fields: dict[str, str]) -> dict[str, str]:
    return decode(questionnaire, encode(table_of(questionnaire), fields).answers)


def test_answers_stand_in_the_codebooks_order_and_what_was_left_is_skipped():
    assert encode(table_of(TRANSACTION), COMPLETE).answers == "4" * 22 + "F12" + "00"


def test_a_citizen_may_skip_and_say_that_a_question_is_not_their_case():
    answers = stored(TRANSACTION, COMPLETE | {"q1": "0", "q2": "-"})
    assert (answers["q1"], answers["q2"], answers["q3"]) == ("0", "-", "4")


def test_every_rated_item_needs_a_choice_and_all_missing_ones_are_named():
    left = {name: value for name, value in COMPLETE.items() if name not in ("q3", "q9")} | {"q22": ""}
    assert faults(TRANSACTION, left) == {
        ("answer_missing", "q3"), ("answer_missing", "q9"), ("answer_missing", "q22"),
    }


def test_fields_of_the_form_itself_are_no_answers():
    form = {"token": "t", "id": "00" * 16, "slip": "s", "lang": "vi", "seconds": "60", "helped": "1"}
    assert encode(table_of(TRANSACTION), COMPLETE | form) == encode(table_of(TRANSACTION), COMPLETE)


def test_every_kind_of_fault_is_found_at_once():
    wrong = COMPLETE | {"q1": "6", "q2": "", "q99": "4", "field": "-", "comment": "a" * 2001}
    assert faults(TRANSACTION, wrong) == {
        ("answer_unknown", "q1"), ("answer_missing", "q2"), ("field_unknown", "q99"),
        ("answer_unknown", "field"), ("text_too_long", "comment"),
    }


@pytest.mark.parametrize("value", ["6", "9", "A", "44", " 4", "4 ", "４", "٤", "true", "\x00", "4\x00"])
def test_only_the_exact_code_is_an_option(value: str):
    assert faults(TRANSACTION, COMPLETE | {"q1": value}) == {("answer_unknown", "q1")}


def test_not_applicable_is_taken_only_where_it_is_offered():
    assert faults(TRANSACTION, COMPLETE | {"sex": "-"}) == {("answer_unknown", "sex")}


def test_skipping_is_taken_only_where_it_is_offered():
    assert faults(ODD, {"strict": "0"}) == {("answer_unknown", "strict")}


def test_an_unknown_field_is_named_without_its_unseen_signs():
    assert faults(TRANSACTION, COMPLETE | {"\u202eq\x001\ud800": "4"}) == {("field_unknown", "?q?1?")}


def test_what_skip_logic_does_not_ask_is_stored_as_not_asked_whatever_came_for_it():
    answers = stored(COUNTER, SHORT | {"q_overall": "3", "reason_1": "1", "reason": "0"})
    assert {answers[f"reason_{code}"] for code in range(1, 10)} == {"-"}


def test_ticked_options_are_1_and_the_others_of_the_group_2():
    answers = stored(COUNTER, SHORT | {"q_overall": "1", "reason_1": "1", "reason_9": "1", "reason_2": ""})
    assert [answers[f"reason_{code}"] for code in range(1, 10)] == list("122222221")


@pytest.mark.parametrize(
    "said, group", [({}, "0"), ({"reason": "0"}, "0"), ({"reason": ""}, "0"), ({"reason": "2"}, "2")]
)
def test_a_group_left_alone_is_skipped_and_none_of_these_is_an_answer(said: dict[str, str], group: str):
    answers = stored(COUNTER, SHORT | {"q_overall": "2"} | said)
    assert {answers[f"reason_{code}"] for code in range(1, 10)} == {group}


def test_ticks_win_over_a_skip_of_the_whole_group():
    answers = stored(COUNTER, SHORT | {"q_overall": "2", "reason_3": "1", "reason": "0"})
    assert (answers["reason_3"], answers["reason_4"]) == ("1", "2")


def test_a_tick_is_nothing_but_1():
    assert faults(COUNTER, SHORT | {"q_overall": "2", "reason_3": "on"}) == {("answer_unknown", "reason_3")}


def test_a_required_group_that_is_asked_must_be_answered_and_is_named_once():
    assert faults(ODD, {"strict": "A"}) == {("answer_missing", "ways")}
    assert stored(ODD, {"strict": "A", "ways": "-"}) == {
        "strict": "A", "ways_1": "-", "ways_2": "-", "second": "-",
    }


def test_conditions_chain_through_a_group_down_to_a_text():
    path = {"strict": "A", "ways_2": "1", "second": "1", "words": "Nhanh"}
    encoded = encode(table_of(ODD), path)
    assert (encoded.answers, encoded.texts) == ("A211", {"words": "Nhanh"})
    assert shown(ODD, encoded.answers) == {"strict", "ways", "second", "words"}
    turned_back = encode(table_of(ODD), path | {"strict": "1"})
    assert (turned_back.answers, turned_back.texts) == ("1---", {})
    assert shown(ODD, turned_back.answers) == {"strict"}


def comment(text: str) -> str | None:
    return encode(table_of(TRANSACTION), COMPLETE | {"comment": text}).texts.get("comment")


def test_free_text_is_composed_trimmed_and_rid_of_unseen_signs():
    assert comment(unicodedata.normalize("NFD", "  Cán bộ\r\ntận tình  ")) == "Cán bộ\ntận tình"
    assert comment("phục\u200b vụ\u202e tốt\ufeff\x07") == "phục vụ tốt"


@pytest.mark.parametrize("text", ["", "   ", "\r\n\t", "\u200b\u2066"])
def test_free_text_with_nothing_in_it_is_none(text: str):
    assert comment(text) is None


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "tốt \udfff"])
def test_free_text_that_no_database_can_hold_is_refused(text: str):
    assert faults(TRANSACTION, COMPLETE | {"comment": text}) == {("text_characters", "comment")}


def test_length_is_counted_in_letters_after_cleaning():
    assert comment("ệ" * 2000 + "\u200b" * 50) == "ệ" * 2000
    assert comment(unicodedata.normalize("NFD", "ệ" * 2000)) == "ệ" * 2000
    with pytest.raises(SubmissionRefusal) as refused:
        comment("😀" * 2001)
    assert refused.value.faults[0].details == {"limit": 2000, "length": 2001}


def test_stacks_of_marks_are_cut_down():
    assert comment("Z" + "\u0336\u0337" * 30_000) == unicodedata.normalize("NFC", "Z\u0336\u0337\u0336")


def possible(table: Table, draw: st.DrawFn) -> dict[str, str]:
    """Fields that a citizen could send: every question asked has an allowed value."""
    fields = {}
    for step in table.steps:
        for field in step.fields:
            values = sorted(str(value) for value in step.characters)
            fields[field] = draw(st.sampled_from(values))
        if step.whole:
            fields[step.question.id] = draw(st.sampled_from(sorted(str(value) for value in step.whole)))
    return {field: value for field, value in fields.items() if value}


@given(st.data())
def test_a_stored_answer_says_again_what_was_stored(data: st.DataObject):
    questionnaire = data.draw(st.sampled_from(ALL))
    table = table_of(questionnaire)
    sent = data.draw(st.composite(lambda draw: possible(table, draw))())
    answers = encode(table, sent).answers
    assert len(answers) == len(questionnaire.variables)
    for variable, character in zip(questionnaire.variables, answers, strict=True):
        assert character in variable.codes
    assert encode(table, decode(questionnaire, answers)).answers == answers
    asked = shown(questionnaire, answers)
    for variable, character in zip(questionnaire.variables, answers, strict=True):
        assert variable.question.id in asked or character == "-"


junk = st.one_of(st.text(), st.integers(), st.none(), st.binary(), st.lists(st.text()), st.booleans(), st.floats())


@given(st.data())
def test_junk_is_refused_and_nothing_else_happens(data: st.DataObject):
    questionnaire = data.draw(st.sampled_from(ALL))
    table = table_of(questionnaire)
    names = st.one_of(st.sampled_from(sorted(table.known)), st.text())
    values = st.one_of(st.sampled_from(["0", "1", "2", "-", "4", ""]), st.characters(), junk)
    fields = data.draw(st.dictionaries(names, values, max_size=40))
    base = COMPLETE if questionnaire is TRANSACTION and data.draw(st.booleans()) else {}
    with contextlib.suppress(SubmissionRefusal):
        encoded = encode(table, base | fields)
        assert len(encoded.answers) == len(questionnaire.variables)
        for text in encoded.texts.values():
            text.encode()


@pytest.mark.parametrize("answers", ["", "4" * 26, "4" * 28])
def test_a_stored_answer_of_another_length_is_of_another_questionnaire(answers: str):
    with pytest.raises(ValueError, match="27 variables"):
        decode(TRANSACTION, answers)


def test_the_quick_way_and_the_careful_way_agree():
    from surveys.questionnaires.validation import _encode_with_care

    table = table_of(TRANSACTION)
    assert table.quick
    assert encode(table, COMPLETE) == _encode_with_care(table, COMPLETE)
