"""Questionnaires and index definitions in the database: rows that never change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from surveys.errors import NotFound
from surveys.indexes import document as index_documents
from surveys.indexes import load as index_files
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires import document as questionnaire_documents
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire
from surveys.store.tables import IndexRow, QuestionnaireRow

_FRESH = "definitions_published_here"
"""key in `Session.info`: versions this session wrote; until they are committed nobody else may know them"""

D = TypeVar("D", Questionnaire, IndexDefinition)
Row = TypeVar("Row", QuestionnaireRow, IndexRow)


@dataclass(frozen=True)
class Version:
    """One stored version, as listed."""

    id: int
    name: str
    content: str
    created: date


class _Known(Generic[D]):
    """What this process has read, by database and id.

    Rows never change, so nothing expires. The key is the connection pool: it tells one database from another
    and goes with its engine. Threads may read the same row twice at first; both find the same.
    """

    def __init__(self) -> None:
        self._by_pool: WeakKeyDictionary[Pool, dict[int, D]] = WeakKeyDictionary()

    def of(self, session: Session) -> dict[int, D]:
        return self._by_pool.setdefault(session.get_bind().engine.pool, {})


_questionnaires: _Known[Questionnaire] = _Known()
_indexes: _Known[IndexDefinition] = _Known()


def publish(session: Session, questionnaire: Questionnaire, today: date) -> int:
    """Id of this version; stored now unless the same content is there already."""
    return _publish(session, QuestionnaireRow, questionnaire.content, lambda: QuestionnaireRow(
        name=questionnaire.name, content=questionnaire.content, instrument=questionnaire.instrument,
        document=questionnaire_documents.to_json(questionnaire), created=today,
    ))


def publish_index(session: Session, index: IndexDefinition, today: date) -> int:
    """Id of this version; stored now unless the same content is there already."""
    return _publish(session, IndexRow, index.content, lambda: IndexRow(
        name=index.name, content=index.content, document=index_documents.to_json(index), created=today,
    ))


def questionnaire(session: Session, id: int) -> Questionnaire:
    """The version with this id; NotFound("questionnaire_version_unknown")."""

    def read(row: QuestionnaireRow) -> Questionnaire:
        # the row's own hashes: a version keeps its name even if documents are one day written otherwise
        found = questionnaire_files.from_document(row.document)
        return replace(found, content=row.content, instrument=row.instrument)

    return _version(session, QuestionnaireRow, id, _questionnaires, read, "questionnaire_version_unknown")


def index(session: Session, id: int) -> IndexDefinition:
    """The version with this id; NotFound("index_version_unknown")."""

    def read(row: IndexRow) -> IndexDefinition:
        return replace(index_files.from_document(row.document), content=row.content)

    return _version(session, IndexRow, id, _indexes, read, "index_version_unknown")


def newest(session: Session, name: str) -> Questionnaire | None:
    """The version stored last under this name, or None."""
    id = _newest(session, QuestionnaireRow, name)
    return None if id is None else questionnaire(session, id)


def newest_index(session: Session, name: str) -> IndexDefinition | None:
    """The version stored last under this name, or None."""
    id = _newest(session, IndexRow, name)
    return None if id is None else index(session, id)


def versions(session: Session) -> tuple[Version, ...]:
    """Every stored version of a questionnaire, in order of storing."""
    return _versions(session, QuestionnaireRow)


def index_versions(session: Session) -> tuple[Version, ...]:
    """Every stored version of an index definition, in order of storing."""
    return _versions(session, IndexRow)


def _publish(session: Session, table: type[Row], content: str, make: Callable[[], Row]) -> int:
    stored = select(table.id).where(table.content == content)
    known = session.scalar(stored)
    if known is None:
        row = make()
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # another transaction stored the same content first
            return session.scalars(stored).one()
        session.info.setdefault(_FRESH, set()).add((table, row.id))
        known = row.id
    return known


def _version(
    session: Session, table: type[Row], id: int, cache: _Known[D], read: Callable[[Row], D], missing: str
) -> D:
    known = cache.of(session)
    found = known.get(id)
    if found is not None:
        return found
    row = session.get(table, id)
    if row is None:
        raise NotFound(missing, version=id)
    definition = read(row)
    if (table, id) not in session.info.get(_FRESH, ()):  # a rollback would free the id for other content
        known[id] = definition
    return definition


def _newest(session: Session, table: type[Row], name: str) -> int | None:
    return session.scalar(select(table.id).where(table.name == name).order_by(table.id.desc()).limit(1))


def _versions(session: Session, table: type[Row]) -> tuple[Version, ...]:
    columns = select(table.id, table.name, table.content, table.created).order_by(table.id)
    return tuple(Version(*row) for row in session.execute(columns))
