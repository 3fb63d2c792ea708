"""What a score is: whose answers count for whom, with which weight, against which target."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measures import Mean, Ratio
from surveys.indexes.model import AttributionRule, Criterion, IndexDefinition, ItemLeaf, Target
from surveys.measures import measured
from surveys.origin import Basis
from tests.analysis import plain
from tests.surveys.score_frames import DAY, IDS, ITEMS, TREE, Answer, everywhere, frame, index, table

SATISFIED, NEUTRAL = everywhere("4"), everywhere("3")
ODD = {item: "5" if number % 2 else "2" for number, item in enumerate(ITEMS)}
SHARED_RULE = AttributionRule(date.min, None, frozenset({"I", "III", "V"}), frozenset({"II", "IV"}), "test")


def test_every_unit_has_every_measure_once_in_the_trees_order():
    found = table([Answer("X1", SATISFIED)])
    measures = [f"item:{item}" for item in ITEMS] + [f"factor:{key}" for key in ("I", "II", "III", "IV", "V")]
    measures += ["overall", *(f"mean:{measure}" for measure in measures), "mean:overall"]
    assert list(found) == [(unit.code, measure) for unit in TREE.subtree("P") for measure in measures]


def test_neutral_is_not_satisfied_and_a_skipped_or_foreign_question_is_no_answer():
    found = table([
        Answer("X1", {"q1": "4"}), Answer("X1", {"q1": "3"}), Answer("X1", {"q1": "0"}), Answer("X1", {"q1": "-"}),
    ])
    assert (found["X1", "item:q1"]["n"], found["X1", "item:q1"]["estimate"]) == (2, 0.5)
    assert found["X1", "mean:item:q1"]["estimate"] == 3.5
    assert found["X1", "factor:I"]["n"] == 2  # who answered nothing valid is no respondent
    assert found["X1", "factor:II"]["n"] == 0
    assert found["X1", "factor:II"]["flags"] == ["no_answers"]


def test_not_my_case_counts_in_the_base_only_where_the_index_says_so():
    answers = [Answer("X1", {"q1": "4"}), Answer("X1", {"q1": "-"})]
    found = table(answers, frame(index(not_applicable="not_satisfied")))
    assert (found["X1", "item:q1"]["n"], found["X1", "item:q1"]["estimate"]) == (2, 0.5)
    assert (found["X1", "mean:item:q1"]["n"], found["X1", "mean:item:q1"]["estimate"]) == (1, 4)


def test_a_unit_is_its_subtree():
    found = table([Answer("C1", SATISFIED), Answer("X1", NEUTRAL), Answer("X2", NEUTRAL)])
    shares = {unit: found[unit, "overall"]["estimate"] for unit in ("P", "X1", "C1", "X2", "W1")}
    assert shares == {"P": pytest.approx(1 / 3), "X1": 0.5, "C1": 1, "X2": 0, "W1": None}


def test_factors_count_for_who_received_or_who_decided():
    of = frame(replace(index(), attributions=(SHARED_RULE,)))
    found = table([Answer("X1", SATISFIED, handler="S1"), Answer("X1", NEUTRAL)], of)

    def figures(unit: str, measure: str) -> tuple[int, Any]:
        return found[unit, measure]["n"], found[unit, measure]["estimate"]

    assert figures("X1", "factor:I") == (2, 0.5)
    assert figures("S1", "factor:I") == (0, None)
    assert figures("X1", "factor:II") == (1, 0)  # X1 decided the second dossier only
    assert figures("S1", "factor:II") == (1, 1)
    # overall of X1: 14 received items of both, 8 decided items of the second
    assert found["X1", "overall"]["n"] == 2
    assert found["X1", "overall"]["estimate"] == pytest.approx(14 / 36)
    assert figures("S1", "overall") == (1, 1)
    assert figures("P", "overall") == (2, 0.5)


def test_attribution_is_that_of_the_waves_opening_day():
    later = AttributionRule(date(2026, 8, 1), None, frozenset(), frozenset({"I", "II", "III", "IV", "V"}), "test")
    earlier = replace(SHARED_RULE, valid_to=date(2026, 7, 31))
    definition = replace(index(), attributions=(earlier, later))
    assert measured(definition, DAY).attribution[0] == "receiver"
    assert measured(definition, date(2026, 8, 1)).attribution[0] == "handler"


def tree_of(aggregation: str) -> IndexDefinition:
    """Overall = part A (factors a: q1 q2; b: q3) and part B (factor c: q4 q5 q6); weights 1 : 3 along the tree."""
    def criterion(key: str, kind: str, weight: float, children: tuple[Any, ...]) -> Criterion:
        return Criterion(key, kind, {"vi": key}, None, weight, children)  # type: ignore[arg-type]  # mypy sees str

    a = criterion("a", "factor", 1, (ItemLeaf("q1", 1), ItemLeaf("q2", 3)))
    b = criterion("b", "factor", 3, (ItemLeaf("q3"),))
    c = criterion("c", "factor", 1, (ItemLeaf("q4"), ItemLeaf("q5"), ItemLeaf("q6")))
    whole = criterion("overall", "overall", 1, (criterion("A", "part", 1, (a, b)), criterion("B", "part", 3, (c,))))
    return replace(index(aggregation=aggregation), tree=whole, targets=(), attributions=())


EXPECTED = {  # shares by hand: q1 1/2, q2 0, q3 1, q4 1, q5 0, q6 1/2; three answers of q4, two of the others
    "pooled_answers": {"overall": (1 + 0 + 2 + 3 + 0 + 1) / 13, "part:A": 3 / 6, "factor:a": 1 / 4},
    "mean_of_criteria": {"overall": 3 / 6, "part:A": 0.5, "factor:a": 0.25},
    "mean_of_factors": {"overall": (0.25 + 1 + 0.5) / 3, "part:A": (0.25 + 1) / 2, "factor:a": 0.25},
    "given_weights": {
        "factor:a": 0.5 / 4, "part:A": (0.125 + 3) / 4, "overall": ((0.125 + 3) / 4 + 3 * 0.5) / 4,
    },
}
THREE = [
    Answer("X1", {"q1": "4", "q2": "1", "q3": "5", "q4": "4", "q5": "2", "q6": "4"}),
    Answer("X1", {"q1": "1", "q2": "3", "q3": "4", "q4": "5", "q5": "3", "q6": "2"}), Answer("X1", {"q4": "4"}),
]


@pytest.mark.parametrize("aggregation", EXPECTED)
def test_each_aggregation_by_hand(aggregation: str):
    found = table(THREE, frame(tree_of(aggregation)))
    for measure, share in EXPECTED[aggregation].items():
        assert found["P", measure]["estimate"] == pytest.approx(share), measure
    assert ("P", "mean:part:A") not in found


def test_a_criterion_without_answers_leaves_the_mean_and_is_said():
    found = table([Answer("X1", {"q1": "4", "q4": "1"})], frame(tree_of("mean_of_factors")))
    assert found["X1", "overall"]["estimate"] == 0.5  # factor b has no answer: mean of a and c
    assert "incomplete_criteria" in found["X1", "overall"]["flags"]


answers = st.lists(
    st.builds(
        Answer, unit=st.sampled_from(["X1", "X2", "W1", "C1"]), handler=st.sampled_from([None, "S1"]),
        values=st.fixed_dictionaries({f"q{n}": st.sampled_from("012345-") for n in range(1, 7)}),
        stratum=st.sampled_from(["", "s", "t"]), psu=st.sampled_from(["1", "2", "3", "4"]),
        weight=st.sampled_from([None, 0.5, 7.25]),
    ),
    min_size=1, max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(answers, st.sampled_from(list(EXPECTED)))
def test_scores_agree_with_plain_loops(given_answers: list[Answer], aggregation: str):
    shared = AttributionRule(date.min, None, frozenset({"a", "c"}), frozenset({"b"}), "test")
    definition = replace(tree_of(aggregation), attributions=(shared,))
    of = frame(definition)
    found = table(given_answers, of)
    places = {unit.code: place for place, unit in enumerate(of.layout.units)}
    labels: dict[object, int] = {}
    whole = plain.Sample(
        [
            plain.Row(
                labels.setdefault(a.stratum, len(labels)), labels.setdefault((a.stratum, a.psu), len(labels)),
                1.0 if a.weight is None else a.weight, (places[a.unit], places[a.handler or a.unit]),
                tuple("012345".find(a.values[f"q{n}"]) if a.values[f"q{n}"] != "-" else 0 for n in range(1, 7)),
            )
            for a in given_answers
        ],
        [["receiver", "handler"].index(whom) for whom in of.measured.attribution],
        [False, False, False, False, True, True], [float("nan"), 1, 2, 3, 4, 5], {},
    )
    for named in of.measured.named:
        for unit in of.layout.units:
            leaves = {places[below.code] for below in TREE.subtree(unit.code)}
            expected, record = plain.estimate(whole, leaves, named.measure), found[unit.code, named.name]
            assert (record["n"], record["n_psu"]) == (expected.n, expected.n_psu)
            if expected.value is None:
                assert record["estimate"] is None
            else:
                assert record["estimate"] == pytest.approx(expected.value, rel=1e-9, abs=1e-12)
                assert record["se"] == pytest.approx(expected.variance**0.5, rel=1e-9, abs=1e-9)
                assert record["df"] == expected.df or "pooled_df" in record["flags"] or record["df"] is None


def test_given_weights_are_used_untouched_and_the_cells_stand_in():
    found = table([
        Answer("X1", SATISFIED, weight=3), Answer("X1", NEUTRAL, cell_weight=1), Answer("X1", NEUTRAL),
    ])
    assert found["X1", "overall"]["estimate"] == pytest.approx(3 / 5)


def test_population_counts_weight_answers_without_a_weight():
    found = table(
        [Answer("X1", SATISFIED), Answer("C1", NEUTRAL), Answer("X2", NEUTRAL)], None, {IDS["X1"]: 300, IDS["X2"]: 50}
    )
    assert found["X1", "overall"]["estimate"] == 0.5  # the centre has no count of its own: 300 over two answers
    assert found["P", "overall"]["estimate"] == pytest.approx(150 / 350)
    assert "population_weighted" in found["X1", "overall"]["flags"]


def test_an_uncounted_unit_gets_the_mean_weight_and_says_so():
    found = table([Answer("X1", SATISFIED), Answer("X1", SATISFIED), Answer("X2", NEUTRAL)], None, {IDS["X1"]: 300})
    assert found["P", "overall"]["estimate"] == pytest.approx(300 / 450)
    assert "population_missing" in found["P", "overall"]["flags"]
    assert "population_missing" not in found["X1", "overall"]["flags"]


def test_answers_without_a_psu_are_their_own_and_strata_do_not_mix_bases():
    found = table([
        Answer("X1", SATISFIED), Answer("X1", NEUTRAL), Answer("X1", NEUTRAL, basis=Basis.DOSSIERS),
        Answer("X1", SATISFIED, psu="a"), Answer("X1", SATISFIED, psu="a"), Answer("X1", NEUTRAL, stratum="s", psu="a"),
    ])
    record = found["X1", "overall"]
    assert (record["n"], record["n_psu"]) == (6, 5)
    assert record["df"] == 2  # three PSUs in the unnamed stratum, one in each other
    assert "single_psu_stratum" in record["flags"]
    assert record["bases"] == ["sample", "dossiers"]


def test_a_census_of_psus_has_no_design_error_and_still_an_interval():
    answers = [Answer("X1", SATISFIED if n % 2 else NEUTRAL, psu=f"{n}", fpc=10) for n in range(10)]
    record = table(answers)["X1", "overall"]
    assert (record["estimate"], record["se"]) == (0.5, 0)
    assert record["ci_low"] < 0.3
    assert record["ci_high"] > 0.7


@pytest.mark.parametrize("sizes", [(20, 30), (20, None), (1, 1)])
def test_population_counts_of_psus_that_cannot_be_true_are_not_used(sizes: tuple[float | None, float | None]):
    answers = [
        Answer("X1", SATISFIED, psu="a", fpc=sizes[0]), Answer("X1", NEUTRAL, psu="b", fpc=sizes[1]),
        Answer("X1", ODD, psu="c", fpc=sizes[1]),
    ]
    record, without = table(answers)["X1", "overall"], table([replace(a, fpc=None) for a in answers])["X1", "overall"]
    assert record["se"] == without["se"]
    assert "fpc_ignored" in record["flags"]


def test_open_answers_declared_official_say_that_they_are_volunteers():
    bases = frozenset({Basis.OPEN})
    record = table([Answer("X1", SATISFIED, basis=Basis.OPEN)], frame(official=bases))["X1", "overall"]
    assert record["bases"] == ["open"]
    assert {"voluntary_sample", "conditional_interval"} <= set(record["flags"])


def test_a_unit_whose_slips_did_not_come_back_is_marked():
    of = frame(index(minimum_response_rate=0.3), response_rate={"X1": 0.2, "X2": 0.4})
    found = table([Answer("X1", SATISFIED), Answer("X2", SATISFIED)], of)
    marked = {unit for (unit, measure), r in found.items() if measure == "overall" and "low_response" in r["flags"]}
    assert marked == {"X1"}


def test_the_waves_target_is_for_every_share_and_no_mean():
    found = table([Answer("X1", SATISFIED)], frame(target=0.85, target_operator=">"))
    for (_, measure), record in found.items():
        assert record["target"] == (None if measure.startswith("mean:") else 0.85)


def test_without_it_the_indexs_target_of_the_opening_day_is_for_its_own_measure():
    dated = (
        Target("overall", 0.85, ">", date(2023, 1, 1), date(2023, 12, 31), "test"),
        Target("factor:I", 0.95, ">=", date(2026, 1, 1), date(2026, 12, 31), "test"),
    )
    found = table([Answer("X1", SATISFIED)], frame(index(targets=dated)))
    assert found["X1", "overall"]["target"] is None
    assert found["X1", "factor:I"]["target"] == 0.95
    assert found["X1", "factor:I"]["verdict"] == "not_enough_evidence"
    assert found["X2", "factor:I"]["verdict"] is None  # nobody answered there


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["X1", "X2", "W1"]), st.sampled_from("1245"), st.integers(1, 6)), max_size=80),
    st.sampled_from([0.2, 0.5, 0.85]), st.sampled_from([">", ">="]),
)
def test_a_verdict_is_decided_exactly_when_the_interval_excludes_the_target(
    rows: list[tuple[str, str, int]], target: float, operator: str
):
    found = table(
        [Answer(unit, everywhere(value), psu=str(psu)) for unit, value, psu in rows],
        frame(target=target, target_operator=operator),
    )
    for record in found.values():
        if record["target"] is None or record["estimate"] is None:
            assert record["verdict"] is None
            continue
        low, high = record["ci_low"], record["ci_high"]
        assert low <= record["estimate"] <= high
        met = low > target if operator == ">" else low >= target
        missed = high <= target if operator == ">" else high < target
        assert record["verdict"] == ("met" if met else "not_met" if missed else "not_enough_evidence")


def test_no_answers_at_all_give_empty_records_and_never_nan():
    found = table([])
    for record in found.values():
        assert (record["n"], record["estimate"], record["verdict"], record["flags"]) == (0, None, None, ["no_answers"])
        assert record["bases"] == ["sample", "dossiers"]


def test_answers_that_weigh_nothing_have_no_estimate():
    record = table([Answer("X1", SATISFIED, weight=0)])["X1", "overall"]
    assert (record["n"], record["estimate"], record["flags"]) == (1, None, ["zero_weight"])


def test_combinations_follow_the_definition():
    what = {named.name: named.measure.of for named in measured(tree_of("given_weights"), DAY).named}
    assert what["factor:b"] == Ratio((2,))
    assert what["part:A"] == Mean((Mean((Ratio((0,)), Ratio((1,))), (1, 3)), Ratio((2,))), (1, 3))


def test_numbers_are_plain_python():
    for record in table([Answer("X1", ODD), Answer("X2", SATISFIED)]).values():
        assert not any(isinstance(value, np.generic) for value in record.values())
