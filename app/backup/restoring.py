"""A backup takes the place of what is live; what was live is kept aside."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app import db, keyring, server_day, serving, trail, writer
from app.backup import postgresql, records, sqlite, swap
from app.backup.alone import alone
from app.backup.loading import Loaded, loaded
from app.backup.manifest import Manifest
from app.settings import Settings, put_private, read_private
from surveys import audit
from surveys.audit import Mark
from surveys.errors import Refusal
from surveys.store import epochs

FILLED = ("response", "account", "wave", "audit")
"""tables of which one row makes an installation worth keeping"""


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    epoch: str
    """begun by this restore"""
    aside: str
    """where what was live is kept now; '' if nothing was: a folder, on PostgreSQL also a schema of this name"""


def restore(settings: Settings, path: Path, passphrase: str, *, replace: bool = False) -> Restored:
    """Put the backup in the place of the live database and keys, and begin a new epoch.

    The live data are not touched before the backup was read to its end, put back beside them, checked and brought to
    today's schema; then they change places at once, and stay aside. Runs in the application's context.
    Raises Refusal: "server_running", "restore_filled" (there are data, and not `replace`), "restore_secret" (the
    secret key is set from outside, to another one), and what `loading.loaded` raises.
    """
    with serving.nobody(settings), alone(settings):
        writer.close(current_app._get_current_object())  # type: ignore[attr-defined]  # of the proxy
        db.db.engine.dispose()
        _require_still(settings)
        if not replace and filled(settings):
            raise Refusal("restore_filled")
        before = trail.remembered(settings)
        with loaded(settings, path, passphrase) as new:
            _require_known_secret(settings, new)
            _keep_newer_keys(settings, new)
            epoch = _begin(new, path, before)
            aside = f"before_restore_{server_day():%Y%m%d}_{secrets.token_hex(2)}"
            used = _swap(settings, new, aside)
        records.remember(settings, restored=server_day())
        return Restored(new.manifest, epoch, aside if used else "")


def filled(settings: Settings) -> bool:
    """Whether the live place holds something that a restore would put aside."""
    if settings.database_url.startswith("sqlite"):
        path = sqlite.file_of(settings.database_url)
        if not path.is_file() or not path.stat().st_size:
            return False
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
                return any(
                    connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608  # FILLED is ours
                    for name in FILLED if name in there
                )
        except sqlite3.DatabaseError:
            return True  # a broken database is still somebody's
    with postgresql.connected(settings.database_url) as connection:
        there = set(postgresql.table_names(connection))
        return any(
            connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608  # FILLED is ours
            for name in FILLED if name in there
        )


def _require_still(settings: Settings) -> None:
    """A server on another machine holds no lock here, but it is connected."""
    if settings.database_url.startswith("sqlite"):
        return
    with postgresql.connected(settings.database_url) as connection:
        if not postgresql.still(connection):
            raise Refusal("server_running")


def _require_known_secret(settings: Settings, new: Loaded) -> None:
    """A secret key from outside is the backup's, or came after it and knows it."""
    if not settings.secret_key:
        return
    folder = new.folder / "keys"
    known = {settings.secret_key, *settings.secrets_before}
    if (folder / "secret").read_text() not in known or keyring.stored(folder):
        raise Refusal("restore_secret")


def _keep_newer_keys(settings: Settings, new: Loaded) -> None:
    """Keys that were made after the backup stay: forms, slips and sealed copies of theirs are in people's hands."""
    first = Path("secret")
    there, here = new.folder / "keys", settings.keys
    if not (here / first).exists() or (here / first).read_bytes() != (there / first).read_bytes():
        return  # another installation's
    newest = max(keyring.stored(there), default=1)
    names = [keyring.NAME.format(number) for number in keyring.stored(here) if number > newest]
    for name in [*names, *([keyring.RETIRED] if (here / keyring.RETIRED).exists() else [])]:
        put_private(there / name, read_private(here / name), replace=True)


def _begin(new: Loaded, path: Path, before: Mark | None) -> str:
    with new.app.app_context():
        with db.transaction() as session:
            epoch = epochs.begin(session, server_day())
            audit.note(session, "backup.restored", f"backup:{path.name}", None, {
                "backup_day": new.manifest.day, "epoch": epoch.mark,
                # the trail that was live ended here: a longer one, kept aside
                "replaced_mark": trail.spelt(before) if before else None,
            })
        db.db.engine.dispose()
    if new.database is not None:
        with closing(sqlite3.connect(new.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return epoch.mark


def _swap(settings: Settings, new: Loaded, aside: str) -> bool:
    """Whether anything was put aside."""
    asides: swap.Steps = []
    steps: swap.Steps = []
    schemas = None
    if new.database is not None:
        live = sqlite.file_of(settings.database_url)
        # what belongs to the old file first: it must never be taken for the new one's
        asides += [
            (live.with_name(live.name + end), live.parent / aside / (live.name + end)) for end in ("-wal", "-shm", "")
        ]
        steps.append((new.database, live))
    elif new.schema is not None:
        with postgresql.connected(settings.database_url) as connection:
            schemas = (postgresql.current_schema(connection), new.schema, aside)
    asides.append((settings.keys, settings.state / aside / "keys"))
    used = schemas is not None or any(old.exists() for old, _ in asides)
    steps.append((new.folder / "keys", settings.keys))
    swap.perform(settings, asides, steps, schemas)
    keyring.forget()
    current_app.extensions.pop("epoch", None)
    return used
