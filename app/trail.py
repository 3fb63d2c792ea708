"""The audit trail's witness: how far the trail had got, in a file beside its key and outside the database.

A database set back to an earlier state, its trail and its head with it, would fit in itself; it does not fit this
file. It is written after the commit, so it is never ahead of the trail. It moves on only from an entry that is
still in the trail: otherwise the next sign-in would wipe out the only trace of a trail that was set back.
"""

from __future__ import annotations

import logging
import os
import secrets

from sqlalchemy.orm import Session

from app.settings import Settings
from surveys.audit import Mark
from surveys.store import audit as store

_log = logging.getLogger(__name__)


def stands(settings: Settings, session: Session) -> bool:
    """Whether the mark kept last is still in the trail that this transaction sees; one that is lost says nothing."""
    kept = remembered(settings)
    return kept is None or store.holds(session, kept)


def remember(settings: Settings, mark: Mark) -> None:
    """Keep the mark of a committed entry; of two who commit together, the later one's."""
    kept = remembered(settings)
    if kept is None or kept[0] < mark[0]:
        put(settings, mark)


def put(settings: Settings, mark: Mark) -> None:
    """Keep this mark, whatever was kept before."""
    path = settings.keys / "audit-mark"
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(spelt(mark))
        os.replace(fresh, path)
    except OSError as fault:  # what was done is done and recorded; only the witness stays where it was
        _log.warning("the audit trail's mark was not kept: %s", fault.strerror)
        fresh.unlink(missing_ok=True)


def remembered(settings: Settings) -> Mark | None:
    try:
        return read(settings.keys.joinpath("audit-mark").read_text())
    except (OSError, ValueError):
        return None


def spelt(mark: Mark) -> str:
    """'17:9f86d0…', as it is printed and typed."""
    return f"{mark[0]}:{mark[1].hex()}"


def read(text: str) -> Mark:
    """Raises ValueError for what is no mark."""
    seq, _, digest = text.strip().partition(":")
    mark = int(seq), bytes.fromhex(digest)
    if mark[0] < 0 or len(mark[1]) != 32:
        raise ValueError(text)
    return mark
