"""The comparison rule of the README: what a result must agree in, and how closely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, isinf, isnan
from typing import Any

TOLERANCE, SCALE = 1e-9, 1.0
INPUT = {"id", "type", "call", "options", "tol", "scale", "noise", "not_compared", "note", "warnings", "computed_with"}
LABELS = {
    "stat": {"names"}, "by": {"estimate_names"}, "ratio": {"names"}, "matrix": {"rows", "cols"}, "test": {"method"},
    "glm": {"names"}, "value": {"names"}, "fay_herriot": {"domain", "x_names"},
    "independent_check": {"domain", "x_names"},
}
OPTIONAL = {"groups", "domain"}
"""labels that are compared where they are given"""
QUANTILE_LABELS = {"quantile"}
MATCHED, MISMATCHED, UNSUPPORTED = "matched", "mismatched", "unsupported"


@dataclass(frozen=True)
class Verdict:
    """differences: 'path: found, expected' of the values that do not agree; or why it is unsupported."""

    state: str
    differences: tuple[str, ...] = ()


def judge(result: Mapping[str, Any], actual: Mapping[str, Any] | None) -> Verdict:
    """One expected result against what the runner made of it."""
    if actual is None or "unsupported" in actual:
        return Verdict(UNSUPPORTED, (str((actual or {}).get("unsupported", "absent")),))
    if result["type"] == "error":
        if "error" in actual:
            return Verdict(MATCHED)
        return Verdict(MISMATCHED, (f"a refusal expected ({result.get('error')})",))
    if "error" in actual:
        return Verdict(MISMATCHED, (f"refused: {actual['error']}",))
    keys = values_of(result)
    wrong = tuple(difference for key in keys for difference in _differences(
        key, result[key], actual.get(key, _ABSENT), _Rule(result)
    ))
    return Verdict(MISMATCHED if wrong else MATCHED, wrong)


def values_of(result: Mapping[str, Any]) -> list[str]:
    """Names of the values that a result expects."""
    return [key for key in result if key not in INPUT | LABELS.get(result["type"], set())]


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


class _Rule:
    def __init__(self, result: Mapping[str, Any]) -> None:
        self._tol: Mapping[str, float] = result.get("tol", {})
        self._scale: Mapping[str, float] = result.get("scale", {})
        self._noise = [_steps(path) for path in result.get("noise", [])]
        self._skipped = [_steps(path) for path in result.get("not_compared", [])]
        self.type = result["type"]

    def skipped(self, path: str) -> bool:
        return _under(path, self._skipped)

    def noise(self, path: str) -> bool:
        return _under(path, self._noise)

    def allowance(self, path: str, expected: float) -> float:
        return _named(self._tol, path, TOLERANCE) * max(abs(expected), _named(self._scale, path, SCALE))


def _steps(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^.\[\]]+|\[\d+\]", path))


def _under(path: str, paths: list[tuple[str, ...]]) -> bool:
    steps = _steps(path)
    return any(steps[: len(start)] == start for start in paths)


def _named(given: Mapping[str, float], path: str, default: float) -> float:
    """What is said of the value's name, the innermost first, then of every name."""
    for step in reversed(_steps(path)):
        if step in given:
            return float(given[step])
    return float(given.get("*", default))


def _differences(path: str, expected: Any, actual: Any, rule: _Rule) -> Iterator[str]:
    if rule.skipped(path):
        return
    if isinstance(actual, _Absent):
        if _steps(path)[-1] not in OPTIONAL:
            yield f"{path}: nothing, {_short(expected)} expected"
    elif isinstance(expected, str) and expected.startswith("error"):
        if not _refused(actual):
            yield f"{path}: {_short(actual)}, a refusal or nothing expected"
    elif isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            yield f"{path}: {_short(actual)}, {_short(expected)} expected"
            return
        labels = QUANTILE_LABELS if rule.type == "quantile" else set()
        for key, value in expected.items():
            if key not in labels:
                yield from _differences(f"{path}.{key}", value, actual.get(key, _ABSENT), rule)
    elif isinstance(expected, list):
        found = actual if isinstance(actual, list) else [actual]
        if len(found) != len(expected):
            yield f"{path}: {_short(actual)}, a list of {len(expected)} expected"
            return
        for at, (value, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(f"{path}[{at}]", value, other, rule)
    else:
        while isinstance(actual, list) and len(actual) == 1:
            actual = actual[0]
        if not _agree(path, expected, actual, rule):
            yield f"{path}: {_short(actual)}, {_short(expected)} expected"


def _agree(path: str, expected: Any, actual: Any, rule: _Rule) -> bool:
    wanted, found = _number(expected), _number(actual)
    if isinstance(wanted, str) or isinstance(found, str):
        return str(expected) == str(actual)
    if wanted is None or found is None:
        return wanted is found
    if isinf(wanted) or isinf(found):
        return wanted == found
    if rule.noise(path):
        wanted = 0.0
    return abs(found - wanted) <= rule.allowance(path, wanted)


def _number(value: Any) -> float | str | None:
    """A number, with "Inf" as R's infinity; None for NA and NaN; other texts as they are."""
    if isinstance(value, str):
        return {"Inf": inf, "-Inf": -inf}.get(value, value)
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    return float(value) if isinstance(value, (int, float)) else str(value)


def _refused(actual: Any) -> bool:
    if isinstance(actual, list):
        return all(_refused(value) for value in actual)
    if isinstance(actual, Mapping):
        return "error" in actual
    return actual is None or (isinstance(actual, float) and isnan(actual)) or str(actual).startswith("error")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
