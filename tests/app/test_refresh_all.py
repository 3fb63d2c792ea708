"""`flask scores refresh --all`: what the daily timer runs."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from tests.world import build, run


def test_every_wave_that_still_moves_is_computed_and_a_planned_one_is_not(app: Flask, tmp_path: Path):
    world = build(app, tmp_path)
    run(world.runner, "waves", "create", "W2", "--questionnaire", "sipas-transaction", "--index",
        "sipas-transaction", "--province", "T1", "--target", ">85")
    assert run(world.runner, "scores", "refresh", "--all").count("W1") == 1
    assert [code for (code,) in world.rows(
        "select wave.code from score_table join wave on wave.id = score_table.wave_id")] == ["W1"]


def test_which_wave_has_to_be_said(app: Flask):
    runner = app.test_cli_runner()
    for words in ([], ["--all", "--wave", "W1"], ["--all", "--correction"]):
        assert runner.invoke(args=["scores", "refresh", *words]).exit_code == 2
