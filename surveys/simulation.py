"""A transaction survey with a known truth: for the demonstration, and for tests of what intervals promise.

Model: behind every answer stands a latent feeling z, standard normal, made of three independent parts:
what everybody of the same PSU shares (a good or bad day at the counter), what one person carries through all
items, and what is left of the item itself. The answer is 'satisfied' where z falls into the upper share p of
the item in that place. Because z is standard normal whatever the parts, p is the exact marginal truth, and
the correlations within slips and PSUs are free to be set (a Gaussian copula).

Pure: chance comes in as numpy Generators, nothing is read or stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Letters = NDArray[np.str_]
Factors = Mapping[str, Sequence[str]]
"""factor -> its items, in the questionnaire's order"""

SKIPPED, NOT_APPLICABLE = "0", "-"


@dataclass(frozen=True)
class Place:
    """A commune: how many dossiers were closed there, and how many of their slips came back as answers."""

    code: str
    population: int
    answers: int


@dataclass(frozen=True)
class Model:
    """Effects are on the probit scale; shares and correlations are in 0..1."""

    base: float = 1.13
    """87 % satisfied where every effect is 0"""
    place_sd: float = 0.36
    place_factor_sd: float = 0.12
    item_sd: float = 0.07
    factor_effects: Mapping[str, float] = field(default_factory=dict)
    psu_correlation: float = 0.04
    """of z between two people of one PSU"""
    person_correlation: float = 0.45
    """of z between two items of one person, beside what the PSU gives them"""
    psu_size: int = 7
    """answers a PSU has on average"""
    skipped: float = 0.02
    """chance that an item is left out, everywhere the same"""
    not_applicable: Mapping[str, float] = field(default_factory=dict)
    """factor -> share of people to whom the whole factor does not apply"""
    very_among_satisfied: float = 0.36
    below: tuple[float, float, float] = (0.08, 0.20, 0.72)
    """how those not satisfied spread over the options 1, 2, 3"""


@dataclass(frozen=True)
class Truth:
    """What a perfect survey of every closed dossier would find."""

    places: tuple[Place, ...]
    factors: Factors
    share: Floats
    """(places, items): chance that an answer is 'satisfied'"""
    valid: Floats
    """(items,): chance that an item is answered at all"""
    model: Model

    @property
    def items(self) -> list[str]:
        return list(chain.from_iterable(self.factors.values()))

    def measures(self, codes: Collection[str] | None = None) -> dict[str, float]:
        """Measure (as in the export) -> truth over the dossiers of these places (None: of all).

        Factor and overall pool the valid answers, as the index `sipas-transaction` does; `mean:` measures are
        on the scale 1 to 5. Raises ValueError where no dossier is.
        """
        size = np.array([p.population if codes is None or p.code in codes else 0 for p in self.places], float)
        if size.sum() <= 0:
            raise ValueError("no dossier in these places")
        by_item = size @ self.share / size.sum()
        groups = {f"item:{item}": [i] for i, item in enumerate(self.items)}
        groups |= {f"factor:{factor}": members for factor, members in _columns(self.factors).items()}
        groups["overall"] = list(range(len(self.items)))
        shares = {m: float(np.average(by_item[at], weights=self.valid[at])) for m, at in groups.items()}
        return shares | {f"mean:{measure}": self.model_mean(share) for measure, share in shares.items()}

    def model_mean(self, share: float) -> float:
        """Mean score 1 to 5 that goes with a share satisfied."""
        low = float(np.dot(self.model.below, (1, 2, 3)))
        return share * (4 + self.model.very_among_satisfied) + (1 - share) * low


@dataclass(frozen=True)
class Answers:
    """n answers; every array runs over them in the same order."""

    place: Integers
    """(n,) index into the truth's places"""
    psu: Integers
    """(n,) number of the PSU within its place, from 1"""
    letters: Letters
    """(n, items): '1' to '5', '0' skipped, '-' not applicable"""

    def __len__(self) -> int:
        return len(self.place)


def draw_truth(rng: np.random.Generator, places: Sequence[Place], factors: Factors, model: Model) -> Truth:
    """The true shares of every item in every place.

    factors: factor -> items; factors and items that the model does not name have no effect of their own.
    """
    columns = _columns(factors)
    items = sum(len(members) for members in columns.values())
    of_place = rng.normal(0, model.place_sd, (len(places), 1))
    latent = model.base + of_place + rng.normal(0, model.item_sd, items)
    valid = np.full(items, 1.0 - model.skipped)
    for factor, members in columns.items():
        latent[:, members] += rng.normal(0, model.place_factor_sd, (len(places), 1))
        latent[:, members] += model.factor_effects.get(factor, 0.0)
        valid[members] *= 1 - model.not_applicable.get(factor, 0.0)
    return Truth(tuple(places), factors, ndtr(latent), valid, model)


def draw_answers(
    rng: np.random.Generator, truth: Truth, counts: Sequence[int] | None = None, shift: float = 0.0
) -> Answers:
    """Answers of `counts` people per place (None: each place's own number).

    shift: added on the probit scale for everybody; volunteers at an open QR code are other people.
    """
    model = truth.model
    each = np.array([p.answers for p in truth.places] if counts is None else counts, dtype=np.int64)
    place = np.repeat(np.arange(len(each)), each)
    psus = np.maximum(1, np.rint(each / model.psu_size)).astype(np.int64)
    # PSUs of a place are as equal as can be: were their sizes left to chance within the place's fixed number,
    # the usual variance of a total over PSUs would count a variation that is not there
    psu = (np.arange(len(place)) - (np.cumsum(each) - each)[place]) % psus[place]
    of_psu = rng.standard_normal(int(psus.sum()))[(np.cumsum(psus) - psus)[place] + psu]
    n, items = len(place), truth.share.shape[1]
    rest = 1 - model.psu_correlation - model.person_correlation
    z = (
        np.sqrt(model.psu_correlation) * of_psu[:, None]
        + np.sqrt(model.person_correlation) * rng.standard_normal((n, 1))
        + np.sqrt(rest) * rng.standard_normal((n, items))
    )
    share = truth.share[place] if shift == 0 else ndtr(ndtri(truth.share[place]) + shift)
    letters = _options(ndtr(z), share, model).astype(np.str_)
    for factor, members in _columns(truth.factors).items():
        outside = rng.random(n) < model.not_applicable.get(factor, 0.0)
        letters[np.ix_(np.flatnonzero(outside), np.array(members))] = NOT_APPLICABLE
    skipped = (rng.random((n, items)) < model.skipped) & (letters != NOT_APPLICABLE)
    letters[skipped] = SKIPPED
    return Answers(place, psu + 1, letters)


def draw_letters(rng: np.random.Generator, n: int, shares: Mapping[str, float]) -> Letters:
    """n values of a coded variable; shares: code -> share of people, in any unit."""
    weights = np.array(list(shares.values()), float)
    return rng.choice(np.array(list(shares), dtype=np.str_), size=n, p=weights / weights.sum())


def _options(rank: Floats, share: Floats, model: Model) -> Integers:
    """Options 1 to 5 from the rank (0..1) of the feeling: the upper `share` of ranks is satisfied."""
    below = 1 - share
    lowest, low, _ = model.below
    bounds = (below * lowest, below * (lowest + low), below, 1 - share * model.very_among_satisfied)
    options = np.ones(rank.shape, np.int64)
    for bound in bounds:
        options += rank > bound
    return options


def _columns(factors: Factors) -> dict[str, list[int]]:
    """factor -> columns of its items."""
    columns: dict[str, list[int]] = {}
    start = 0
    for factor, items in factors.items():
        columns[factor] = list(range(start, start + len(items)))
        start += len(items)
    return columns
