"""Bytes that one answer takes in the database, answered or imported; seconds to read a million.

The real commands make a wave over 78 communes; answers of the 22-item form then arrive in the order in which
devices draw their ids (at random), and once more as an imported file. TEST_DATABASE_URL adds PostgreSQL.
"""

from __future__ import annotations

import csv
import os
import random
import tempfile
import time
from datetime import date
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from app.db import db, reading, transaction
from bench._ground import COMMUNES, PROVINCE, command, open_wave, postgresql, sqlite
from surveys import collection, conduct
from surveys.origin import Mode
from surveys.questionnaires.model import Questionnaire
from surveys.questionnaires.validation import encode, table_of
from surveys.store import definitions, extract
from surveys.store import responses as store
from surveys.store import waves as wave_store

DAYS = 90
TOGETHER = 200
"""answers a transaction carries: the table gets the same shape as with one each, in less time"""


def run(quick: bool) -> dict[str, object]:
    count = 20_000 if quick else 300_000
    result: dict[str, object] = {"answers": count}
    with sqlite() as app:
        result["sqlite"] = measure(app, count)
    if given := os.environ.get("TEST_DATABASE_URL"):
        with postgresql(given) as app:
            result["postgresql"] = measure(app, count)
    return result


def measure(app: Flask, count: int) -> dict[str, float]:
    with app.app_context():
        open_wave(app, "ANSWERED")
        open_wave(app, "IMPORTED")
        before = table_bytes()
        began = time.perf_counter()
        characters = citizens(count)
        took = time.perf_counter() - began
        answered = table_bytes()
        import_file(app, count)
        after = table_bytes()
    return {
        "characters": characters,
        "bytes_per_answer": round((answered - before) / count, 1),
        "bytes_per_imported_answer": round((after - answered) / count, 1),
        "insert_us": round(took / count * 1e6, 1),
        "scan_s_per_million": round(scan_seconds(app, count) / count * 1e6, 2),
    }


def table_bytes() -> int:
    """Bytes on disk of the table of answers; SQLite: of all pages in use."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            return int(connection.scalar(text("SELECT pg_total_relation_size('response')")) or 0)
        asked = ("page_count", "freelist_count", "page_size")
        pages, free, size = (connection.scalar(text(f"PRAGMA {name}")) for name in asked)
        return int((pages - free) * size)


def citizens(count: int) -> int:
    """Answers at a point in every commune, each under a random id. Returns characters per answer."""
    rng = random.Random(1)
    with transaction() as session:
        wave = wave_store.wave(session, "ANSWERED")
        tree = conduct.tree_of(session, wave)
        points = [collection.create_point(session, wave, tree, commune, "") for commune in COMMUNES]
        questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    filled = [filled_form(questionnaire, rng) for _ in range(1000)]
    first_day = store.day_number(date(2026, 7, 1))
    for start in range(0, count, TOGETHER):
        rows: list[dict[str, object]] = []
        with transaction() as session:
            for _ in range(min(TOGETHER, count - start)):
                point = rng.choice(points)
                rows.append({
                    "province_code": PROVINCE, "id": rng.randbytes(16), "wave_id": wave.id,
                    "cell": point.cell, "point_id": point.id, "version": wave.questionnaire_id, "mode": int(Mode.PHONE),
                    "language": 0, "day": first_day + rng.randrange(DAYS), "duration": rng.randint(1, 5),
                    "flags": 0, "weight": None, "answers": rng.choice(filled),
                })
            store.add_many(session, rows)
    return len(filled[0])


def filled_form(questionnaire: Questionnaire, rng: random.Random) -> str:
    """Every question that is shown is answered; as the codebook stores it."""
    fields: dict[str, str] = {}
    for section in questionnaire.sections:
        for question in section.questions:
            asked = question.shown_if
            if question.options and (asked is None or fields.get(asked.question) in asked.codes):
                fields[question.id] = rng.choice(question.options).code
    return encode(table_of(questionnaire), fields).answers


def import_file(app: Flask, count: int) -> None:
    """As many answers as a file with weights, strata and PSUs."""
    rng = random.Random(2)
    items = [f"q{n}" for n in range(1, 23)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(["unit", "stratum", "psu", "weight", *items])
            for n in range(count):
                commune = COMMUNES[n % len(COMMUNES)]
                psu = f"{commune}.{rng.randrange(10)}"
                weight = round(rng.uniform(1, 9), 4)
                out.writerow([commune, commune, psu, weight, *(rng.choice("12345") for _ in items)])
        command(app, "responses", "import", "--wave", "IMPORTED", str(path))


def scan_seconds(app: Flask, count: int) -> float:
    """From rows to arrays, the best of three."""
    times = []
    with app.app_context(), reading() as session:
        wave = wave_store.wave(session, "ANSWERED")
        for _ in range(3):
            began = time.perf_counter()
            parts = extract.answers(session, wave)
            times.append(time.perf_counter() - began)
            assert sum(len(part.cell) for part in parts) == count
    return min(times)
