"""Files that were looked at and not yet taken in: kept for an hour, for the person who sent them.

What is confirmed is the very file that was previewed: it stays on the server, under a name nobody can guess.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from surveys.errors import NotFound
from surveys.lapse import fresh

KEPT = 3600
"""seconds"""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Upload:
    token: str
    actor: str
    """who sent it; nobody else may confirm it"""
    name: str
    """what the file was called"""
    state: str
    """print of what it was compared with"""
    content: bytes


def keep(settings: Settings, actor: str, name: str, state: str, content: bytes) -> str:
    """Put the file by; returns its token. Files whose hour is over are removed."""
    folder = _folder(settings)
    _clear(folder)
    token = secrets.token_urlsafe(16)
    head = {"actor": actor, "name": name, "state": state, "digest": hashlib.sha256(content).hexdigest()}
    handle = os.open(folder / token, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(head).encode() + b"\n" + content)
    return token


def find(settings: Settings, token: str, actor: str) -> Upload:
    """Raises NotFound("upload_gone"): never there, an hour old, somebody else's, or not what was put by."""
    path = _folder(settings) / token
    if not _TOKEN.fullmatch(token) or not path.is_file() or not fresh(path.stat().st_mtime, time.time(), KEPT):
        raise NotFound("upload_gone")
    head_line, _, content = path.read_bytes().partition(b"\n")
    head = json.loads(head_line)
    if head["actor"] != actor or head["digest"] != hashlib.sha256(content).hexdigest():
        raise NotFound("upload_gone")
    return Upload(token, head["actor"], head["name"], head["state"], content)


def drop(settings: Settings, token: str) -> None:
    if _TOKEN.fullmatch(token):
        (_folder(settings) / token).unlink(missing_ok=True)


def _folder(settings: Settings) -> Path:
    folder = settings.state / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _clear(folder: Path) -> None:
    now = time.time()
    for path in folder.iterdir():
        try:
            if not fresh(path.stat().st_mtime, now, KEPT):
                path.unlink()
        except FileNotFoundError:  # another process cleared it
            continue
