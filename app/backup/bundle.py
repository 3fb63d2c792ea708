"""Files in a backup: a tar in gzip in the envelope of `app.backup.sealed`, its manifest as the last member.

Written and read as a stream: neither way holds more than a few MiB in memory.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Protocol, cast

from app.backup import manifest as manifests
from app.backup.manifest import Manifest, Member
from app.backup.sealed import COST, Reader, Writer
from surveys.errors import Refusal

MANIFEST = "manifest.json"
LEVEL = 3
"""of gzip: answers are digits, and higher levels cost four times the CPU for a tenth of the size"""
NAME = re.compile(r"keys/[A-Za-z0-9][\w.-]{0,80}|database\.sqlite|tables/\w{1,63}/\d{6}", re.ASCII)
BLOCK = 1 << 20


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Taker(Protocol):
    """What becomes of the members of a backup as they are read."""

    def __call__(self, name: str, member: Source) -> None: ...


class Packing:
    """A backup being written to `target`."""

    def __init__(self, target: IO[bytes], passphrase: str, *, cost: int = COST) -> None:
        self._sealed = Writer(target, passphrase, cost=cost)
        self._zipped = gzip.GzipFile(fileobj=self._sealed, mode="wb", compresslevel=LEVEL, mtime=0, filename="")
        self._tar = tarfile.TarFile(fileobj=self._zipped, mode="w", format=tarfile.PAX_FORMAT)
        self.members: dict[str, Member] = {}

    def add(self, name: str, content: Source, size: int) -> None:
        counted = _Counted(content)
        self._put(name, counted, size)
        self.members[name] = Member(counted.digest.hexdigest(), size)

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add(name, io.BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self.add(name, file, path.stat().st_size)

    def finish(self, told: Manifest) -> Manifest:
        """Write the manifest, with what every member came to, and the end."""
        whole = replace(told, members=self.members)
        raw = whole.written()
        self._put(MANIFEST, io.BytesIO(raw), len(raw))
        self._tar.close()
        self._zipped.close()
        self._sealed.close()
        return whole

    def _put(self, name: str, content: Source, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self._tar.addfile(entry, cast(IO[bytes], content))  # it only reads


class _Counted:
    """Sums what passes."""

    def __init__(self, content: Source) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        block = self._content.read(size)
        self.digest.update(block)
        return block


def unpack(source: IO[bytes], passphrase: str, take: Taker | None = None) -> Manifest:
    """Read a backup to its very end, handing each member to `take`; returns the manifest once all of it holds.

    Until then nothing that was taken may be relied on. Raises the refusals of `app.backup.sealed.Reader`.
    """
    sealed = Reader(source, passphrase)
    found: dict[str, Member] = {}
    told: Manifest | None = None
    try:
        with gzip.GzipFile(fileobj=io.BufferedReader(sealed, BLOCK)) as zipped:
            with tarfile.open(fileobj=zipped, mode="r|") as tar:
                for entry in tar:
                    content = tar.extractfile(entry)
                    if content is None or (entry.name != MANIFEST and not NAME.fullmatch(entry.name)):
                        raise Refusal("backup_damaged", place=entry.name[:80])
                    if entry.name == MANIFEST:
                        told = manifests.read(content.read())
                        continue
                    counted = _Counted(content)
                    (take or _drop)(entry.name, counted)
                    _drop(entry.name, counted)
                    found[entry.name] = Member(counted.digest.hexdigest(), entry.size)
            while zipped.read(BLOCK):
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError) as fault:
        raise Refusal("backup_damaged", place=type(fault).__name__) from None
    if told is None or told.format != manifests.FORMAT or dict(told.members) != found:
        raise Refusal("backup_damaged", place=MANIFEST)
    return told


def _drop(name: str, member: Source) -> None:
    while member.read(BLOCK):
        pass


def into_file(path: Path) -> Callable[[Source], None]:
    """Writes a member to a file that only its owner reads."""

    def write(member: Source) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        with path.open("wb") as file:
            while block := member.read(BLOCK):
                file.write(block)

    return write
