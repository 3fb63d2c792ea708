"""A department with two files and no developer: a new questionnaire and a new method run a wave to its scores.

The two files are those of `docs/definitions.md`, word for word.
"""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import server_day
from app.db import transaction
from surveys import approvals, collection, conduct
from surveys.questionnaires.load import parse
from surveys.store import waves as wave_store
from surveys.xlsform.writing import workbook
from tests.world import UNITS, hidden, refused, run

BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)


@pytest.fixture
def files(root: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The questionnaire and the method of the guide, as files under names of somebody's own."""
    form, index = BLOCK.findall((root / "docs" / "definitions.md").read_text("utf-8"))[:2]
    paths = tmp_path / "phiếu của tôi.toml", tmp_path / "cách tính.toml"
    for path, text in zip(paths, (form, index), strict=True):
        path.write_text(text, "utf-8")
    return paths


def adopt(app: Flask, runner: FlaskCliRunner, *files: Path) -> None:
    """Draft and propose each file as one person; approve as another."""
    for file in files:
        begun = json.loads(run(runner, "definitions", "draft", str(file)))
        assert begun["faults"] == 0
        made = json.loads(run(runner, "definitions", "propose", str(begun["draft"])))
        with app.app_context(), transaction() as session:
            approvals.decide(session, made["proposal"], True, actor="minh", answer="", today=server_day())


def wave_of(app: Flask, runner: FlaskCliRunner, tmp_path: Path) -> str:
    """A wave under the new questionnaire and method, open, with a point; its code."""
    units = tmp_path / "units.csv"
    units.write_text(UNITS, "utf-8")
    run(runner, "units", "import", str(units))
    run(runner, "waves", "create", "W1", "--questionnaire", "phieu-nhanh", "--index", "chi-so-nhanh",
        "--province", "T1", "--official", "open,dossiers,sample")
    run(runner, "waves", "open", "W1")
    with app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        return collection.create_point(session, wave, conduct.tree_of(session, wave), "X1", "Quầy 1").code


def test_the_guide_s_files_are_good(runner: FlaskCliRunner, files: tuple[Path, Path]) -> None:
    said = run(runner, "definitions", "check", *map(str, files))
    assert said.count("tốt / good") == 2


def test_nothing_is_in_force_before_a_second_person_approved(
    app: Flask, runner: FlaskCliRunner, files: tuple[Path, Path], tmp_path: Path
) -> None:
    run(runner, "definitions", "draft", str(files[0]))
    run(runner, "units", "import", str(_units(tmp_path)))
    said = refused(runner, "waves", "create", "W1", "--questionnaire", "phieu-nhanh", "--index", "chi-so-nhanh",
                   "--province", "T1")
    assert "phieu-nhanh" in said


def _units(tmp_path: Path) -> Path:
    path = tmp_path / "units.csv"
    path.write_text(UNITS, "utf-8")
    return path


def test_two_files_are_enough_for_a_wave_its_answers_and_its_scores(
    app: Flask, runner: FlaskCliRunner, files: tuple[Path, Path], tmp_path: Path
) -> None:
    adopt(app, runner, *files)
    point = wave_of(app, runner, tmp_path)
    client = app.test_client()
    page = client.get(f"/p/{point}")
    assert "Nơi tiếp nhận hồ sơ sạch sẽ, dễ tìm" in page.text
    token = hidden(page.text, "token")
    for place in range(40):
        happy = place < 30  # three in four
        fields = {"token": token, "id": secrets.token_hex(16), "q1": "5" if happy else "2", "q2": "4", "q3": "-"}
        sent = client.post(f"/p/{point}", json=fields | ({} if happy else {"ly_do_1": "1", "ly_do_2": "1"}))
        assert sent.status_code == 201, sent.text
    out = tmp_path / "scores.json"
    run(runner, "scores", "export", "--wave", "W1", "--format", "json", "--out", str(out), "--unit", "X1")
    found = {
        record["measure"]: record for record in json.loads(out.read_text("utf-8")) if record["series"] == "official"
    }
    assert found["item:q1"]["estimate"] == pytest.approx(0.75)
    assert found["item:q2"]["estimate"] == pytest.approx(1.0)
    assert found["overall"]["estimate"] == pytest.approx(0.875)  # 70 of 80 valid answers; '-' is none
    assert found["factor:II"]["n"] == 40  # q2 answered by all, q3 by nobody


def test_the_same_questionnaire_may_come_as_an_xlsform(
    app: Flask, runner: FlaskCliRunner, files: tuple[Path, Path], tmp_path: Path
) -> None:
    form = parse(files[0].read_bytes(), "x")
    book = tmp_path / "phieu.xlsx"
    book.write_bytes(workbook(form))
    adopt(app, runner, book, files[1])
    shown = json.loads(run(runner, "definitions", "show", "phieu-nhanh", "--json"))
    assert [section["id"] for section in shown["questionnaire"]["sections"]] == ["I", "II", "khac"]
    out = tmp_path / "again.toml"
    run(runner, "definitions", "export", "phieu-nhanh", "--out", str(out))
    assert parse(out.read_bytes(), "x").content == form.content
    run(runner, "definitions", "export", "phieu-nhanh", "--format", "xlsform", "--out", str(book))
    assert book.read_bytes() == workbook(form)


def test_a_faulty_draft_is_kept_and_its_faults_told(
    app: Flask, runner: FlaskCliRunner, files: tuple[Path, Path], tmp_path: Path
) -> None:
    file = tmp_path / "faulty.toml"
    file.write_text(files[0].read_text("utf-8").replace('id = "q2"', 'id = "q1"'), "utf-8")
    result = runner.invoke(args=["definitions", "draft", str(file)])
    begun = json.loads(result.stdout)
    assert (begun["faults"], begun["kind"]) == (1, "questionnaire")
    assert "Cách sửa: đổi một trong hai mã" in result.stderr
    assert "To mend" in refused(runner, "definitions", "propose", str(begun["draft"]))
    mended = json.loads(run(runner, "definitions", "draft", str(files[0]), "--draft", str(begun["draft"])))
    assert (mended["draft"], mended["revision"], mended["faults"]) == (begun["draft"], 2, 0)
    listed = json.loads(run(runner, "definitions", "list", "--json"))
    assert [(row["what"], row["state"]) for row in listed if row["state"]] == [(f"draft:{begun['draft']}", "draft")]


def test_two_versions_are_compared_by_name_by_content_and_as_files(
    app: Flask, runner: FlaskCliRunner, files: tuple[Path, Path], tmp_path: Path
) -> None:
    adopt(app, runner, files[0])
    file = tmp_path / "next.toml"
    file.write_text(files[0].read_text("utf-8").replace("sạch sẽ, dễ tìm", "dễ tìm"), "utf-8")
    said = run(runner, "definitions", "diff", "phieu-nhanh", str(file))
    assert "not comparable" in said
    assert "reworded" in said
    rows = json.loads(run(runner, "definitions", "diff", "phieu-nhanh", str(file), "--json"))
    assert [(row["kind"], row["place"]) for row in rows] == [("reworded", "sections.I.questions.q1.text.vi")]
    assert json.loads(run(runner, "definitions", "diff", "sipas-transaction", "sipas-transaction", "--what", "index",
                          "--json")) == []


def test_partial_files_and_workbooks_are_checked_by_their_kind(runner: FlaskCliRunner, tmp_path: Path) -> None:
    targets, book = tmp_path / "targets.toml", tmp_path / "no.xlsx"
    targets.write_text('index = "counter-short"\n[[targets]]\nmeasure = "overall"\nvalue = 0.9\noperator = ">="\n'
                       'source = "Kế hoạch"\n', "utf-8")
    book.write_bytes(b"not a workbook")
    assert "mục tiêu / targets: tốt" in run(runner, "definitions", "check", str(targets))
    said = refused(runner, "definitions", "check", str(book), str(targets))
    assert "tệp không phải bảng tính Excel" in said
    assert "mục tiêu / targets: tốt" in said
