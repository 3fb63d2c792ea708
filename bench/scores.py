"""Seconds from stored answers to the whole score table of 78 communes, and against a plain estimate per domain.

Answers of the 22-item form lie in four PSUs per commune and two strata, with weights. The plain way estimates each
measure of each unit from the rows, with the same library and no shared sums; of many it takes a sample.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from flask import Flask

from analysis.design import DesignError, SurveyDesign
from analysis.estimate import estimate
from analysis.estimators import ratio
from app.db import reading, transaction
from bench._ground import COMMUNES, open_wave, sqlite
from surveys import conduct, dataset, scores, weights
from surveys.collection import stored_id
from surveys.origin import Basis, Mode
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.store import responses as response_store
from surveys.store import waves as wave_store
from surveys.waves import Wave

PSUS = 4
ITEMS = [f"q{number}" for number in range(1, 23)]
SAMPLED = 60
"""plain estimates that are timed"""


def run(quick: bool) -> dict[str, object]:
    result: dict[str, object] = {}
    with sqlite() as app, app.app_context():
        for count in (3_500,) if quick else (3_500, 100_000):
            result[str(count)] = measure(app, count)
    return result


def measure(app: Flask, count: int) -> dict[str, float]:
    code = f"SCORES-{count}"
    open_wave(app, code)
    fill(code, count)
    print(f"{count} answers stored")
    with reading() as session:
        wave = wave_store.wave(session, code)
        scores.records(session, wave)  # once for definitions and trees, which stay in memory
        whole = cpu(lambda: scores.records(session, wave), 5)
        read = cpu(lambda: dataset.read(session, wave, ITEMS), 5)
        records = len(scores.records(session, wave))
        each = plain(dataset.read(session, wave, ITEMS))
    figures = {
        "records": records, "cpu_s": round(whole, 3), "of_it_reading_s": round(read, 3),
        "plain_estimate_ms": round(each * 1000, 3), "plain_over_ours": round(each * records / whole, 1),
    }
    print(figures)
    return figures


def cpu(work: Callable[[], object], times: int) -> float:
    """Median CPU seconds of the work."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return sorted(taken)[times // 2]


def plain(data: dataset.Dataset) -> float:
    """Mean CPU seconds of one estimate of one unit from the rows; every other one is a pooled factor."""
    design: SurveyDesign = weights.design(data, np.nan_to_num(data.weight, nan=1.0)).design
    unit = data.cells.received_at[data.cell]
    codes = np.array([data.columns[item] for item in ITEMS])
    units, draw = np.unique(unit), random.Random(1)  # which ones are timed is no secret
    began = time.process_time()
    for number in range(SAMPLED):
        items = codes[draw.randrange(22):][:1] if number % 2 else codes[:6]
        valid = (items >= 1) & (items <= 5)
        part = design.domain(unit == draw.choice(units))
        try:
            estimate(ratio(((items >= 4) & valid).sum(axis=0), valid.sum(axis=0), part), part)
        except DesignError:
            continue
    return (time.process_time() - began) / SAMPLED


def fill(code: str, count: int) -> None:
    draw = random.Random(count)  # made-up answers
    with transaction() as session:
        wave = wave_store.wave(session, code)
        tree = conduct.tree_of(session, wave)
        questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
        keys = [
            (id, id, int(Basis.SAMPLE), f"tầng {place % 2}", f"{commune}-{psu}")
            for place, commune in enumerate(COMMUNES) for psu in range(PSUS)
            for id in [stored_id(tree.unit(commune).id)]
        ]
        cells = wave_store.ensure_cells(session, wave, [(key, None, draw.uniform(5, 50)) for key in keys])
        numbers = [cells[key].id for key in keys]
        rows = [row(wave, questionnaire, draw.choice(numbers), draw) for _ in range(count)]
        response_store.add_many(session, rows)


def row(wave: Wave, questionnaire: Questionnaire, cell: int, draw: random.Random) -> dict[str, Any]:
    satisfied = draw.betavariate(8, 2)
    answers = ["0"] * len(questionnaire.variables)
    for item in ITEMS:
        if draw.random() > 0.05:
            options = "45" if draw.random() < satisfied else "123"
            answers[questionnaire.positions[item]] = draw.choice(options)
    return {
        "province_code": wave.province_code, "id": secrets.token_bytes(16), "wave_id": wave.id, "cell": cell,
        "point_id": None, "version": wave.questionnaire_id, "mode": int(Mode.IMPORT), "language": 0,
        "day": response_store.day_number(date(2026, 7, 1)), "duration": 0, "flags": 0, "weight": None,
        "answers": "".join(answers),
    }
