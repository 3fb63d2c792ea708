"""A score table as people read it: what may be shown, in which order, and what it can be told apart from.

No estimation happens here: every number was computed before, once a day, with the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from surveys import disclosure
from surveys.alphabet import alphabetical
from surveys.indexes.model import Criterion, IndexDefinition, ItemLeaf
from surveys.questionnaires.model import Questionnaire, Text
from surveys.score_fields import Record
from surveys.targets import Goal
from surveys.units import TYPES, Kind, Unit, UnitTree, bare_name


class Shown(StrEnum):
    """Whether a figure may be seen, and why not."""

    YES = "yes"
    TOO_FEW = "too_few"
    """fewer answers than the index asks for"""
    PROTECTED = "protected"
    """hidden so that nobody can be recognised, or so that another hidden figure cannot be computed"""
    LOW_RESPONSE = "low_response"
    """fewer slips came back than the index asks for"""
    NO_WEIGHT = "no_weight"
    """every answer has a weight of 0"""
    NONE = "none"
    """nobody has answered yet"""


class Band(StrEnum):
    """A unit beside the whole it belongs to. Units within one band are not ranked: their order is chance."""

    ABOVE = "above"
    UNCLEAR = "unclear"
    BELOW = "below"


@dataclass(frozen=True)
class Figure:
    """One figure with everything that must stand beside it; all None unless `shown` is YES."""

    shown: Shown
    n: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str | None = None
    mean: float | None = None
    """mean score, in points of the scale"""


@dataclass(frozen=True)
class Line:
    """A row of a picture and of the table beside it."""

    key: str
    """a unit's code, a criterion's measure, an item's id"""
    title: Text
    figure: Figure
    band: Band | None = None
    depth: int = 0


@dataclass(frozen=True)
class Group:
    """Lines under one heading: a block of units ('Xã', 'department'), a band, a factor."""

    key: str
    title: Text | None
    lines: tuple[Line, ...]


_WHY_NOT = (
    (disclosure.TOO_FEW, Shown.TOO_FEW), (disclosure.PROTECTED, Shown.PROTECTED),
    (disclosure.LOW_RESPONSE, Shown.LOW_RESPONSE),
)


def _may_be_seen(record: Record) -> bool:
    """What may leave the house, and monitoring figures that tell on nobody."""
    monitoring = disclosure.MONITORING in record["flags"] and disclosure.visible(record)
    return bool(record["publishable"]) or monitoring


class Table:
    """The records of a wave, found by unit, series and measure."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = {(each["unit"], each["series"], each["measure"]): each for each in records}

    def has(self, unit: str, series: str) -> bool:
        return (unit, series, "overall") in self._records

    def figure(self, unit: str, series: str, measure: str) -> Figure:
        """The figure as it may be shown; only here are a record's flags turned into what people see."""
        record = self._records.get((unit, series, measure))
        if record is None or not record["n"]:
            return Figure(Shown.NONE)
        if not _may_be_seen(record):
            unnamed = Shown.NO_WEIGHT if record["estimate"] is None else Shown.PROTECTED
            return Figure(next((why for flag, why in _WHY_NOT if flag in record["flags"]), unnamed))
        mean = self._records.get((unit, series, f"mean:{measure}"))
        return Figure(
            Shown.YES, record["n"], record["estimate"], record["ci_low"], record["ci_high"], record["verdict"],
            mean["estimate"] if mean is not None and _may_be_seen(mean) else None,
        )

    def public(self, units: Iterable[str]) -> list[Record]:
        """The records of these units that may leave the house, in the table's order."""
        wanted = set(units)
        return [each for each in self._records.values() if each["publishable"] and each["unit"] in wanted]


_KEPT = 8
"""tables in memory; each is little beside its records"""
_tables: dict[int, tuple[Sequence[Record], Table]] = {}


def table_of(records: Sequence[Record]) -> Table:
    """`Table(records)`, made once for the very same list: the records are shared by all readers and never changed."""
    found = _tables.get(id(records))
    if found is None or found[0] is not records:
        if len(_tables) >= _KEPT:
            _tables.clear()
        found = _tables[id(records)] = (records, Table(records))  # keeps the list, so its id stays its own
    return found[1]


def band(part: Figure, whole: Figure) -> Band | None:
    """Clearly above or below only where the two intervals do not touch.

    Stricter than a test of the difference at the same level (Schenker & Gentleman 2001, The American
    Statistician 55:182), which is welcome: a page compares many units at once.
    """
    if part.low is None or part.high is None or whole.low is None or whole.high is None:
        return None
    return Band.ABOVE if part.low > whole.high else Band.BELOW if part.high < whole.low else Band.UNCLEAR


def criteria(table: Table, index: IndexDefinition, unit: str, series: str) -> tuple[Line, ...]:
    """Parts and factors of a unit, in the order of the index."""

    def below(criterion: Criterion, depth: int) -> list[Line]:
        figure = table.figure(unit, series, criterion.measure)
        inner = [child for child in criterion.children if isinstance(child, Criterion)]
        return [
            Line(criterion.measure, criterion.title, figure, depth=depth),
            *(line for child in inner for line in below(child, depth + 1)),
        ]

    return tuple(
        line for child in index.tree.children if isinstance(child, Criterion) for line in below(child, 0)
    )


def items(
    table: Table, index: IndexDefinition, questionnaire: Questionnaire, unit: str, series: str
) -> tuple[Group, ...]:
    """Items of a unit under the criterion they belong to."""
    groups = []
    for criterion in index.tree.walk():
        own = [child.item for child in criterion.children if isinstance(child, ItemLeaf)]
        lines = tuple(
            Line(item, questionnaire.question(item).text, table.figure(unit, series, f"item:{item}"))
            for item in own
        )
        if lines:
            groups.append(Group(criterion.measure, criterion.title, lines))
    return tuple(groups)


def members(
    table: Table, tree: UnitTree, parent: str, whole: Figure, series: str, found: frozenset[str] | None = None
) -> tuple[Line, ...]:
    """The units directly below, by block (khối) and name.

    whole: what their bands are told against. found: codes that a search found; None: all.
    """
    units = [unit for unit in tree.children(parent) if found is None or unit.code in found]
    units.sort(key=unit_order)
    return tuple(
        Line(unit.code, {"vi": unit.name}, own, band(own, whole))
        for unit in units for own in (table.figure(unit.code, series, "overall"),)
    )


def block(unit: Unit) -> str:
    """Which units are set side by side: communes by their type ('Phường'), all others by their kind."""
    if unit.kind is not Kind.COMMUNE:
        return unit.kind.value
    return next((word for word in _COMMUNE_TYPES if unit.name.startswith(f"{word} ")), unit.kind.value)


def unit_order(unit: Unit) -> tuple[object, ...]:
    """Sort key of lists of units: by block, then by proper name."""
    return _BLOCK_ORDER.index(block(unit)), alphabetical(bare_name(unit.name)), unit.code


_COMMUNE_TYPES = ("Phường", "Xã", "Đặc khu", "Thị trấn")
_BLOCK_ORDER = (*_COMMUNE_TYPES, *(kind.value for kind in Kind))
if not set(_COMMUNE_TYPES) <= set(TYPES):
    raise AssertionError("types of communes are types of units")


def by_block(lines: Sequence[Line], tree: UnitTree) -> tuple[Group, ...]:
    """Groups of units of one block (sở; phường; xã; đặc khu), in the order of the lines."""
    return _grouped(lines, lambda line: block(tree.unit(line.key)))


def by_band(lines: Sequence[Line]) -> tuple[Group, ...]:
    """Bands from above to below, then the units without a figure; within a band by block and name."""
    order = [*Band, None]
    return _grouped(sorted(lines, key=lambda line: order.index(line.band)), lambda line: line.band or "none")


def _grouped(lines: Sequence[Line], key: Any) -> tuple[Group, ...]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(str(key(line)), []).append(line)
    return tuple(Group(name, None, tuple(held)) for name, held in groups.items())


def tally(lines: Iterable[Line]) -> Counter[str]:
    """How many units have each verdict; 'none' where there is no figure or nothing to compare with."""
    return Counter(line.figure.verdict or "none" for line in lines)


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    ticks: tuple[float, ...]


def axis(lines: Iterable[Line], goal: Goal | None) -> Axis:
    """From a round share below every interval and the goal up to 1, with three to six ticks."""
    lows = [line.figure.low for line in lines if line.figure.low is not None]
    lowest = min([0.8, *lows, *([goal.value] if goal is not None else [])])
    first = int(Decimal(repr(lowest)) * 10)
    step = 2 if first < 6 else 1
    return Axis(first / 10, 1.0, tuple(tenth / 10 for tenth in range(10, first - 1, -step))[::-1])
