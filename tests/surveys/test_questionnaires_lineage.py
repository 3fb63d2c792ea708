"""Where a question comes from is told beside it: no claim that does not hold, and no new instrument by a remark."""

from __future__ import annotations

import pytest

from surveys.definition_starts import QUESTIONNAIRE
from surveys.questionnaires import lineage
from surveys.questionnaires.document import to_json
from surveys.questionnaires.load import from_document, parse
from surveys.questionnaires.model import Lineage, Questionnaire

OLD = parse(QUESTIONNAIRE.encode(), "old")
REMARK = 'lineage = { relation = "new", note = "Chưa có ở phiếu nào trước đây." }\n'


def with_remark(remark: str, old: str = "", new: str = "") -> Questionnaire:
    text = QUESTIONNAIRE.replace(REMARK, remark + "\n")
    return parse((text.replace(old, new) if old else text).encode(), "new")


def faults(questionnaire: Questionnaire) -> list[tuple[str, str | None, object]]:
    def versions(name: str, digits: str | None) -> Questionnaire | None:
        there = name == OLD.name and OLD.content.startswith(digits or "")
        return OLD if there else None

    return [(f.code, f.column, f.details.get("parts")) for f in lineage.problems(questionnaire, versions, "new")]


def test_a_remark_on_descent_changes_the_version_and_not_the_instrument() -> None:
    bare, told = with_remark(""), with_remark('lineage = { relation = "same", of = "phieu-mau/q3" }')
    assert bare.content != told.content
    assert bare.instrument == told.instrument == OLD.instrument
    assert told.question("q3").lineage == Lineage("same", "phieu-mau/q3")
    assert from_document(to_json(told)) == told


@pytest.mark.parametrize("of", ["phieu-mau/q3", f"phieu-mau@{OLD.content[:8]}/q3", f"phieu-mau@{OLD.content}/q3"])
def test_the_same_question_may_be_called_the_same(of: str) -> None:
    assert faults(with_remark(f'lineage = {{ relation = "same", of = "{of}" }}')) == []


SAME = 'lineage = { relation = "same", of = "phieu-mau/q3" }'


@pytest.mark.parametrize(
    "old, new, part",
    [
        ("hướng dẫn dễ hiểu", "hướng dẫn rõ", "text"),
        ('text.vi = "Bình thường"', 'text.vi = "Tạm được"', "options"),
        ('id = "q3"\nkind = "scale"', 'id = "q3"\nkind = "choice"', "kind"),
    ],
    ids=["wording", "scale", "kind"],
)
def test_a_changed_question_may_not_be_called_the_same(old: str, new: str, part: str) -> None:
    assert faults(with_remark(SAME, old, new)) == [
        ("definition_lineage_not_same", "sections.II.questions.q3.lineage.relation", part)
    ]


def test_a_reworded_question_called_reworded_is_good() -> None:
    remark = 'lineage = { relation = "reworded", of = "phieu-mau/q3", note = "Ngắn hơn." }'
    assert faults(with_remark(remark, "hướng dẫn dễ hiểu", "hướng dẫn rõ")) == []


@pytest.mark.parametrize("of", ["phieu-mau/q99", "phieu-khac/q3", "phieu-mau@00000000/q3"])
def test_descent_from_nothing_is_a_fault(of: str) -> None:
    assert faults(with_remark(f'lineage = {{ relation = "reworded", of = "{of}" }}')) == [
        ("definition_lineage_unknown", "sections.II.questions.q3.lineage.of", None)
    ]
