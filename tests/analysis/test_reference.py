"""Every estimate agrees with the reference program to 1e-9, from rows and from the PSU table alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analysis.cells import Answers, accumulate
from analysis.design import SurveyDesign
from analysis.domains import Estimates, Grouping, estimate_all
from analysis.estimate import estimate
from analysis.estimators import Linearised, mean, ratio, total
from analysis.intervals import df_adjustment, korn_graubard, logit, t_interval, wilson
from analysis.measures import Measure, Ratio
from tests.reference.cases import TOLERANCE, results, rows

ROWS = rows("sipas_a")
Q = np.array([[int(row[f"q{item}"] or 0) for row in ROWS] for item in range(1, 23)])
FACTORS = {"F1": range(4), "F2": range(4, 9), "F3": range(9, 14), "F4": range(14, 18), "F5": range(18, 22),
           "ALL": range(22)}
WHOLE, BY = results("a_ultimate_cluster_means"), results("a_domains_ultimate")
DESIGN = SurveyDesign(
    ids=[[row["psu"] for row in ROWS]], strata=[[row["stratum"] for row in ROWS]],
    weights=[float(row["w"]) for row in ROWS],
)


def column(name: str) -> npt.NDArray[np.float64]:
    """s1: satisfied with item 1; q1: its score; F1_pct, F1_mean: the person's own share and mean of a factor."""
    if name[0] in "sq":
        answers = Q[int(name[1:]) - 1]
        values = (answers >= 4).astype(float) if name[0] == "s" else answers.astype(float)
        return np.where(answers > 0, values, np.nan)
    factor, kind = name.split("_")
    own = Q[list(FACTORS[factor])]
    given = (own > 0).sum(axis=0)
    return np.where(given > 0, ((own >= 4) if kind == "pct" else own).sum(axis=0) / np.maximum(given, 1), np.nan)


def factor_ratio(factor: str, kind: str, design: SurveyDesign = DESIGN) -> Linearised:
    own = Q[list(FACTORS[factor])]
    return ratio(((own >= 4) if kind == "pct" else own).sum(axis=0), (own > 0).sum(axis=0), design)


def expect(found: Linearised, design: SurveyDesign, expected: dict[str, list[float]], scale: float = 1.0) -> None:
    got = estimate(found, design)
    for name, value in (("estimate", got.value), ("se", got.se)):
        (wanted,) = np.ravel(expected[name])
        assert abs(value - wanted) <= TOLERANCE * max(abs(wanted), scale), (name, value, wanted)


@pytest.mark.parametrize("variable", ["s1", "s3", "s17", "q1", "q3", "q17"])
def test_means_of_the_whole_sample(variable: str):
    expect(mean(column(variable), DESIGN), DESIGN, WHOLE[f"mean_{variable}"])


@pytest.mark.parametrize("variable", ["s1", "s3", "s17"])
def test_totals_and_design_effects(variable: str):
    expect(total(column(variable), DESIGN), DESIGN, WHOLE[f"total_{variable}"], scale=40_000)
    found = estimate(mean(column(variable), DESIGN), DESIGN)
    assert found.deff == pytest.approx(WHOLE[f"mean_{variable}_deffreplace"]["deff"][0], rel=TOLERANCE)


@pytest.mark.parametrize("factor", FACTORS)
def test_pooled_factors_and_the_mean_of_the_persons_own_shares(factor: str):
    expect(factor_ratio(factor, "pct"), DESIGN, WHOLE[f"ratio_pct_{factor}"])
    expect(factor_ratio(factor, "score"), DESIGN, WHOLE[f"ratio_score_{factor}"])
    expect(mean(column(f"{factor}_pct"), DESIGN), DESIGN, WHOLE[f"personmean_pct_{factor}"])
    expect(mean(column(f"{factor}_mean"), DESIGN), DESIGN, WHOLE[f"personmean_score_{factor}"])


@pytest.mark.parametrize("grouping", ["commune", "district", "commune_type", "sex", "channel", "field"])
def test_planned_and_unplanned_domains(grouping: str):
    labels = np.array([row[grouping] for row in ROWS])
    for variable in ("s1", "q1"):
        expected = BY[f"by_{grouping}_mean_{variable}"]
        for at, name in enumerate(expected["groups"][grouping]):
            part = DESIGN.domain(labels == name)
            wanted = {"estimate": [expected["estimate"][at]], "se": [expected["se"][at]]}
            expect(mean(column(variable), part), part, wanted)


def from_table(grouping: str) -> tuple[list[str], Estimates]:
    names, leaf = np.unique([row[grouping] for row in ROWS], return_inverse=True)
    answers = Answers(Q.astype(np.uint8), np.arange(6) >= 4, np.arange(6.0))
    table = accumulate(DESIGN, answers, [leaf], np.zeros(22, dtype=int), len(names))
    measures = [Measure("share", Ratio((0,))), Measure("score", Ratio((0,)))]
    measures += [Measure("share", Ratio(tuple(FACTORS[factor]))) for factor in ("F1", "F4", "ALL")]
    return names.tolist(), estimate_all(table, [Grouping(np.arange(len(names)), len(names))], measures)


@pytest.mark.parametrize("grouping", ["commune", "district", "sex"])
def test_the_psu_table_gives_every_domain_at_once(grouping: str):
    names, found = from_table(grouping)
    kinds = ["mean_s1", "mean_q1", "ratio_F1", "ratio_F4", "ratio_ALL"]
    for at, kind in enumerate(kinds):
        expected = BY[f"by_{grouping}_{kind}"]
        places = [names.index(name) for name in expected["groups"][grouping]]
        assert found.value[at, places] == pytest.approx(expected["estimate"], rel=TOLERANCE, abs=TOLERANCE)
        assert np.sqrt(found.variance[at, places]) == pytest.approx(expected["se"], rel=TOLERANCE, abs=TOLERANCE)


def test_counts_and_degrees_of_freedom_of_domains():
    names, found = from_table("commune")
    for row in BY["table_commune_s1"]["rows"]:
        at = names.index(row["domain"])
        assert found.n[0, at] == row["n"]
        if row["n"]:
            assert (found.n_psu[0, at], found.df[0, at]) == (row["n_psu"], row["degf_domain"])
            if row["n_psu"] == 1:
                assert found.variance[0, at] == 0  # exactly: rounding noise is no variance


@pytest.mark.parametrize("item", [1, 3, 17])
def test_intervals_of_shares(item: int):
    got = estimate(mean(column(f"s{item}"), DESIGN), DESIGN)
    p, se, df, n = (np.array(float(x)) for x in (got.value, got.se, got.df, got.n))
    effective = p * (1 - p) / se**2
    exact = korn_graubard(p, effective * df_adjustment(n, df, 0.95), 0.95)
    assert exact == pytest.approx(WHOLE[f"ci_beta_s{item}"]["ci"], rel=TOLERANCE)
    assert logit(p, se, df, 0.95) == pytest.approx(WHOLE[f"ci_xlogit_s{item}"]["ci"], rel=TOLERANCE)
    assert t_interval(p, se, df, 0.95) == pytest.approx(WHOLE[f"ci_mean_s{item}"]["ci"], rel=TOLERANCE)
    whole = np.array(float(DESIGN.degf))
    assert wilson(p, effective, whole, 0.95) == pytest.approx(WHOLE[f"ci_wilson_neff_s{item}"]["value"], rel=TOLERANCE)
    assert t_interval(p, se, whole, 0.95) == pytest.approx(WHOLE[f"confint_t_s{item}"]["values"][0], rel=TOLERANCE)


def test_degrees_of_freedom_of_the_whole_sample():
    assert DESIGN.degf == WHOLE["degf"]["value"]
    assert DESIGN.weights.sum() == pytest.approx(WHOLE["sum_of_weights"]["value"], rel=TOLERANCE)
