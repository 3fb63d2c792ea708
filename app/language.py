"""Staff pages in two languages: written in Vietnamese, with English beside them in catalogues.

Templates and code say `_("câu tiếng Việt")`. The English sentences stand in `translations/en/*.po`, one catalogue
per subject; a test holds that every sentence has one. Catalogues are read as they are: nothing is compiled.
The reader's language: `?lang=` on this request, else what the session or the account says, else Vietnamese.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po
from flask import Flask, g, request, session

FOLDER = Path(__file__).resolve().parent / "translations"
LANGUAGES = ("vi", "en")
KEY = "language"
"""where the session keeps the choice"""


@functools.cache
def catalogue(language: str) -> Mapping[str, str]:
    """Vietnamese sentence -> sentence of that language. Raises ValueError for a sentence translated twice."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if not message.id or not message.string:
                    continue
                id, text = str(message.id), str(message.string)
                if found.get(id, text) != text:
                    raise ValueError(f"{path.name}: translated twice, differently: {id}")
                found[id] = text
    return found


def current() -> str:
    """The reader's language on this request."""
    known: str | None = g.get("staff_language")
    if known is None:
        known = g.staff_language = _chosen()
    return known


def _chosen() -> str:
    from app import auth

    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return asked
    who = auth.viewer()
    if who is None:
        return "vi"
    kept: str = session.get(KEY) or who.language
    return kept if kept in LANGUAGES else "vi"


def translate(sentence: str, **values: object) -> str:
    """The sentence in the reader's language; `{name}` in it is filled from `values`."""
    said = sentence if current() == "vi" else catalogue("en").get(sentence, sentence)
    return said.format_map(values) if values else said


_ = translate


def register(app: Flask) -> None:
    app.jinja_env.globals["_"] = translate
    app.jinja_env.globals["reader_language"] = current
