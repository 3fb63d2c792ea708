"""Progressive delay after wrong passphrases: guessing gets slow, and nobody is locked out.

Failures are counted per (account name, network address) pair, so that a guesser elsewhere cannot keep the
owner out. The counts live in one small file of fixed size that all workers share; a pair hashes to one of its
slots, so neither names nor addresses are written down, and no flood of names makes the file grow.
"""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings

FREE = 3
"""wrong tries that cost nothing: everybody mistypes"""
LONGEST = 60.0
"""seconds"""
FORGET = 3600.0
"""seconds after which failures no longer count"""
SLOTS = 4096
_SLOT = struct.Struct("<dI")  # time of the last failure (seconds since 1970), failures


def wait(settings: Settings, name: str, address: str, now: float) -> float:
    """Seconds still to wait before this pair may try again; 0: go ahead."""
    with _slot(settings, name, address) as (file, at):
        last, failures = _read(file, at)
    if failures <= FREE or now - last > FORGET:
        return 0.0
    return min(max(0.0, last + min(LONGEST, 2.0 ** (failures - FREE)) - now), LONGEST)


def failed(settings: Settings, name: str, address: str, now: float) -> None:
    with _slot(settings, name, address) as (file, at):
        last, failures = _read(file, at)
        count = 1 if now - last > FORGET else min(failures + 1, 1000)
        os.pwrite(file, _SLOT.pack(now, count), at)


def succeeded(settings: Settings, name: str, address: str) -> None:
    with _slot(settings, name, address) as (file, at):
        os.pwrite(file, _SLOT.pack(0.0, 0), at)


def _read(file: int, at: int) -> tuple[float, int]:
    found = os.pread(file, _SLOT.size, at)
    return _SLOT.unpack(found) if len(found) == _SLOT.size else (0.0, 0)


def _network(address: str) -> str:
    """The /64 of an IPv6 address: whoever has one address there has them all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


@contextmanager
def _slot(settings: Settings, name: str, address: str) -> Iterator[tuple[int, int]]:
    """The open, locked file and the offset of the pair's slot."""
    settings.state.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(f"{name}\0{_network(address)}".encode()).digest()
    file = os.open(settings.state / "sign-in-delays", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file, int.from_bytes(digest[:4], "big") % SLOTS * _SLOT.size
    finally:
        os.close(file)
