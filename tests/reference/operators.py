"""Operators between values, with R's rules for NA, repetition and texts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.design import DesignError
from tests.reference.frames import Factor, Floats, Matrix, Texts, Unsupported, Vector, texts_of


class Refusal(DesignError):
    """R's own refusal of an expression, before any statistic: a column that does not exist, for instance."""


def as_vector(value: object, what: str = "value") -> Vector:
    if isinstance(value, Vector):
        return value
    raise Unsupported(f"{what}: numbers expected, found {type(value).__name__}")


def single(vector: Vector, what: str) -> float:
    if len(vector) != 1:
        raise Unsupported(f"{what}: one number expected, found {len(vector)}")
    return float(vector.values[0])


def flags(value: object) -> Floats:
    """TRUE 1, FALSE 0, NA NaN."""
    vector = as_vector(value, "condition")
    return vector.values if vector.logical else np.where(np.isnan(vector.values), np.nan, vector.values != 0)


def like(value: object, values: Floats, logical: bool) -> object:
    if isinstance(value, Matrix):
        return Matrix(values, value.names, logical)
    names = value.names if isinstance(value, Vector) and len(value) == len(values) else None
    return Vector(values, logical, names)


def numbers(value: object) -> Floats:
    if isinstance(value, (Vector, Matrix)):
        return value.values
    raise Unsupported(f"arithmetic with {type(value).__name__}")


def unary(operator: str, value: object) -> object:
    if operator == "!":
        if isinstance(value, Matrix):
            return Matrix(1 - value.values, value.names, True)
        return like(value, 1 - flags(value), True)
    return like(value, -numbers(value) if operator == "-" else numbers(value), False)


ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power
}
ORDER: dict[str, Callable[[Floats, Floats], object]] = {
    "==": np.equal, "!=": np.not_equal, ">=": np.greater_equal, "<=": np.less_equal, "<": np.less, ">": np.greater
}


def binary(operator: str, left: object, right: object) -> object:
    if operator == ":":
        first = single(as_vector(left), "sequence")
        last = single(as_vector(right), "sequence")
        count = int(abs(last - first) + 1e-10) + 1
        return Vector(np.linspace(first, first + (count - 1 if last >= first else 1 - count), count))
    if operator in ORDER:
        return compare(operator, left, right)
    if operator in ("&", "&&", "|", "||"):
        a, b = recycled(flags(left), flags(right))
        decides = 0.0 if operator[0] == "&" else 1.0
        value = np.where((a == decides) | (b == decides), decides, np.where(np.isnan(a + b), np.nan, 1 - decides))
        return Vector(value, logical=True)
    shape = left if isinstance(left, Matrix) or not isinstance(right, Matrix) else right
    a, b = recycled(numbers(left), numbers(right))
    if isinstance(shape, Vector) and len(shape) != len(a):
        shape = right
    with np.errstate(all="ignore"):
        return like(shape, ARITHMETIC[operator](a, b), False)


def recycled(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """R repeats the shorter; a vector runs down the columns of a matrix."""
    if a.shape == b.shape:
        return a, b
    if a.size == 1 or b.size == 1:
        return (a.ravel() if a.size == 1 else a), (b.ravel() if b.size == 1 else b)
    if a.ndim != b.ndim and len(a) == len(b):
        return (a[:, None], b) if a.ndim == 1 else (a, b[:, None])
    if a.ndim == b.ndim == 1 and min(len(a), len(b)) > 0 and max(len(a), len(b)) % min(len(a), len(b)) == 0:
        size = max(len(a), len(b))
        return np.resize(a, size), np.resize(b, size)
    raise Refusal(f"values of shapes {a.shape} and {b.shape} do not fit together")


def compare(operator: str, left: object, right: object) -> object:
    if isinstance(left, (Vector, Matrix)) and isinstance(right, (Vector, Matrix)):
        shape = left if isinstance(left, Matrix) or not isinstance(right, Matrix) else right
        a, b = recycled(left.values, right.values)
        with np.errstate(invalid="ignore"):
            found = np.asarray(ORDER[operator](a, b), dtype=np.float64)
        found = np.where(np.isnan(a) | np.isnan(b), np.nan, found)
        return Matrix(found, shape.names, True) if isinstance(shape, Matrix) else Vector(found, logical=True)
    if isinstance(left, (Vector, Texts, Factor)) and isinstance(right, (Vector, Texts, Factor)):
        if operator not in ("==", "!=") and (isinstance(left, Factor) or isinstance(right, Factor)):
            raise Unsupported(f"{operator} with a factor, which has no order")
        return Vector(_compare_texts(operator, texts_of(left), texts_of(right)), logical=True)
    raise Unsupported(f"{operator} between {type(left).__name__} and {type(right).__name__}")


TEXT_ORDER: dict[str, Callable[[str, str], bool]] = {
    "==": str.__eq__, "!=": str.__ne__, "<": str.__lt__, ">": str.__gt__, "<=": str.__le__, ">=": str.__ge__
}


def _compare_texts(operator: str, left: tuple[str | None, ...], right: tuple[str | None, ...]) -> Floats:
    """By code points; the shorter side is repeated."""
    size = max(len(left), len(right)) if min(len(left), len(right)) > 0 else 0
    if size and (size % len(left) or size % len(right)):
        raise Refusal(f"values of lengths {len(left)} and {len(right)} do not fit together")
    pairs = [(left[at % len(left)], right[at % len(right)]) for at in range(size)]
    test = TEXT_ORDER[operator]
    return np.array([np.nan if a is None or b is None else float(test(a, b)) for a, b in pairs])
