from __future__ import annotations

import numpy as np
import pytest

from surveys.simulation import Answers, Model, Place, Truth, draw_answers, draw_letters, draw_truth

FACTORS = {"I": ["q1", "q2", "q3"], "II": ["q4", "q5"], "V": ["q6", "q7"]}
MODEL = Model(factor_effects={"V": -0.4}, not_applicable={"V": 0.4})
PLACES = [Place(str(number), 400 + 40 * number, 20 + number) for number in range(40)]


def simulated(seed: int, places: list[Place] = PLACES, model: Model = MODEL) -> tuple[Truth, Answers]:
    rng = np.random.default_rng(seed)
    truth = draw_truth(rng, places, FACTORS, model)
    return truth, draw_answers(rng, truth)


def satisfied(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """(n, items): satisfied, valid; both 0 or 1."""
    good, valid = np.isin(answers.letters, ["4", "5"]), np.isin(answers.letters, list("12345"))
    return good.astype(float), valid.astype(float)


def test_a_seed_names_its_answers() -> None:
    truth, answers = simulated(7)
    again_truth, again = simulated(7)
    other_truth, other = simulated(8)
    assert np.array_equal(answers.letters, again.letters)
    assert np.array_equal(answers.psu, again.psu)
    assert truth.measures() == again_truth.measures()
    assert not np.array_equal(answers.letters, other.letters)
    assert truth.measures() != other_truth.measures()


def test_the_truth_is_what_ever_more_answers_come_to() -> None:
    truth, answers = simulated(1, [Place("a", 100, 60_000)])
    good, valid = satisfied(answers)
    expected = truth.measures()
    points = np.where(valid == 1, answers.letters, "0").astype(int).sum(0) / valid.sum(0)
    for i, item in enumerate(truth.items):
        assert good[:, i].sum() / valid[:, i].sum() == pytest.approx(expected[f"item:{item}"], abs=0.012)
        assert points[i] == pytest.approx(expected[f"mean:item:{item}"], abs=0.03)
    assert good[:, 5:].sum() / valid[:, 5:].sum() == pytest.approx(expected["factor:V"], abs=0.012)
    assert good.sum() / valid.sum() == pytest.approx(expected["overall"], abs=0.012)


def test_a_provinces_truth_weighs_its_places_by_their_dossiers() -> None:
    truth, _ = simulated(3, [Place("a", 100, 1), Place("b", 300, 1), Place("c", 0, 1)])
    a, b = (truth.measures([code])["item:q1"] for code in "ab")
    assert truth.measures()["item:q1"] == pytest.approx((a + 3 * b) / 4)
    assert truth.measures(["a", "b"]) == pytest.approx(truth.measures())
    with pytest.raises(ValueError, match="no dossier"):
        truth.measures(["c"])


def test_the_factor_that_applies_to_fewer_weighs_less_in_the_overall_truth() -> None:
    truth, _ = simulated(3)
    assert truth.valid[-1] == pytest.approx(0.98 * 0.6)
    pooled = np.average([truth.measures()[f"item:{item}"] for item in truth.items], weights=truth.valid)
    assert truth.measures()["overall"] == pytest.approx(float(pooled))


def test_answers_of_one_person_and_of_one_psu_are_alike_and_others_are_not() -> None:
    model = Model(
        place_sd=0, place_factor_sd=0, item_sd=0, psu_correlation=0.2, person_correlation=0.4, skipped=0
    )
    _, answers = simulated(5, [Place(str(place), 1, 28) for place in range(1_500)], model)
    good = np.isin(answers.letters, ["4", "5"]).astype(float)
    good -= good.mean()
    variance = (good**2).mean()
    person = (good[:, 0] * good[:, 3]).mean() / variance
    label = answers.place * 1_000 + answers.psu
    _, place_of = np.unique(label, return_inverse=True)
    psu = _pairs(good[:, 0], place_of) / variance
    place = _pairs(good[:, 0], answers.place, apart=place_of) / variance
    assert 0.3 < person < 0.5  # 0.6 on the latent scale
    assert 0.07 < psu < 0.17  # 0.2 on the latent scale
    assert abs(place) < 0.02


def _pairs(value: np.ndarray, group: np.ndarray, apart: np.ndarray | None = None) -> float:
    """Mean product over pairs of one group (and of different groups `apart`)."""

    def total(by: np.ndarray) -> tuple[float, float]:
        sums, counts = np.bincount(by, value), np.bincount(by)
        return float((sums**2).sum()), float((counts.astype(float) ** 2).sum())

    products, pairs = total(group)
    if apart is None:
        return (products - float((value**2).sum())) / (pairs - len(value))
    inner, inner_pairs = total(apart)
    return (products - inner) / (pairs - inner_pairs)


def test_people_to_whom_a_factor_does_not_apply_leave_all_of_it_and_nothing_else() -> None:
    _, answers = simulated(2)
    outside = answers.letters == "-"
    assert not outside[:, :5].any()
    assert np.array_equal(outside[:, 5], outside[:, 6])
    assert outside[:, 5].mean() == pytest.approx(0.4, abs=0.05)
    assert (answers.letters[:, :5] == "0").mean() == pytest.approx(0.02, abs=0.006)


def test_volunteers_at_an_open_code_differ_by_the_shift() -> None:
    truth, _ = simulated(4)
    rng = np.random.default_rng(0)
    usual = draw_answers(rng, truth, [200] * len(PLACES))
    sour = draw_answers(rng, truth, [200] * len(PLACES), shift=-0.5)
    assert (usual.letters >= "4").mean() - (sour.letters >= "4").mean() > 0.05


def test_a_place_without_answers_has_none() -> None:
    truth, answers = simulated(1, [Place("a", 10, 0), Place("b", 10, 3)])
    assert len(answers) == 3
    assert set(answers.place) == {1}
    assert truth.measures(["a"])["overall"] > 0


def test_coded_variables_come_in_their_shares() -> None:
    drawn = draw_letters(np.random.default_rng(1), 20_000, {"1": 3, "2": 1, "0": 0})
    assert (drawn == "1").mean() == pytest.approx(0.75, abs=0.02)
    assert set(drawn) == {"1", "2"}


def test_intervals_of_the_province_cover_the_truth_about_as_often_as_they_say() -> None:
    covered = [_covers(seed) for seed in range(60)]
    assert np.mean(covered) > 0.86  # 95 % nominal; 60 draws reach no lower than this but once in 1,000


def _covers(seed: int) -> bool:
    """Whether the linearised 95 % interval of the overall share, PSUs within places, holds the truth."""
    truth, answers = simulated(seed)
    good, valid = satisfied(answers)
    counts = np.bincount(answers.place, minlength=len(PLACES))
    weight = (np.array([place.population for place in PLACES]) / counts)[answers.place]
    ratio = (weight @ good.sum(1)) / (weight @ valid.sum(1))
    influence = weight * (good.sum(1) - ratio * valid.sum(1)) / (weight @ valid.sum(1))
    variance = 0.0
    for place in range(len(PLACES)):
        mine = answers.place == place
        totals = np.bincount(answers.psu[mine], influence[mine])[1:]
        totals = totals[np.unique(answers.psu[mine]) - 1]
        variance += len(totals) / (len(totals) - 1) * ((totals - totals.mean()) ** 2).sum()
    return bool(abs(ratio - truth.measures()["overall"]) < 1.99 * variance**0.5)
