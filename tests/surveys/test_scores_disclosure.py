"""Nobody's answer can be read from a published figure, or from the difference of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.disclosure import UNIFORM_GROUP, Rules, mark

PARENT = {"P": None, "A": "P", "B": "P", "C": "P", "A1": "A", "A2": "A"}


def records(sizes: Mapping[str, int], measure: str = "overall", **changes: Any) -> list[dict[str, Any]]:
    return [
        {"unit": unit, "series": "official", "measure": measure, "n": sizes.get(unit, 0),
         "estimate": 0.8 if sizes.get(unit) else None, "flags": [], "publishable": None, **changes}
        for unit in PARENT
    ]


def shown(listed: list[dict[str, Any]], **changes: Any) -> set[str]:
    given: dict[str, Any] = {"parent": PARENT, "minimum_n": 30, "extremes": (1.0, 5.0), "items": {}, **changes}
    mark(listed, Rules(**given))
    return {record["unit"] for record in listed if record["publishable"]}


def test_large_groups_are_all_shown():
    assert shown(records({"P": 300, "A": 100, "B": 100, "C": 100, "A1": 50, "A2": 50})) == set(PARENT)


def test_below_the_minimum_nothing_is_shown():
    assert shown(records({"P": 29, "A": 29})) == set()
    assert shown(records({"P": 12, "A": 12}), minimum_n=2) == {"P", "A"}
    assert shown(records({"P": 9}), minimum_n=2) == set()


def test_the_rest_of_the_parent_must_not_be_a_few_people():
    # P minus A would be the nine of B
    assert shown(records({"P": 109, "A": 100, "B": 9})) == {"P"}
    assert shown(records({"P": 100, "A": 100, "A1": 100})) == {"P", "A", "A1"}  # nobody is left to be told on


def test_one_hidden_child_hides_its_smallest_sibling_too():
    assert shown(records({"P": 220, "A": 120, "B": 80, "C": 20})) == {"P", "A"}


def test_hidden_siblings_together_are_more_than_a_few_people():
    assert shown(records({"P": 168, "A": 100, "B": 60, "C": 8})) == {"P", "A"}
    assert shown(records({"P": 300, "A": 200, "B": 60, "A1": 105, "A2": 95, "C": 40})) == set(PARENT)


def test_what_adds_up_to_a_hidden_unit_is_hidden():
    # A goes with C; were both of its children shown, their sum would be A, and C would follow
    found = shown(records({"P": 320, "B": 200, "A": 100, "C": 20, "A1": 50, "A2": 50}))
    assert found == {"P", "B"}


@pytest.mark.parametrize("measure, estimate, n, kept", [
    ("overall", 1.0, 29, False), ("overall", 0.0, 29, False), ("overall", 1.0, 30, True), ("overall", 0.9, 29, True),
    ("mean:overall", 5.0, 29, False), ("mean:overall", 1.0, 29, False), ("mean:overall", 3.0, 29, True),
])
def test_a_small_group_that_all_answered_alike_is_hidden(measure: str, estimate: float, n: int, kept: bool):
    found = shown(records({"P": n}, measure, estimate=estimate), minimum_n=10)
    assert ("P" in found) is kept


@pytest.mark.parametrize("sizes, expected", [
    ({"P": 300, "A": 101, "A1": 50, "A2": 50, "B": 100, "C": 99}, {"P", "A", "A2", "B", "C"}),  # A - A1 - A2 = 1
    ({"P": 181, "A": 90, "B": 91}, {"P", "A", "B"}),
    ({"P": 181, "A": 90, "B": 90}, {"P", "B"}),
    ({"P": 229, "A": 100, "B": 100}, {"P", "B"}),
    ({"P": 230, "A": 100, "B": 100}, {"P", "A", "B"}),  # thirty at the province itself: a group like any other
    ({"P": 209, "A": 100, "B": 80, "C": 20}, {"P", "A", "B"}),  # C's twenty and the nine hide each other
])
def test_answers_given_at_the_parent_itself_are_a_hidden_child(sizes: dict[str, int], expected: set[str]):
    assert shown(records(sizes)) == expected


def test_where_children_overlap_the_items_tell_what_was_answered_at_the_parent_itself():
    # A decided forty that B and C received: the sum over children hides the one of P; in q1, counted once, it shows
    item = records({"P": 121, "B": 60, "C": 60}, "item:q1")
    both = records({"P": 121, "A": 40, "B": 60, "C": 60})
    shown([*item, *both], items={"overall": ["q1"]})
    assert [record["unit"] for record in both if record["publishable"]] == ["P", "B", "C"]


def test_too_few_returned_slips_hide_that_figure_and_no_other():
    listed = records({"P": 300, "A": 150, "B": 150})
    listed[1]["flags"] = ["low_response"]
    assert shown(listed) == {"P", "B"}  # it says nothing about people: it may be computed


def test_a_figure_says_why_it_is_hidden():
    listed = records({"P": 320, "B": 200, "A": 100, "C": 20})
    shown(listed)
    assert {record["unit"]: record["flags"] for record in listed} == {
        "P": [], "B": [], "A": ["protected"], "C": ["small_n"], "A1": [], "A2": [],
    }


def test_monitoring_figures_are_protected_alike_and_never_published():
    listed = records({"P": 320, "B": 200, "A": 100, "C": 20}, series="monitoring", flags=["monitoring"])
    assert shown(listed) == set()
    assert {record["unit"] for record in listed if "protected" in record["flags"]} == {"A"}


sizes = st.fixed_dictionaries({unit: st.integers(0, 60) for unit in ("A1", "A2", "A", "B", "C", "P")})


@given(sizes)
def test_no_difference_of_shown_figures_is_a_few_people_or_a_hidden_unit(own: dict[str, int]):
    """own: answers of each unit that are not those of a unit below it."""
    n = dict(own)
    n["A"] += own["A1"] + own["A2"]
    n["P"] += n["A"] + own["B"] + own["C"]
    found = shown(records(n), minimum_n=10)
    for parent in ("P", "A"):
        children = [unit for unit, above in PARENT.items() if above == parent]
        if parent in found and any(child in found for child in children):
            rest = n[parent] - sum(n[child] for child in children if child in found)
            hidden = [n[child] for child in children if n[child] and child not in found]
            parts = hidden + [own[parent]] * (own[parent] > 0)
            assert len(parts) != 1 or (parts == [own[parent]] and own[parent] >= UNIFORM_GROUP)
            assert rest == 0 or rest >= 10
    for unit in found:
        assert n[unit] >= 10
        assert not 0 < n[PARENT[unit] or unit] - n[unit] < 10
