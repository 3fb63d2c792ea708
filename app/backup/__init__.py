"""Backups: made while citizens answer, proven to the byte, restored beside what is live and swapped in at once.

    create    a backup of database and keys, sealed with a passphrase   (creating.py)
    verify    every byte of it is as it was written                     (loading.py)
    restore   it takes the place of what is live, which is kept aside   (restoring.py)
    drill     the same for practice, in a scratch place                 (drilling.py)
    last      when that happened last, for the status page              (records.py)

All of them but `last` run in the application's context and raise `surveys.errors.Refusal`. The modules are imported
when they are used: `app.create_app` itself needs `swap`, to finish a restore that was cut short.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.backup.records import Last, last
from app.settings import Settings

if TYPE_CHECKING:
    from app.backup.drilling import Drill
    from app.backup.manifest import Manifest
    from app.backup.restoring import Restored

__all__ = ["Last", "create", "drill", "last", "restore", "verify"]


def create(settings: Settings, target: Path, passphrase: str) -> Manifest:
    from app.backup import creating

    made, _ = creating.create(settings, target, passphrase)
    return made


def verify(path: Path, passphrase: str) -> Manifest:
    from app.backup import loading

    return loading.verify(path, passphrase)


def restore(settings: Settings, path: Path, passphrase: str, *, replace: bool = False) -> Restored:
    from app.backup import restoring

    return restoring.restore(settings, path, passphrase, replace=replace)


def drill(settings: Settings, path: Path, passphrase: str) -> Drill:
    from app.backup import drilling

    return drilling.drill(settings, path, passphrase)
