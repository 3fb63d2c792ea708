"""One case: its data, derived columns, symbols and designs, made when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.design import DesignError
from tests.reference.evaluate import Scope
from tests.reference.frames import Column, Frame, Matrix, Unsupported, matrix_of, read
from tests.reference.operators import Refusal
from tests.reference.parser import GrammarError, parse

DEFAULT_OPTIONS: dict[str, object] = {"survey.lonely.psu": "fail", "survey.adjust.domain.lonely": False}


class Data:
    """What a case's results share whatever the options: csv files and symbols."""

    def __init__(self, case: Mapping[str, Any], folder: Path) -> None:
        self.case = case
        self._folder = folder
        self.frame = self._read_frame()
        self._made: dict[str, object] = {}

    def _read_frame(self) -> tuple[str, Frame] | None:
        name = self.case.get("data")
        if name is None:
            return None
        frame = read(self._folder / name)
        columns, broken = dict(frame.columns), dict[str, str]()
        whole = Frame(columns, frame.rows, broken)
        scope = Scope(_Nothing(), whole)
        for column, text in (self.case.get("derived") or {}).items():
            try:
                columns[column] = _unnamed(scope.column(parse(text), frame.rows))
                broken.pop(column, None)
            except (Unsupported, GrammarError, DesignError) as why:
                broken[column] = str(why)
        return Path(name).stem, whole

    def named(self, name: str) -> object:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> object:
        symbols, files = self.case.get("symbols") or {}, self.case.get("files") or {}
        if name in symbols:
            return Scope(_Earlier(self, list(symbols), name)).evaluate(parse(symbols[name]))
        if name in files:
            return self._matrix(files[name])
        if self.frame is not None and name == self.frame[0]:
            return self.frame[1]
        raise Refusal(f"object {name} not found")

    def _matrix(self, entry: Mapping[str, str]) -> Matrix:
        return matrix_of(read(self._folder / entry["file"]), entry["first"], entry["last"])


class _Nothing:
    options: Mapping[str, object] = DEFAULT_OPTIONS

    def named(self, name: str) -> object:
        raise Refusal(f"object {name} not found")


class _Earlier:
    """Symbols see those before them."""

    options: Mapping[str, object] = DEFAULT_OPTIONS

    def __init__(self, data: Data, order: list[str], name: str) -> None:
        self._data = data
        self._order = order
        self._before = set(order[: order.index(name)])

    def named(self, name: str) -> object:
        if name in self._order and name not in self._before:
            raise Refusal(f"object {name} not found")
        return self._data.named(name)


class Session:
    """The names of a case under one set of options."""

    def __init__(self, data: Data, options: Mapping[str, object]) -> None:
        self._data = data
        self.options = options
        self._designs: Mapping[str, str] = data.case.get("designs") or {}
        self._made: dict[str, object] = {}
        self._refused: dict[str, Exception] = {}
        self._making: set[str] = set()

    def named(self, name: str) -> object:
        if name not in self._designs or name in self._making:
            return self._data.named(name)
        if name in self._refused:
            raise self._refused[name]
        if name not in self._made:
            self._making.add(name)
            try:
                self._made[name] = Scope(self).evaluate(parse(self._designs[name]))
            except Exception as why:
                self._refused[name] = why
                raise
            finally:
                self._making.remove(name)
        return self._made[name]

    def evaluate(self, call: str) -> object:
        with np.errstate(all="ignore"):
            return Scope(self).evaluate(parse(call))


def _unnamed(column: Column) -> Column:
    return column.take(np.arange(len(column)))
