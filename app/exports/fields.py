"""What programs read: the fields of a record in their order, and the watermark of simulated waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.wording import WORDS
from surveys.captions import Captions
from surveys.score_fields import FIELDS


def ordered(records: Sequence[dict[str, Any]], captions: Captions) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Field names and records in that order; a marked wave has one more field, `watermark`, last."""
    marked = captions.wave.mark
    fields = (*FIELDS, "watermark") if marked else FIELDS
    mark = {"watermark": WORDS[marked][0]} if marked else {}
    return fields, [{name: record[name] for name in FIELDS} | mark for record in records]
