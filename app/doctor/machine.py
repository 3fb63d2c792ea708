"""State folder, keys as files, room on the disk, time zone, settings, backups: what needs no database."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.doctor import storage
from app.doctor.finding import Finding, Severity
from app.settings import Settings, SettingsFault, check_serving

MIB = 1024 * 1024
LITTLE, LEAST = 1024 * MIB, 200 * MIB
"""free bytes: worth looking at; answers are about to be refused"""
FEW_FILES = 2_000
BACKUP_OLD, BACKUP_TOO_OLD, DRILL_OLD = 2, 8, 35
"""days"""
VIETNAM = timedelta(hours=7)


def findings(settings: Settings) -> list[Finding]:
    return [
        *_settings(settings), *_rights(settings), *_room(settings), *_backups(settings),
    ]


def _settings(settings: Settings) -> Iterator[Finding]:
    try:
        check_serving(settings)
    except SettingsFault as fault:
        yield Finding("serving_refused", Severity.FAULT, {"reason": fault})
    parts = urlsplit(settings.public_url)
    if parts.scheme == "https" and not settings.trusted_proxies:
        yield Finding("proxy_unsaid", Severity.WARNING, {"address": settings.public_url})
    if datetime.now(UTC).astimezone(ZoneInfo(settings.timezone)).utcoffset() != VIETNAM:
        yield Finding("timezone_foreign", Severity.WARNING, {"zone": settings.timezone})


def _rights(settings: Settings) -> Iterator[Finding]:
    others = stat.S_IRWXO
    if settings.state.is_dir() and settings.state.stat().st_mode & others:
        yield Finding("state_open", Severity.WARNING, {"folder": settings.state})
    if not settings.keys.is_dir():
        return
    paths = [settings.keys, *sorted(path for path in settings.keys.iterdir() if path.is_file())]
    for path in paths:
        if path.stat().st_mode & (others | stat.S_IRWXG):
            yield Finding("key_open", Severity.FAULT, {"path": path, "mode": "700" if path.is_dir() else "600"})
        elif not os.access(path, os.R_OK):
            yield Finding("key_unreadable", Severity.FAULT, {"path": path})


def _room(settings: Settings) -> Iterator[Finding]:
    """One finding per disk, however many of our folders lie on it."""
    folders = [settings.state]
    if settings.database_url.startswith("sqlite") and (path := storage.file_of(settings)):
        folders.append(path.parent)
    seen: set[int] = set()
    for folder in folders:
        if not folder.is_dir() or (disk := folder.stat().st_dev) in seen:
            continue
        seen.add(disk)
        free = shutil.disk_usage(folder).free
        if free < LITTLE:
            severity = Severity.FAULT if free < LEAST else Severity.WARNING
            yield Finding("disk_full", severity, {"folder": folder, "free": free // MIB})
        files = os.statvfs(folder)
        if files.f_files and files.f_favail < FEW_FILES:
            yield Finding("disk_without_files", Severity.FAULT, {"folder": folder, "free": files.f_favail})


def _backups(settings: Settings) -> Iterator[Finding]:
    if importlib.util.find_spec("app.backup") is None:
        return
    last: Any = importlib.import_module("app.backup").last(settings)
    yield from backups(last, datetime.now(ZoneInfo(settings.timezone)).date())


def backups(last: Any, today: date) -> Iterator[Finding]:
    """last: `app.backup.Last`."""
    if last.backup is None:
        yield Finding("backup_never", Severity.WARNING)
        return
    age = (today - last.backup).days
    if age >= BACKUP_OLD:
        severity = Severity.FAULT if age >= BACKUP_TOO_OLD else Severity.WARNING
        yield Finding("backup_old", severity, {"day": last.backup, "age": age})
    if last.drill is None or (today - last.drill).days > DRILL_OLD:
        yield Finding("drill_old", Severity.NOTE, {"day": last.drill or "–"})
    elif not last.drill_held:
        yield Finding("drill_failed", Severity.FAULT, {"day": last.drill})


def started() -> float:
    """When this process began, in seconds since 1970; 0 where that is not known."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        since_boot = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return datetime.now(UTC).timestamp() - since_boot + ticks / os.sysconf("SC_CLK_TCK")
