"""When the last backup was made and the last drill held, for the status page: a small file in the state folder.

Not in the database: a restore must not make it forget, and a broken database must not hide it.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from app.settings import Settings


@dataclass(frozen=True)
class Last:
    """None, '' and 0: never."""

    backup: date | None = None
    backup_name: str = ""
    """of the file, without its folder"""
    backup_bytes: int = 0
    drill: date | None = None
    drill_of: date | None = None
    """day of the backup that was tried"""
    drill_held: bool = False
    drill_seconds: float = 0.0
    drill_said: str = ""
    """what failed, as a code"""
    restored: date | None = None


def last(settings: Settings) -> Last:
    """What is known; a file that cannot be read is none."""
    try:
        told: dict[str, Any] = json.loads(_path(settings).read_bytes())
        days = {name: date.fromisoformat(told[name]) for name in DAYS if told.get(name)}
        return Last(**told | dict.fromkeys(DAYS) | days)
    except (OSError, ValueError, TypeError):
        return Last()


DAYS = ("backup", "drill", "drill_of", "restored")


def remember(settings: Settings, **changes: Any) -> None:
    path = _path(settings)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(replace(last(settings), **changes)), default=str))
    os.replace(fresh, path)


def _path(settings: Settings) -> Path:
    return settings.state / "backups.json"
