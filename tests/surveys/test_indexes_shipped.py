"""The index definitions that ship with the source say what the domain says."""

from __future__ import annotations

from datetime import date

import pytest

from surveys.canonical import digest
from surveys.indexes.checks import problems_with
from surveys.indexes.document import to_json
from surveys.indexes.load import from_document, shipped
from surveys.indexes.model import Criterion, IndexDefinition
from surveys.questionnaires.load import shipped as questionnaires

NAMES = sorted(shipped())


def factors(index: IndexDefinition) -> dict[str, tuple[str, ...]]:
    return {node.key: node.items for node in index.tree.walk() if node.kind == "factor"}


def test_an_index_ships_for_each_questionnaire():
    assert {name: index.questionnaire for name, index in shipped().items()} == {
        name: name for name in questionnaires()
    }


@pytest.mark.parametrize("name", ["sipas-transaction", "sipas-household"])
def test_the_tree_covers_every_scored_item_once(name: str):
    scored = [question.id for question in questionnaires()[name].questions if question.kind == "scale"]
    assert list(shipped()[name].items) == scored


@pytest.mark.parametrize("name", ["sipas-transaction", "sipas-household"])
def test_factors_hold_the_items_of_their_section_and_carry_its_title(name: str):
    questionnaire = questionnaires()[name]
    sections = {section.id: section for section in questionnaire.sections}
    for node in shipped()[name].tree.walk():
        if node.kind == "factor":
            section = sections[node.key]
            assert node.items == tuple(question.id for question in section.questions)
            assert node.title["vi"] == section.title["vi"]


def test_the_short_index_is_built_from_the_five_factors_without_the_question_on_the_whole():
    assert factors(shipped()["counter-short"]) == {
        "I": ("f1",), "II": ("f2",), "III": ("f3",), "IV": ("f4",), "V": ("f5",),
    }


def test_the_household_index_has_a_policy_part_and_a_service_part():
    parts = [node for node in shipped()["sipas-household"].tree.children if isinstance(node, Criterion)]
    assert [(part.measure, len(part.items)) for part in parts] == [("part:policy", 14), ("part:service", 19)]


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_are_those_of_the_house(name: str):
    index = shipped()[name]
    assert index.satisfied == {"4", "5"}  # 'Bình thường' is not satisfied
    assert index.scores == {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
    assert (index.aggregation, index.not_applicable) == ("pooled_answers", "exclude")
    assert (index.rounding.method, index.rounding.digits) == ("half_up", 2)
    assert (index.interval.item, index.interval.pooled, index.interval.mean, index.interval.level) == (
        "korn_graubard_hybrid", "wilson_pooled", "t", 0.95
    )
    assert index.minimum_n == 30
    assert index.minimum_response_rate_reason


@pytest.mark.parametrize("name", ["sipas-transaction", "counter-short"])
def test_the_desk_is_scored_for_meeting_people_and_the_agency_for_deciding(name: str):
    whom = {node.key: node.attribution for node in shipped()[name].tree.walk() if node.kind == "factor"}
    assert whom == {"I": "receiver", "II": "handler", "III": "receiver", "IV": "handler", "V": "receiver"}
    assert shipped()[name].tree.attribution is None


def test_the_rule_of_attribution_is_found_by_day():
    rule = shipped()["sipas-transaction"].attribution_rule(date(2026, 7, 31))
    assert rule is not None
    assert (rule.whom("II"), rule.whom("III"), rule.whom("overall")) == ("handler", "receiver", None)


@pytest.mark.parametrize("name", ["sipas-transaction", "sipas-household"])
def test_targets_keep_the_words_of_the_letter(name: str):
    index = shipped()[name]
    strict = index.target("overall", date(2023, 6, 30))
    at_least = index.target("overall", date(2025, 12, 31))
    assert strict is not None
    assert at_least is not None
    assert (strict.operator, strict.value) == (">", 0.85)  # 'trên 85%'
    assert (at_least.operator, at_least.value) == (">=", 0.95)  # '95% trở lên'
    assert index.target("overall", date(2024, 6, 30)) is None
    assert index.target("factor:I", date(2023, 6, 30)) is None
    assert all("938/UBND-NCVX" in target.source for target in index.targets)


@pytest.mark.parametrize("name", NAMES)
def test_an_index_fits_its_questionnaire_and_no_other(name: str):
    for other, questionnaire in questionnaires().items():
        assert (problems_with(shipped()[name], questionnaire, "file") == ()) == (other == name)


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_document_gives_the_same_index_back(name: str):
    index = shipped()[name]
    document = to_json(index)
    assert digest(document) == index.content
    assert from_document(document) == index


def test_a_percentage_is_rounded_as_the_definition_says():
    assert str(shipped()["sipas-transaction"].rounding.percent(0.80425)) == "80.43"
