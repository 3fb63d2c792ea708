"""The audit trail's witness: how far the trail had got, in a file beside its key and outside the database.

A database set back to an earlier state, its trail and its head with it, would fit in itself; it does not fit this
file. It is written after the commit, so it is never ahead of the trail.
"""

from __future__ import annotations

import logging
import os
import secrets

from app.settings import Settings
from surveys.audit import Mark

_log = logging.getLogger(__name__)


def remember(settings: Settings, mark: Mark | None) -> None:
    """Keep the mark of a committed entry. Two who commit together may keep the earlier one; it is in the trail, too."""
    if mark is None:
        return
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
