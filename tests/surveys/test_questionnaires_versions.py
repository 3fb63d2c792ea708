"""A version is named by its content; a translation is another version of the same instrument."""

from __future__ import annotations

import json
import unicodedata

import pytest

from surveys.canonical import canonical_json, digest
from surveys.questionnaires.document import to_document, to_json
from surveys.questionnaires.load import FOLDER, from_document, parse, shipped

FILE = (FOLDER / "counter-short.toml").read_text("utf-8")
ORIGINAL = shipped()["counter-short"]


def hashes_changed(old: str, new: str) -> tuple[bool, bool]:
    """(content changed, instrument changed) after a replacement in the file."""
    assert old in FILE
    changed = parse(FILE.replace(old, new, 1).encode(), "counter-short.toml")
    return changed.content != ORIGINAL.content, changed.instrument != ORIGINAL.instrument


@pytest.mark.parametrize(
    "old, new",
    [
        ('text.en = "The waiting area and the equipment"', 'text.en = "Seats and equipment"'),
        ('title.en = "Parts of the service"', 'title.en = "The parts"'),
        ('wording = "unconfirmed"', 'wording = "confirmed"'),
        ('source = "Own short', 'source = "Our own short'),
    ],
    ids=["translation", "translated title", "wording confirmed", "source"],
)
def test_what_nobody_is_asked_in_vietnamese_keeps_the_instrument(old: str, new: str):
    assert hashes_changed(old, new) == (True, False)


@pytest.mark.parametrize(
    "old, new",
    [
        ('text.vi = "Nơi ngồi chờ và trang thiết bị"', 'text.vi = "Nơi ngồi chờ, trang thiết bị"'),
        ('text.vi = "Bình thường"', 'text.vi = "Tạm được"'),
        ('id = "f1"', 'id = "f0"'),
        ('code = "9"', 'code = "A"'),
        ('codes = ["1", "2"]', 'codes = ["1"]'),
        ('face = "face-3"\n', ""),
        ('each.not_applicable = true', "each.not_applicable = false"),
        ("max_length = 2000", "max_length = 500"),
    ],
    ids=["wording", "scale", "id", "code", "routing", "face", "not applicable", "length"],
)
def test_what_is_asked_or_how_makes_another_instrument(old: str, new: str):
    assert hashes_changed(old, new) == (True, True)


def test_a_second_language_is_no_new_instrument():
    one_language = "\n".join(
        line for line in FILE.replace('["vi", "en"]', '["vi"]').splitlines() if ".en = " not in line
    )
    only_vietnamese = parse(one_language.encode(), "counter-short.toml")
    assert only_vietnamese.languages == ("vi",)
    assert only_vietnamese.instrument == ORIGINAL.instrument
    assert only_vietnamese.content != ORIGINAL.content


def test_how_a_file_is_written_is_no_content():
    rewritten = "# another remark\n" + FILE.replace("scales.satisfaction", "scales.five").replace(
        'scale = "satisfaction"', 'scale = "five"'
    )
    assert parse(rewritten.encode(), "x.toml") == ORIGINAL


def test_questionnaires_of_two_contents_share_no_hash():
    hashes = [q.content for q in shipped().values()] + [q.instrument for q in shipped().values()]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_stored_document_gives_the_same_questionnaire_back(name: str):
    questionnaire = shipped()[name]
    document = to_json(questionnaire)
    assert digest(document) == questionnaire.content
    assert from_document(document) == questionnaire
    assert canonical_json(json.loads(document)) == document


def test_a_stored_document_goes_by_its_own_hash_even_if_written_another_way():
    loose = json.dumps(to_document(ORIGINAL), indent=1)
    found = from_document(loose)
    assert found.content == digest(loose)
    assert found.instrument == ORIGINAL.instrument


def test_canonical_json_is_one_spelling():
    assert canonical_json({"b": 1, "a": ["ệ"]}) == '{"a":["ệ"],"b":1}'
    assert unicodedata.is_normalized("NFC", canonical_json({"a": "ệ"}))
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"a": float("nan")})


def test_hashes_can_be_made_again_by_another_process():
    # a hash that depends on the order of sets would differ between runs with another hash seed
    import subprocess
    import sys

    program = "from surveys.questionnaires.load import shipped; print(shipped()['counter-short'].content)"
    for seed in ("1", "2"):
        made = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, cwd=FOLDER.parents[2],
            capture_output=True, text=True, check=True,
        )
        assert made.stdout.strip() == ORIGINAL.content
