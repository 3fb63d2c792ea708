"""A gzip file joined from parts that were compressed before, with short values of this request between them.

Compressing a form of 60 KB takes as long as everything else a request does. A deflate stream may be cut where it was
flushed (RFC 1951, 3.2.4: a stored block takes bytes as they are), so only the checksum of what follows the first
value has to be made anew; therefore what differs between requests stands at the end of the page.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""RFC 1952: deflate, no name, no time, slowest compression, unknown system"""
END = b"\x03\x00"
"""an empty last block"""
LONGEST = 0xFFFF
"""bytes of one stored block"""


class Packed:
    """Pieces between which values come."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = tuple(pieces)
        self._compressed = tuple(_compressed(piece) for piece in pieces)
        self._first_sum = zlib.crc32(pieces[0])
        self._length = sum(map(len, pieces))

    def joined(self, values: Sequence[bytes]) -> bytes:
        """The gzip file of piece, value, piece, … piece. Raises ValueError for a value over 65,535 bytes."""
        parts = [HEADER, self._compressed[0]]
        checksum, length = self._first_sum, self._length
        for value, piece, compressed in zip(values, self._pieces[1:], self._compressed[1:], strict=True):
            parts += (_stored(value), compressed)
            checksum = zlib.crc32(piece, zlib.crc32(value, checksum))
            length += len(value)
        parts += (END, struct.pack("<II", checksum, length & 0xFFFFFFFF))
        return b"".join(parts)


def _compressed(piece: bytes) -> bytes:
    """Deflate blocks that end at a byte and are not the last; they look back at nothing before them."""
    made = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return made.compress(piece) + made.flush(zlib.Z_FULL_FLUSH)


def _stored(value: bytes) -> bytes:
    if len(value) > LONGEST:
        raise ValueError("too long for one block")
    return b"\x00" + struct.pack("<HH", len(value), len(value) ^ LONGEST) + value
