"""The envelope of a backup: a stream of chunks that only the passphrase opens, and that shows any change.

    magic | length | header (JSON) | SHA-256 of all before | 16 bytes that tell a right passphrase | chunks

scrypt makes the keys from passphrase and salt. Each chunk is AES-256-GCM; its nonce is (random prefix, number, last?),
so chunks cannot be exchanged, left out, or cut off at the end (the STREAM construction of Hoang, Reyhanitabar, Rogaway
and Vizár, 2015). The header is bound to every chunk. Nothing but the cost of the passphrase is readable without it.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import secrets
import struct
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.errors import Refusal

MAGIC = b"HAILONG BACKUP 1\n"
FAMILY = b"HAILONG BACKUP "
CHUNK = 1 << 20
"""bytes of plain text in a chunk; the last may be shorter"""
TAG = 16
COST = 1 << 16
"""scrypt's N: 64 MiB and a fifth of a second for each guess"""
COSTS = {1 << power for power in range(10, 21)}
"""what a header may ask for: a crafted one must not take all memory"""
_LENGTH = struct.Struct(">I")
_LONGEST_HEADER = 1024


@dataclass(frozen=True)
class Keys:
    chunks: bytes
    check: bytes

    @classmethod
    def of(cls, passphrase: str, salt: bytes, cost: int) -> Keys:
        made = hashlib.scrypt(
            passphrase.encode(), salt=salt, n=cost, r=8, p=1, maxmem=cost * 1024 + (64 << 20), dklen=64
        )
        return cls(made[:32], made[32:])

    def seal(self, head: bytes) -> bytes:
        return hmac.digest(self.check, head, "sha256")[:16]


class Writer(io.RawIOBase):
    """Encrypts what is written to `target`; `close` writes the last chunk and leaves `target` open."""

    def __init__(self, target: IO[bytes], passphrase: str, *, cost: int = COST) -> None:
        salt, self._prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        header = json.dumps({"salt": salt.hex(), "cost": cost, "prefix": self._prefix.hex()}).encode()
        plain = MAGIC + _LENGTH.pack(len(header)) + header
        self._bound = hashlib.sha256(plain).digest()
        keys = Keys.of(passphrase, salt, cost)
        self._cipher = AESGCM(keys.chunks)
        self._target, self._held, self._number = target, bytearray(), 0
        target.write(plain + self._bound + keys.seal(plain))

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._held += memoryview(data)
        while len(self._held) > CHUNK:  # one is held back: it may be the last
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return memoryview(data).nbytes

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), chunk, self._bound))
        self._number += 1

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._held), last=True)
            super().close()


class Reader(io.RawIOBase):
    """Decrypts `source`; what it gives out has been proven to be what was written.

    Raises Refusal: "backup_foreign" (no backup), "backup_format" (of a later program), "backup_passphrase_wrong",
    "backup_damaged".
    """

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        self._source = source
        keys, self._prefix, self._bound = _opened(source, passphrase)
        self._cipher = AESGCM(keys.chunks)
        self._number = 0
        self._next = source.read(CHUNK + TAG)
        self._plain = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        room = memoryview(buffer).cast("B")
        while not self._plain and not self._ended:
            self._advance()
        taken = min(len(room), len(self._plain))
        room[:taken] = self._plain[:taken]
        self._plain = self._plain[taken:]
        return taken

    def _advance(self) -> None:
        chunk, self._next = self._next, self._source.read(CHUNK + TAG)
        self._ended = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._prefix, self._number, self._ended), chunk, self._bound)
        except (InvalidTag, ValueError):
            raise Refusal("backup_damaged", place=self._number + 1) from None
        self._plain = memoryview(plain)
        self._number += 1


def _opened(source: IO[bytes], passphrase: str) -> tuple[Keys, bytes, bytes]:
    """The keys, the nonces' prefix, and what binds the chunks to this header."""
    magic = source.read(len(MAGIC))
    if magic != MAGIC:
        later = magic.startswith(FAMILY) and magic[len(FAMILY) : -1].isdigit() and magic.endswith(b"\n")
        raise Refusal("backup_format" if later else "backup_foreign")
    packed = source.read(_LENGTH.size)
    length = _LENGTH.unpack(packed)[0] if len(packed) == _LENGTH.size else 0
    header = source.read(min(length, _LONGEST_HEADER))
    plain = magic + packed + header
    digest, seal = source.read(32), source.read(16)
    if not hmac.compare_digest(hashlib.sha256(plain).digest(), digest):
        raise Refusal("backup_damaged", place=0)
    told = json.loads(header)
    if told["cost"] not in COSTS:
        raise Refusal("backup_damaged", place=0)
    keys = Keys.of(passphrase, bytes.fromhex(told["salt"]), told["cost"])
    if not hmac.compare_digest(keys.seal(plain), seal):
        raise Refusal("backup_passphrase_wrong")
    return keys, bytes.fromhex(told["prefix"]), digest


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\1" if last else b"\0")
