"""Passphrases of staff: what is strong enough, and how they are kept (Argon2id)."""

from __future__ import annotations

import functools
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from surveys.errors import Fault

SHORTEST = 12
LONGEST = 128
FEWEST_DIFFERENT = 5
"""distinct characters: keeps out 'aaaaaaaaaaaa' and '121212121212'"""
CONTEXT = ("hailong", "hailòng", "matkhau", "mậtkhẩu", "password", "123456789", "qwertyuiop")
"""what a guesser of this system tries first"""

_hasher = PasswordHasher()  # the library's profile follows RFC 9106, second recommended option: 64 MiB a hash
_at_once = threading.BoundedSemaphore(2)  # a flood of sign-ins must not take the machine's memory


def problem(passphrase: str, account: str = "") -> Fault | None:
    """What is wrong with a new passphrase, or None. Length decides; any characters, no composition."""
    plain = _normal(passphrase)
    squeezed = "".join(plain.casefold().split())
    if not SHORTEST <= len(plain) <= LONGEST:
        return Fault("passphrase_length", details={"shortest": SHORTEST, "longest": LONGEST})
    if len(set(squeezed)) < FEWEST_DIFFERENT:
        return Fault("passphrase_monotonous")
    rest = squeezed
    for word in filter(None, (*CONTEXT, account.casefold())):
        rest = rest.replace(word, "")
    if rest != squeezed and len(rest) < SHORTEST // 2:
        return Fault("passphrase_guessable")
    return None


def hashed(passphrase: str) -> str:
    """Argon2id with a fresh salt, in the library's own text form."""
    with _at_once:
        return _hasher.hash(_normal(passphrase))


@functools.cache
def _nobody() -> str:
    return _hasher.hash("")


def matches(stored: str | None, passphrase: str) -> bool:
    """Whether it is the stored one. An unknown account (None) never matches, and costs the same time."""
    typed = _normal(passphrase[: LONGEST * 2])
    with _at_once:
        try:
            return _hasher.verify(stored or _nobody(), typed) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def _normal(passphrase: str) -> str:
    # the same key presses arrive composed from one machine and decomposed from another
    return unicodedata.normalize("NFC", passphrase)
