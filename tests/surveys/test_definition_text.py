"""The writer of definitions: what it writes reads back to the same, and each key is found on its line."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import fields
from surveys.definition_lines import lines
from surveys.definition_starts import EXAMPLES
from surveys.definition_text import questionnaire_toml, to_toml, written
from surveys.definitions import _label
from surveys.indexes import document as index_documents
from surveys.indexes import load as index_files
from surveys.questionnaires import document as questionnaire_documents
from surveys.questionnaires import load as questionnaire_files

HASHES = {
    "questionnaire counter-short": "c024237af7d1cb796d0102a365ec47e655356f9548672019b02cdc03ec035817",
    "questionnaire sipas-household": "9f74a56b7a66844c95e9bfa48fde07f36615ca011f2e27d3bf6d6ff75e8abe77",
    "questionnaire sipas-transaction": "2fcba5e9776fcadee57c6aa729bd9e5bacfda6e44e4073cf8a008efdc51faa7e",
    "instrument counter-short": "adb1cc9d729ff2b98be5e8e625f7b80dfa26ae86333717dcb882a29aad065361",
    "instrument sipas-household": "b2b519042a3b1bdd4663b8bbe696597eba09c86fd1be89c11f078469509fa331",
    "instrument sipas-transaction": "52212d6b1d3f9e197b092056ee206bb97319381afb6975efa9d0548fe42763ad",
    "index counter-short": "a129136f40a86c8a1c81cc029db222f2c270ebb0d62698d81c704f57671c9fbd",
    "index sipas-household": "922e2dc7ac2725ea641efc8a92224b4a47156a74b875f3b415be6c0fe97fbe87",
    "index sipas-transaction": "086b726d46b7789c3de04edf9259af50955930e3364fb6a447d36229fa3c99f5",
}
"""of the shipped files as first released: answers and waves go by them, so new keys must not change them"""

# every letter that a TOML file may hold, odd ones more often
TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["", '"', "\\", '"""', "'''", "\n", "\t\x00\x7f", "#", "=", "[x]", "Phiếu hỏi", "a.b", " "]
)
PLAIN = st.one_of(
    TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.dates(), st.datetimes(), st.times(),
)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=5), max_leaves=20
)


@settings(max_examples=500, deadline=None, database=None)
@given(document=st.dictionaries(TEXT, VALUES, max_size=6))
def test_any_document_reads_back_equal(document: dict[str, object]) -> None:
    text = to_toml(document)
    assert tomllib.loads(text) == document
    assert to_toml(document) == text


@pytest.mark.parametrize("name", sorted(questionnaire_files.shipped()))
def test_the_shipped_definitions_are_written_and_read_to_the_same_version(name: str) -> None:
    questionnaire, index = questionnaire_files.shipped()[name], index_files.shipped()[name]
    again = questionnaire_files.parse(written(questionnaire).encode(), "x")
    assert (again.content, again.instrument) == (questionnaire.content, questionnaire.instrument)
    assert index_files.parse(written(index).encode(), "x", {name: questionnaire}).content == index.content
    for document in (questionnaire_documents.to_document(questionnaire), index_documents.to_document(index)):
        assert tomllib.loads(to_toml(document)) == document


def test_options_that_questions_share_are_written_once() -> None:
    text = questionnaire_toml(questionnaire_files.shipped()["sipas-transaction"])
    assert text.count('text.vi = "Rất không hài lòng"') == 1
    assert 'scale = "scale1"' in text


def test_a_list_of_fields_is_written_and_read_to_the_same_version() -> None:
    found = fields.parse(EXAMPLES["fields"].encode(), "x")
    assert fields.parse(written(found).encode(), "x") == found
    assert fields.from_document(fields.to_json(found)) == found
    assert found.entries[0].valid_from == date(2025, 7, 1)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "\ud800", object()],
                         ids=["nothing", "nan", "infinity", "a lone surrogate", "a thing"])
def test_what_toml_has_no_word_for_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each kind has its own words
        to_toml({"a": value})


def test_the_shipped_files_keep_the_names_of_their_versions() -> None:
    found = {f"questionnaire {name}": q.content for name, q in questionnaire_files.shipped().items()}
    found |= {f"instrument {name}": q.instrument for name, q in questionnaire_files.shipped().items()}
    found |= {f"index {name}": index.content for name, index in index_files.shipped().items()}
    assert found == HASHES


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_key_of_the_examples_is_found_on_its_line(kind: str) -> None:
    text = EXAMPLES[kind]
    rows = text.splitlines()
    found = lines(text, tomllib.loads(text), _label)
    assert len(found) > 3
    for key, line in found.items():
        last = key.rpartition(".")[2]
        written_there = rows[line - 1]
        assert last.startswith("#") or last in written_there or written_there.startswith("[[") or (
            "{" in written_there
        ), (key, line, written_there)


def test_lines_are_right_behind_texts_and_lists_over_several_lines() -> None:
    text = (
        'a = """\nx = 1\n[y]\n"""\n'  # 1 to 4
        "b = '''\nq'''\n"  # 5, 6
        "c = [ # one\n  1,\n  { id = \"k\", d = \"}]\" },\n]\n"  # 7 to 10
        "\"e f\".g = 'x'\n"  # 11
        "[[t]]\nid = \"one\"\n[[t]]\nid = \"two\"\n[t.u]\nv = 1\n"  # 12 to 17
    )
    found = lines(text, tomllib.loads(text), _label)
    right = {
        "a": 1, "b": 5, "c": 7, "c.#1": 8, "c.k": 9, "c.k.d": 9, "e f.g": 11, "t.one": 12, "t.two.id": 15,
        "t.two.u.v": 17,
    }
    assert {key: found[key] for key in right} == right


@settings(max_examples=300, deadline=None, database=None)
@given(document=st.dictionaries(TEXT, VALUES, max_size=6))
def test_lines_are_found_in_any_document(document: dict[str, object]) -> None:
    text = to_toml(document)
    found = lines(text, tomllib.loads(text), _label)
    count = text.count("\n")
    assert all(1 <= line <= count for line in found.values())
    assert set(document) <= found.keys()
