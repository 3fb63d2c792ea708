"""From a wave's answers to its table of scores: every measure of every unit, with its uncertainty.

With `series` and `weights` the only caller of `analysis`. No row is left out here: `publishable` says what may
leave the house.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from sqlalchemy.orm import Session

from surveys import collection, dataset, disclosure, editions, targets
from surveys.domains import Layout, layout
from surveys.errors import WaveRefusal
from surveys.indexes.model import IndexDefinition
from surveys.measures import measured
from surveys.origin import Basis
from surveys.score_fields import FIELDS, Record
from surveys.score_records import rows
from surveys.series import Frame, estimated
from surveys.store import collection as collection_store
from surveys.store import definitions, extract
from surveys.store import scores as store
from surveys.store import units as unit_store
from surveys.store import waves as wave_store
from surveys.store.scores import ScoreTable
from surveys.waves import Wave

__all__ = ["FIELDS", "Record", "moved", "records"]

SERIES = ("official", disclosure.MONITORING)


def records(
    session: Session, wave: Wave, unit_code: str | None = None, index: IndexDefinition | None = None
) -> list[Record]:
    """One record per unit, series and measure, fields as FIELDS; None where there is nothing to say, never NaN.

    Units come in the tree's order. Series: 'official', the bases the wave declares official; 'monitoring', the
    rest, only where such answers exist; they are never `publishable`. unit_code: only this unit and those below.
    index: another than the wave's own.
    Raises NotFound("unit_unknown"), WaveRefusal("unit_outside").
    """
    frame = frame_of(session, wave, index)
    if unit_code is not None:
        collection.require_member(frame.tree, wave, unit_code)
    wanted = frame.tree.subtree(unit_code or wave.province_code)
    data = dataset.read(session, wave, frame.measured.items)
    populations = wave_store.populations(session, wave)
    of_unit: list[list[Record]] = [[] for _ in frame.layout.units]
    for series, bases in zip(SERIES, (wave.official, frozenset(Basis) - wave.official), strict=True):
        part = data.of_bases(bases)
        if series == "official" or len(part):
            found = estimated(frame, part, populations)
            for place, own in enumerate(rows(frame, series, bases, found)):
                of_unit[place] += own
    whole = [record for own in of_unit for record in own]
    disclosure.mark(whole, _rules(frame))
    shown = {unit.code for unit in wanted}
    return [record for record in whole if record["unit"] in shown]


def frame_of(session: Session, wave: Wave, index: IndexDefinition | None = None) -> Frame:
    """What every series of the wave shares, under its own index or another."""
    tree = unit_store.tree(session, wave.units_day)
    index = index or definitions.index(session, wave.index_id)
    places = layout(tree, wave.province_code)
    of_day = measured(index, targets.day_of(wave))
    return Frame(wave, tree, places, index, of_day, _response_rates(session, wave, places))


def _rules(frame: Frame) -> disclosure.Rules:
    return disclosure.Rules(
        parent=_parents(frame.layout), minimum_n=frame.index.minimum_n, extremes=frame.extremes,
        items={criterion.measure: criterion.items for criterion in frame.index.tree.walk()},
    )


def _parents(places: Layout) -> dict[str, str | None]:
    """Unit -> unit above, in the tree's order."""
    units = places.units
    above = [None if place < 0 else units[place].code for place in places.parent.tolist()]
    return {unit.code: code for unit, code in zip(units, above, strict=True)}


def _response_rates(session: Session, wave: Wave, places: Layout) -> dict[str, float]:
    """Unit code -> slips that came back over slips given out at the unit or below it, where any were."""
    counts = collection_store.slip_counts(session, wave.province_code, wave.id)
    cells = [cell for cell in extract.cells(session, wave) if cell.id in counts]
    issued, spent = np.zeros((2, len(places.units)), dtype=np.int64)
    at = places.places(np.array([cell.received_at for cell in cells], dtype=np.int64))
    np.add.at(issued, at, [counts[cell.id][0] for cell in cells])
    np.add.at(spent, at, [counts[cell.id][1] for cell in cells])
    rates = zip(places.units, places.sum_up(issued).tolist(), places.sum_up(spent).tolist(), strict=True)
    return {unit.code: back / out for unit, out, back in rates if out}


def moved(
    session: Session, wave: Wave, today: date, *, force: bool = False, correction: bool = False
) -> ScoreTable:
    """The table that people are to see from today on; only reads, so that estimating holds up no answer.

    `store.scores.save` keeps it, in a write transaction of its own.

    The table moves once a day, and a unit's figures move only where `editions` allows it; once the wave takes no
    more answers, all of them do, and while nothing else changes the table stays the one it was.
    The table of a wave whose figures are fixed is computed once, and then it is this one for ever.
    force: again on the same day. correction: anew, to be published as a correction of what was published.
    Raises WaveRefusal("scores_moved_today"), ("wave_not_published" for a correction).
    """
    if correction and not wave.issued:
        raise WaveRefusal("wave_not_published", wave=wave.code, state=wave.state.value)
    shown = store.latest(session, wave)
    if wave.settled:
        whole = correction or shown is None or not shown.fixed
        return ScoreTable(today, records(session, wave), fixed=True) if whole or shown is None else shown
    if shown is not None and not force:
        if shown.day >= today:
            raise WaveRefusal("scores_moved_today", wave=wave.code, day=shown.day.isoformat())
        if store.lasts(session, wave, shown, today):
            return shown
    fresh = records(session, wave)
    if shown is not None and not wave.ended(today):
        tree = unit_store.tree(session, wave.units_day)
        fresh = editions.settled(shown.records, fresh, _parents(layout(tree, wave.province_code)))
    return ScoreTable(today, fresh)
