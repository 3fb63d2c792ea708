"""`flask definitions …`, and the sentences for everything that can be wrong with a definition."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from flask.testing import FlaskCliRunner

from app import messages
from app.messages.definitions import SENTENCES
from surveys.indexes import load as index_files
from surveys.questionnaires import load as questionnaire_files

SURVEYS = Path(questionnaire_files.__file__).parents[1]
CODE = re.compile(r'"(definition_[a-z0-9_]+|answer_[a-z]+|field_unknown|text_[a-z_]+)"')


def codes_in_source() -> set[str]:
    files = [SURVEYS / "definitions.py", SURVEYS / "definition_files.py", SURVEYS / "definition_parts.py",
             SURVEYS / "fields.py", SURVEYS / "drafts.py",
             *(SURVEYS / "questionnaires").glob("*.py"), *(SURVEYS / "indexes").glob("*.py")]
    return {code for file in files for code in CODE.findall(file.read_text("utf-8"))}


def test_every_fault_has_a_sentence_and_every_sentence_a_fault():
    raised = codes_in_source()
    assert len(raised) > 40
    assert raised <= SENTENCES.keys()
    assert {code for code in SENTENCES if code.startswith("definition_")} <= raised | {"definition_unknown"}


def test_the_shipped_files_are_good(runner: FlaskCliRunner):
    result = runner.invoke(args=["definitions", "check"])
    assert result.exit_code == 0, result.output
    assert result.output.count("tốt / good") == 6


def test_a_faulty_file_is_refused_with_every_key_in_two_languages(runner: FlaskCliRunner, tmp_path: Path):
    text = (questionnaire_files.FOLDER / "counter-short.toml").read_text("utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(text.replace('text.vi = "Phải chờ lâu"\n', "").replace('id = "f2"', 'id = "token"'), "utf-8")
    result = runner.invoke(args=["definitions", "check", str(file)])
    assert result.exit_code == 1
    for said in ("sections.overall.questions.reason.options.1.text.vi", "thiếu lời văn bằng ngôn ngữ “vi”",
                 "sections.factors.questions.token.id", "“token” là tên dành riêng", "is missing", "mine.toml"):
        assert said in result.output, said


def test_an_index_is_checked_against_the_questionnaire_given_with_it(runner: FlaskCliRunner, tmp_path: Path):
    index, form = tmp_path / "an-index.toml", tmp_path / "the-form.toml"
    shutil.copy(index_files.FOLDER / "counter-short.toml", index)
    text = (questionnaire_files.FOLDER / "counter-short.toml").read_text("utf-8")
    form.write_text(text.replace('id = "f2"', 'id = "g2"'), "utf-8")
    assert runner.invoke(args=["definitions", "check", str(index)]).exit_code == 0
    result = runner.invoke(args=["definitions", "check", str(index), str(form)])
    assert result.exit_code == 1
    assert "không có câu “f2”" in result.output


def test_a_broken_file_is_named_with_its_line(runner: FlaskCliRunner, tmp_path: Path):
    file = tmp_path / "broken.toml"
    file.write_text('name = "x"\nkind =\n', "utf-8")
    result = runner.invoke(args=["definitions", "check", str(file)])
    assert result.exit_code == 1
    assert "dòng 2" in result.output


def test_the_list_says_what_ships_and_what_is_stored(runner: FlaskCliRunner, session):
    from datetime import date

    from surveys.store import definitions

    definitions.publish(session, questionnaire_files.shipped()["counter-short"], date(2026, 7, 31))
    session.commit()
    rows = json.loads(runner.invoke(args=["definitions", "list", "--json"]).output)
    assert len(rows) == 6
    stored = [row for row in rows if row["version"] is not None]
    assert [(row["what"], row["name"], row["shipped"]) for row in stored] == [
        ("questionnaire", "counter-short", True)
    ]
    assert "sipas-household" in runner.invoke(args=["definitions", "list"]).output


def test_show_prints_questions_codes_and_what_is_unconfirmed(runner: FlaskCliRunner):
    shown = runner.invoke(args=["definitions", "show", "sipas-transaction"]).output
    assert "q1: Nơi ngồi chờ có đủ chỗ ngồi" in shown
    assert "unconfirmed" in shown
    assert "factor:IV" in shown
    assert "overall > 0.85" in shown
    documents = json.loads(runner.invoke(args=["definitions", "show", "sipas-transaction", "--json"]).output)
    assert len(documents["questionnaire"]["sections"]) == 8
    assert documents["index"]["aggregation"] == "pooled_answers"


def test_a_name_that_is_not_there_is_refused_with_those_that_are(runner: FlaskCliRunner):
    result = runner.invoke(args=["definitions", "show", "sipas"])
    assert result.exit_code == 1
    assert "counter-short, sipas-household, sipas-transaction" in result.output


def test_sentences_are_filled_from_the_faults_details():
    for fault in questionnaire_files.problems(b'name = "A"\nkind = "x"\n', "f.toml"):
        for language in ("vi", "en"):
            said = messages.fault_sentence(fault, language)
            assert "…" not in said, said
            assert "f.toml" in said
