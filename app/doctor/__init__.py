"""What is wrong with this installation, how bad that is, and how to mend it (`app.messages.doctor` says it).

    storage.py      whether an acknowledged answer survives: locks, SQLite, PostgreSQL   (the start asks these too)
    machine.py      state folder, keys, disk, time, connections
    stock.py        what lies in the database: schema, trail, scores, points, demonstration
    gate.py         what the start refuses
"""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.doctor.finding import Finding, Severity, worst_first
from app.settings import Settings

__all__ = ["Finding", "Severity", "findings", "of_the_ground"]


def findings(app: Flask, *, quick: bool = False) -> list[Finding]:
    """Everything that was found, the worst first. quick: without reading the whole database and the whole trail."""
    from app.doctor import stock, storage
    from app.doctor.finding import Look

    settings: Settings = app.config["HAILONG"]
    found = of_the_ground(settings)
    with app.app_context():
        now = time.time()
        look = Look(app, settings, datetime.fromtimestamp(now, ZoneInfo(settings.timezone)).date(), int(now), quick)
        try:
            found += stock.findings(look)
        except SQLAlchemyError as fault:
            if storage.is_damage(getattr(fault, "orig", None)):
                found.append(Finding("database_corrupt", Severity.DANGER, {"reason": _reason(fault)}))
            else:
                found.append(Finding("database_away", Severity.FAULT, {"reason": _reason(fault)}))
    return worst_first(dict.fromkeys(found))


def of_the_ground(settings: Settings) -> list[Finding]:
    """What can be said without looking at any row: settings, machine, storage."""
    from app.doctor import machine, storage

    return worst_first(dict.fromkeys([*storage.findings(settings), *machine.findings(settings)]))


def _reason(fault: SQLAlchemyError) -> str:
    """The driver's words; they name tables and files, and no value (`hide_parameters`)."""
    said = str(getattr(fault, "orig", None) or "").strip()
    return said.splitlines()[0] if said else type(fault).__name__
