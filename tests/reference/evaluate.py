"""Expressions to values: names, operators with R's rules for NA, vector functions, formulas.

What a call does is in FUNCTIONS, name -> handler; calls/ adds the survey functions to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

import numpy as np

from tests.reference.frames import (
    Column,
    Factor,
    Floats,
    Frame,
    Texts,
    Unsupported,
    Vector,
    View,
    factor_of,
    missing,
)
from tests.reference.operators import Refusal, as_vector, binary, single, unary
from tests.reference.parser import (
    Binary,
    Call,
    Constant,
    Formula,
    Name,
    Node,
    Number,
    Parentheses,
    Text,
    Unary,
    bare,
    source,
)


@dataclass(frozen=True)
class Quoted:
    """quote(...): an expression that waits."""

    node: Node


@dataclass(frozen=True, eq=False)
class FormulaValue:
    formula: Formula


class Names(Protocol):
    """What a name outside the data means: a symbol, a design, a matrix, the data frame."""

    options: Mapping[str, object]

    def named(self, name: str) -> object: ...


Handler: TypeAlias = "Callable[[Arguments], object]"
FUNCTIONS: dict[str, tuple[tuple[str, ...], Handler]] = {}
"""name -> its parameters in order, and what it does"""
H = TypeVar("H", bound=Callable[..., object])
L = TypeVar("L", bound=str)


def function(name: str, parameters: str) -> Callable[[H], H]:
    """Register a handler. parameters: names in R's order; '...' takes what no other one takes."""

    def register(handler: H) -> H:
        FUNCTIONS[name] = (tuple(parameters.split()), handler)
        return handler

    return register


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression is read: the names of the case, and the columns of a data frame before them."""

    names: Names
    frame: Frame | View | None = None

    def within(self, frame: Frame | View) -> Scope:
        return Scope(self.names, frame)

    def evaluate(self, node: Node) -> object:
        match node:
            case Number(value):
                return Vector(np.array([value]))
            case Text(value):
                return Texts((value,))
            case Constant("TRUE" | "FALSE" | "NA" as word):
                return Vector(np.array([{"TRUE": 1.0, "FALSE": 0.0, "NA": np.nan}[word]]), logical=True)
            case Constant("NULL"):
                return None
            case Constant(word):
                return Vector(np.array([float(word)]))
            case Name(name):
                if self.frame is not None and name in self.frame:
                    return self.frame[name]
                return self.names.named(name)
            case Parentheses(inner):
                return self.evaluate(inner)
            case Formula():
                return FormulaValue(node)
            case Unary(operator, operand):
                return unary(operator, self.evaluate(operand))
            case Binary(operator, left, right):
                return binary(operator, self.evaluate(left), self.evaluate(right))
            case Call(name, _):
                if name not in FUNCTIONS:
                    raise Unsupported(f"function {name}")
                parameters, handler = FUNCTIONS[name]
                return handler(Arguments.match(node, parameters, self))

    def column(self, node: Node, rows: int) -> Column:
        """(rows,) value of an expression; one value is repeated."""
        value = self.evaluate(node)
        if not isinstance(value, (Vector, Texts, Factor)):
            raise Unsupported(f"{source(node)} as a column")
        if len(value) == rows:
            return value
        if len(value) == 1:
            return value.take(np.zeros(rows, dtype=np.int64))
        raise Refusal(f"{source(node)} has {len(value)} values, {rows} expected")


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of a call by the names of its parameters; evaluated when asked for."""

    call: str
    nodes: dict[str, Node]
    rest: tuple[tuple[str | None, Node], ...]
    scope: Scope
    made: dict[str, object] = field(default_factory=dict)

    @classmethod
    def match(cls, call: Call, parameters: tuple[str, ...], scope: Scope) -> Arguments:
        """R's order: full names, then beginnings of names before '...', then places."""
        nodes: dict[str, Node] = {}
        left: list[tuple[str | None, Node]] = []
        fixed = [parameter for parameter in parameters if parameter != "..."]
        before_dots = parameters[: parameters.index("...")] if "..." in parameters else parameters
        named = {name for name, _ in call.arguments if name is not None}
        for name, node in call.arguments:
            if name in fixed and name is not None:
                nodes[name] = node
                continue
            begins = [p for p in before_dots if name and p.startswith(name) and p not in nodes and p not in named]
            if name is not None and len(begins) == 1:
                nodes[begins[0]] = node
            else:
                left.append((name, node))
        rest: list[tuple[str | None, Node]] = []
        free = iter([p for p in before_dots if p not in nodes])
        for name, node in left:
            place = next(free, None) if name is None else None
            if place is not None:
                nodes[place] = node
            elif "..." in parameters:
                rest.append((name, node))
            else:
                raise Unsupported(f"{call.function}: argument {name or source(node)}")
        return cls(call.function, nodes, tuple(rest), scope)

    def has(self, name: str) -> bool:
        return name in self.nodes and self.nodes[name] != Constant("NULL")

    def node(self, name: str) -> Node:
        if name not in self.nodes:
            raise Refusal(f"{self.call}: argument {name} is missing")
        return self.nodes[name]

    def value(self, name: str) -> object:
        if name not in self.made:
            self.made[name] = self.scope.evaluate(self.node(name))
        return self.made[name]

    def vector(self, name: str) -> Vector:
        return as_vector(self.value(name), f"{self.call}({name})")

    def number(self, name: str, default: float) -> float:
        return single(self.vector(name), f"{self.call}({name})") if self.has(name) else default

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self.number(name, float(default)))

    def text(self, name: str, default: str) -> str:
        if not self.has(name):
            return default
        value = self.value(name)
        if not isinstance(value, Texts) or len(value) != 1 or value.values[0] is None:
            raise Unsupported(f"{self.call}: {name} is no text")
        return value.values[0]

    def choice(self, name: str, default: str, allowed: Sequence[L]) -> L:
        """One of the words that are known."""
        word = self.text(name, default)
        for known in allowed:
            if known == word:
                return known
        raise Unsupported(f"{self.call}: {name} {word}")

    def formula(self, name: str) -> Formula:
        value = self.value(name)
        if not isinstance(value, FormulaValue):
            raise Unsupported(f"{self.call}: {name} is no formula")
        return value.formula

    def ignore(self, *names: str) -> None:
        """Arguments that change no number."""
        for name, _ in self.rest:
            if name not in names:
                raise Unsupported(f"{self.call}: argument {name}")


# ---------------------------------------------------------------- formulas


@dataclass(frozen=True)
class Terms:
    """Right side of a formula: the added expressions, and whether there is an intercept."""

    nodes: tuple[Node, ...]
    intercept: bool

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)


def terms(formula: Formula) -> Terms:
    nodes: list[Node] = []
    intercept = True

    def walk(node: Node, sign: int) -> None:
        nonlocal intercept
        match node:
            case Parentheses(inner):
                walk(inner, sign)
            case Binary("+", left, right):
                walk(left, sign)
                walk(right, sign)
            case Binary("-", left, right):
                walk(left, sign)
                walk(right, -sign)
            case Unary("-", operand):
                walk(operand, -sign)
            case Number(value) if value in (0.0, 1.0):
                intercept = (value == 1.0) == (sign == 1)
            case Binary("*" | ":" | "/" | "^", _, _):
                raise Unsupported(f"interaction {source(node)} in a formula")
            case _ if sign == 1:
                if node not in nodes:
                    nodes.append(node)
            case _:
                raise Unsupported(f"- {source(node)} in a formula")

    walk(formula.right, 1)
    return Terms(tuple(nodes), intercept)


def indicators(node: Node, value: Column) -> tuple[list[str], Floats]:
    """Columns of one variable of a mean or total: numbers as they are, categories one column per level.

    (names, (n, columns)); a missing category is missing in all its columns.
    """
    name = source(node)
    if isinstance(value, Vector) and not value.logical:
        return [name], value.values[:, None]
    made = value if isinstance(value, Factor) else (
        Factor(np.where(missing(value), -1, value.values).astype(np.int64), ("FALSE", "TRUE"))
        if isinstance(value, Vector) else factor_of(value)
    )
    columns = (made.codes[:, None] == np.arange(len(made.levels))).astype(np.float64)
    columns[made.codes < 0] = np.nan
    return [f"{name}{level}" for level in made.levels], columns


def inside(node: Node) -> Node:
    """The expression without I() and parentheses."""
    node = bare(node)
    if isinstance(node, Call) and node.function == "I" and len(node.arguments) == 1:
        return inside(node.arguments[0][1])
    return node
