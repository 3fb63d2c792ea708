"""The last act of a restore: new files take the place of the old, which are kept aside. All of it, or none.

Several renames are not one act. What is to be done is therefore written down first, and whoever next makes the
application finishes it, before anything is opened. On PostgreSQL the schemas change names in one transaction; whether
that was committed says whether the rest is to be done.

Whoever is not finished yet still holds the lock of `app.backup.lock`: what he wrote down is nobody else's to judge.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from psycopg import sql

from app.backup import lock, postgresql
from app.settings import Settings

Steps = list[tuple[Path, Path]]
"""renames, in order"""
EXCHANGING = "SELECT pg_advisory_xact_lock(hashtext('hailong.restore'))"


def _journal(settings: Settings) -> Path:
    return settings.state / "restore.json"


def pending(settings: Settings) -> bool:
    """A restore was cut short: what it was about to move must stay where it is."""
    return _journal(settings).exists()


def perform(settings: Settings, asides: Steps, steps: Steps, schemas: tuple[str, str, str] | None) -> None:
    """Write down, then do: asides first. schemas, of PostgreSQL: (live, new, what the live one will be called).

    The caller holds the lock. Only what is there now is put aside: where nothing is, the next look would find, and
    put aside, what these very steps had brought. What they bring is on the disk before anything else happens.
    """
    for new, _ in steps:
        _settle(new)
    journal = _journal(settings)
    fresh = journal.with_suffix(".fresh")
    with fresh.open("w") as file:
        json.dump({
            "asides": [[str(old), str(new)] for old, new in asides if old.exists()],
            "steps": [[str(old), str(new)] for old, new in steps], "schemas": schemas,
        }, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, journal)
    _flush(settings.state)
    if schemas is not None:
        _exchange(settings, schemas)
    _finish(settings)


def finish(settings: Settings) -> None:
    """Finish what a restore that was cut short had begun; costs one look at the disk where there is nothing.

    Raises Refusal("restore_running"): it was not cut short, it is at work.
    """
    if pending(settings):
        with lock.held(settings, "restore_running"):
            _finish(settings)


def _finish(settings: Settings) -> None:
    journal = _journal(settings)
    try:
        told = json.loads(journal.read_bytes())
    except FileNotFoundError:
        return
    if told["schemas"] is None or _exchanged(settings, told["schemas"]):
        for old, new in told["asides"]:
            if not Path(new).exists():  # else it was done: what is in the old one's place came after it
                _rename(Path(old), Path(new))
        for old, new in told["steps"]:
            if Path(old).exists():
                _make_way(Path(new))
                _rename(Path(old), Path(new))
    journal.unlink(missing_ok=True)
    _flush(settings.state)


def _rename(old: Path, new: Path) -> None:
    if not old.exists():
        return
    new.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.rename(old, new)
    for folder in {old.parent, new.parent}:
        _flush(folder)


def _make_way(place: Path) -> None:
    """Between the old one's leaving and the new one's coming the place is empty, and a program that starts makes keys,
    or a database, where it finds none. They are nobody's, yet are not thrown away."""
    mark = secrets.token_hex(2)
    for end in ("-wal", "-shm", ""):
        _rename(place.with_name(place.name + end), place.with_name(f"{place.name}.between_{mark}{end}"))


def _settle(path: Path) -> None:
    """Onto the disk: a rename that survives a power cut is worth nothing when what was renamed does not."""
    for each in [*path.rglob("*"), path] if path.is_dir() else [path]:
        _flush(each)
    _flush(path.parent)


def _exchange(settings: Settings, schemas: tuple[str, str, str]) -> None:
    live, new, aside = map(sql.Identifier, schemas)
    rename = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
    with postgresql.connected(settings.database_url) as connection, connection.transaction():
        connection.execute(EXCHANGING)
        connection.execute(rename.format(live, aside))
        connection.execute(rename.format(new, live))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(live))


def _exchanged(settings: Settings, schemas: tuple[str, str, str]) -> bool:
    with postgresql.connected(settings.database_url) as connection:
        with connection.transaction():
            connection.execute(EXCHANGING)  # whoever was killed while committing may yet have committed
        return not postgresql.exists(connection, schemas[1])


def _flush(path: Path) -> None:
    """A file's content, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
