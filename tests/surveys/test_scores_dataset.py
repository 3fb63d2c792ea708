"""Answers come out of the store as they went in, whatever the version and the way they are read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select

from app.db import reading
from surveys import dataset
from surveys.dataset import NOT_APPLICABLE_VALUE, NOT_ASKED_VALUE, SKIPPED_VALUE
from surveys.origin import Basis
from surveys.store import extract
from surveys.store import waves as wave_store
from surveys.store.extract import Answered, Cell
from surveys.store.tables import ResponseRow
from tests.surveys.score_frames import QUESTIONNAIRE
from tests.world import ITEMS, build, run

CELL = Cell(7, 1, 2, int(Basis.SAMPLE), "s", "p", None, 2.5)


def answered(version: int, characters: list[str]) -> Answered:
    codes = np.array([[ord(c) for c in line] for line in characters], dtype=np.uint8)
    return Answered(version, np.full(len(characters), 7), np.full(len(characters), np.nan), codes)


def test_versions_decode_by_the_id_of_the_variable_not_by_its_place():
    width = len(QUESTIONNAIRE.variables)
    line = list("0" * width)
    line[QUESTIONNAIRE.positions["q1"]], line[QUESTIONNAIRE.positions["q22"]] = "4", "-"
    turned = replace(QUESTIONNAIRE, sections=QUESTIONNAIRE.sections[::-1], content="turned")
    other = list("0" * width)
    other[turned.positions["q1"]], other[turned.positions["q22"]] = "2", "5"
    versions = [(QUESTIONNAIRE, answered(1, ["".join(line)])), (turned, answered(2, ["".join(other)]))]
    data = dataset.assemble([CELL], versions, ["q1", "q2", "q22", "later"])
    assert turned.positions["q1"] != QUESTIONNAIRE.positions["q1"]
    assert data.columns["q1"].tolist() == [4, 2]
    assert data.columns["q2"].tolist() == [SKIPPED_VALUE, SKIPPED_VALUE]
    assert data.columns["q22"].tolist() == [NOT_APPLICABLE_VALUE, 5]
    assert data.columns["later"].tolist() == [NOT_ASKED_VALUE, NOT_ASKED_VALUE]
    assert set(data.codebook) == {"q1", "q2", "q22"}
    assert (data.cells.weight[data.cell].tolist(), data.basis.tolist()) == ([2.5, 2.5], [1, 1])


def test_letters_come_after_the_nine_digits():
    field = QUESTIONNAIRE.positions["field"]
    lines = ["0" * field + code + "0" * (len(QUESTIONNAIRE.variables) - field - 1) for code in "19AF"]
    data = dataset.assemble([CELL], [(QUESTIONNAIRE, answered(1, lines))], ["field"])
    assert data.columns["field"].tolist() == [1, 9, 10, 15]


@pytest.mark.parametrize("chunk", [2, 20_000])
def test_what_is_read_by_cell_is_what_is_stored(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
):
    monkeypatch.setattr(extract, "CHUNK", chunk)
    world = build(app, tmp_path)
    lines = [f"{unit},{psu},{weight}," + ",".join(value * 22) for unit, psu, weight, value in (
        ("X1", "a", "2", "4"), ("X1", "a", "2", "5"), ("X1", "b", "0.1", "1"), ("X1", "b", "0.3", "2"),
        ("X2", "", "7", "0"), ("X2", "", "", "3"), ("X2", "c", "1e-3", "4"),
    )]
    file = tmp_path / "answers.csv"
    file.write_text("\n".join([",".join(["unit", "psu", "weight", *ITEMS]), *lines, ""]))
    run(world.runner, "responses", "import", "--wave", "W1", str(file))
    with app.app_context(), reading() as session:
        wave = wave_store.wave(session, "W1")
        (part,) = extract.answers(session, wave)
        stored = session.execute(select(ResponseRow.cell, ResponseRow.weight, ResponseRow.answers)).all()
    texts = [bytes(line).decode() for line in part.characters]
    weights = [None if np.isnan(weight) else weight for weight in part.weight.tolist()]
    assert Counter(zip(part.cell.tolist(), weights, texts, strict=True)) == Counter(map(tuple, stored))
    assert sorted(weight for weight in weights if weight) == [0.001, 0.1, 0.3, 2, 2, 7]
