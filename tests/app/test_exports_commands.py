"""`scores export` and `scores refresh`, as other programs call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from tests.world import ITEMS, World, build, refused, run


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    made = build(app, tmp_path)
    file = tmp_path / "answers.csv"
    rows = [f"{unit}," + ",".join(["4"] * 22) for unit, count in (("X1", 35), ("X2", 12)) for _ in range(count)]
    file.write_text("\n".join([",".join(["unit", *ITEMS]), *rows, ""]))
    run(made.runner, "responses", "import", "--wave", "W1", str(file))
    return made


def exported(world: World, path: Path, *more: str) -> list[dict[str, object]]:
    run(world.runner, "scores", "export", "--wave", "W1", "--format", "json", "--out", str(path), *more)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(read, list)
    return read


def test_every_unit_is_there_and_none_is_hidden(world: World, tmp_path: Path):
    found = exported(world, tmp_path / "all.json")
    assert {record["unit"] for record in found} == {"T1", "X1", "X2", "S1"}
    assert {record["level"] for record in found} == {"province", "commune", "department"}


def test_one_unit_can_be_asked_for(world: World, tmp_path: Path):
    assert {record["unit"] for record in exported(world, tmp_path / "one.json", "--unit", "X1")} == {"X1"}


def test_public_keeps_only_what_may_leave_the_house(world: World, tmp_path: Path):
    found = exported(world, tmp_path / "public.json", "--public")
    assert {record["unit"] for record in found} == {"T1"}  # X2 is too few, and X1 would tell what X2 said
    assert all(record["publishable"] for record in found)


def test_monitoring_figures_are_exported_but_never_public(world: World, tmp_path: Path):
    file = tmp_path / "open.csv"
    file.write_text("\n".join([",".join(["unit", "basis", *ITEMS]), *["X1,open," + ",".join(["4"] * 22)] * 60, ""]))
    run(world.runner, "responses", "import", "--wave", "W1", str(file))
    every = [record for record in exported(world, tmp_path / "all.json") if record["series"] == "monitoring"]
    assert {record["n"] for record in every if record["unit"] == "X1"} == {60}
    assert all(record["publishable"] is False and "monitoring" in record["flags"] for record in every)
    assert {record["series"] for record in exported(world, tmp_path / "public.json", "--public")} == {"official"}


def test_dash_is_standard_output_and_nothing_else_is_printed_there(world: World):
    for form, start in (("csv", b"unit,unit_name,level,measure,series,bases,n,"), ("json", b"[\n"), ("xlsx", b"PK")):
        result = world.runner.invoke(args=["scores", "export", "--wave", "W1", "--format", form, "--out", "-"])
        assert result.exit_code == 0
        assert result.stdout_bytes.startswith(start)
        assert "Đã xuất" in result.stderr


def test_a_failed_export_leaves_the_old_file(world: World, tmp_path: Path):
    path = tmp_path / "kept.json"
    path.write_text("old")
    refused(world.runner, "scores", "export", "--wave", "W9", "--format", "json", "--out", str(path))
    assert "X9" in refused(
        world.runner, "scores", "export", "--wave", "W1", "--format", "json", "--out", str(path), "--unit", "X9"
    )
    refused(world.runner, "scores", "export", "--wave", "W1", "--format", "json", "--out", str(tmp_path / "no" / "a"))
    assert path.read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(".kept")) == []


def test_a_wave_without_answers_exports_its_units_with_nothing_to_say(app: Flask, tmp_path: Path):
    found = exported(build(app, tmp_path), tmp_path / "empty.json")
    assert {record["unit"] for record in found} == {"T1", "X1", "X2", "S1"}
    assert all(record["n"] == 0 and record["estimate"] is None and not record["publishable"] for record in found)


def test_wrong_usage_is_no_refusal(world: World, tmp_path: Path):
    for args in (["--format", "pdf", "--out", "x"], ["--format", "json"], ["--out", "x"]):
        assert world.runner.invoke(args=["scores", "export", "--wave", "W1", *args]).exit_code == 2


def test_the_table_people_see_is_computed_once_a_day(world: World):
    assert "Đã tính bảng" in run(world.runner, "scores", "refresh", "--wave", "W1")
    assert "mỗi ngày" in refused(world.runner, "scores", "refresh", "--wave", "W1")
    run(world.runner, "scores", "refresh", "--wave", "W1", "--force")
    assert world.count("score_table") == 1
