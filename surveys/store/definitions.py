"""Questionnaires, index definitions and lists of fields in the database: rows that never change.

Which version is in force: the one that two persons adopted last under a name; where nobody ever adopted one, the
file that ships with the program; where there is no such file, the version stored last. So an upgrade that brings
a changed file changes new waves of provinces that live by the shipped file, and never overrides what a department
has approved: there the changed file is only shown as different, and a draft may start from it.
Waves keep the versions they were created with in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from surveys import fields as field_lists
from surveys.definitions import NAME
from surveys.errors import NotFound
from surveys.fields import FieldList
from surveys.indexes import document as index_documents
from surveys.indexes import load as index_files
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires import document as questionnaire_documents
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire
from surveys.store.tables import AdoptionRow, FieldListRow, IndexRow, QuestionnaireRow

_DIGITS = re.compile(r"[0-9a-f]{1,64}")
_FRESH = "definitions_published_here"
"""key in `Session.info`: versions this session wrote; until they are committed nobody else may know them"""

D = TypeVar("D", Questionnaire, IndexDefinition, FieldList)
Row = TypeVar("Row", QuestionnaireRow, IndexRow, FieldListRow)


@dataclass(frozen=True)
class Version:
    """One stored version, as listed."""

    id: int
    name: str
    content: str
    created: date


@dataclass(frozen=True)
class Adoption:
    """That a version was approved by a second person."""

    what: str
    """'questionnaire', 'index', 'fields'"""
    name: str
    content: str
    adopted: date


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
_field_lists: _Known[FieldList] = _Known()


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


def publish_fields(session: Session, fields: FieldList, today: date) -> int:
    """Id of this version; stored now unless the same content is there already."""
    return _publish(session, FieldListRow, fields.content, lambda: FieldListRow(
        name=fields.name, content=fields.content, document=field_lists.to_json(fields), created=today,
    ))


def adopt(session: Session, definition: Questionnaire | IndexDefinition | FieldList, today: date) -> None:
    """Store the version, unless it is there, and let it be in force from now on."""
    if isinstance(definition, Questionnaire):
        what = "questionnaire"
        publish(session, definition, today)
    elif isinstance(definition, IndexDefinition):
        what = "index"
        publish_index(session, definition, today)
    else:
        what = "fields"
        publish_fields(session, definition, today)
    session.add(AdoptionRow(what=what, name=definition.name, content=definition.content, adopted=today))
    session.flush()


def current(session: Session, name: str) -> Questionnaire | None:
    """The version in force under this name (the rule stands at the top of this file), or None."""
    id = _adopted(session, "questionnaire", QuestionnaireRow, name)
    if id is not None:
        return questionnaire(session, id)
    return questionnaire_files.shipped().get(name) or newest(session, name)


def current_index(session: Session, name: str) -> IndexDefinition | None:
    """As `current`."""
    id = _adopted(session, "index", IndexRow, name)
    if id is not None:
        return index(session, id)
    return index_files.shipped().get(name) or newest_index(session, name)


def current_fields(session: Session, name: str) -> FieldList | None:
    """As `current`; no list of fields ships with the program."""
    id = _adopted(session, "fields", FieldListRow, name)
    if id is None:
        id = _newest(session, FieldListRow, name)
    return None if id is None else fields(session, id)


def names(session: Session, what: str) -> tuple[str, ...]:
    """Every name under which there is a version. what: 'questionnaire', 'index', 'fields'."""
    columns = {"questionnaire": QuestionnaireRow.name, "index": IndexRow.name, "fields": FieldListRow.name}
    known = set(session.scalars(select(columns[what]).distinct()))
    if what == "questionnaire":
        known.update(questionnaire_files.shipped())
    elif what == "index":
        known.update(index_files.shipped())
    return tuple(sorted(known))


class Currents(Mapping[str, Questionnaire]):
    """Name -> questionnaire in force, read as it is asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> Questionnaire:
        found = current(self._session, name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(names(self._session, "questionnaire"))

    def __len__(self) -> int:
        return len(names(self._session, "questionnaire"))


def adoptions(session: Session) -> tuple[Adoption, ...]:
    """Everything ever adopted, the last first."""
    columns = select(AdoptionRow.what, AdoptionRow.name, AdoptionRow.content, AdoptionRow.adopted)
    return tuple(Adoption(*row) for row in session.execute(columns.order_by(AdoptionRow.id.desc())))


def by_content(session: Session, name: str, digits: str) -> Questionnaire | None:
    """The version of a questionnaire whose content begins with these digits: stored, or shipped; or None."""
    found = _by_content(session, QuestionnaireRow, name, digits)
    if found is not None:
        return questionnaire(session, found)
    shipped = questionnaire_files.shipped().get(name)
    return shipped if shipped is not None and shipped.content.startswith(digits) else None


def index_by_content(session: Session, name: str, digits: str) -> IndexDefinition | None:
    """As `by_content`."""
    found = _by_content(session, IndexRow, name, digits)
    if found is not None:
        return index(session, found)
    shipped = index_files.shipped().get(name)
    return shipped if shipped is not None and shipped.content.startswith(digits) else None


def fields_by_content(session: Session, name: str, digits: str) -> FieldList | None:
    """As `by_content`."""
    found = _by_content(session, FieldListRow, name, digits)
    return None if found is None else fields(session, found)


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


def fields(session: Session, id: int) -> FieldList:
    """The version with this id; NotFound("fields_version_unknown")."""

    def read(row: FieldListRow) -> FieldList:
        return replace(field_lists.from_document(row.document), content=row.content)

    return _version(session, FieldListRow, id, _field_lists, read, "fields_version_unknown")


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


def field_versions(session: Session) -> tuple[Version, ...]:
    """Every stored version of a list of fields, in order of storing."""
    return _versions(session, FieldListRow)


def _adopted(session: Session, what: str, table: type[Row], name: str) -> int | None:
    """Id of the version adopted last under a name, or None."""
    if not NAME.fullmatch(name):  # the database is not asked for what a stranger's file calls a name
        return None
    return session.scalar(
        select(table.id).join(AdoptionRow, AdoptionRow.content == table.content)
        .where(AdoptionRow.what == what, AdoptionRow.name == name).order_by(AdoptionRow.id.desc()).limit(1)
    )


def _by_content(session: Session, table: type[Row], name: str, digits: str) -> int | None:
    if not (NAME.fullmatch(name) and _DIGITS.fullmatch(digits)):
        return None
    return session.scalar(
        select(table.id).where(table.name == name, table.content.startswith(digits, autoescape=True))
        .order_by(table.id).limit(1)
    )


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
    if not NAME.fullmatch(name):
        return None
    return session.scalar(select(table.id).where(table.name == name).order_by(table.id.desc()).limit(1))


def _versions(session: Session, table: type[Row]) -> tuple[Version, ...]:
    columns = select(table.id, table.name, table.content, table.created).order_by(table.id)
    return tuple(Version(*row) for row in session.execute(columns))
