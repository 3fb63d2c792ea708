"""Every version of every definition: what was uploaded and what ships, which is in force, which waves use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys.errors import NotFound
from surveys.fields import FieldList
from surveys.fields import to_document as fields_document
from surveys.indexes import load as index_files
from surveys.indexes.document import to_document as index_document
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.document import to_document as questionnaire_document
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.store import waves as wave_store
from surveys.waves import Wave

WHOLES = ("questionnaire", "index", "fields")
SHORT = 12
"""digits of a version's content in an address: enough to name it"""

Definition = Questionnaire | IndexDefinition | FieldList
Text = Mapping[str, str]


@dataclass(frozen=True)
class Edition:
    """One version of a definition."""

    what: str
    name: str
    content: str
    id: int | None
    """None: it ships with the program and no wave has used it"""
    day: date | None
    """first stored; None as for `id`"""
    in_force: bool
    approved: date | None
    """None: nobody was asked: it ships with the program, or came by the command line"""
    shipped: bool
    waves: tuple[Wave, ...]

    @property
    def short(self) -> str:
        return self.content[:SHORT]


@dataclass(frozen=True)
class Shelf:
    """A name with all its versions, the newest first."""

    what: str
    name: str
    title: Text
    editions: tuple[Edition, ...]

    @property
    def current(self) -> Edition:
        return next((edition for edition in self.editions if edition.in_force), self.editions[0])


def shelves(session: Session, what: str) -> list[Shelf]:
    """Every name of a kind of definition, by name. A handful of queries, whatever there is."""
    shipped = _shipped(what)
    stored: dict[str, list[definitions.Version]] = {}
    for version in _stored(session, what):
        stored.setdefault(version.name, []).append(version)
    adopted: dict[tuple[str, str], date] = {}
    last: dict[str, str] = {}
    for adoption in definitions.adoptions(session):
        if adoption.what == what:
            adopted.setdefault((adoption.name, adoption.content), adoption.adopted)
            last.setdefault(adoption.name, adoption.content)
    used = _waves(session, what)
    found = []
    for name in sorted({*stored, *shipped}):
        own = shipped.get(name)
        versions = stored.get(name, [])
        force = last.get(name) or (own.content if own else versions[-1].content)
        editions = [
            Edition(
                what, name, version.content, version.id, version.created, version.content == force,
                adopted.get((name, version.content)), own is not None and own.content == version.content,
                tuple(used.get(version.id, ())),
            )
            for version in reversed(versions)
        ]
        if own is not None and all(own.content != version.content for version in versions):
            editions.append(Edition(what, name, own.content, None, None, own.content == force, None, True, ()))
        editions.sort(key=lambda edition: not edition.in_force)
        shown = load(session, next((each for each in editions if each.in_force), editions[0]))
        found.append(Shelf(what, name, shown.title, tuple(editions)))
    return found


def shelf(session: Session, what: str, name: str) -> Shelf:
    """Raises NotFound("definition_unknown")."""
    for found in shelves(session, what) if what in WHOLES else ():
        if found.name == name:
            return found
    raise NotFound("definition_unknown", name=name, known="")


def edition(session: Session, what: str, name: str, digits: str) -> tuple[Shelf, Edition]:
    """The version whose content begins so; raises NotFound("definition_unknown")."""
    held = shelf(session, what, name)
    for found in held.editions:
        if len(digits) >= SHORT and found.content.startswith(digits):
            return held, found
    raise NotFound("definition_unknown", name=name, known="")


def load(session: Session, edition: Edition) -> Definition:
    if edition.id is None:
        found: Definition = _shipped(edition.what)[edition.name]
        return found
    if edition.what == "questionnaire":
        return definitions.questionnaire(session, edition.id)
    if edition.what == "index":
        return definitions.index(session, edition.id)
    return definitions.fields(session, edition.id)


def document(definition: Definition) -> dict[str, object]:
    """The plain tables that a version is compared and written by."""
    if isinstance(definition, Questionnaire):
        return questionnaire_document(definition)
    if isinstance(definition, IndexDefinition):
        return index_document(definition)
    return fields_document(definition)


def _shipped(what: str) -> Mapping[str, Questionnaire] | Mapping[str, IndexDefinition]:
    if what == "questionnaire":
        return questionnaire_files.shipped()
    return index_files.shipped() if what == "index" else {}


def _stored(session: Session, what: str) -> Sequence[definitions.Version]:
    if what == "questionnaire":
        return definitions.versions(session)
    return definitions.index_versions(session) if what == "index" else definitions.field_versions(session)


def _waves(session: Session, what: str) -> dict[int, list[Wave]]:
    used: dict[int, list[Wave]] = {}
    if what != "fields":
        for wave in wave_store.waves(session):
            used.setdefault(wave.questionnaire_id if what == "questionnaire" else wave.index_id, []).append(wave)
    return used
