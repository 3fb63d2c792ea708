"""Passphrases of staff: what is strong enough, and how they are kept (Argon2id).

The rules are those of ASVS 5.0 chapter 6.2: length decides, any character counts, nothing about composition, no change
by the calendar; refused is what guessers try first: words about this very system, place and person, and the commonest
passphrases (`data/common_passphrases.txt`; its source stands in `data/NOTICE.md`).
"""

from __future__ import annotations

import functools
import threading
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from surveys.errors import Fault
from surveys.units import bare_name, fold

SHORTEST = 12
ADVISED = 15
LONGEST = 128
FEWEST_DIFFERENT = 5
"""distinct characters: keeps out 'aaaaaaaaaaaa' and '121212121212'"""
CONTEXT = ("hailong", "matkhau", "khaosat", "sonoivu", "password", "passphrase", "123456789", "qwertyuiop")
"""what a guesser of this system tries first, as `_squeezed` writes it"""
LEAST_BESIDE = 6
"""letters that must stand beside such a word; years and signs are what everybody adds"""
COMMON = Path(__file__).resolve().parent / "data" / "common_passphrases.txt"

_hasher = PasswordHasher()  # the library's profile follows RFC 9106, second recommended option: 64 MiB a hash
_at_once = threading.BoundedSemaphore(2)  # a flood of sign-ins must not take the machine's memory


def problem(passphrase: str, *about: str) -> Fault | None:
    """What is wrong with a new passphrase, or None. `about`: names of the account, the person, the places."""
    plain = _normal(passphrase)
    if not SHORTEST <= len(plain) <= LONGEST:
        return Fault("passphrase_length", details={"shortest": SHORTEST, "longest": LONGEST})
    squeezed = _squeezed(plain)
    if len(set(plain.casefold().replace(" ", ""))) < FEWEST_DIFFERENT:
        return Fault("passphrase_monotonous")
    words = [*CONTEXT, *(word for each in about for word in _words(each))]
    if _rests_on(words, squeezed):
        return Fault("passphrase_guessable")
    if squeezed in common() or _rests_on(_common_in(squeezed), squeezed):
        return Fault("passphrase_common")
    return None


@functools.cache
def common() -> frozenset[str]:
    """What guessers try first, without accents and blanks."""
    return frozenset(COMMON.read_text(encoding="utf-8").split())


def _common_in(squeezed: str) -> list[str]:
    """The common words within, of six characters or more: 'liverpool' in 'liverpool2026'."""
    longest = max(map(len, common()))
    return [
        piece
        for start in range(len(squeezed)) for end in range(start + 6, min(len(squeezed), start + longest) + 1)
        if (piece := squeezed[start:end]) in common()
    ]


def _rests_on(words: Iterable[str], squeezed: str) -> bool:
    """Whether hardly a letter is left beside the words, the longest taken out first."""
    rest = squeezed
    for word in sorted({word for word in words if word}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != squeezed and sum(sign.isalpha() for sign in rest) < LEAST_BESIDE


def _words(name: str) -> list[str]:
    """A name as guessers would write it: in one piece and by its longer parts."""
    return [_squeezed(name), _squeezed(bare_name(name)), *(part for part in fold(name).split() if len(part) >= 5)]


def _squeezed(text: str) -> str:
    """Without accents, case and blanks: 'Hải Long 2026' and 'hailong2026' are one guess."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return "".join(bare.replace("đ", "d").split())


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
