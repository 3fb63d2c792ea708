"""Whoever writes a faulty definition is told what is wrong, where, and how to mend it; never a traceback."""

from __future__ import annotations

from datetime import date
from string import Formatter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app import messages
from app.messages import definitions
from surveys import approvals, drafts
from surveys.definition_files import faults_of as faults_when
from surveys.definitions import MAX_BYTES, MOST_FAULTS
from surveys.drafts import Draft
from surveys.errors import DefinitionRefusal, Fault
from tests.surveys.malformed_definitions import GOOD, MALFORMED, Malformed

TODAY = date(2026, 8, 1)
WORDS = (("vi", "Cách sửa: "), ("en", "To mend: "))


@pytest.fixture
def in_force(session: Session) -> Session:
    """A session in which the example questionnaire and index have been adopted."""
    for kind in ("questionnaire", "index"):
        draft = drafts.save(session, kind, GOOD[kind], author="lan", today=TODAY)
        proposal = drafts.propose(session, draft.id, actor="lan", reason="", today=TODAY)
        approvals.decide(session, proposal.id, True, actor="minh", answer="", today=TODAY)
    return session


def gaps(code: str) -> set[str]:
    """Names of the details that a code's sentences are filled from."""
    said = "".join(messages.SENTENCES[code])
    return {name for _, name, _, _ in Formatter().parse(said) if name}


def draft_of(kind: str, content: str) -> Draft:
    return Draft(0, kind, drafts.name_in(kind, content), content, "lan", TODAY, 1, "draft", "")


def faults_of(session: Session, case: Malformed) -> tuple[Fault, ...]:
    return drafts.faults(session, draft_of(case.kind, case.content))


def test_the_good_files_have_no_fault_of_their_own(in_force: Session) -> None:
    for kind, content in GOOD.items():
        codes = {fault.code for fault in drafts.faults(in_force, draft_of(kind, content))}
        # the example of recordings names a sound that nobody has uploaded
        assert codes == ({"definition_recording_unknown"} if kind == "recordings" else set()), kind


def test_every_malformed_definition_is_told_its_own_fault_at_its_own_place(in_force: Session) -> None:
    for case in MALFORMED:
        found = {(fault.code, fault.column, fault.row) for fault in faults_of(in_force, case)}
        assert (case.code, case.place, case.line) in found, (case, found)


def test_every_sentence_says_place_and_remedy_and_no_two_are_the_same(in_force: Session) -> None:
    assert len(MALFORMED) >= 30
    assert {case.kind for case in MALFORMED} == set(drafts.KINDS)
    said: dict[str, list[str]] = {"vi": [], "en": []}
    for case in MALFORMED:
        fault = next(
            fault for fault in faults_of(in_force, case) if (fault.code, fault.column) == (case.code, case.place)
        )
        for language, remedy in WORDS:
            sentence = messages.fault_sentence(fault, language)
            assert remedy in sentence, sentence
            assert len(sentence.partition(remedy)[2]) > 10, sentence
            assert f".toml, {'dòng' if language == 'vi' else 'line'} {case.line}" in sentence, sentence
            assert case.place is None or case.place in sentence, sentence
            assert gaps(fault.code) <= fault.details.keys(), sentence
            said[language].append(sentence)
    for sentences in said.values():
        assert len(set(sentences)) == len(sentences)


def test_every_fault_of_a_definition_tells_a_remedy_in_both_languages() -> None:
    for code, (vietnamese, english) in definitions.SENTENCES.items():
        if code.startswith("definition_") and code not in ("definition_unknown", "definition_faulty"):
            assert "Cách sửa: " in vietnamese, code
            assert "To mend: " in english, code


def test_endless_faults_are_counted_and_the_first_listed(session: Session) -> None:
    content = GOOD["questionnaire"] + "".join(f"unknown_{number} = 1\n" for number in range(5000))
    with pytest.raises(DefinitionRefusal) as caught:
        drafts.resolved(session, draft_of("questionnaire", content))
    assert len(caught.value.faults) == MOST_FAULTS
    assert caught.value.details["count"] == 5000


def test_what_stood_in_the_file_is_repeated_without_unseen_signs(session: Session) -> None:
    content = GOOD["questionnaire"].replace('kind = "transaction"', 'kind = "\\u202Eknil\\u0007" \n"\\u001b[31m" = 1')
    for fault in drafts.faults(session, draft_of("questionnaire", content)):
        assert messages.fault_sentence(fault).isprintable(), fault


@pytest.mark.parametrize("content", [
    "name = " + "9" * 5000, "minimum_n = 0x" + "f" * 5000, "a." * 100_000 + "b = 1", "[" * 5000, '"' * 9999,
    "x = " + "[" * 2000 + "]" * 2000, "\n" * 400_000, "x = 1e999", "minimum_response_rate = " + "9" * 400,
    "[[" + "a." * 300 + "a]]", "name = '''" + "x" * 100_000, "d = 2026-13-45", "title.vi = {}",
], ids=lambda content: content[:12])
@pytest.mark.parametrize("kind", drafts.KINDS)
def test_texts_meant_to_exhaust_the_reader_are_faults(session: Session, kind: str, content: str) -> None:
    for fault in drafts.faults(session, draft_of(kind, content)):
        assert messages.fault_sentence(fault).isprintable()


def test_a_file_beyond_the_size_is_not_kept(session: Session) -> None:
    with pytest.raises(DefinitionRefusal) as caught:
        drafts.save(session, "index", "#" * (MAX_BYTES + 1), author="lan", today=TODAY)
    assert [fault.code for fault in caught.value.faults] == ["definition_too_large"]


def told(session: Session, kind: str, content: str) -> None:
    """Every fault can be said, whatever the text was."""
    for fault in drafts.faults(session, draft_of(kind, content)):
        for language in ("vi", "en"):
            assert messages.fault_sentence(fault, language)


QUIETLY = settings(
    max_examples=500, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUIETLY
@given(kind=st.sampled_from(drafts.KINDS), content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_words(session: Session, kind: str, content: bytes) -> None:
    faults = faults_when(lambda: drafts.text_of(content, "upload.toml"))
    assert [fault.code for fault in faults] in ([], ["definition_not_utf8"])
    if not faults:
        told(session, kind, drafts.text_of(content, "upload.toml"))


@QUIETLY
@given(
    kind=st.sampled_from(drafts.KINDS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.text(max_size=12)), min_size=1, max_size=6),
)
def test_a_good_file_damaged_anywhere_is_read_or_refused_in_words(
    session: Session, kind: str, cuts: list[tuple[float, int, str]]
) -> None:
    content = GOOD[kind]
    for place, length, instead in cuts:
        at = int(place * len(content))
        content = content[:at] + instead + content[at + length:]
    told(session, kind, content)


VALUES = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=8),
    st.builds(list), st.builds(dict), st.dates(), st.lists(st.integers(), max_size=2),
)


@QUIETLY
@given(kind=st.sampled_from(drafts.KINDS), data=st.data())
def test_a_good_file_with_any_value_in_any_place_is_read_or_refused_in_words(
    session: Session, kind: str, data: st.DataObject
) -> None:
    import tomllib

    from surveys.definition_text import to_toml

    raw = tomllib.loads(GOOD[kind])
    here: object = raw
    while True:
        if isinstance(here, dict) and here:
            key = data.draw(st.sampled_from(sorted(here)))
            if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
                here[key] = data.draw(VALUES)
                break
            here = here[key]
        elif isinstance(here, list) and here:
            place = data.draw(st.integers(0, len(here) - 1))
            if not isinstance(here[place], dict | list) or data.draw(st.booleans()):
                here[place] = data.draw(VALUES)
                break
            here = here[place]
        else:
            break
    told(session, kind, to_toml(raw))
