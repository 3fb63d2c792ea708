"""How many have taken part so far. Counts are live; scores move once a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.origin import Basis
from surveys.store import collection, responses
from surveys.units import UnitTree
from surveys.waves import Wave


@dataclass(frozen=True)
class Participation:
    received: Mapping[Basis, int]
    """answers received at the unit or below it, by why their writers were asked"""
    slips_issued: int
    slips_spent: int

    @property
    def total(self) -> int:
        return sum(self.received.values())

    @property
    def slips_returned(self) -> float | None:
        """Share of the slips that came back; None where none were given out."""
        return self.slips_spent / self.slips_issued if self.slips_issued else None


def participation(session: Session, wave: Wave, tree: UnitTree, unit_code: str) -> Participation:
    """Counts of the unit and all below it, live, in a few statements whatever the number of units."""
    within = {unit.id for unit in tree.subtree(unit_code)}
    received: Counter[Basis] = Counter()
    for place, basis, number in responses.counts_by_place(session, wave.province_code, wave.id):
        if place in within:
            received[Basis(basis)] += number
    slips = collection.slips_by_place(session, wave.province_code, wave.id)
    issued = sum(given for place, given, _ in slips if place in within)
    spent = issued - sum(left for place, _, left in slips if place in within)
    return Participation({basis: count for basis, count in sorted(received.items()) if count}, issued, spent)
