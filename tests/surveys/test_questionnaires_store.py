"""Stored versions never change, and are stored once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys.errors import NotFound
from surveys.indexes.load import shipped as indexes
from surveys.questionnaires.document import named
from surveys.questionnaires.load import shipped
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.store.tables import QuestionnaireRow

TODAY = date(2026, 7, 31)
SHORT = shipped()["counter-short"]


def retitled(title: str) -> Questionnaire:
    return named(replace(SHORT, title={"vi": title, "en": "Changed"}))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_published_version_comes_back_equal(session: Session, name: str):
    questionnaire, index = shipped()[name], indexes()[name]
    assert definitions.questionnaire(session, definitions.publish(session, questionnaire, TODAY)) == questionnaire
    assert definitions.index(session, definitions.publish_index(session, index, TODAY)) == index


def test_the_same_content_is_stored_once_and_other_content_beside_it(session: Session):
    first = definitions.publish(session, SHORT, TODAY)
    assert definitions.publish(session, SHORT, date(2027, 1, 1)) == first
    changed = definitions.publish(session, retitled("Phiếu khác"), TODAY)
    assert changed != first
    assert session.scalar(select(func.count()).select_from(QuestionnaireRow)) == 2
    assert definitions.questionnaire(session, first).title == SHORT.title


def test_the_newest_of_a_name_is_the_one_stored_last(session: Session):
    assert definitions.newest(session, "counter-short") is None
    assert definitions.newest_index(session, "counter-short") is None
    definitions.publish(session, SHORT, TODAY)
    definitions.publish(session, retitled("Phiếu khác"), TODAY)
    definitions.publish(session, shipped()["sipas-household"], TODAY)
    definitions.publish_index(session, indexes()["counter-short"], TODAY)
    newest = definitions.newest(session, "counter-short")
    assert newest is not None
    assert newest.title["vi"] == "Phiếu khác"
    assert definitions.newest_index(session, "counter-short") == indexes()["counter-short"]
    assert [version.name for version in definitions.versions(session)] == [
        "counter-short", "counter-short", "sipas-household",
    ]
    assert [version.created for version in definitions.index_versions(session)] == [TODAY]


def test_a_version_that_is_not_there_is_named(session: Session):
    with pytest.raises(NotFound, match="questionnaire_version_unknown"):
        definitions.questionnaire(session, 4711)
    with pytest.raises(NotFound, match="index_version_unknown"):
        definitions.index(session, 4711)


def test_a_version_that_was_rolled_back_is_forgotten(session: Session):
    abandoned = definitions.publish(session, retitled("Bỏ dở"), TODAY)
    assert definitions.questionnaire(session, abandoned).title["vi"] == "Bỏ dở"
    session.rollback()
    kept = definitions.publish(session, SHORT, TODAY)
    session.commit()
    with Session(session.get_bind()) as other:
        assert definitions.questionnaire(other, kept) == SHORT


def test_a_committed_version_is_read_once_per_process(session: Session):
    id = definitions.publish(session, SHORT, TODAY)
    session.commit()
    with Session(session.get_bind()) as other:
        first = definitions.questionnaire(other, id)
        other.execute(update(QuestionnaireRow).values(document="{}"))  # would not be readable any more
        assert definitions.questionnaire(other, id) is first


def test_a_version_goes_by_the_hashes_of_its_row(session: Session):
    id = definitions.publish(session, SHORT, TODAY)
    session.execute(update(QuestionnaireRow).values(instrument="of an earlier program"))
    session.commit()
    with Session(session.get_bind()) as other:
        found = definitions.questionnaire(other, id)
    assert (found.content, found.instrument) == (SHORT.content, "of an earlier program")
