"""The order of Vietnamese names: a ă â b c d đ e ê …, and among equals ngang huyền hỏi ngã sắc nặng."""

from __future__ import annotations

import functools
import unicodedata

LETTERS = {letter: place for place, letter in enumerate(" aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
TONES = {tone: place for place, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", 1)}
"""grave, hook, tilde, acute, dot below"""


@functools.lru_cache(maxsize=8192)  # pages sort the same names again and again
def alphabetical(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Sort key: syllable by syllable, letters first, then tones; strange characters come last."""
    letters: list[int] = []
    tones: list[int] = []
    for character in unicodedata.normalize("NFC", text.casefold()):
        marks = unicodedata.normalize("NFD", character)
        tone = next((TONES[mark] for mark in marks if mark in TONES), 0)
        bare = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES))
        letters.append(LETTERS.get(bare, len(LETTERS) + ord(bare[0]) if bare else 0))
        tones.append(tone)
    return tuple(letters), tuple(tones), text
