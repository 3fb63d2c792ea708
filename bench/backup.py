"""A backup of a million answers: seconds and CPU to make, verify, practise and restore it; 1,000 damaged copies."""

from __future__ import annotations

import io
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from app import backup
from app.backup import bundle, sealed
from app.settings import Settings
from bench import storage
from bench._ground import open_wave, sqlite
from surveys.errors import Refusal

PASSPHRASE = "mot cum mat khau dai"


def run(quick: bool) -> dict[str, object]:
    count = 20_000 if quick else 1_000_000
    with sqlite() as app, tempfile.TemporaryDirectory() as folder:
        fill(app, count)
        path = Path(folder) / "one.backup"
        settings: Settings = app.config["HAILONG"]
        with app.app_context():
            result: dict[str, object] = {
                "answers": count, "database_mb": round(storage.table_bytes() / 1e6, 1),
                "create": measured(lambda: backup.create(settings, path, PASSPHRASE)),
                "backup_mb": round(path.stat().st_size / 1e6, 1),
                "verify": measured(lambda: backup.verify(path, PASSPHRASE)),
                "drill": measured(lambda: backup.drill(settings, path, PASSPHRASE)),
                "restore": measured(lambda: backup.restore(settings, path, PASSPHRASE, replace=True)),
            }
        return result | corruptions(100 if quick else 1_000)


def fill(app: Flask, count: int) -> None:
    with app.app_context():
        open_wave(app, "ANSWERED")
        storage.citizens(count)


def measured(act: Callable[[], object]) -> dict[str, float]:
    """Seconds on the clock, and of CPU."""
    began, used = time.perf_counter(), _cpu()
    act()
    return {"s": round(time.perf_counter() - began, 1), "cpu_s": round(_cpu() - used, 1)}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def corruptions(count: int) -> dict[str, int]:
    """One byte changed, anywhere, in so many copies of a small installation's backup: how many pass for whole."""
    rng = random.Random(20261124)
    with sqlite() as app, tempfile.TemporaryDirectory() as folder:
        fill(app, 2_000)
        path = Path(folder) / "small.backup"
        with app.app_context():
            cost, sealed.COST = sealed.COST, 1 << 10  # the cost of a guess is not what is measured
            try:
                backup.create(app.config["HAILONG"], path, PASSPHRASE)
            finally:
                sealed.COST = cost
        whole = path.read_bytes()
    bundle.unpack(io.BytesIO(whole), PASSPHRASE)
    missed = 0
    for _ in range(count):
        damaged: Any = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= rng.randrange(1, 256)
        try:
            bundle.unpack(io.BytesIO(damaged), PASSPHRASE)
            missed += 1
        except Refusal:
            pass
    return {"damaged": count, "damage_missed": missed}
