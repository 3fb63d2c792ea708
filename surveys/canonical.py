"""One spelling for one definition: canonical JSON, and the hash that names a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

Document = Mapping[str, object]
"""a definition as plain tables, lists, text and numbers"""


def canonical_json(document: Document) -> str:
    """The same text for the same content: keys sorted, no spaces, letters as they are, no NaN."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """sha-256 of a text in UTF-8, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
