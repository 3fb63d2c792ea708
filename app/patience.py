"""Progressive delay after wrong passphrases and codes: guessing gets slow, and nobody is locked out.

Two counts, both per kind of secret (`Guess`):
- per (account name, network): the delay doubles with every failure after the first few;
- per account name over all networks: who spreads guesses over many addresses is slowed as one. A network from which
  the account has been opened before is exempt, so a flood from elsewhere cannot keep the owner waiting.

The counts live in one small file of fixed size that all workers share. A pair hashes to a slot by a key of this
installation, so neither names nor addresses are written down or can be aimed at a slot, and no flood makes it grow.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import ipaddress
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from app.settings import Settings, private_file
from surveys.lapse import fresh

FREE = 3
"""wrong tries that cost nothing: everybody mistypes"""
FREE_EVERYWHERE = 20
"""wrong tries for one name over all strange networks before those wait for each other"""
LONGEST = 60.0
"""seconds"""
LONGEST_CODE = 900.0
"""seconds, for six digits: whoever guesses those knows the passphrase already"""
FORGET = 3600.0
"""seconds after which failures no longer count"""
KNOWN = 90 * 86400.0
"""seconds for which a network stays known to an account"""
SLOTS = 4096
_SLOT = struct.Struct("<dI4s")  # time of the last failure or success (seconds since 1970), failures, tag
_MOST = 1000

clock = time.time
"""seconds since 1970; a benchmark that does not want to sleep puts another in its place"""


class Guess(StrEnum):
    """What is being tried."""

    SIGN_IN = "sign-in"
    """a passphrase"""
    CODE = "code"
    """six digits, or a recovery code"""
    INVITATION = "invitation"


def wait(settings: Settings, name: str, address: str, now: float, guess: Guess = Guess.SIGN_IN) -> float:
    """Seconds still to wait before this pair may try again; 0: go ahead."""
    longest = LONGEST_CODE if guess is Guess.CODE else LONGEST
    with _file(settings) as (file, key):
        known = _known(file, key, name, address, now)
        own = _left(_read(file, _own(key, name, address, guess, known)), FREE, longest, now)
        if guess is Guess.INVITATION or known:
            return own
        return max(own, _left(_read(file, _everywhere(key, name, guess)), FREE_EVERYWHERE, longest, now))


def failed(settings: Settings, name: str, address: str, now: float, guess: Guess = Guess.SIGN_IN) -> None:
    with _file(settings) as (file, key):
        known = _known(file, key, name, address, now)
        _count(file, _own(key, name, address, guess, known), now)
        if not known:
            _count(file, _everywhere(key, name, guess), now)


def succeeded(settings: Settings, name: str, address: str, guess: Guess = Guess.SIGN_IN) -> None:
    """Forget this pair's failures; the count over all networks fades by itself: an attack may still be running."""
    with _file(settings) as (file, key):
        for known in (False, True):
            os.pwrite(file, _SLOT.pack(0.0, 0, b""), _own(key, name, address, guess, known))


def recognise(settings: Settings, name: str, address: str, now: float) -> None:
    """The account was opened from this network, second factor and all."""
    with _file(settings) as (file, key):
        digest = _digest(key, "known", name, _network(address))
        os.pwrite(file, _SLOT.pack(now, 0, digest[4:8]), (2 * SLOTS + _place(digest)) * _SLOT.size)


def _known(file: int, key: bytes, name: str, address: str, now: float) -> bool:
    digest = _digest(key, "known", name, _network(address))
    found = os.pread(file, _SLOT.size, (2 * SLOTS + _place(digest)) * _SLOT.size)
    if len(found) != _SLOT.size:
        return False
    seen, _, tag = _SLOT.unpack(found)
    known: bool = tag == digest[4:8] and fresh(seen, now, KNOWN)
    return known


def _left(slot: tuple[float, int], free: int, longest: float, now: float) -> float:
    last, failures = slot
    if failures <= free or not fresh(last, now, FORGET):
        return 0.0
    return min(max(0.0, last + min(longest, 2.0 ** min(failures - free, 20)) - now), longest)


def _count(file: int, at: int, now: float) -> None:
    last, failures = _read(file, at)
    os.pwrite(file, _SLOT.pack(now, 1 if not fresh(last, now, FORGET) else min(failures + 1, _MOST), b""), at)


def _read(file: int, at: int) -> tuple[float, int]:
    found = os.pread(file, _SLOT.size, at)
    if len(found) != _SLOT.size:
        return 0.0, 0
    last, failures, _ = _SLOT.unpack(found)
    return last, failures


def _own(key: bytes, name: str, address: str, guess: Guess, known: bool) -> int:
    """Known pairs count in a part of their own: no flood of strange ones can share a slot with them."""
    return ((3 * SLOTS if known else 0) + _place(_digest(key, guess, name, _network(address)))) * _SLOT.size


def _everywhere(key: bytes, name: str, guess: Guess) -> int:
    return (SLOTS + _place(_digest(key, guess, name, "*"))) * _SLOT.size


def _digest(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)


def _place(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "big") % SLOTS


def _network(address: str) -> str:
    """The /64 of an IPv6 address: whoever has one address there has them all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


@contextmanager
def _file(settings: Settings) -> Iterator[tuple[int, bytes]]:
    """The open, locked file, and the key that places are found by."""
    settings.state.mkdir(parents=True, exist_ok=True)
    key = private_file(settings.keys / "sign-in-delays", lambda: os.urandom(32))
    file = os.open(settings.state / "sign-in-delays", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file, key
    finally:
        os.close(file)
