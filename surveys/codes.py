"""Codes that people scan and type: Crockford's base 32, case-insensitive, without look-alikes."""

from __future__ import annotations

import secrets
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})

POINT_LENGTH = 8
"""40 bits: an open point is public, its code only has to be unlikely to be mistyped into another's"""
SLIP_LENGTH = 26
"""130 bits: a slip is a bearer's right to one answer and must not be guessed"""

Draw = Callable[[int], str]
"""length -> a fresh code of that length"""


def draw(length: int) -> str:
    """A code of `length` characters from the system's source of chance."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normal(typed: str) -> str:
    """What was meant: upper case, without blanks and hyphens, O as 0, I and L as 1."""
    return typed.upper().translate(_LOOK_ALIKE)


def is_code(text: str, length: int) -> bool:
    return len(text) == length and all(character in ALPHABET for character in text)
