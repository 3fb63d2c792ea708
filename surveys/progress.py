"""How collection is getting on, unit by unit. Counts of participation are live; no answer and no trait is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from sqlalchemy.orm import Session

from surveys.origin import Basis, Mode
from surveys.reading import unit_order
from surveys.store import collection, responses
from surveys.store import waves as wave_store
from surveys.units import Kind, Unit, UnitTree
from surveys.waves import Wave


@dataclass
class Counts:
    """Of a unit and everything below it."""

    points: int = 0
    issued: int = 0
    returned: int = 0
    expired: int = 0
    """slips that nobody used in time"""
    by_basis: Counter[Basis] = field(default_factory=Counter)
    by_mode: Counter[Mode] = field(default_factory=Counter)
    population: int | None = None
    """dossiers (people entitled) of the period; None: not told"""

    @property
    def answers(self) -> int:
        return sum(self.by_basis.values())

    @property
    def outstanding(self) -> int:
        """Slips that may still come back."""
        return self.issued - self.returned - self.expired

    @property
    def share(self) -> float | None:
        """Answers over the count of dossiers."""
        return self.answers / self.population if self.population else None

    @property
    def returned_share(self) -> float | None:
        return self.returned / self.issued if self.issued else None


@dataclass(frozen=True)
class Row:
    """A unit directly below the top, with everything below it."""

    unit: Unit
    counts: Counts


@dataclass(frozen=True, eq=False)
class Progress:
    """What the progress page shows. Not to be changed: as long as nothing comes in, everybody is given the same one."""

    top: Unit
    whole: Counts
    rows: tuple[Row, ...]
    """the units directly below `top`, each with all below it; `top` itself where there are none"""
    days_left: int | None
    """days on which answers still come, today included; None: no last day"""
    bases: tuple[Basis, ...]
    """that have answers, or are official"""
    modes: tuple[Mode, ...]
    """that have answers"""

    @property
    def receiving(self) -> int:
        """Units that citizens come to. Departments decide and seldom receive anybody (as `surveys.today` counts)."""
        return sum(row.unit.kind is not Kind.DEPARTMENT for row in self.rows)

    @property
    def silent(self) -> int:
        """Of these, units without a single answer."""
        return sum(row.unit.kind is not Kind.DEPARTMENT and not row.counts.answers for row in self.rows)


def progress(session: Session, wave: Wave, tree: UnitTree, top_code: str, today: date) -> Progress:
    """Of the wave at `top_code` and below, in a few statements whatever the number of units."""
    return _summed(
        wave, tree, top_code, today,
        tuple(responses.counts_by_unit(session, wave.province_code, wave.id)),
        tuple(collection.slips_by_unit(session, wave.province_code, wave.id, today).items()),
        tuple(collection.points_by_unit(session, wave.id).items()),
        tuple(wave_store.populations(session, wave).items()),
    )


@lru_cache(maxsize=32)
def _summed(
    wave: Wave, tree: UnitTree, top_code: str, today: date, received: tuple[tuple[int, int, int, int], ...],
    given_out: tuple[tuple[int, tuple[int, int, int]], ...], places: tuple[tuple[int, int], ...],
    sizes: tuple[tuple[int, int], ...],
) -> Progress:
    """What the counts come to; summed again only when one of them is another."""
    top = tree.unit(top_code)
    below = list(tree.children(top_code)) or [top]
    home: dict[int, list[Counts]] = {}
    whole, counts = Counts(), {unit.code: Counts() for unit in below}
    for unit in tree.subtree(top_code):
        home[unit.id or 0] = [whole]
    for unit in below:
        for inside in tree.subtree(unit.code):
            home[inside.id or 0].append(counts[unit.code])
    for unit_id, basis, mode, number in received:
        for one in home.get(unit_id, ()):
            one.by_basis[Basis(basis)] += number
            one.by_mode[Mode(mode)] += number
    for unit_id, slips in given_out:
        issued, unspent, expired = slips
        for one in home.get(unit_id, ()):
            one.issued += issued
            one.returned += issued - unspent
            one.expired += expired
    for unit_id, points in places:
        for one in home.get(unit_id, ()):
            one.points += points
    told = dict(sizes)
    for unit in below:
        counts[unit.code].population = _population(tree, unit, told)
    whole.population = _population(tree, top, told)
    rows = tuple(Row(unit, counts[unit.code]) for unit in sorted(below, key=_order))
    return Progress(
        top, whole, rows, _days_left(wave, today),
        tuple(basis for basis in Basis if whole.by_basis[basis] or basis in wave.official),
        tuple(mode for mode in Mode if whole.by_mode[mode]),
    )


def _population(tree: UnitTree, unit: Unit, told: Mapping[int, int]) -> int | None:
    """The unit's own count; else the sum of those told below it, each where it stands highest."""
    if (own := told.get(unit.id or 0)) is not None:
        return own
    below = [_population(tree, child, told) for child in tree.children(unit.code)]
    known = [size for size in below if size is not None]
    return sum(known) if known else None


def _days_left(wave: Wave, today: date) -> int | None:
    if wave.closes is None and not wave.collected(today):
        return None
    if wave.collected(today) or wave.closes is None:
        return 0
    return (wave.closes - max(today, wave.opens or today)).days + 1


_order = lru_cache(maxsize=4096)(unit_order)
"""units stay as they are, and their order is asked for with every page"""

ORDERS: Mapping[str, Callable[[Row], tuple[object, ...]]] = {
    "name": lambda row: _order(row.unit),
    "answers": lambda row: (row.counts.answers, *_order(row.unit)),
    "share": lambda row: (row.counts.share if row.counts.share is not None else 2.0, *_order(row.unit)),
    "issued": lambda row: (-row.counts.issued, *_order(row.unit)),
    "returned": lambda row: (
        row.counts.returned_share if row.counts.returned_share is not None else 2.0, *_order(row.unit)
    ),
}
"""how the rows may be sorted: the units that need attention come first"""


def sorted_rows(rows: Iterable[Row], order: str, found: frozenset[str] | None = None) -> list[Row]:
    """The rows of these units (None: all) in an order of ORDERS; an unknown one is by name."""
    kept = [row for row in rows if found is None or row.unit.code in found]
    return sorted(kept, key=ORDERS.get(order, ORDERS["name"]))
