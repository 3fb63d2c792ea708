"""Staff pages in two languages: every sentence has its English, no English is left over, and the switch holds."""

from __future__ import annotations

import ast
import functools
import string
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from app import language, messages, navigation, staff_forms
from tests.app import staff

APP = Path(language.__file__).resolve().parent
CATALOGUES = sorted((APP / "translations" / "en").glob("*.po"))
SAID_BY = {"_", "translate"}
"""what the sentences are handed to"""
LABELS = {label for _endpoint, label, _actions in navigation.PLACES}


@pytest.mark.parametrize("reader", language.LANGUAGES)
def test_days_in_refusals_stand_as_people_read_them(reader: str):
    day = date(2026, 7, 31)
    for details in ({"day": day, "first": day, "last": day}, {"day": "2026-07-31", "first": "a", "last": "b"}):
        said = messages.sentence("decision_day_wrong", details, reader) + messages.sentence("late_day", details, reader)
        assert "31/07/2026" in said
        assert "2026-07-31" not in said
    spans = messages.sentence("unit_overlap", {"unit": "QT-2026-01-02", "other": "2025-07-01 … 2026-12-31"}, reader)
    assert "01/07/2025 … 31/12/2026" in spans
    assert "QT-2026-01-02" in spans  # a code is no day
    assert "2026-02-30" in messages.sentence("day_malformed", {"value": "2026-02-30"}, reader)  # as it was typed


def test_a_day_is_taken_as_a_calendar_sends_it_and_as_people_type_it(app: Flask):
    with app.test_request_context():
        form = staff_forms.Form({"a": "2026-07-31", "b": "31/7/2026", "c": "31/02/2026", "d": "20260731"})
        assert form.day("a") == form.day("b") == date(2026, 7, 31)
        assert (form.day("c"), form.day("d")) == (None, None)
        assert [field for field, _ in form.summary] == ["c", "d"]


@functools.cache  # two tests ask; nobody changes it
def said() -> dict[str, set[str]]:
    """sentence -> files that say it: templates through Babel's own extractor, code by its syntax tree."""
    found: dict[str, set[str]] = defaultdict(set)
    ways = [("templates/**.html", "jinja2")]
    for name, _line, message, _comments, _context in extract_from_dir(
        APP, ways, {"templates/**.html": {"silent": "false", "trimmed": "false"}}, keywords={"_": None},
    ):
        assert isinstance(message, str), f"{name}: {message}"
        found[message].add(name)
    for path in sorted(APP.rglob("*.py")):
        for sentence in _literals(ast.parse(path.read_text(encoding="utf-8"))):
            found[sentence].add(path.relative_to(APP).as_posix())
    for label in LABELS:
        found[label].add("navigation.py")
    return found


def _literals(tree: ast.AST) -> Iterator[str]:
    """First arguments of `_("…")` and `translate("…")`, also where two ways of saying it are chosen between."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SAID_BY:
            yield from (
                each.value for each in ast.walk(node.args[0])
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


def english() -> dict[str, str]:
    return dict(language.catalogue("en"))


def places(sentence: str) -> list[str]:
    return sorted(name for _text, name, _spec, _conversion in string.Formatter().parse(sentence) if name is not None)


def test_every_sentence_has_its_english():
    found = said()
    assert len(found) > 50  # the extractor works
    known = english()
    missing = {sentence: sorted(files) for sentence, files in found.items() if sentence not in known}
    assert missing == {}


def test_no_english_is_left_over():
    found, code = said(), _texts_in_code()
    stale = [sentence for sentence in english() if sentence not in found and sentence not in code]
    assert stale == []


def _texts_in_code() -> set[str]:
    """Every text of the code: sentences that reach `_` through a table or a form's label stand there as they are."""
    found = set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_a_catalogue_is_well_formed(path: Path):
    with path.open("rb") as file:
        catalogue = read_po(file, locale="en", abort_invalid=True)
    for message in catalogue:
        if not message.id:
            continue
        assert isinstance(message.id, str), f"no plurals: {message.id}"
        assert message.string, f"{path.name}: not translated: {message.id}"
        assert not message.fuzzy, f"{path.name}: fuzzy: {message.id}"
        assert places(str(message.string)) == places(message.id), f"{path.name}: placeholders differ: {message.id}"
        assert str(message.string).strip() == str(message.string), f"{path.name}: blanks around: {message.id}"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_a_catalogue_says_nothing_twice(path: Path):
    """Babel merges what is said twice, so the file itself is read."""
    lines = path.read_text(encoding="utf-8").splitlines()
    ids = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert sorted(set(ids)) == sorted(ids)


def test_two_catalogues_agree():
    assert language.catalogue("en")  # raises where one sentence is translated twice, differently


def test_a_sentence_without_english_is_said_in_vietnamese(app: Flask):
    with app.test_request_context("/?lang=en"):
        assert language.translate("câu chưa ai dịch {n}", n=3) == "câu chưa ai dịch 3"


@pytest.mark.parametrize(
    "address, expected", [("/", "vi"), ("/?lang=en", "en"), ("/?lang=vi", "vi"), ("/?lang=fr", "vi")]
)
def test_the_language_asked_for_is_spoken(app: Flask, address: str, expected: str):
    with app.test_request_context(address):
        assert language.current() == expected


def test_staff_pages_switch_and_keep_the_choice(client: FlaskClient):
    staff.sign_in(client)
    assert '<html lang="vi">' in client.get("/audit/").text
    switched = client.get("/audit/?lang=en").text
    assert '<html lang="en">' in switched
    assert english()["Nhật ký"] in switched
    assert '<html lang="en">' in client.get("/audit/").text  # kept in the session
    assert '<html lang="vi">' in client.get("/audit/?lang=vi").text
    assert '<html lang="vi">' in client.get("/audit/").text


def test_every_staff_page_offers_the_switch(client: FlaskClient):
    staff.sign_in(client)
    page = client.get("/audit/?actor=lan").text
    assert 'href="/audit/?actor=lan&amp;lang=en"' in page
    page = client.get("/audit/?actor=lan&lang=en").text
    assert 'href="/audit/?actor=lan&amp;lang=vi"' in page


def test_refusals_speak_the_language_of_the_page(client: FlaskClient):
    from app import messages

    staff.sign_in(client)
    for code in ("vi", "en"):
        client.get(f"/audit/?lang={code}")
        page = client.get("/results/none")
        assert page.status_code == 404
        assert messages.sentence("wave_unknown", {"wave": "none"}, code) in page.text


def test_a_refusal_code_is_said_in_both_languages():
    from app import messages

    for code, (vi, en) in messages.SENTENCES.items():
        assert vi.strip(), code
        assert en.strip(), code
        assert set(places(en)) == set(places(vi)), f"{code}: placeholders differ"
