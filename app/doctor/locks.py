"""Whether a file lock keeps others out: tried, because some file systems only say that it does."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NETWORKS = ("nfs", "cifs", "smb", "9p", "fuse", "ceph", "gluster", "afs", "lustre", "gfs", "ocfs", "beegfs", "vboxsf")
"""how the names of file systems begin that may be shared between machines"""
_OTHER = (
    "import fcntl, os, sys\n"
    "handle = os.open(sys.argv[1], os.O_RDWR)\n"
    "try:\n    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    "except OSError:\n    sys.exit(3)\n"
)
KEPT_OUT = 3


def holds(folder: Path) -> bool:
    """Lock a file here and have another process try the same. Raises OSError where no file can be made."""
    handle, name = tempfile.mkstemp(prefix=".lock-", dir=folder)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        other = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-I", "-S", "-c", _OTHER, name], stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
            check=False,
        )
        return other.returncode == KEPT_OUT
    finally:
        os.close(handle)
        os.unlink(name)


def file_system(path: Path) -> str:
    """The kind of file system that the path lies on: 'ext4', 'nfs4'; '' where that is not known."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    resolved, best, kind = str(path.resolve()), "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def is_network(kind: str) -> bool:
    return kind.startswith(NETWORKS)
