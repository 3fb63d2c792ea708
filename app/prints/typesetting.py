"""From data to PDF: one typst template, our own fonts, nothing from the machine it runs on."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Final

import typst

_HERE = Path(__file__).resolve().parent
FONTS = _HERE / "fonts"
TEMPLATES = _HERE / "templates"

STANDARD: Final = "a-2a"
"""tagged, archivable, every character with its Unicode value"""


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def pdf(template: str, data: Mapping[str, object], day: date) -> bytes:
    """The PDF of `templates/<template>` filled with `data`, which is shown and never run.

    day: the day written into the file; the same data and day give the same bytes.
    """
    compiler = typst.Compiler(
        input=str(TEMPLATES / template), root=str(TEMPLATES), font_paths=_fonts(), ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    made = datetime.combine(day, time(), tzinfo=UTC)
    try:
        document = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=made)
    except typst.TypstError:
        # PDF/A refuses a character that our font lacks (an emoji in a label); paper lives with an empty box
        document = compiler.compile(format="pdf", timestamp=made)
    if not isinstance(document, bytes):
        raise TypeError("typst gave pages where one document was asked for")
    return document


def shown(text: str) -> str:
    """A person's text as it is set: composed letters, one line, no control characters."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in composed).split())
