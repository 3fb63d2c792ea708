"""Expressions of the case files: R's syntax, restricted as the README says, to a small tree.

Tokens first, then Pratt's way of reading operators: each has a strength to its left and to its right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias


class GrammarError(ValueError):
    """The text is not in the restricted grammar."""


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Constant:
    """TRUE, FALSE, NA, NULL, Inf, NaN."""

    name: str


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Parentheses:
    """Kept, because labels are made of the text."""

    inner: Node


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[tuple[str | None, Node], ...]


@dataclass(frozen=True)
class Formula:
    left: Node | None
    right: Node


Node: TypeAlias = Number | Text | Constant | Name | Unary | Binary | Parentheses | Call | Formula

CONSTANTS = {"TRUE", "FALSE", "NA", "NULL", "Inf", "NaN"}
TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<quoted>`[^`]+`)
    | (?P<name>(?:[^\W\d_]|\.(?!\d))[\w.]*)
    | (?P<operator>==|!=|>=|<=|&&|\|\||[-+*/^:<>!&|~(),=])
    )""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}

# strength to the left and to the right; the larger binds tighter, right below left makes it lean right
INFIX = {
    "~": (10, 11), "||": (20, 21), "|": (20, 21), "&&": (30, 31), "&": (30, 31),
    "==": (50, 51), "!=": (50, 51), "<": (50, 51), ">": (50, 51), "<=": (50, 51), ">=": (50, 51),
    "+": (60, 61), "-": (60, 61), "*": (70, 71), "/": (70, 71), ":": (80, 81), "^": (101, 100),
}
PREFIX = {"~": 11, "!": 40, "-": 90, "+": 90}
EXPONENT = 90
"""2^-1: what follows a power may carry a sign, which binds looser than the power"""


def tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each token."""
    read, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise GrammarError(f"unexpected {text[place:place + 20]!r}")
        kind = str(match.lastgroup)
        read.append((kind, match.group(kind)))
        place = match.end()
    return read


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ("end", "the end")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self._at += 1
        return token

    def expect(self, operator: str) -> None:
        token = self.take()
        if token != ("operator", operator):
            raise GrammarError(f"expected {operator!r}, found {token[1]!r}")

    def expression(self, strength: int = 0) -> Node:
        left = self.operand()
        while True:
            kind, operator = self.peek()
            if kind != "operator" or operator not in INFIX or INFIX[operator][0] < strength:
                return left
            self.take()
            right = self.expression(EXPONENT if operator == "^" else INFIX[operator][1])
            left = Formula(left, right) if operator == "~" else Binary(operator, left, right)

    def operand(self) -> Node:
        kind, text = self.take()
        match kind:
            case "number":
                return Number(float(text.rstrip("L")))
            case "text":
                return Text(re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text[1:-1]))
            case "quoted":
                return Name(text[1:-1])
            case "name":
                if self.peek() == ("operator", "("):
                    return Call(text, self.arguments())
                return Constant(text) if text in CONSTANTS else Name(text)
            case "operator" if text == "(":
                inner = self.expression()
                self.expect(")")
                return Parentheses(inner)
            case "operator" if text in PREFIX:
                operand = self.expression(PREFIX[text])
                return Formula(None, operand) if text == "~" else Unary(text, operand)
        raise GrammarError(f"unexpected {text!r}")

    def arguments(self) -> tuple[tuple[str | None, Node], ...]:
        self.expect("(")
        read: list[tuple[str | None, Node]] = []
        while self.peek() != ("operator", ")"):
            name = None
            if self.peek()[0] in ("name", "text", "quoted") and self.peek(1) == ("operator", "="):
                kind, name = self.take()
                name = name if kind == "name" else name[1:-1]
                self.take()
            read.append((name, self.expression()))
            if self.peek() != ("operator", ")"):
                self.expect(",")
        self.take()
        return tuple(read)


def parse(text: str) -> Node:
    """The tree of one expression. Raises GrammarError."""
    reader = _Reader(text)
    node = reader.expression()
    kind, rest = reader.peek()
    if kind != "end":
        raise GrammarError(f"unexpected {rest!r} after the expression")
    return node


def number_text(value: float) -> str:
    """A number as R writes it in labels: up to 15 digits, no trailing zeros."""
    text = f"{value:.15g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0').rjust(2, '0')}"
    shorter = f"{value:.0e}" if value == float(f"{value:.0e}") else text
    mantissa, _, exponent = shorter.partition("e")
    scientific = f"{mantissa}e{exponent[0]}{exponent[1:].rjust(2, '0')}" if exponent else text
    return scientific if len(scientific) < len(text) else text  # 1e+05, as R prefers


def source(node: Node) -> str:
    """The text of an expression as R writes it; makes the labels of derived columns."""
    match node:
        case Number(value):
            return number_text(value)
        case Text(value):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case Constant(name) | Name(name):
            return name
        case Unary(operator, operand):
            return operator + source(operand)
        case Binary(operator, left, right):
            space = "" if operator in "^:" else " "
            return f"{source(left)}{space}{operator}{space}{source(right)}"
        case Parentheses(inner):
            return f"({source(inner)})"
        case Call(function, arguments):
            parts = (source(value) if name is None else f"{name} = {source(value)}" for name, value in arguments)
            return f"{function}({', '.join(parts)})"
        case Formula(left, right):
            return f"~{source(right)}" if left is None else f"{source(left)} ~ {source(right)}"


def bare(node: Node) -> Node:
    """The expression inside its parentheses."""
    while isinstance(node, Parentheses):
        node = node.inner
    return node
