"""The epoch that this server is in, as pages and acknowledgements carry it: '1', or '2-9f3ab1c4' after a restore.

Devices compare it with the one their sealed copies were acknowledged in. It changes only while nobody serves, so each
process reads it once.
"""

from __future__ import annotations

from flask import current_app

from app.db import reading
from surveys.store import epochs as store


def current() -> str:
    found: str | None = current_app.extensions.get("epoch")
    if found is None:
        with reading() as session:
            found = current_app.extensions["epoch"] = store.current(session).mark
    return found
