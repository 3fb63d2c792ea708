"""Questionnaires from files, uploads and stored documents."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from surveys.canonical import digest
from surveys.definition_files import faults_of, read_folder
from surveys.definitions import Node, Reader
from surveys.errors import Fault
from surveys.questionnaires.document import named
from surveys.questionnaires.model import Questionnaire
from surveys.questionnaires.reading import read

FOLDER = Path(__file__).parent / "definitions"


def parse(content: bytes, file: str) -> Questionnaire:
    """The questionnaire in a TOML file.

    Raises DefinitionRefusal("definition_faulty") with every fault: its `column` is the key path, its
    details name the file.
    """
    reader = Reader(file)
    questionnaire = _read(reader, reader.toml(content))
    reader.refuse_if_faulty()
    assert questionnaire is not None  # noqa: S101  # no fault, so it was read
    return named(questionnaire)


def problems(content: bytes, file: str) -> tuple[Fault, ...]:
    """Every fault of a TOML file; nothing when it is good."""
    return faults_of(lambda: parse(content, file))


def from_document(document: str) -> Questionnaire:
    """The questionnaire in a stored canonical document; it goes by the document's own hash."""
    reader = Reader("document")
    questionnaire = _read(reader, Node(reader, json.loads(document), ""))
    reader.refuse_if_faulty()
    assert questionnaire is not None  # noqa: S101  # no fault, so it was read
    return named(questionnaire, content=digest(document))


def shipped() -> dict[str, Questionnaire]:
    """Name -> questionnaire, of every file in `definitions/`. Raises DefinitionRefusal over all files."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, Questionnaire]:
    return read_folder(FOLDER, parse)


def _read(reader: Reader, top: Node) -> Questionnaire | None:
    # an unreadable file has one fault, not one per missing key
    return None if reader.faults else read(top)
