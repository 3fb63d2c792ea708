"""A file of answers, imported and exported, gives the figures of the reference program."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.reference.cases import TOLERANCE, results, rows
from tests.world import run

ITEMS = [f"q{number}" for number in range(1, 23)]
Records = dict[tuple[str, str], dict[str, Any]]


def units_csv(communes: list[str]) -> str:
    lines = ["code,name,kind,parent,valid_from,valid_to,decree", "P1,Tỉnh Một,province,,2020-01-01,,"]
    for commune in communes:
        word = "Phường" if "PH" in commune else "Xã"
        lines.append(f"{commune},{word} {commune},commune,P1,2020-01-01,,")
    return "\n".join(lines) + "\n"


def answers_csv(sample: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["unit", "weight", "stratum", "psu", *ITEMS])
    for row in sample:
        writer.writerow([row["commune"], row["w"], row["stratum"], row["psu"], *(row[item] for item in ITEMS)])
    return text.getvalue()


@pytest.fixture
def exported(app: Flask, tmp_path: Path) -> Records:
    """sipas_a through the commands: units, wave, answers, scores."""
    sample = rows("sipas_a")
    runner = app.test_cli_runner()
    (tmp_path / "units.csv").write_text(units_csv(sorted({row["commune"] for row in sample})), encoding="utf-8")
    (tmp_path / "answers.csv").write_text(answers_csv(sample), encoding="utf-8")
    run(runner, "units", "import", str(tmp_path / "units.csv"))
    run(runner, "waves", "create", "A", "--questionnaire", "sipas-transaction", "--index", "sipas-transaction",
        "--province", "P1", "--target", "85")
    run(runner, "waves", "open", "A")
    run(runner, "responses", "import", "--wave", "A", str(tmp_path / "answers.csv"))
    run(runner, "scores", "export", "--wave", "A", "--format", "json", "--out", str(tmp_path / "scores.json"))
    read = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    return {(record["unit"], record["measure"]): record for record in read}


def close(record: dict[str, Any], estimate: float, se: float) -> bool:
    scale = max(abs(estimate), 1.0)
    return bool(
        abs(record["estimate"] - estimate) <= TOLERANCE * scale and abs(record["se"] - se) <= TOLERANCE * scale
    )


def test_imported_answers_export_the_reference_figures(exported: Records):
    province, by_commune = results("a_ultimate_cluster_means"), results("a_domains_ultimate")
    for item in ("1", "3", "17"):
        for measure, expected in ((f"item:q{item}", f"mean_s{item}"), (f"mean:item:q{item}", f"mean_q{item}")):
            assert close(exported["P1", measure], province[expected]["estimate"][0], province[expected]["se"][0])
        replaced = province[f"mean_s{item}_deffreplace"]["deff"][0]
        assert exported["P1", f"item:q{item}"]["deff"] == pytest.approx(replaced, rel=TOLERANCE)
    whole, score = province["ratio_pct_ALL"], province["ratio_score_ALL"]
    assert close(exported["P1", "overall"], whole["estimate"][0], whole["se"][0])
    assert close(exported["P1", "mean:overall"], score["estimate"][0], score["se"][0])
    assert exported["P1", "overall"]["df"] == province["degf"]["value"]
    for measure, expected in (
        ("item:q1", "by_commune_mean_s1"), ("mean:item:q1", "by_commune_mean_q1"), ("overall", "by_commune_ratio_ALL"),
    ):
        result = by_commune[expected]
        for commune, estimate, se in zip(
            result["groups"]["commune"], result["estimate"], result["se"], strict=True
        ):
            assert close(exported[commune, measure], estimate, se), (commune, measure)
    for row in by_commune["table_commune_s1"]["rows"]:
        record = exported[row["domain"], "item:q1"]
        assert record["n"] == row["n"]
        if row["n"]:
            assert record["n_psu"] == row["n_psu"]
            assert record["df"] == row["degf_domain"] or "pooled_df" in record["flags"]
    degenerate = exported["D1XA06", "item:q1"]
    assert (degenerate["estimate"], degenerate["se"]) == (1, 0)
    assert {"degenerate", "few_psus", "pooled_deff"} <= set(degenerate["flags"])
    assert degenerate["ci_low"] < 0.75
    assert exported["D1XA07", "item:q1"]["estimate"] is None  # answered others, not this one
    assert exported["D1XA07", "item:q1"]["flags"] == ["no_answers"]
