"""Files that commands read and write: read strictly, written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from surveys import sheets
from surveys.errors import ImportRefusal
from surveys.sheets import Sheet

LARGEST = 512 * 1024 * 1024
"""bytes of a file that is read whole"""


def read_sheet(path: Path) -> tuple[Sheet, bytes]:
    """A CSV file as texts, and its bytes; raises ImportRefusal saying why it cannot be read."""
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise ImportRefusal("file_too_large", size=size, most=LARGEST)
        raw = path.read_bytes()
    except OSError as fault:
        raise ImportRefusal("file_unreadable", path=path.name, reason=fault.strerror or str(fault)) from fault
    return sheets.read(raw), raw


def write_whole(path: str, content: bytes, mode: int = 0o644) -> None:
    """Write beside, flush, rename: a reader sees the old file or the new one. '-' is standard output.

    mode: 0o600 for what only its owner may read. Raises ImportRefusal("file_unwritable").
    """
    if path == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    target = Path(path).resolve()  # what a link points at is replaced, not the link
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)  # a pipe, /dev/null
            return
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(beside, mode)
            os.replace(beside, target)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as fault:
        raise ImportRefusal("file_unwritable", path=path, reason=fault.strerror or str(fault)) from fault
