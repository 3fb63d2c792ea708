"""Index definitions from files, uploads and stored documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from surveys.canonical import digest
from surveys.definition_files import faults_of, read_folder
from surveys.definitions import Node, Reader
from surveys.errors import Fault
from surveys.indexes.checks import check_alone, problems_with
from surveys.indexes.document import named
from surveys.indexes.model import IndexDefinition
from surveys.indexes.reading import read
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire

FOLDER = Path(__file__).parent / "definitions"


def parse(content: bytes, file: str, questionnaires: Mapping[str, Questionnaire]) -> IndexDefinition:
    """The index definition in a TOML file, checked against the questionnaire it names.

    questionnaires: name -> the version whose items it reads.
    Raises DefinitionRefusal("definition_faulty") with every fault: its `column` is the key path, its
    details name the file.
    """
    reader = Reader(file)
    index = _read(reader, reader.toml(content))
    if index is not None and index.questionnaire:
        questionnaire = questionnaires.get(index.questionnaire)
        if questionnaire is None:
            reader.fault("definition_index_questionnaire_unknown", "questionnaire",
                         found=index.questionnaire[:60], known=", ".join(questionnaires))
        else:
            reader.faults += problems_with(index, questionnaire, file)
    reader.refuse_if_faulty()
    assert index is not None  # noqa: S101  # no fault, so it was read
    return named(index)


def problems(content: bytes, file: str, questionnaires: Mapping[str, Questionnaire]) -> tuple[Fault, ...]:
    """Every fault of a TOML file; nothing when it is good."""
    return faults_of(lambda: parse(content, file, questionnaires))


def from_document(document: str) -> IndexDefinition:
    """The definition in a stored canonical document; it goes by the document's own hash."""
    reader = Reader("document")
    index = _read(reader, Node(reader, json.loads(document), ""))
    reader.refuse_if_faulty()
    assert index is not None  # noqa: S101  # no fault, so it was read
    return named(index, content=digest(document))


def shipped() -> dict[str, IndexDefinition]:
    """Name -> definition, of every file in `definitions/`. Raises DefinitionRefusal over all files."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, IndexDefinition]:
    questionnaires = questionnaire_files.shipped()
    return read_folder(FOLDER, lambda content, file: parse(content, file, questionnaires))


def _read(reader: Reader, top: Node) -> IndexDefinition | None:
    if reader.faults:  # an unreadable file has one fault, not one per missing key
        return None
    index = read(top)
    check_alone(reader, index)
    return index
