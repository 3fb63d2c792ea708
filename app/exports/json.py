"""JSON: a top-level list, a record a line, numbers in full precision, null for what is not there."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps
from typing import Any

from app.exports.fields import ordered
from surveys.captions import Captions


def write(records: Sequence[dict[str, Any]], captions: Captions) -> bytes:
    """Raises ValueError for NaN and infinities: they are no JSON."""
    _, rows = ordered(records, captions)
    lines = ",\n".join(dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    return f"[\n{lines}\n]\n".encode() if lines else b"[]\n"
