"""Every fault of an index definition is found, at once, with its file and its key."""

from __future__ import annotations

from datetime import date

import pytest

from surveys.errors import DefinitionRefusal
from surveys.indexes.checks import require_fit
from surveys.indexes.document import to_json
from surveys.indexes.load import from_document, parse, problems
from surveys.indexes.model import Criterion, ItemLeaf
from surveys.questionnaires.load import shipped

GOOD = """
name = "short"
questionnaire = "counter-short"
languages = ["vi"]
title.vi = "Chỉ số"
satisfied = ["4", "5"]
aggregation = "pooled_answers"
not_applicable = "exclude"
minimum_n = 30
minimum_response_rate = 0.0
minimum_response_rate_reason = "none known"
[scores]
1 = 1
2 = 2
3 = 3
4 = 4
5 = 5
[rounding]
method = "half_up"
digits = 2
[interval]
item = "korn_graubard_hybrid"
pooled = "korn_graubard_pooled"
mean = "t"
level = 0.95
[[attribution]]
valid_to = 2025-06-30
receiver = ["I"]
handler = ["II"]
source = "old rule"
[[attribution]]
valid_from = 2025-07-01
receiver = ["I", "II"]
handler = []
source = "new rule"
[[targets]]
measure = "overall"
value = 0.85
operator = ">"
valid_from = 2023-01-01
valid_to = 2023-12-31
source = "letter"
[[targets]]
measure = "factor:II"
value = 0.9
operator = ">="
source = "plan"
[tree]
key = "overall"
kind = "overall"
title.vi = "Chung"
[[tree.criteria]]
key = "I"
kind = "factor"
title.vi = "Một"
leaves = [{ item = "f1" }, { item = "f2" }]
[[tree.criteria]]
key = "II"
kind = "factor"
title.vi = "Hai"
leaves = [{ item = "f3" }]
"""

WEIGHTED = GOOD.replace("pooled_answers", "given_weights").replace(
    '{ item = "f1" }, { item = "f2" }', '{ item = "f1", weight = 2 }, { item = "f2", weight = 1 }'
).replace('{ item = "f3" }', '{ item = "f3", weight = 1 }').replace('key = "I"', 'key = "I"\nweight = 0.75').replace(
    'key = "II"', 'key = "II"\nweight = 0.25'
)

FAULTS = [
    ('questionnaire = "counter-short"', 'questionnaire = "no-such"', "definition_index_questionnaire_unknown",
     "questionnaire"),
    ('item = "f3"', 'item = "f9"', "definition_index_item_unknown", "tree.f9"),
    ('item = "f3"', 'item = "reason"', "definition_index_item_not_scale", "tree.reason"),
    ('item = "f3"', 'item = "comment"', "definition_index_item_not_scale", "tree.comment"),
    ('item = "f3"', 'item = "f1"', "definition_index_item_twice", "tree.f1"),
    ('[{ item = "f3" }]', "[]", "definition_empty", "tree.criteria.II.leaves"),
    ('{ item = "f3" }', '{ points = "p1" }', "definition_key_unknown", "tree.criteria.II.leaves.#1.points"),
    ('{ item = "f3" }', '"f3"', "definition_type", "tree.criteria.II.leaves.#1"),
    ('{ item = "f3" }', '{ item = "f3", weight = 2 }', "definition_index_weight_unused",
     "tree.criteria.II.leaves.f3.weight"),
    ('title.vi = "Hai"', 'title.vi = "Hai"\nweight = 2', "definition_index_weight_unused", "tree.criteria.II.weight"),
    ('leaves = [{ item = "f3" }]', "", "definition_key_missing", "tree.criteria.II.leaves"),
    ('key = "II"', 'key = "I"', "definition_id_twice", "tree.I.key"),
    ('key = "II"', 'key = "I I"', "definition_id", "tree.criteria.#2.key"),
    ('kind = "factor"\ntitle.vi = "Hai"', 'kind = "overall"\ntitle.vi = "Hai"', "definition_index_nesting",
     "tree.criteria.II.kind"),
    ('kind = "overall"', 'kind = "part"', "definition_index_nesting", "tree.kind"),
    ('title.vi = "Chung"', 'title.vi = "Chung"\nleaves = [{ item = "f4" }]', "definition_index_mixed", "tree.leaves"),
    ('satisfied = ["4", "5"]', 'satisfied = ["4", "6"]', "definition_index_score_missing", "scores"),
    ('satisfied = ["4", "5"]', 'satisfied = ["4", "6"]', "definition_index_satisfied_unknown", "tree.f1"),
    ('satisfied = ["4", "5"]', 'satisfied = ["1", "2", "3", "4", "5"]', "definition_index_all_satisfied", "tree.f1"),
    ('satisfied = ["4", "5"]', "satisfied = []", "definition_empty", "satisfied"),
    ('satisfied = ["4", "5"]', 'satisfied = ["hài lòng"]', "definition_option_code", "satisfied"),
    ("3 = 3\n", "", "definition_index_score_missing", "tree.f1"),
    ("3 = 3\n", "3 = true\n", "definition_type", "scores.3"),
    ("3 = 3\n", "3 = nan\n", "definition_number", "scores.3"),
    ('"pooled_answers"', '"sum"', "definition_value", "aggregation"),
    ('not_applicable = "exclude"', 'not_applicable = "ignore"', "definition_value", "not_applicable"),
    ('method = "half_up"', 'method = "half_even"', "definition_value", "rounding.method"),
    ("digits = 2", "digits = 2.5", "definition_type", "rounding.digits"),
    ('mean = "t"', 'mean = "wald"', "definition_value", "interval.mean"),
    ("level = 0.95", "level = 95", "definition_number", "interval.level"),
    ("level = 0.95", "", "definition_key_missing", "interval.level"),
    ("minimum_n = 30", "minimum_n = 0", "definition_number", "minimum_n"),
    ("minimum_response_rate = 0.0", "minimum_response_rate = 60", "definition_number", "minimum_response_rate"),
    ('minimum_response_rate_reason = "none known"\n', "", "definition_key_missing", "minimum_response_rate_reason"),
    ('measure = "overall"', 'measure = "factor:III"', "definition_index_measure_unknown", "targets.#1.measure"),
    ('measure = "factor:II"\nvalue = 0.9', 'measure = "overall"\nvalue = 0.9', "definition_index_overlap", "targets"),
    ("value = 0.85", "value = 85", "definition_number", "targets.#1.value"),
    ('operator = ">"', 'operator = "<"', "definition_value", "targets.#1.operator"),
    ('source = "letter"\n', "", "definition_key_missing", "targets.#1.source"),
    ("valid_to = 2023-12-31", "valid_to = 2022-12-31", "definition_index_days", "targets.#1.valid_to"),
    ("valid_to = 2023-12-31", 'valid_to = "31/12/2023"', "definition_type", "targets.#1.valid_to"),
    ("valid_to = 2023-12-31", "valid_to = 2023-12-31T10:00:00", "definition_type", "targets.#1.valid_to"),
    ("valid_to = 2025-06-30", "valid_to = 2025-07-01", "definition_index_overlap", "attribution"),
    ("valid_to = 2025-06-30\n", "", "definition_index_overlap", "attribution"),
    ('handler = ["II"]', 'handler = ["I"]', "definition_index_attribution_twice", "attribution.#1.handler"),
    ('handler = ["II"]', 'handler = ["IX"]', "definition_index_factor_unknown", "attribution.#1"),
    ("[rounding]", "colour = 1\n[rounding]", "definition_option_code", "scores.colour"),
    ('name = "short"', 'name = "short"\ncolour = 1', "definition_key_unknown", "colour"),
    ('title.vi = "Chỉ số"', "", "definition_key_missing", "title"),
]


def places(text: str) -> set[tuple[str, str | None]]:
    return {(fault.code, fault.column) for fault in problems(text.encode(), "short.toml", shipped())}


@pytest.mark.parametrize("text", [GOOD, WEIGHTED], ids=["pooled", "weighted"])
def test_the_files_the_faults_are_made_from_are_good(text: str):
    assert places(text) == set()


@pytest.mark.parametrize("old, new, code, key", FAULTS, ids=[f"{c}-{k}" for _, _, c, k in FAULTS])
def test_a_fault_is_named_with_file_and_key(old: str, new: str, code: str, key: str):
    assert old in GOOD
    with pytest.raises(DefinitionRefusal) as refused:
        parse(GOOD.replace(old, new, 1).encode(), "short.toml", shipped())
    assert (code, key) in {(fault.code, fault.column) for fault in refused.value.faults}
    assert all(fault.details["file"] == "short.toml" for fault in refused.value.faults)


@pytest.mark.parametrize(
    "old, new, code, key",
    [
        (', weight = 2 }', " }", "definition_key_missing", "tree.criteria.I.leaves.f1.weight"),
        ("weight = 0.25", "", "definition_key_missing", "tree.criteria.II.weight"),
        ("weight = 0.25", "weight = -1", "definition_number", "tree.criteria.II.weight"),
        ('"f3", weight = 1', '"f3", weight = 0', "definition_index_weights_zero", "tree.II"),
    ],
)
def test_given_weights_must_be_complete(old: str, new: str, code: str, key: str):
    assert old in WEIGHTED
    assert (code, key) in places(WEIGHTED.replace(old, new, 1))


def test_weights_are_kept_on_criteria_and_leaves_and_in_the_document():
    index = parse(WEIGHTED.encode(), "short.toml", shipped())
    first, second = index.tree.children
    assert isinstance(first, Criterion)
    assert (first.weight, second.weight) == (0.75, 0.25)
    assert first.children == (ItemLeaf("f1", 2.0), ItemLeaf("f2", 1.0))
    assert from_document(to_json(index)) == index


def test_means_of_factors_need_factors():
    flat = GOOD.replace("pooled_answers", "mean_of_factors")
    flat = flat[: flat.index("[[tree.criteria]]")] + 'leaves = [{ item = "f1" }]\n'
    assert ("definition_index_no_factors", "aggregation") in places(flat)


def test_a_later_rule_of_attribution_replaces_the_earlier_one_from_its_day():
    index = parse(GOOD.encode(), "short.toml", shipped())
    whom = [index.attribution_rule(day) for day in (date(1999, 1, 1), date(2025, 6, 30), date(2025, 7, 1))]
    assert [rule.whom("II") if rule else None for rule in whom] == ["handler", "handler", "receiver"]
    assert {node.key: node.attribution for node in index.tree.walk()} == {
        "overall": None, "I": "receiver", "II": "receiver",
    }


def test_all_faults_are_found_at_once():
    broken = GOOD.replace("minimum_n = 30", "minimum_n = 0").replace('item = "f3"', 'item = "f9"').replace(
        "value = 0.85", "value = 85"
    )
    assert places(broken) == {
        ("definition_number", "minimum_n"), ("definition_index_item_unknown", "tree.f9"),
        ("definition_number", "targets.#1.value"),
    }


def test_an_index_is_refused_with_another_questionnaire_than_its_own():
    index = parse(GOOD.encode(), "short.toml", shipped())
    require_fit(index, shipped()["counter-short"])
    with pytest.raises(DefinitionRefusal) as refused:
        require_fit(index, shipped()["sipas-household"])
    assert [fault.code for fault in refused.value.faults] == ["definition_index_other_questionnaire"]


def test_a_tree_without_end_is_refused_at_its_first_wrong_level():
    deep = GOOD + "".join(
        f'[[tree.criteria{".criteria" * level}]]\nkey = "k{level}"\nkind = "factor"\ntitle.vi = "Sâu"\n'
        for level in range(1, 300)
    ).replace("k1", "III", 1)
    assert ("definition_index_nesting", "tree.criteria.II.criteria.III.kind") in places(deep)


@pytest.mark.parametrize("content", [b"", b"tree = 1", b"[tree]", b"[[tree.criteria]]", b"[[targets]]", b"= 3"])
def test_a_file_with_little_in_it_is_refused_and_breaks_nothing(content: bytes):
    assert problems(content, "short.toml", shipped())
