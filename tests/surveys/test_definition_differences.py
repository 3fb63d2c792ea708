"""What a new version changes is told completely: there is a difference exactly when the versions differ."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import fields
from surveys.definition_differences import KINDS, Definition, comparable, differences
from surveys.definition_starts import FIELDS, INDEX, QUESTIONNAIRE
from surveys.definition_text import to_toml
from surveys.errors import DefinitionRefusal
from surveys.indexes import load as index_files
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.document import named

FORM = questionnaire_files.parse(QUESTIONNAIRE.encode(), "x")


def read(kind: str, text: str) -> Definition:
    if kind == "questionnaire":
        return questionnaire_files.parse(text.encode(), "x")
    if kind == "index":
        return index_files.parse(text.encode(), "x", {FORM.name: FORM})
    return fields.parse(text.encode(), "x")


FILES = {"questionnaire": QUESTIONNAIRE, "index": INDEX, "fields": FIELDS}
Q = "sections.{}.questions.{}".format

CASES = [
    # kind, what is replaced, by what, the difference: its place, anchor, kind
    ("questionnaire", "có đủ chỗ ngồi", "đủ chỗ ngồi", Q("I", "q1") + ".text.vi", "q1", "reworded"),
    ("questionnaire", 'id = "q2"', 'id = "q2b"', Q("I", "q2b"), "q2b", "added"),
    ("questionnaire", 'id = "q2"', 'id = "q2b"', Q("I", "q2"), "q2", "removed"),
    ("questionnaire", 'text.vi = "Bình thường"', 'text.vi = "Tạm được"', Q("I", "q1") + ".options", "q1",
     "options_changed"),
    ("questionnaire", "required = true\ntext", "text", Q("II", "q3") + ".required", "q3", "asking_changed"),
    ("questionnaire", 'codes = ["1", "2"]', 'codes = ["1"]', Q("II", "ly_do") + ".shown_if", "ly_do",
     "routing_changed"),
    ("questionnaire", "Đề xuất của Sở", "Ý kiến của Sở", Q("I", "q1") + ".source", "q1", "remark_changed"),
    ("questionnaire", "Chưa có ở phiếu nào", "Chưa có", Q("II", "q3") + ".lineage", "q3", "remark_changed"),
    ("questionnaire", 'title.vi = "Phiếu lấy ý kiến', 'title.vi = "Phiếu hỏi', "title.vi", "", "title_changed"),
    ("index", "value = 0.85", "value = 0.9", "targets.#1", "overall", "target_changed"),
    ("index", "valid_from = 2026-01-01", "valid_from = 2026-02-01", "targets.#1", "overall", "target_added"),
    ("index", '"pooled_answers"\n', '"mean_of_factors"\n', "aggregation", "", "rule_changed"),
    ("index", 'satisfied = ["4", "5"]', 'satisfied = ["5"]', "satisfied", "", "rule_changed"),
    ("index", '  { item = "q2" },\n', "", "tree.q2", "q2", "removed"),
    ("index", 'receiver = ["I", "II"]\nhandler = []', 'receiver = ["I"]\nhandler = ["II"]', "attribution", "",
     "rule_changed"),
    ("fields", 'text.vi = "Hộ tịch"', 'text.vi = "Hộ tịch, quốc tịch"', "fields.HT", "HT", "entry_changed"),
    ("fields", 'code = "DD"', 'code = "DDAI"', "fields.DDAI", "DDAI", "entry_added"),
]


@pytest.mark.parametrize("kind, old, new, place, anchor, what", CASES)
def test_a_change_is_told_at_its_place(kind: str, old: str, new: str, place: str, anchor: str, what: str) -> None:
    assert old in FILES[kind]
    before, after = read(kind, FILES[kind]), read(kind, FILES[kind].replace(old, new))
    assert (place, anchor, what) in {(each.place, each.anchor, each.kind) for each in differences(before, after)}


def test_a_question_that_moves_to_another_section_is_told_once() -> None:
    moved = QUESTIONNAIRE.replace('[[sections.questions]]\nid = "q2"\ntext.vi = "Nơi tiếp nhận hồ sơ dễ tìm"\n', "")
    moved = moved.replace(
        '[[sections.questions]]\nid = "q3"',
        '[[sections.questions]]\nid = "q2"\nkind = "scale"\nscale = "muc_do"\nrequired = true\nnot_applicable = true\n'
        'text.vi = "Nơi tiếp nhận hồ sơ dễ tìm"\n\n[[sections.questions]]\nid = "q3"',
    )
    found = differences(FORM, read("questionnaire", moved))
    assert [(each.anchor, each.kind, each.before, each.after) for each in found] == [("q2", "moved", "I", "II")]


def test_a_changed_order_is_told() -> None:
    swapped = QUESTIONNAIRE.replace("q1", "tmp").replace("q2", "q1").replace("tmp", "q2")
    swapped = swapped.replace("Nơi ngồi chờ có đủ chỗ ngồi", "X").replace("Nơi tiếp nhận hồ sơ dễ tìm",
                                                                         "Nơi ngồi chờ có đủ chỗ ngồi")
    found = differences(FORM, read("questionnaire", swapped.replace('"X"', '"Nơi tiếp nhận hồ sơ dễ tìm"')))
    assert [(each.place, each.kind, each.after) for each in found] == [("sections.I.questions", "moved", "q2, q1")]


def test_only_remarks_translations_and_sounds_keep_answers_comparable() -> None:
    def with_change(old: str, new: str) -> bool | None:
        return comparable(FORM, read("questionnaire", QUESTIONNAIRE.replace(old, new)))

    assert with_change("Đề xuất của Sở", "Ý kiến của Sở") is True
    assert with_change('relation = "new"', 'relation = "reworded", of = "sipas-transaction/q1"') is True
    assert with_change("có đủ chỗ ngồi", "đủ chỗ ngồi") is False
    assert comparable(read("index", INDEX), read("index", INDEX)) is None
    assert comparable(None, FORM) is None


def test_a_new_sound_is_told_and_changes_nothing_that_is_asked() -> None:
    first, second = (named(replace(FORM, recordings={"vi": {"q1/5": digit * 64}})) for digit in "01")
    assert [(d.place, d.anchor, d.kind) for d in differences(first, second)] == [
        ("recordings.vi.q1/5", "q1", "recording_changed")
    ]
    assert [(d.before, d.after) for d in differences(FORM, second)] == [("", "1" * 16)]
    assert comparable(FORM, second) is True


def test_a_first_version_differs_from_nothing_and_kinds_do_not_mix() -> None:
    assert differences(None, FORM) == ()
    with pytest.raises(ValueError, match="not of one kind"):
        differences(read("index", INDEX), FORM)


SMALL = st.one_of(
    st.sampled_from(["vi", "q1", "q3", "I", "II", "1", "2", "5", "scale", "choice", "muc_do", "confirmed", ">", ">=",
                     "Lời khác", "2025-01-01", "mean_of_factors", "given_weights", "overall", "factor:I", "exclude"]),
    st.integers(1, 60), st.booleans(), st.floats(0, 1), st.builds(lambda: ["1"]), st.builds(lambda: ["I"]),
)


@settings(max_examples=600, deadline=None, database=None)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_versions_differ_exactly_when_a_difference_is_told(kind: str, data: st.DataObject) -> None:
    raw = tomllib.loads(FILES[kind])
    for _ in range(data.draw(st.integers(1, 2))):
        change(raw, data)
    before = read(kind, FILES[kind])
    try:
        after = read(kind, to_toml(raw))
    except DefinitionRefusal:
        return
    found = differences(before, after)
    assert bool(found) == (before.content != after.content)
    assert {each.kind for each in found} <= set(KINDS)


def change(here: object, data: st.DataObject) -> None:
    """Another value, another order, or one thing less, somewhere in the document."""
    while isinstance(here, dict | list) and here:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else list(range(len(here)))))
        if not isinstance(here[key], dict | list) or data.draw(st.integers(0, 5)) == 0:
            if isinstance(here, list) and data.draw(st.booleans()):
                here.reverse()
            elif data.draw(st.integers(0, 3)) == 0:
                del here[key]
            else:
                here[key] = data.draw(SMALL)
            return
        here = here[key]
