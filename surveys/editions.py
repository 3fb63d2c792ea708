"""From one table that people see to the next: figures move only where enough answers are new.

Whoever keeps yesterday's table can subtract it from today's, and a child's move from its parent's. Between two
editions that follow each other no such difference may come from one to nine people, in any measure shown:

- a unit is held while any of its shown measures has 1 to 9 new answers;
- a unit is held while the newcomers in its figures, less those that moved children (or their children) show, are
  1 to 9, and so while those that answered at the unit itself, or that wait to be shown below it, are 1 to 9;
- a unit whose newcomers stand in the figures above it already, or that has units below it, moves only together
  with the unit above.

Differences that combine three editions or more are not searched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys import disclosure
from surveys.score_fields import Record

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

MOVES_FROM = 10
"""new answers that shown scores need before they move: fewer would tell what the newcomers said"""
ABOVE = "n_above"
"""key of a stored record: its n when the unit above was last shown anew; left out where it is the record's own n"""


def settled(shown: Sequence[Record], fresh: Sequence[Record], parent: Mapping[str, str | None]) -> list[Record]:
    """The table to be shown next: fresh records, and where a unit is held those shown before.

    shown: the table that people see now, as an earlier call gave it (or the first table)
    fresh: the same records of today, marked by `disclosure.mark`; parent: unit -> unit above, parents first.
    A series that was not shown before moves as a whole.
    """
    before = {_key(record): record for record in shown}
    after = {_key(record): record for record in fresh}
    units = list(parent)
    held: set[tuple[str, str]] = set()
    above: dict[tuple[str, str, str], int] = {}
    for series in dict.fromkeys(record["series"] for record in fresh):
        measures = list(dict.fromkeys(record["measure"] for record in fresh if record["series"] == series))
        keys = [[(unit, series, measure) for measure in measures] for unit in units]
        if not all(key in before for row in keys for key in row):
            continue
        step = _Step.between(keys, before, after, _places(parent))
        moves = step.moves()
        held |= {(unit, series) for unit, free in zip(units, moves, strict=True) if not free}
        last = step.above_after(moves)
        above |= {key: int(last[u, m]) for u, row in enumerate(keys) for m, key in enumerate(row)}
    return [_next(_key(record), record, before, held, above) for record in fresh]


def _next(
    key: tuple[str, str, str], fresh: Record, before: Mapping[tuple[str, str, str], Record],
    held: set[tuple[str, str]], above: Mapping[tuple[str, str, str], int],
) -> Record:
    record = dict(fresh)
    if key[:2] in held:
        # what may not be shown of today's table may not be shown of the earlier one either
        record = dict(before[key])
        disclosure.with_flags(record, disclosure.HIDING.intersection(fresh["flags"]))
        record.pop(ABOVE, None)
    if above.get(key, record["n"]) != record["n"]:
        record[ABOVE] = above[key]
    return record


def _key(record: Record) -> tuple[str, str, str]:
    return record["unit"], record["series"], record["measure"]


def _places(parent: Mapping[str, str | None]) -> list[int]:
    place = {unit: number for number, unit in enumerate(parent)}
    return [-1 if above is None else place[above] for above in parent.values()]


@dataclass(frozen=True, eq=False)
class _Step:
    """One series between two editions; arrays are (units, measures) counts of answers, parents before children.

    shown: in the figures that people see; fresh: of today
    above: when the unit above was last shown anew
    seen: shown to people before; stays: before and today
    """

    parent: list[int]
    shown: Ints
    fresh: Ints
    above: Ints
    seen: Bools
    stays: Bools

    @classmethod
    def between(
        cls, keys: Sequence[Sequence[tuple[str, str, str]]], before: Mapping[tuple[str, str, str], Record],
        after: Mapping[tuple[str, str, str], Record], parent: list[int],
    ) -> _Step:
        old = [[before[key] for key in row] for row in keys]
        new = [[after[key] for key in row] for row in keys]
        seen = np.array([[disclosure.visible(record) for record in row] for row in old])
        return cls(
            parent,
            shown=np.array([[record["n"] for record in row] for row in old]),
            fresh=np.array([[record["n"] for record in row] for row in new]),
            above=np.array([[record.get(ABOVE, record["n"]) for record in row] for row in old]),
            seen=seen,
            stays=seen & np.array([[disclosure.visible(record) for record in row] for row in new]),
        )

    def moves(self) -> Bools:
        """(units,) whether the unit's fresh figures may be shown. Starts from all that may by themselves, and
        holds one after the other until nothing more has to be held."""
        moves = ~_in_any(self.seen & _few(np.abs(self.fresh - self.shown)))
        children = self._children()
        bound = _in_any(self.shown < self.above) | np.array([bool(below) for below in children])
        while True:
            was = moves.copy()
            for unit in reversed(range(len(moves))):
                moves[unit] = moves[unit] and self._safe(unit, children, moves)
            for unit, above in enumerate(self.parent):
                if above >= 0 and bound[unit]:
                    moves[unit] &= moves[above]
            if (moves == was).all():
                return moves

    def above_after(self, moves: Bools) -> Ints:
        """`above` of the next step."""
        anew = np.array([above < 0 or moves[above] for above in self.parent])
        return np.where(anew[:, None], self.fresh, self.above)

    def _children(self) -> list[list[int]]:
        below: list[list[int]] = [[] for _ in self.parent]
        for unit, above in enumerate(self.parent):
            if above >= 0:
                below[above].append(unit)
        return below

    def _safe(self, unit: int, children: list[list[int]], moves: Bools) -> bool:
        """Whether moving the unit shows nobody, given which units below it move.

        entered: newcomers in its figures since they were last shown that no figure below tells of
        lasting: newcomers in its figures that wait to be shown below
        """
        zero = np.zeros(self.fresh.shape[1], dtype=np.int64)
        came = entered = lasting = zero
        least_entered = least_lasting = zero  # as entered and lasting, less all that is told further below
        for child in children[unit]:
            since = self.fresh[child] - self.above[child]
            waiting = self.fresh[child] - self.shown[child]
            behind = self.shown[child] < self.above[child]
            deeper = sum((self._told(below, children, moves) for below in children[child]), zero)
            told = moves[child] & self.stays[child] & ~behind
            part = np.where(told, 0, np.where(behind | ~self.seen[child], since, waiting))
            least = np.where(told, 0, np.where(behind, since, waiting))
            left = zero if moves[child] else waiting
            came = came + since
            entered, least_entered = entered + part, least_entered + np.maximum(least - deeper, 0)
            lasting, least_lasting = lasting + left, least_lasting + np.maximum(left - deeper, 0)
        own = np.maximum(self.fresh[unit] - self.shown[unit] - came, 0)
        shows = (entered + own > 0) & (least_entered + own < MOVES_FROM)
        shows |= (lasting > 0) & (least_lasting < MOVES_FROM) | _few(own)
        return not (shows & self.seen[unit]).any()

    def _told(self, unit: int, children: list[list[int]], moves: Bools) -> Ints:
        """At most so many newcomers can be told from moves at the unit or below it."""
        if moves[unit]:
            told: Ints = self.fresh[unit] - np.minimum(self.shown[unit], self.above[unit])
            return told
        ahead: Ints = np.maximum(self.shown[unit] - self.above[unit], 0)
        return sum((self._told(below, children, moves) for below in children[unit]), ahead)


def _few(count: Ints) -> Bools:
    few: Bools = (count > 0) & (count < MOVES_FROM)
    return few


def _in_any(marks: Bools) -> Bools:
    """(units,) where one of the measures is marked."""
    held: Bools = np.asarray(marks.any(axis=1))
    return held
