"""Waves and slips from the command line, as other programs call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import server_day
from tests.world import World, answered, build, opened, post, refused, run


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def create(code: str, **changes: str) -> list[str]:
    options = {"questionnaire": "sipas-transaction", "index": "sipas-transaction", "province": "T1", **changes}
    return ["waves", "create", code, *[part for name, value in options.items() for part in (f"--{name}", value)]]


def test_a_wave_is_listed_with_what_it_was_created_with(world: World):
    run(world.runner, *create("W2", target="85,5", official="sample,open", opens="2026-01-01", closes="2026-12-31"))
    listed = {wave["code"]: wave for wave in json.loads(run(world.runner, "waves", "list", "--json"))}
    assert listed["W2"] | {"title": ""} == {
        "code": "W2", "title": "", "province": "T1", "questionnaire": "sipas-transaction",
        "index": "sipas-transaction", "state": "planned", "official": "sample,open", "target": 85.5,
        "operator": ">=", "opens": "2026-01-01", "closes": "2026-12-31", "simulated": False,
        "training": False, "late_until": None, "fixed": None,
    }
    assert (listed["W1"]["target"], listed["W1"]["operator"]) == (85.0, ">")
    assert listed["W1"]["official"] == "sample,dossiers"


@pytest.mark.parametrize("changes, named", [
    ({"questionnaire": "nothing"}, "nothing"), ({"index": "nothing"}, "nothing"), ({"province": "ZZ"}, "ZZ"),
    ({"province": "X1"}, "X1"), ({"index": "sipas-household"}, "sipas-household"), ({"target": "much"}, "much"),
    ({"official": "friends"}, "friends"), ({"official": " "}, "ít nhất một"),
    ({"opens": "2026-12-31", "closes": "2026-01-01"}, "31/12/2026"),
])
def test_a_wave_that_cannot_be_is_refused_by_name(world: World, changes: dict[str, str], named: str):
    assert named in refused(world.runner, *create("W2", **changes))
    assert world.count("wave") == 1


def test_codes_of_waves_are_unique_and_well_formed(world: World):
    assert "W1" in refused(world.runner, *create("W1"))
    for code in ("a b", "x" * 33, "ẩn", "a/b"):
        refused(world.runner, *create(code))


def test_a_wave_opens_and_closes_in_its_order(world: World):
    run(world.runner, "waves", "close", "W1")
    assert "kết thúc thu thập" in refused(world.runner, "waves", "close", "W1")
    refused(world.runner, "waves", "open", "W1")
    assert "lý do" in refused(world.runner, "waves", "reopen", "W1", "--reason", " ")
    run(world.runner, "waves", "reopen", "W1", "--reason", "Mất điện ngày cuối cùng")
    assert "W0" in refused(world.runner, "waves", "open", "W0")


def test_wrong_usage_is_told_apart_from_a_refusal(world: World):
    assert world.runner.invoke(args=["waves", "create"]).exit_code == 2
    assert world.runner.invoke(args=["waves", "create", "W3", "--opens", "someday"]).exit_code == 2
    for group in ("waves", "slips", "responses", "units", "points", "scores"):
        assert world.runner.invoke(args=[group, "--help"]).exit_code == 0


def test_population_counts_name_row_and_column(world: World, tmp_path: Path):
    file = tmp_path / "population.csv"
    file.write_text("unit,size\nX1,120\nX2,many\nX1,3\n")
    said = refused(world.runner, "waves", "population", "--wave", "W1", str(file))
    assert "dòng 3, cột size" in said
    assert "dòng 4, cột unit" in said
    file.write_text("unit,size\nX9,120\n")
    assert "X9" in refused(world.runner, "waves", "population", "--wave", "W1", str(file))
    file.write_text("unit,size\nX1,120\nX2,80\n")
    run(world.runner, "waves", "population", "--wave", "W1", str(file))
    assert world.rows("select sum(size) from population") == [(200,)]


def test_issued_slips_open_a_form_and_are_counted(world: World, tmp_path: Path):
    out = tmp_path / "slips.csv"
    args = ["slips", "issue", "--wave", "W1", "--unit", "X2", "--count", "3"]
    issued = json.loads(run(world.runner, *args, "--json"))
    run(world.runner, *args, "--out", str(out))
    assert len(out.read_text().splitlines()) == 4
    assert len(json.loads(run(world.runner, *args, "--json", "--out", "-"))) == 3
    fields = answered(opened(world, "/s/" + issued[0]["code"]))
    assert post(world, fields, "/s").status_code == 201
    assert issued[0]["address"].endswith("/s/" + issued[0]["code"])
    assert json.loads(run(world.runner, "slips", "list", "--wave", "W1", "--json")) == [
        {"unit": "X2", "name": "Phường Hai", "issued": 9, "spent": 1, "answers": 1}
    ]


def test_slips_are_not_issued_where_they_cannot_be_used(world: World, tmp_path: Path):
    issue = ["slips", "issue", "--wave", "W1", "--unit", "X1", "--count"]
    refused(world.runner, *issue, "9", "--handled-by", "S1")
    assert world.count("cell") == 1, "a cell of few slips would point at a person"
    for count in ("0", "-1", "10001"):
        refused(world.runner, *issue, count)
    refused(world.runner, "slips", "issue", "--wave", "W1", "--unit", "X9", "--count", "1")
    refused(world.runner, *issue, "1", "--out", str(tmp_path / "missing" / "slips.csv"))
    assert world.count("slip") == 0, "codes that could not be written are not issued"
    run(world.runner, "waves", "close", "W1")
    refused(world.runner, *issue, "1")


def test_slips_can_be_printed(world: World, tmp_path: Path):
    out = tmp_path / "slips.pdf"
    run(world.runner, "slips", "issue", "--wave", "W1", "--unit", "X1", "--count", "9", "--out", str(out))
    assert out.read_bytes().startswith(b"%PDF")


def test_commands_before_the_migrations_say_what_to_run(make_app: Callable[..., Flask], bare_database_url: str):
    runner = make_app(database_url=bare_database_url).test_cli_runner()
    for args in (["waves", "list"], ["definitions", "list"], ["units", "list"]):
        assert "db upgrade" in refused(runner, *args)


def test_values_that_no_database_holds_are_refused_on_every_engine(world: World, tmp_path: Path):
    refused(world.runner, *create("W2", title="t" * 201))
    file = tmp_path / "population.csv"
    for size in ("9" * 12, "9" * 5000, "-1", "1.5"):
        file.write_text(f"unit,size\nX1,{size}\n")
        refused(world.runner, "waves", "population", "--wave", "W1", str(file))
    out = ["slips", "issue", "--wave", "W1", "--unit", "X1", "--count", "1", "--out", str(tmp_path)]
    refused(world.runner, *out)
    assert world.count("slip") == 0


def test_a_whole_wave_is_run_from_the_command_line(world: World, app: Flask):
    runner = world.runner
    with app.app_context():
        today = server_day()
    run(runner, *create("TH", target=">90"), "--training")
    run(runner, "waves", "edit", "TH", "--closes", str(today + timedelta(days=9)), "--title", "Tập huấn")
    checklist = json.loads(run(runner, "waves", "checklist", "TH", "--json"))
    checks = {check["line"]: check["standing"] for check in checklist}
    assert checks["target"] == "done"
    assert checks["places_none"] == "warning"
    run(runner, "waves", "open", "TH")
    run(runner, "waves", "late", "TH", "--until", str(today + timedelta(days=20)))
    run(runner, "waves", "close", "TH")
    run(runner, "waves", "fix", "TH")
    assert "người thứ hai" in run(
        runner, "waves", "publish", "TH", "--decision", "2160/QĐ-UBND", "--day", today.isoformat()
    )
    assert "2160" in refused(runner, "waves", "publish", "TH", "--decision", "2160", "--day", today.isoformat())
    rows = {row["unit"]: row for row in json.loads(run(runner, "waves", "progress", "TH", "--json"))}
    assert rows["X1"]["answers"] == 0
    refused(runner, "waves", "correct", "TH", "--decision", "1/QĐ-UBND", "--day", today.isoformat(), "--reason", "Sai")
    refused(runner, "waves", "wipe", "TH", "--confirm", "th")
    refused(runner, "waves", "wipe", "W1", "--confirm", "W1")
    run(runner, "waves", "wipe", "TH", "--confirm", "TH", "--delete")
    assert "TH" in refused(runner, "waves", "progress", "TH")
