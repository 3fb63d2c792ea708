"""What is in a backup, written down inside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Member:
    """One file of the backup."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Table:
    """A table as it was copied: its rows, and (on PostgreSQL) the columns of its lines, in order."""

    rows: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """Everything that is known about a backup without opening its database. No time of day, nothing of answers."""

    engine: str
    """'sqlite' or 'postgresql'"""
    program: str
    revision: str
    """of the schema"""
    epoch: str
    day: date
    tables: Mapping[str, Table]
    """in an order in which rows may be put back: what is referred to comes first"""
    members: Mapping[str, Member]
    sequences: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    """PostgreSQL: sequence -> (its last value, whether that was given out)"""
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def written(self) -> bytes:
        return json.dumps(asdict(self), default=str, sort_keys=False).encode()


def read(raw: bytes) -> Manifest:
    told: dict[str, Any] = json.loads(raw)
    return Manifest(
        **told | {
            "day": date.fromisoformat(told["day"]),
            "tables": {
                name: Table(table["rows"], tuple(table["columns"])) for name, table in told["tables"].items()
            },
            "members": {name: Member(**member) for name, member in told["members"].items()},
            "sequences": {name: (at, called) for name, (at, called) in told["sequences"].items()},
        }
    )
