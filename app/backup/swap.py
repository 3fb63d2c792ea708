"""The last act of a restore: new files take the place of the old, which are kept aside. All of it, or none.

Several renames are not one act. What is to be done is therefore written down first, and whoever next makes the
application finishes it, before anything is opened. On PostgreSQL the schemas change names in one transaction; whether
that was committed says whether the rest is to be done.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from psycopg import sql

from app.backup import postgresql
from app.settings import Settings

Steps = list[tuple[Path, Path]]
"""renames, in order"""


def _journal(settings: Settings) -> Path:
    return settings.state / "restore.json"


def pending(settings: Settings) -> bool:
    """A restore was cut short: what it was about to move must stay where it is."""
    return _journal(settings).exists()


def perform(settings: Settings, steps: Steps, schemas: tuple[str, str, str] | None) -> None:
    """Write down, then do. schemas, of PostgreSQL: (live, new, what the live one will be called)."""
    journal = _journal(settings)
    fresh = journal.with_suffix(".fresh")
    with fresh.open("w") as file:
        json.dump({"steps": [[str(old), str(new)] for old, new in steps], "schemas": schemas}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, journal)
    _flush(settings.state)
    if schemas is not None:
        _exchange(settings, schemas)
    finish(settings)


def finish(settings: Settings) -> None:
    """Finish what a restore that was cut short had begun; costs one look at the disk where there is nothing."""
    journal = _journal(settings)
    try:
        told = json.loads(journal.read_bytes())
    except FileNotFoundError:
        return
    if told["schemas"] is None or _exchanged(settings, told["schemas"]):
        for old, new in told["steps"]:
            _rename(Path(old), Path(new))
    journal.unlink(missing_ok=True)
    _flush(settings.state)


def _rename(old: Path, new: Path) -> None:
    if not old.exists() or new.exists():  # done before
        return
    new.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.rename(old, new)
    for folder in {old.parent, new.parent}:
        _flush(folder)


def _exchange(settings: Settings, schemas: tuple[str, str, str]) -> None:
    live, new, aside = map(sql.Identifier, schemas)
    rename = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
    with postgresql.connected(settings.database_url) as connection, connection.transaction():
        connection.execute(rename.format(live, aside))
        connection.execute(rename.format(new, live))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(live))


def _exchanged(settings: Settings, schemas: tuple[str, str, str]) -> bool:
    with postgresql.connected(settings.database_url) as connection:
        return not postgresql.exists(connection, schemas[1])


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
