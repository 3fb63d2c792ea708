"""Arrays of estimates -> records, as an export and the pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from analysis.intervals import MET, NOT_MET
from analysis.pooling import FEW_PSUS
from surveys.disclosure import MONITORING
from surveys.origin import Basis
from surveys.score_fields import FLAGS, Record
from surveys.series import COUNT_MISSING, FPC_IGNORED, POPULATION, Bools, Floats, Frame, Series

_VERDICTS = {MET: "met", NOT_MET: "not_met"}


def rows(frame: Frame, series: str, bases: frozenset[Basis], found: Series) -> Iterable[list[Record]]:
    """The records of each unit, in the layout's order."""
    own, named = found.own, frame.measured.named
    declared = [basis.word for basis in sorted(bases)]
    columns = {
        "n": own.n.tolist(), "n_psu": own.n_psu.tolist(), "estimate": _numbers(own.value),
        "se": _numbers(np.sqrt(own.variance)), "df": _whole(_df(found)), "ci_low": _numbers(found.low),
        "ci_high": _numbers(found.high), "deff": _numbers(_deff(found)),
    }
    targets = _numbers(found.target)
    flags = _flags(frame, found, series)
    for place, unit in enumerate(frame.layout.units):
        present = [basis.word for basis in Basis if found.marks[place] & (1 << basis)]
        listed = []
        for at, one in enumerate(named):
            figures = {name: column[at][place] for name, column in columns.items()}
            if figures["ci_low"] is not None:  # a last binary digit may lie outside an interval of no width
                figures["estimate"] = min(max(figures["estimate"], figures["ci_low"]), figures["ci_high"])
            target = targets[at]
            decided = None
            if target is not None and figures["ci_low"] is not None:
                decided = _VERDICTS.get(int(found.verdict[at, place]), "not_enough_evidence")
            listed.append({
                "unit": unit.code, "unit_name": unit.name, "level": unit.kind.value, "measure": one.name,
                "series": series, "bases": present or declared, **figures, "target": target, "verdict": decided,
                "flags": [flag for flag in FLAGS if flag in flags and flags[flag][at, place]], "publishable": False,
            })
        yield listed


def _df(found: Series) -> Floats:
    """Own degrees of freedom, else those of the pool that the interval borrowed from."""
    df: Floats = np.where(found.own.df > 0, found.own.df, np.where(found.seen.pooled, found.seen.df, np.nan))
    return df


def _deff(found: Series) -> Floats:
    """Design effect; NaN where the variance is 0 and says nothing."""
    seen = (found.own.variance > 0) & (found.own.simple > 0)
    deff: Floats = np.divide(found.own.variance, found.own.simple, out=np.full(seen.shape, np.nan), where=seen)
    return deff


def _numbers(values: Floats) -> list[Any]:
    """Nested lists of floats, NaN as None."""
    listed = values.astype(object)
    listed[np.isnan(values)] = None
    return list(listed.tolist())


def _whole(values: Floats) -> list[list[int | None]]:
    return [[None if value is None else int(value) for value in row] for row in _numbers(values)]


def _flags(frame: Frame, found: Series, series: str) -> dict[str, Bools]:
    """Flag -> where it holds, each (measures, units); what hides a figure is `disclosure`'s to say."""
    own, seen = found.own, found.seen
    some = ~np.isnan(own.value)
    degenerate = some & (own.variance == 0)

    def marked(bits: int) -> Bools:
        held: Bools = np.broadcast_to((found.marks & bits) != 0, some.shape) & some
        return held

    voluntary = marked(1 << Basis.OPEN)
    monitoring = np.full(some.shape, series == MONITORING)
    rates = [frame.response_rate.get(unit.code, 1.0) for unit in frame.layout.units]
    few_back = np.array(rates) < frame.index.minimum_response_rate
    return {
        "no_answers": own.n == 0,
        "zero_weight": (own.n > 0) & ~some,
        "few_psus": some & (own.n_psu < FEW_PSUS),
        "degenerate": degenerate,
        "single_psu_stratum": some & own.lonely,
        "pooled_deff": seen.pooled,
        "pooled_df": seen.pooled & (own.df <= 0),
        "unknown_deff": seen.unknown,
        "incomplete_criteria": some & ~own.complete,
        "population_weighted": marked(POPULATION),
        "population_missing": marked(COUNT_MISSING),
        "fpc_ignored": marked(FPC_IGNORED),
        "voluntary_sample": voluntary,
        "conditional_interval": voluntary,
        "low_response": some & few_back & ~monitoring,
        "monitoring": monitoring,
        "simulated": np.full(some.shape, frame.wave.simulated),
        "training": np.full(some.shape, frame.wave.training),
    }
