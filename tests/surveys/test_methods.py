"""The same answers under two methods: each figure as that method alone gives it, and the difference with its error."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import server_day
from surveys import conduct, methods, scores, side_by_side
from surveys.errors import NotFound, WaveRefusal
from surveys.imports import read_batch, store_batch
from surveys.indexes.load import shipped
from surveys.indexes.model import IndexDefinition
from surveys.sheets import Sheet
from surveys.store import definitions
from surveys.store import waves as store
from tests.world import ITEMS, World, build, run

A = shipped()["sipas-transaction"]
NEUTRAL = replace(A, satisfied=frozenset({"3", "4", "5"}), content="b" * 64)
"""a method that counts 'bình thường' as satisfied"""
FACTORS = replace(A, aggregation="mean_of_factors", content="c" * 64)


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def answers(world: World, session: Session) -> np.ndarray:
    """(n, items) option of every question, from 120 people of X1 and 80 of X2."""
    rng = np.random.default_rng(7)
    chosen = rng.choice([1, 2, 3, 4, 5], size=(200, len(ITEMS)), p=[0.03, 0.07, 0.15, 0.45, 0.3])
    rows = [
        (line, ["X1" if line < 122 else "X2", "dossiers", *map(str, row)])
        for line, row in enumerate(chosen.tolist(), 2)
    ]
    wave = store.wave(session, "W1")
    form = definitions.questionnaire(session, wave.questionnaire_id)
    sheet = Sheet(("unit", "basis", *ITEMS), rows)
    store_batch(session, wave, read_batch(wave, conduct.tree_of(session, wave), form, sheet, server_day()), b"one")
    session.commit()
    return chosen


def compared(session: Session, a: IndexDefinition, b: IndexDefinition) -> dict[tuple[str, str], dict[str, Any]]:
    found = side_by_side.compare(session, store.wave(session, "W1"), a, b)
    return {(record["unit"], record["measure"]): record for record in found}


@pytest.mark.usefixtures("answers")
def test_each_side_is_what_its_method_gives_alone(session: Session):
    both = compared(session, A, FACTORS)
    for index, side in ((A, "a"), (FACTORS, "b")):
        for record in scores.records(session, store.wave(session, "W1"), index=index):
            if record["series"] == "official" and not record["measure"].startswith("mean:"):
                mine = both[record["unit"], record["measure"]]
                assert [mine[f"{name}_{side}"] for name in ("n", "estimate", "ci_low", "ci_high", "verdict")] == [
                    record[name] for name in ("n", "estimate", "ci_low", "ci_high", "verdict")
                ]


def test_a_difference_and_its_error_are_those_of_the_answers_themselves(answers: np.ndarray, session: Session):
    """Every person answered every question with weight 1: the difference is a mean over persons, checked by hand."""
    for rows, unit in ((slice(None), "T1"), (slice(0, 120), "X1")):
        own = (answers[rows] >= 3).mean(axis=1) - (answers[rows] >= 4).mean(axis=1)
        found = compared(session, A, NEUTRAL)[unit, "overall"]
        assert found["difference"] == pytest.approx(own.mean(), abs=1e-12)
        if unit == "T1":
            assert found["difference_se"] == pytest.approx(own.std(ddof=1) / np.sqrt(len(own)), rel=1e-9)
        assert found["difference_low"] < found["difference"] < found["difference_high"]
        width = np.hypot(*(found[f"ci_high_{side}"] - found[f"ci_low_{side}"] for side in "ab"))
        assert found["difference_high"] - found["difference_low"] < 0.8 * width, "paired, so narrower than unpaired"


@pytest.mark.usefixtures("answers")
def test_a_method_beside_itself_differs_in_nothing(session: Session):
    for record in compared(session, A, A).values():
        if record["difference"] is not None:
            assert record["difference"] == 0
            assert record["difference_se"] in {0.0, None}
    assert methods.unlike(A, A) == ()


def test_what_counts_differently_is_named():
    assert [(one.code, one.a, one.b) for one in methods.unlike(A, NEUTRAL)] == [
        ("satisfied", ["4", "5"], ["3", "4", "5"])]
    assert [one.code for one in methods.unlike(A, FACTORS)] == ["aggregation"]


@pytest.mark.usefixtures("answers")
def test_what_may_not_be_shown_is_marked_and_left_out(session: Session):
    few = replace(A, minimum_n=100, content="d" * 64)
    both = compared(session, A, few)
    assert both["X2", "overall"]["n_a"] == 80
    assert not both["X2", "overall"]["shown"], "too few under one of the methods"
    assert ("X2", "overall") not in {(r["unit"], r["measure"]) for r in methods.shown([*both.values()])}


@pytest.mark.usefixtures("answers")
def test_units_whose_verdict_turns_are_listed(session: Session):
    both = [*compared(session, A, NEUTRAL).values()]
    turned = {record["unit"]: (record["verdict_a"], record["verdict_b"]) for record in methods.turned(both)}
    assert turned["T1"] == ("not_met", "met")
    assert all(a != b for a, b in turned.values())


def test_methods_are_found_by_name_version_and_draft(world: World, session: Session):
    other = replace(A, minimum_n=55)
    from surveys.canonical import digest
    from surveys.indexes.document import to_json

    stored = replace(other, content=digest(to_json(other)))
    definitions.publish_index(session, stored, server_day())
    assert methods.resolve(session, "sipas-transaction") == A
    assert methods.resolve(session, f"sipas-transaction@{stored.content[:10]}").minimum_n == 55
    for name in ("nothing", "sipas-transaction@ffff", "draft:99", "draft:x", "draft:-1"):
        with pytest.raises(NotFound):
            methods.resolve(session, name)
    with pytest.raises(WaveRefusal, match="method_other_form"):
        side_by_side.compare(session, store.wave(session, "W1"), A, shipped()["sipas-household"])


@pytest.mark.usefixtures("answers")
def test_a_draft_is_compared_before_anybody_approves_it(world: World, session: Session, root: Path, tmp_path: Path):
    from surveys import drafts

    file = next((root / "surveys" / "indexes" / "definitions").glob("*transaction*.toml"))
    text = file.read_text(encoding="utf-8")
    assert tomllib.loads(text)["satisfied"] == ["4", "5"]
    changed = text.replace('satisfied = ["4", "5"]', 'satisfied = ["3", "4", "5"]')
    draft = drafts.save(session, "index", changed, author="lan", today=server_day())
    session.commit()
    out = tmp_path / "both.json"
    run(world.runner, "scores", "compare", "--wave", "W1", "--index", "sipas-transaction", "--draft", str(draft.id),
        "--json", "--out", str(out))
    told = json.loads(out.read_text())
    assert told["note"] == "Để so sánh, không phải kết quả."
    assert [one["code"] for one in told["unlike"]] == ["satisfied"]
    whole = next(r for r in told["records"] if (r["unit"], r["measure"]) == ("T1", "overall"))
    assert whole["estimate_b"] > whole["estimate_a"]
    assert set(whole) == set(methods.FIELDS)
    assert store.wave(session, "W1").index_id == definitions.publish_index(session, A, server_day()), "nothing moved"
