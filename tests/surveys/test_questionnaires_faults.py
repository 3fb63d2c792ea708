"""Every fault of a definition file is found, at once, with its file and its key."""

from __future__ import annotations

import pytest

from surveys.errors import DefinitionRefusal
from surveys.imports import DESIGN_COLUMNS
from surveys.questionnaires.load import parse, problems
from surveys.questionnaires.model import IMPORT_COLUMNS

GOOD = """
name = "small"
kind = "counter"
languages = ["vi", "en"]
title.vi = "Phiếu nhỏ"
title.en = "Small form"

[[scales.satisfaction]]
code = "1"
text.vi = "Không"
text.en = "No"
[[scales.satisfaction]]
code = "2"
text.vi = "Có"
text.en = "Yes"

[[sections]]
id = "I"
title.vi = "Phần một"
title.en = "Part one"
each.source = "own"
[[sections.questions]]
id = "q1"
kind = "scale"
scale = "satisfaction"
required = true
text.vi = "Câu một"
text.en = "Question one"
wording = "unconfirmed"
[[sections.questions]]
id = "why"
kind = "several"
shown_if = { question = "q1", codes = ["1"] }
text.vi = "Vì sao?"
text.en = "Why?"
wording = "unconfirmed"
[[sections.questions.options]]
code = "1"
text.vi = "Lâu"
text.en = "Slow"
[[sections.questions.options]]
code = "2"
text.vi = "Xa"
text.en = "Far"

[[sections]]
id = "comment"
title.vi = "Ý kiến"
title.en = "Opinion"
[[sections.questions]]
id = "comment"
kind = "text"
max_length = 100
text.vi = "Góp ý"
text.en = "Comment"
wording = "unconfirmed"
source = "own"
"""

Q1 = "sections.I.questions.q1"
WHY = "sections.I.questions.why"
COMMENT = "sections.comment.questions.comment"
TAIL = '[[sections]]\nid = "comment"'

FAULTS = [
    # what is replaced, by what, the fault, its key
    ('name = "small"', 'name = "Small form"', "definition_id", "name"),
    ('name = "small"\n', "", "definition_key_missing", "name"),
    ('name = "small"', 'name = "small"\ncolour = "red"', "definition_key_unknown", "colour"),
    ('kind = "counter"', 'kind = "kiosk"', "definition_value", "kind"),
    ('languages = ["vi", "en"]', 'languages = ["en"]', "definition_text_missing", "languages"),
    ('languages = ["vi", "en"]', 'languages = ["vi", "xx"]', "definition_value", "languages"),
    ('languages = ["vi", "en"]', 'languages = "vi"', "definition_type", "languages"),
    ('languages = ["vi", "en"]', 'languages = ["vi", 2]', "definition_type", "languages.#2"),
    ('title.vi = "Phiếu nhỏ"\n', "", "definition_text_missing", "title.vi"),
    ('title.vi = "Phiếu nhỏ"\ntitle.en = "Small form"', 'title = "Phiếu"', "definition_type", "title"),
    ('text.vi = "Câu một"\n', "", "definition_text_missing", f"{Q1}.text.vi"),
    ('text.en = "Question one"\n', "", "definition_text_missing", f"{Q1}.text.en"),
    ('text.en = "Question one"', 'text.en = "One"\ntext.fr = "Un"', "definition_key_unknown", f"{Q1}.text.fr"),
    ('text.vi = "Câu một"', 'text.vi = ""', "definition_text_blank", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', 'text.vi = "Câu một "', "definition_text_blank", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', 'text.vi = 7', "definition_type", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', f'text.vi = "{"á" * 1001}"', "definition_text_too_long", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', 'text.vi = "Ca\u0302u"', "definition_text_not_nfc", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', r'text.vi = "Câu\u0007một"', "definition_text_characters", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', r'text.vi = "Câu\u200bmột"', "definition_text_characters", f"{Q1}.text.vi"),
    ('text.vi = "Câu một"', r'text.vi = "Câu\u202emột"', "definition_text_characters", f"{Q1}.text.vi"),
    ('id = "q1"', 'id = "Q1"', "definition_id", "sections.I.questions.Q1.id"),
    ('id = "q1"', f'id = "q{"1" * 32}"', "definition_id", f"sections.I.questions.q{'1' * 32}.id"),
    ('id = "q1"', 'id = "token"', "definition_id_reserved", "sections.I.questions.token.id"),
    ('id = "q1"', 'id = "helped"', "definition_id_reserved", "sections.I.questions.helped.id"),
    ('id = "q1"', 'id = "weight"', "definition_id_reserved", "sections.I.questions.weight.id"),
    ('id = "comment"\nkind', 'id = "q1"\nkind', "definition_id_twice", "sections.comment.questions.q1.id"),
    ('id = "comment"\nkind', 'id = "why_2"\nkind', "definition_id_twice", "sections.comment.questions.why_2.id"),
    ('id = "comment"\ntitle', 'id = "I"\ntitle', "definition_id_twice", "sections.I.id"),
    ('id = "q1"\n', "", "definition_key_missing", "sections.I.questions.#1.id"),
    ('kind = "scale"', 'kind = "stars"', "definition_value", f"{Q1}.kind"),
    ('kind = "scale"', 'kind = "scale"\nmax_length = 5', "definition_key_unknown", f"{Q1}.max_length"),
    ('required = true', 'required = "yes"', "definition_type", f"{Q1}.required"),
    ('required = true', "required = true\nsensitive = true", "definition_sensitive_required", f"{Q1}.required"),
    ('scale = "satisfaction"', 'scale = "five"', "definition_scale_unknown", f"{Q1}.scale"),
    ('scale = "satisfaction"', 'scale = "satisfaction"\noptions = []', "definition_scale_and_options",
     f"{Q1}.scale"),
    ('scale = "satisfaction"\n', "", "definition_key_missing", f"{Q1}.options"),
    ('scale = "satisfaction"', "options = []", "definition_empty", f"{Q1}.options"),
    ('scale = "satisfaction"', "options = [3]", "definition_type", f"{Q1}.options.#1"),
    ('code = "1"\ntext.vi = "Lâu"', 'code = "0"\ntext.vi = "Lâu"', "definition_option_code",
     f"{WHY}.options.0.code"),
    ('code = "1"\ntext.vi = "Lâu"', 'code = "a"\ntext.vi = "Lâu"', "definition_option_code",
     f"{WHY}.options.a.code"),
    ('code = "1"\ntext.vi = "Lâu"', 'code = "10"\ntext.vi = "Lâu"', "definition_option_code",
     f"{WHY}.options.10.code"),
    ('code = "2"\ntext.vi = "Xa"', 'code = "1"\ntext.vi = "Xa"', "definition_option_twice",
     f"{WHY}.options.#2.code"),
    ('text.vi = "Có"', 'face = "smile"\ntext.vi = "Có"', "definition_value", "scales.satisfaction.2.face"),
    ('wording = "unconfirmed"\nsource', 'wording = "maybe"\nsource', "definition_value", f"{COMMENT}.wording"),
    ('wording = "unconfirmed"\nsource', "source", "definition_key_missing", f"{COMMENT}.wording"),
    ('wording = "unconfirmed"\nsource = "own"', 'wording = "unconfirmed"', "definition_key_missing",
     f"{COMMENT}.source"),
    ("max_length = 100", "max_length = 0", "definition_number", f"{COMMENT}.max_length"),
    ("max_length = 100", "max_length = 1_000_000", "definition_number", f"{COMMENT}.max_length"),
    ("max_length = 100", 'max_length = "100"', "definition_type", f"{COMMENT}.max_length"),
    ("max_length = 100", "max_length = true", "definition_type", f"{COMMENT}.max_length"),
    ('each.source = "own"', 'each.source = "own"\neach.colour = "red"', "definition_key_unknown",
     "sections.I.each.colour"),
    (TAIL, '[[sections]]\nid = "II"\ntitle.vi = "Hai"\ntitle.en = "Two"\nquestions = []\n' + TAIL,
     "definition_empty", "sections.II.questions"),
    ('question = "q1"', 'question = "q9"', "definition_routing_unknown", f"{WHY}.shown_if.question"),
    ('question = "q1"', 'question = "comment"', "definition_routing_later", f"{WHY}.shown_if.question"),
    ('question = "q1"', 'question = "why"', "definition_routing_cycle", f"{WHY}.shown_if.question"),
    ('codes = ["1"]', 'codes = ["7"]', "definition_routing_code", f"{WHY}.shown_if.codes"),
    ('codes = ["1"]', "codes = []", "definition_empty", f"{WHY}.shown_if.codes"),
    ('codes = ["1"]', "codes = [1]", "definition_type", f"{WHY}.shown_if.codes.#1"),
    ('text.vi = "Góp ý"', 'text.vi = "Dân tộc của Ông/Bà"', "definition_forbidden", f"{COMMENT}.text"),
    ('text.vi = "Góp ý"', 'text.vi = "Xin cho biết họ tên"', "definition_forbidden", f"{COMMENT}.text"),
    ('text.vi = "Góp ý"', 'text.vi = "Số điện thoại liên hệ"', "definition_forbidden", f"{COMMENT}.text"),
    ('text.en = "Comment"', 'text.en = "Your ethnic group"', "definition_forbidden", f"{COMMENT}.text"),
    ('id = "q1"', 'id = "phone"', "definition_forbidden", "sections.I.questions.phone.id"),
]


def places(text: str) -> set[tuple[str, str | None]]:
    return {(fault.code, fault.column) for fault in problems(text.encode(), "small.toml")}


def test_the_file_the_faults_are_made_from_is_good():
    assert places(GOOD) == set()


@pytest.mark.parametrize("old, new, code, key", FAULTS, ids=[f"{c}-{k}" for _, _, c, k in FAULTS])
def test_a_fault_is_named_with_file_and_key(old: str, new: str, code: str, key: str):
    assert GOOD.count(old) >= 1
    with pytest.raises(DefinitionRefusal) as refused:
        parse(GOOD.replace(old, new, 1).encode(), "small.toml")
    assert refused.value.code == "definition_faulty"
    assert (code, key) in {(fault.code, fault.column) for fault in refused.value.faults}
    assert all(fault.details["file"] == "small.toml" for fault in refused.value.faults)


def test_conditions_that_go_in_a_circle_are_named_at_each_of_them():
    circle = GOOD.replace('required = true', 'shown_if = { question = "why", codes = ["1"] }')
    assert places(circle) == {
        ("definition_routing_cycle", f"{Q1}.shown_if.question"),
        ("definition_routing_cycle", f"{WHY}.shown_if.question"),
    }


def test_a_free_answer_cannot_be_a_condition():
    after = GOOD + """
[[sections.questions]]
id = "after"
kind = "text"
max_length = 10
shown_if = { question = "comment", codes = ["1"] }
text.vi = "Thêm"
text.en = "More"
wording = "unconfirmed"
source = "own"
"""
    assert places(after) == {
        ("definition_routing_text", "sections.comment.questions.after.shown_if.question")
    }


def test_all_faults_are_found_at_once():
    broken = GOOD.replace('name = "small"', 'name = "S"').replace('text.vi = "Câu một"\n', "").replace(
        "max_length = 100", "max_length = 0"
    )
    assert places(broken) == {
        ("definition_id", "name"),
        ("definition_text_missing", f"{Q1}.text.vi"),
        ("definition_number", f"{COMMENT}.max_length"),
    }


def test_a_fault_in_a_shared_scale_is_named_once_and_where_it_stands():
    broken = GOOD.replace('text.vi = "Có"', 'text.vi = "Có "')
    assert [(f.code, f.column) for f in problems(broken.encode(), "small.toml")] == [
        ("definition_text_blank", "scales.satisfaction.2.text.vi")
    ]


def test_a_question_on_a_telephone_line_may_be_asked_where_nobody_writes():
    asked = GOOD.replace('text.vi = "Câu một"', 'text.vi = "Ông/Bà có biết số điện thoại đường dây nóng?"')
    assert places(asked) == set()


@pytest.mark.parametrize(
    "content, code, row",
    [
        (b'name = "a"\nkind = \n', "definition_syntax", 2),
        (b'name = "a"\nname = "b"\n', "definition_syntax", 2),
        (b'name = "a"\n\ntitle = "Phi\xff"\n', "definition_not_utf8", 3),
        (b"a = " + b"[" * 20_000, "definition_syntax", None),
        (b"#" * 600_000, "definition_too_large", None),
    ],
)
def test_an_unreadable_file_has_one_fault_with_its_line(content: bytes, code: str, row: int | None):
    (fault,) = problems(content, "small.toml")
    assert (fault.code, fault.row) == (code, row)


@pytest.mark.parametrize("content", [b"", b"sections = 3", b"[[sections]]", b"[[sections]]\nquestions = [1]"])
def test_a_file_with_little_in_it_is_refused_and_breaks_nothing(content: bytes):
    assert problems(content, "small.toml")


def test_no_question_can_be_taken_for_a_column_of_an_imported_file():
    assert set(DESIGN_COLUMNS) == IMPORT_COLUMNS
