"""The definition files that ship with the source: read all, and say all that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from surveys.definitions import faulty
from surveys.errors import DefinitionRefusal, Fault


class _Named(Protocol):
    @property
    def name(self) -> str: ...


D = TypeVar("D", bound=_Named)


def read_folder(folder: Path, parse: Callable[[bytes, str], D]) -> dict[str, D]:
    """Name -> definition, of every TOML file; a file is called after its definition.

    Raises DefinitionRefusal("definition_faulty") with every fault of every file.
    """
    found: dict[str, D] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            definition = parse(path.read_bytes(), path.name)
        except DefinitionRefusal as refusal:
            faults += refusal.faults
            continue
        if definition.name != path.stem:
            details = {"file": path.name, "found": definition.name}
            faults.append(Fault("definition_file_name", None, "name", details))
        found[definition.name] = definition
    if faults:
        raise faulty(", ".join(dict.fromkeys(str(fault.details["file"]) for fault in faults)), faults)
    return found


def faults_of(parse: Callable[[], object]) -> tuple[Fault, ...]:
    """Every fault that makes the reading fail; nothing when it succeeds."""
    try:
        parse()
    except DefinitionRefusal as refusal:
        return refusal.faults
    return ()
