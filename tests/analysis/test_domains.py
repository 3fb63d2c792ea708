"""The PSU table gives what plain loops over rows give, whatever the design."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cells import Answers, accumulate
from analysis.design import ShapeError, SurveyDesign
from analysis.domains import Estimates, Grouping, estimate_all
from analysis.measures import Mean, Measure, Ratio
from tests.analysis.plain import Row, Sample, estimate

ITEMS, LEAVES = 4, 4
SATISFIED = (False, False, True, True)
POINTS = (np.nan, 1.0, 2.5, np.nan)
"""code 3 counts for shares and has no points"""
TREES: tuple[Ratio | Mean, ...] = (
    Ratio((0,)), Ratio((3,)), Ratio((0, 1)), Ratio((0, 1, 2, 3)),
    Mean((Ratio((0,)), Ratio((1,)), Ratio((3,))), (1.0, 1.0, 1.0)),
    Mean((Ratio((0, 1)), Mean((Ratio((2,)), Ratio((3,))), (3.0, 1.0))), (0.25, 0.75)),
)
MEASURES = [Measure(kind, tree) for kind in ("share", "score") for tree in TREES]  # type: ignore[arg-type]  # mypy sees str
GROUPINGS = [Grouping(np.zeros(LEAVES, dtype=np.int64), 1), Grouping(np.array([0, 1, 1, -1]), 2),
             Grouping(np.arange(LEAVES), LEAVES)]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    places = draw(st.integers(1, 2))
    row = st.builds(
        Row,
        stratum=st.integers(0, 2), psu=st.integers(0, 3),
        weight=st.sampled_from([0.0, 0.5, 1.0, 3.75, 120.0]),
        places=st.tuples(*[st.integers(-1, LEAVES - 1) for _ in range(places)]),
        codes=st.tuples(*[st.integers(0, 3) for _ in range(ITEMS)]),
    )
    rows = draw(st.lists(row, min_size=1, max_size=30))
    psus: dict[int, set[int]] = {}
    for each in rows:
        psus.setdefault(each.stratum, set()).add(each.psu)
    population = {
        stratum: len(own) + draw(st.sampled_from([0.0, 1.0, 20.0]))
        for stratum, own in psus.items() if draw(st.booleans())
    }
    of_item = draw(st.lists(st.integers(0, places - 1), min_size=ITEMS, max_size=ITEMS))
    return Sample(rows, of_item, SATISFIED, POINTS, population)


def from_table(sample: Sample) -> Estimates:
    rows = sample.rows
    fpc = [sample.population.get(row.stratum, np.nan) for row in rows]
    design = SurveyDesign(
        ids=[[row.psu for row in rows]], strata=[[row.stratum for row in rows]],
        weights=[row.weight for row in rows], fpc=[fpc],
    )
    answers = Answers(np.array([row.codes for row in rows], dtype=np.uint8).T, np.array(SATISFIED), np.array(POINTS))
    places = np.array([row.places for row in rows]).T
    return estimate_all(accumulate(design, answers, places, sample.place_of_item, LEAVES), GROUPINGS, MEASURES)


@settings(max_examples=150, deadline=None)
@given(samples())
def test_the_table_agrees_with_plain_loops(sample: Sample):
    found = from_table(sample)
    domains = [{*np.flatnonzero(group.of_leaf == domain)} for group in GROUPINGS for domain in range(group.size)]
    for at, measure in enumerate(MEASURES):
        for domain, leaves in enumerate(domains):
            plain = estimate(sample, leaves, measure)
            counted = int(found.n[at, domain]), int(found.n_psu[at, domain]), int(found.df[at, domain])
            assert counted == (plain.n, plain.n_psu, plain.df)
            if plain.value is None:
                assert np.isnan([found.value[at, domain], found.variance[at, domain]]).all()
                continue
            assert found.value[at, domain] == pytest.approx(plain.value, rel=1e-12, abs=1e-12)
            assert found.variance[at, domain] == pytest.approx(plain.variance, rel=1e-9, abs=1e-15)
            simple = found.simple[at, domain]
            if plain.simple is not None and plain.simple > 1e-12:
                assert simple == pytest.approx(plain.simple, rel=1e-6)
            else:
                assert np.isnan(simple)


def one(sample: Sample, measure: int = 0) -> tuple[float, float]:
    found = from_table(sample)
    return float(found.value[measure, 0]), float(found.variance[measure, 0])


def sample_of(codes: list[int], psus: list[int], places: list[tuple[int, ...]] | None = None) -> Sample:
    where = places or [(0,)] * len(codes)
    rows = [
        Row(0, psu, 1.0, place, (code, 0, 0, code)) for code, psu, place in zip(codes, psus, where, strict=True)
    ]
    return Sample(rows, [0, 0, 0, len(where[0]) - 1], SATISFIED, POINTS, {})


def test_by_hand_two_psus():
    # 2 of 2 and 0 of 2 satisfied: p = 1/2, PSU totals +1/4 and -1/4, and 2/(2-1) times the sum of their squares
    value, variance = one(sample_of([2, 2, 1, 1], [0, 0, 1, 1]))
    assert (value, variance) == (0.5, pytest.approx(2 * 2 * 0.25**2))


def test_a_share_near_one_keeps_its_digits():
    codes = [2] * 99_999 + [1]
    value, variance = one(sample_of(codes, list(range(len(codes)))))
    p = 1 - 1e-5
    assert value == pytest.approx(p, rel=1e-14)
    assert variance == pytest.approx(p * (1 - p) / (len(codes) - 1), rel=1e-10)


def test_a_respondent_received_and_handled_in_one_domain_is_one_respondent():
    both = sample_of([2, 1, 2], [0, 1, 2], [(0, 0), (0, 1), (1, 1)])
    found = from_table(both)
    whole, received, leaf0, leaf1 = 0, 1, 3, 4
    assert found.n[TREES.index(Ratio((0, 1, 2, 3))), whole] == 3
    assert found.n[TREES.index(Ratio((0,))), leaf0] == 2  # item 0 counts where received
    assert found.n[TREES.index(Ratio((3,))), leaf0] == 1  # item 3 where handled
    assert found.n[TREES.index(Ratio((0, 1, 2, 3))), leaf1] == 2
    assert found.n[TREES.index(Ratio((0, 1, 2, 3))), received] == 2


def test_rows_items_and_places_that_disagree_are_refused():
    design = SurveyDesign(ids=[[1, 2]])
    answers = Answers(np.ones((1, 3), dtype=np.uint8), np.array(SATISFIED), np.array(POINTS))
    with pytest.raises(ShapeError):
        accumulate(design, answers, [[0, 0, 0]], [0], 1)
    good = Answers(np.ones((1, 2), dtype=np.uint8), np.array(SATISFIED), np.array(POINTS))
    with pytest.raises(ShapeError):
        accumulate(design, good, [[0, 0]], [1], 1)
