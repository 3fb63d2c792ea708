"""Functions of vectors: what derived columns and symbols are made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.reference.evaluate import FUNCTIONS, Arguments, Quoted, function
from tests.reference.frames import (
    Column,
    Factor,
    Floats,
    Frame,
    Items,
    Matrix,
    Texts,
    Unsupported,
    Vector,
    factor_of,
    missing,
    texts_of,
)
from tests.reference.operators import Refusal, as_vector, flags, like, numbers
from tests.reference.parser import source


@function("as.numeric", "x ...")
def as_numeric(given: Arguments) -> object:
    return plain_numbers(given.value("x"))


FUNCTIONS["as.vector"] = FUNCTIONS["as.numeric"]


def plain_numbers(value: object) -> Vector:
    """Numbers without names; matrices column by column."""
    if isinstance(value, Vector):
        return Vector(value.values)
    if isinstance(value, Factor):
        return Vector(np.where(value.codes < 0, np.nan, value.codes + 1.0))
    if isinstance(value, Matrix):
        return Vector(value.values.ravel(order="F"))
    if isinstance(value, Texts):
        return Vector(np.array([np.nan if text is None else _to_number(text) for text in value.values]))
    raise Unsupported(f"as.numeric of {type(value).__name__}")


def _to_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


@function("as.integer", "x ...")
def as_integer(given: Arguments) -> object:
    return Vector(np.trunc(plain_numbers(given.value("x")).values))


@function("as.logical", "x ...")
def as_logical(given: Arguments) -> object:
    return Vector(flags(given.value("x")), logical=True)


@function("as.character", "x ...")
def as_character(given: Arguments) -> object:
    value = given.value("x")
    if isinstance(value, (Vector, Texts, Factor)):
        return Texts(texts_of(value))
    raise Unsupported(f"as.character of {type(value).__name__}")


@function("I", "x")
def inhibit(given: Arguments) -> object:
    return given.value("x")


@function("is.na", "x")
def is_na(given: Arguments) -> object:
    value = given.value("x")
    if isinstance(value, Matrix):
        return Matrix(np.isnan(value.values).astype(np.float64), value.names, True)
    if isinstance(value, (Vector, Texts, Factor)):
        return Vector(missing(value).astype(np.float64), logical=True)
    raise Unsupported(f"is.na of {type(value).__name__}")


@function("ifelse", "test yes no")
def if_else(given: Arguments) -> object:
    test = flags(given.value("test"))
    size = len(test)

    def side(name: str) -> Column:
        value = given.value(name)
        value = plain_numbers(value) if isinstance(value, Factor) else value
        if isinstance(value, (Vector, Texts)) and len(value) in (1, size):
            return value.take(np.zeros(size, dtype=np.int64)) if len(value) != size else value
        raise Unsupported(f"ifelse: {name} of another length than the condition")

    yes, no = side("yes"), side("no")
    if isinstance(yes, Vector) and isinstance(no, Vector):
        chosen = np.where(test == 1, yes.values, no.values)
        return Vector(np.where(np.isnan(test), np.nan, chosen), yes.logical and no.logical)
    texts = [
        None if flag != flag else a if flag == 1 else b
        for flag, a, b in zip(test.tolist(), texts_of(yes), texts_of(no), strict=True)
    ]
    return Texts(tuple(texts))


@function("cbind", "...")
def bind_columns(given: Arguments) -> object:
    parts: list[Vector] = []
    names: list[str] = []
    for name, node in given.rest:
        part = given.scope.evaluate(node)
        parts.append(plain_numbers(part) if isinstance(part, Factor) else as_vector(part, "cbind"))
        names.append(name or source(node))
    size = max(len(part) for part in parts)
    columns = [np.resize(part.values, size) for part in parts]
    return Matrix(np.column_stack(columns), tuple(names), all(part.logical for part in parts))


@function("rowSums", "x na.rm")
def row_sums(given: Arguments) -> object:
    table = _matrix(given)
    return Vector(np.nansum(table, axis=1) if given.flag("na.rm") else table.sum(axis=1))


@function("rowMeans", "x na.rm")
def row_means(given: Arguments) -> object:
    table = _matrix(given)
    if not given.flag("na.rm"):
        return Vector(table.mean(axis=1))
    with np.errstate(invalid="ignore"):
        means: Floats = np.nansum(table, axis=1) / np.logical_not(np.isnan(table)).sum(axis=1)
    return Vector(means)


def _matrix(given: Arguments) -> Floats:
    value = given.value("x")
    if not isinstance(value, Matrix):
        raise Unsupported(f"{given.call} of {type(value).__name__}")
    return value.values


@function("c", "...")
def combine(given: Arguments) -> object:
    parts: list[object] = []
    names: list[str] = []
    for name, node in given.rest:
        part = given.scope.evaluate(node)
        if isinstance(part, Factor):
            part = plain_numbers(part)
        if not isinstance(part, (Vector, Texts)):
            raise Unsupported(f"c() of {type(part).__name__}")
        own = part.names or ("",) * len(part)
        if name:
            own = (name,) if len(part) == 1 else tuple(f"{name}{inner or at}" for at, inner in enumerate(own, 1))
        names += own
        parts.append(part)
    labels = tuple(names) if any(names) else None
    if all(isinstance(part, Vector) for part in parts):
        vectors = [part for part in parts if isinstance(part, Vector)]
        values = np.concatenate([part.values for part in vectors]) if vectors else np.zeros(0)
        return Vector(values, bool(vectors) and all(part.logical for part in vectors), labels)
    texts = [text for part in parts if isinstance(part, (Vector, Texts)) for text in texts_of(part)]
    return Texts(tuple(texts), labels)


@function("rep", "x times each length.out")
def repeat(given: Arguments) -> object:
    value = given.value("x")
    if not isinstance(value, (Vector, Texts, Factor)):
        raise Unsupported(f"rep of {type(value).__name__}")
    order = np.repeat(np.arange(len(value)), int(given.number("each", 1)))
    if given.has("length.out"):
        return value.take(np.resize(order, int(given.number("length.out", 0))))
    times = given.vector("times").values.astype(np.int64) if given.has("times") else np.array([1])
    if len(times) > 1:
        return value.take(np.repeat(order, times))
    return value.take(np.tile(order, int(times[0])))


@function("data.frame", "... stringsAsFactors check.names")
def data_frame(given: Arguments) -> object:
    made = {}
    for name, node in given.rest:
        value = given.scope.evaluate(node)
        if not isinstance(value, (Vector, Texts, Factor)):
            raise Unsupported(f"data.frame of {type(value).__name__}")
        made[name or source(node)] = value
    rows = max((len(value) for value in made.values()), default=0)
    for name, value in made.items():
        if len(value) != rows:
            if len(value) == 0 or rows % len(value):
                raise Refusal(f"data.frame: {name} has {len(value)} values, {rows} expected")
            made[name] = value.take(np.resize(np.arange(len(value)), rows))
    return Frame(made, rows)


@function("list", "...")
def list_of(given: Arguments) -> object:
    return Items(tuple(given.scope.evaluate(node) for _, node in given.rest), tuple(name for name, _ in given.rest))


@function("quote", "expr")
def quote(given: Arguments) -> object:
    return Quoted(given.node("expr"))


@function("factor", "x levels labels ...")
def make_factor(given: Arguments) -> object:
    value = given.value("x")
    if not isinstance(value, (Vector, Texts, Factor)):
        raise Unsupported(f"factor of {type(value).__name__}")
    levels = None
    if given.has("levels"):
        order = given.value("levels")
        if not isinstance(order, (Vector, Texts)):
            raise Unsupported("factor: levels")
        levels = [text for text in texts_of(order) if text is not None]
    made = factor_of(value, levels)
    if given.has("labels"):
        names = given.value("labels")
        if not isinstance(names, (Vector, Texts)) or len(names) != len(made.levels):
            raise Unsupported("factor: labels")
        made = Factor(made.codes, tuple(str(text) for text in texts_of(names)))
    return made


@function("as.factor", "x")
def as_factor(given: Arguments) -> object:
    value = given.value("x")
    if isinstance(value, Factor):
        return value
    if isinstance(value, (Vector, Texts)):
        return factor_of(value)
    raise Unsupported(f"as.factor of {type(value).__name__}")


def _elementwise(name: str, of: Callable[[Floats], Floats]) -> None:
    @function(name, "x")
    def apply(given: Arguments) -> object:
        value = given.value("x")
        with np.errstate(all="ignore"):
            return like(value, of(numbers(value)), False)


for _name, _of in {
    "abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "log10": np.log10, "log1p": np.log1p,
    "floor": np.floor, "ceiling": np.ceil,
}.items():
    _elementwise(_name, _of)


def _summary(name: str, of: Callable[[Floats], float]) -> None:
    @function(name, "... na.rm")
    def apply(given: Arguments) -> object:
        parts = [numbers(given.scope.evaluate(node)).ravel() for _, node in given.rest]
        values = np.concatenate(parts) if parts else np.zeros(0)
        if given.flag("na.rm"):
            values = values[~np.isnan(values)]
        return Vector(np.array([float(of(values))]))


_SUMMARIES: dict[str, Callable[[Floats], float]] = {"sum": np.sum, "min": np.min, "max": np.max, "mean": np.mean}
for _name, _total in _SUMMARIES.items():
    _summary(_name, _total)


@function("length", "x")
def length(given: Arguments) -> object:
    value = given.value("x")
    if isinstance(value, (Vector, Texts, Factor)):
        return Vector(np.array([float(len(value))]))
    raise Unsupported(f"length of {type(value).__name__}")


@function("seq_len", "length.out")
def sequence(given: Arguments) -> object:
    return Vector(np.arange(1.0, given.number("length.out", 0) + 1))
