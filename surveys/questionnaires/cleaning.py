"""Free text as people wrote it, without what could hide, break or deceive."""

from __future__ import annotations

import re
import unicodedata

from surveys.errors import Fault
from surveys.questionnaires.model import Question

MARKS_IN_A_ROW = 3
"""combining marks kept after one letter; Vietnamese needs two, stacks of dozens deface a page"""

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_DROPPED = re.compile(
    "[\x01-\x08\x0b-\x1f\x7f-\x9f"  # controls except tab and line feed
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, direction marks
    "\U000e0000-\U000e007f]"  # tags
)


def clean_text(question: Question, text: str) -> str | Fault:
    """The text in NFC, trimmed, without unseen signs; '' when nothing is left; or what is wrong with it.

    Faults, with `column` the question's id: 'text_characters' (NUL, half a surrogate pair), 'text_too_long'
    (details `limit` and `length` in code points, counted after cleaning).
    """
    found = cleaned(text)
    if found is None:
        return Fault("text_characters", column=question.id)
    text = found.strip()
    if len(text) > question.max_length:
        return Fault("text_too_long", None, question.id, {"limit": question.max_length, "length": len(text)})
    return text


def cleaned(text: str) -> str | None:
    """The text in NFC with LF line ends, without unseen signs and stacked marks; None: it cannot be text.

    NUL and half a surrogate pair: the engines differ on the one, neither takes the other.
    """
    if text.isascii() and text.isprintable():
        return text
    if _REFUSED.search(text):
        return None
    text = _DROPPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.isascii():
        # marks are capped first: composing a run of n of them takes n * n steps
        text = unicodedata.normalize("NFC", _with_few_marks(text))
    return text


def _with_few_marks(text: str) -> str:
    marks = {letter for letter in set(text) if unicodedata.category(letter) in ("Mn", "Me")}
    if not marks:  # composed text, as nearly every device sends it
        return text
    kept: list[str] = []
    run = 0
    for letter in text:
        run = run + 1 if letter in marks else 0
        if run <= MARKS_IN_A_ROW:
            kept.append(letter)
    return "".join(kept)
