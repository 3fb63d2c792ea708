"""Publishing a wave's figures by a decision, and correcting what was published.

One person proposes, another confirms (`surveys.approvals`). An edition keeps the public records word for word.
A correction republishes the same cells, no more and no fewer: a cell that vanished, or appeared, beside others
that moved would tell on those who stand behind it. Earlier editions stay readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import itemgetter

from sqlalchemy.orm import Session

from surveys import approvals, audit, disclosure
from surveys.approvals import Proposal
from surveys.canonical import digest
from surveys.conduct import given_reason
from surveys.errors import NotFound, WaveRefusal
from surveys.score_fields import Record
from surveys.store import publications as store
from surveys.store import scores as score_store
from surveys.store import waves as wave_store
from surveys.store.publications import Edition
from surveys.store.scores import ScoreTable
from surveys.waves import State, Wave

NUMBER = re.compile(r"[0-9]{1,6}(/[0-9]{4})?/[A-ZĐ][A-ZĐ0-9]{0,9}(-[A-ZĐ0-9&.]{1,20}){1,4}")
"""'2160/QĐ-UBND', '15/TB-SNV', '12/2026/QĐ-UBND'"""
PUBLICATION, CORRECTION = "publication", "correction"

Key = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Draft:
    """What would be published now. Not to be changed: who asks again is given the same one."""

    records: Sequence[Record]
    before: Sequence[Record] = ()
    """the same cells as they are published now; () before the first edition"""

    @cached_property
    def changes(self) -> tuple[tuple[Record, Record], ...]:
        """(published, new) of every cell whose figures differ from the edition in force."""
        pairs = zip(self.before, self.records, strict=True) if self.before else ()
        return tuple((old, new) for old, new in pairs if _figures(old) != _figures(new))

    @cached_property
    def text(self) -> str:
        return store.written(self.records)

    @cached_property
    def content(self) -> str:
        return digest(self.text)


@dataclass(frozen=True)
class Seen:
    """What the pages of a wave show: the edition in force where there is one, else the score table."""

    table: ScoreTable | None
    edition: Edition | None


def propose(
    session: Session, wave: Wave, decision: str, decision_day: date, *, actor: str, today: date, reason: str = ""
) -> Proposal:
    """Ask for a second person's consent to publish (fixed) or to correct (published, corrected).

    Raises WaveRefusal ("wave_wrong_state", "decision_malformed", "decision_day_wrong", "publication_no_table",
    "wave_reason_missing" for a correction, "correction_cells_differ").
    """
    correcting = wave.issued
    if not correcting and wave.state is not State.FIXED:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=State.PUBLISHED.value)
    number = decision_number(decision)
    _check_day(wave, decision_day, today)
    said = given_reason(reason) if correcting else reason.strip()
    made = draft(session, wave)
    document: dict[str, object] = {
        "wave": wave.code, "decision": number, "decision_day": decision_day.isoformat(), "records": made.content,
        "cells": len(made.records), "edition": store.last_number(session, wave) + 1,
    }
    if correcting:
        document |= {"reason": said, "changed": len(made.changes)}
    return approvals.propose(
        session, CORRECTION if correcting else PUBLICATION, f"wave:{wave.code}", document, actor=actor,
        unit_code=wave.province_code, reason=said, today=today,
    )


def decision_number(text: str) -> str:
    """A decision's number as offices write it; WaveRefusal("decision_malformed")."""
    number = "".join(text.split()).upper()
    if not NUMBER.fullmatch(number):
        raise WaveRefusal("decision_malformed", decision=text.strip()[:40])
    return number


def _check_day(wave: Wave, day: date, today: date) -> None:
    """Nobody decides on figures that are not fixed yet, nor tomorrow."""
    first = wave.fixed or wave.created
    if not first <= day <= today:
        raise WaveRefusal("decision_day_wrong", day=day, first=first, last=today)


def draft(session: Session, wave: Wave) -> Draft:
    """The public records of the fixed table; of a correction, those of the very cells that were published.

    Raises WaveRefusal ("publication_no_table" while the final table is not computed, "correction_cells_differ").
    """
    table = score_store.latest(session, wave)
    if table is None or not table.fixed:
        raise WaveRefusal("publication_no_table", wave=wave.code)
    edition = store.latest(session, wave)
    key = ("" if edition is None else edition.content, id(table.records))
    held = _drafts.get(wave.id)
    if held is None or held[0] != key:
        held = _drafts[wave.id] = (key, _draft(session, wave, table, edition), table.records)
    return held[1]


def _draft(session: Session, wave: Wave, table: ScoreTable, edition: Edition | None) -> Draft:
    if edition is None:
        return Draft([_clean(record) for record in table.records if record["publishable"]])
    fresh = {_key(record): record for record in table.records}
    before = store.records(session, wave, edition)
    if lost := [record for record in before if _key(record) not in fresh]:
        raise WaveRefusal("correction_cells_differ", unit=lost[0]["unit"], measure=lost[0]["measure"])
    return Draft([_clean(fresh[_key(record)]) | {"publishable": True} for record in before], before)


def _clean(record: Record) -> Record:
    """Without what `editions` notes beside a record for its own use."""
    return {name: value for name, value in record.items() if name != "n_above"}


_key: Callable[[Record], Key] = itemgetter("unit", "series", "measure")
_figures: Callable[[Record], tuple[object, ...]] = itemgetter(
    "n", "estimate", "ci_low", "ci_high", "target", "verdict"
)


def published(session: Session, proposal: Proposal, today: date) -> None:
    """fixed -> published: what the second person's consent carries out."""
    _carry_out(session, proposal, State.PUBLISHED, "wave.published", today)


def corrected(session: Session, proposal: Proposal, today: date) -> None:
    """published or corrected -> corrected."""
    _carry_out(session, proposal, State.CORRECTED, "wave.corrected", today)


def _carry_out(session: Session, proposal: Proposal, state: State, action: str, today: date) -> None:
    """Raises WaveRefusal("publication_moved") when the figures are no longer those that were proposed."""
    document = proposal.document
    wave = wave_store.held(session, wave_store.wave(session, str(document["wave"])), alone=True)
    wanted = {State.FIXED} if state is State.PUBLISHED else {State.PUBLISHED, State.CORRECTED}
    if wave.state not in wanted:
        raise WaveRefusal("wave_wrong_state", wave=wave.code, state=wave.state.value, wanted=state.value)
    made = draft(session, wave)
    number = store.last_number(session, wave) + 1
    if made.content != document["records"] or number != document["edition"]:
        raise WaveRefusal("publication_moved", wave=wave.code)
    edition = Edition(
        number, str(document["decision"]), date.fromisoformat(str(document["decision_day"])),
        str(document.get("reason", "")), today, proposal.proposed_by, proposal.decided_by or "", made.content,
    )
    store.add(session, wave, edition, made.text)
    wave_store.set_state(session, wave, state)
    audit.note(session, action, f"wave:{wave.code}", {"state": wave.state.value}, {
        "state": state.value, "edition": number, "decision": edition.decision,
        "decision_day": edition.decision_day, "cells": len(made.records), "records": made.content,
        **({"reason": edition.reason} if edition.reason else {}),
    })


def latest(session: Session, wave: Wave) -> Edition | None:
    """The edition in force, or None: by this decision number and day the wave's figures are cited."""
    return store.latest(session, wave) if wave.issued else None


def edition(session: Session, wave: Wave, number: int) -> Edition:
    """Raises NotFound("edition_unknown")."""
    found = next((each for each in store.editions(session, wave) if each.number == number), None)
    if found is None:
        raise NotFound("edition_unknown", wave=wave.code, edition=number)
    return found


def seen(session: Session, wave: Wave) -> Seen:
    """What pages and exports of a wave show. Once it is published: the edition's cells as published, and of the
    rest only what was never hidden for the edition's sake (monitoring figures, reasons of gaps).

    The table's records are shared by all readers, so not to be changed.
    """
    table = score_store.latest(session, wave)
    in_force = latest(session, wave)
    if in_force is None or table is None:
        return Seen(table, in_force)
    key = (in_force.content, id(table.records))
    held = _merged.get(wave.id)
    if held is None or held[0] != key:
        cells = {_key(record): record for record in store.records(session, wave, in_force)}
        merged = [cells.get(_key(record)) or _kept_back(record) for record in table.records]
        # the table's own records stay referenced, so that their id cannot pass to others
        held = _merged[wave.id] = (key, merged, table.records)
    return Seen(ScoreTable(table.day, held[1], table.made_from, table.fixed), in_force)


_merged: dict[int, tuple[tuple[str, int], list[Record], Sequence[Record]]] = {}
"""wave.id -> (print, records, the table's records)"""


_drafts: dict[int, tuple[tuple[str, int], Draft, Sequence[Record]]] = {}
"""as _merged: wave.id -> (print, draft, the table's records, referenced so that their id stays theirs)"""


def _kept_back(record: Record) -> Record:
    """A record outside the edition: an official figure that was not published is not shown by a later table."""
    if disclosure.MONITORING in record["flags"] or not record["publishable"]:
        return record
    hidden = dict(record)
    disclosure.with_flags(hidden, [disclosure.PROTECTED])
    return hidden
