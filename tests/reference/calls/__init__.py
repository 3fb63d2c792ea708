"""R's survey functions by those of `analysis`; importing this registers them."""

from __future__ import annotations

from typing import Any

from analysis.small_area import FayHerriot
from tests.reference.calls import designs, inference, intervals, statistics, vectors
from tests.reference.calls.inference import Model, Tested
from tests.reference.calls.intervals import DomainTable, Proportion, Quantiles
from tests.reference.calls.statistics import Statistic
from tests.reference.frames import Matrix, Texts, Unsupported, Vector

__all__ = ["designs", "inference", "intervals", "statistics", "values", "vectors"]

WIDEST = 40
"""estimates of one object whose covariances are written; the format asks for those of 2 to 8"""


def values(found: object) -> dict[str, Any]:
    """What a call gave, in the shape of the expected results."""
    match found:
        case Model():
            return {"names": found.names, "estimate": found.estimate, "se": found.se, "df_resid": found.df_resid}
        case Statistic():
            return _of_statistic(found)
        case Tested():
            return _of_test(found)
        case Proportion():
            return {"estimate": found.estimate, "se": found.se, "ci": list(found.interval)}
        case Quantiles():
            return {"table": found.table}
        case DomainTable():
            return {"rows": list(found.rows)}
        case FayHerriot():
            return _of_small_area(found)
        case Matrix():
            return {"values": found.values}
        case Vector():
            return {"value": found.values, **({"names": found.names} if found.names else {})}
        case Texts():
            return {"value": list(found.values)}
    raise Unsupported(f"a result that is {type(found).__name__}")


def _of_statistic(found: Statistic) -> dict[str, Any]:
    made: dict[str, Any] = {"estimate_names" if found.kind == "by" else "names": found.names}
    made |= {"estimate": found.estimate, "se": found.se}
    if found.groups is not None:
        made["groups"] = dict(found.groups)
    if 1 < len(found.estimate) <= WIDEST:
        made["vcov"] = found.covariance
    if found.deff is not None:
        made["deff"] = found.deff
    return made


def _of_test(found: Tested) -> dict[str, Any]:
    made: dict[str, Any] = {"statistic": found.statistic, "parameter": list(found.df), "p_value": found.p_value}
    if found.estimate is not None:
        made["estimate"] = found.estimate
    if found.interval is not None:
        made["conf_int"] = list(found.interval)
    return made


def _of_small_area(found: FayHerriot) -> dict[str, Any]:
    names = (
        "sigma2_u", "beta", "beta_se", "loglik_ml", "aic", "bic", "gamma", "eblup", "mse", "g1", "g2", "g3",
    )
    return {name: getattr(found, name) for name in names} | {"x_names": found.names}
