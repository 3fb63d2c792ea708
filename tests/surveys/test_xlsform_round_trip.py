"""A questionnaire goes out as XLSForm and comes back the same; other tools of survey offices take it too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyxform.xls2xform import convert

from surveys.definition_starts import QUESTIONNAIRE
from surveys.errors import DefinitionRefusal
from surveys.questionnaires.document import named
from surveys.questionnaires.load import parse, shipped
from surveys.questionnaires.model import Questionnaire
from surveys.xlsform import reading, writing

FORMS = {**shipped(), "phieu-mau": parse(QUESTIONNAIRE.encode(), "phieu-mau.toml")}


@pytest.fixture(params=sorted(FORMS))
def questionnaire(request: pytest.FixtureRequest) -> Questionnaire:
    return FORMS[request.param]


def test_a_questionnaire_comes_back_the_same_version(questionnaire: Questionnaire) -> None:
    found = reading.converted(writing.workbook(questionnaire), "form.xlsx")
    again = parse(found.toml.encode(), "form.toml")
    assert (again.content, again.instrument) == (questionnaire.content, questionnaire.instrument)
    assert found.passed_over == ()


def test_the_same_questionnaire_gives_the_same_workbook(questionnaire: Questionnaire) -> None:
    assert writing.workbook(questionnaire) == writing.workbook(questionnaire)


def test_pyxform_takes_what_is_written_without_a_warning(questionnaire: Questionnaire, tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(writing.workbook(questionnaire))
    found = convert(str(file))
    assert found.warnings == []
    for question in questionnaire.questions:
        assert f"/{question.id}" in found.xform, question.id
    assert questionnaire.questions[0].text["vi"] in found.xform


def test_recordings_stay_behind_and_nothing_else() -> None:
    form = FORMS["counter-short"]
    spoken = named(replace(form, recordings={"vi": {"f1": "0" * 64}}))
    assert spoken.content != form.content
    again = parse(reading.questionnaire_toml(writing.workbook(spoken), "form.xlsx").encode(), "form.toml")
    assert again.content == form.content


def test_a_wording_that_xlsform_would_take_for_a_reference_is_refused() -> None:
    form = parse(QUESTIONNAIRE.replace("Hướng dẫn không rõ", "Hướng dẫn ${q1} không rõ").encode(), "x")
    with pytest.raises(DefinitionRefusal) as caught:
        writing.workbook(form)
    assert [fault.code for fault in caught.value.faults] == ["xlsform_not_expressible"]


def test_a_wording_that_begins_as_a_formula_stays_a_wording() -> None:
    form = parse(QUESTIONNAIRE.replace("Hướng dẫn không rõ", "=1+1").encode(), "x")
    again = parse(reading.questionnaire_toml(writing.workbook(form), "form.xlsx").encode(), "form.toml")
    assert again.content == form.content
