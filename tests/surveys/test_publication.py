"""Figures are fixed once, published by two persons as they stand, and corrected cell by cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveys import approvals, conduct, publication, scores
from surveys.errors import Refusal, WaveRefusal
from surveys.imports import read_batch, store_batch
from surveys.score_fields import Record
from surveys.sheets import Sheet
from surveys.store import definitions, publications
from surveys.store import scores as score_store
from surveys.store import waves as store
from surveys.store.tables import AuditRow, PublicationRow
from surveys.waves import State, Wave
from tests.world import ITEMS, World, build

DAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
DECISION = "2160/QĐ-UBND"


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


def answered(session: Session, answers: Mapping[str, str], key: bytes = b"one") -> None:
    """Answers of the dossiers basis: unit -> one character per person, the same to every question."""
    wave = store.wave(session, "W1")
    rows = [[unit, "dossiers", *[value] * len(ITEMS)] for unit, values in answers.items() for value in values]
    sheet = Sheet(("unit", "basis", *ITEMS), list(enumerate(rows, 2)))
    form = definitions.questionnaire(session, wave.questionnaire_id)
    store_batch(session, wave, read_batch(wave, conduct.tree_of(session, wave), form, sheet, DAY), key)


def computed(session: Session, day: date, *, correction: bool = False) -> None:
    """What `flask scores refresh` does."""
    wave = store.wave(session, "W1")
    table = scores.moved(session, wave, day, force=True, correction=correction)
    score_store.save(session, wave, table.day, table.records, correction=correction)


@pytest.fixture
def fixed(world: World, session: Session) -> Wave:
    """Two communes with fifty and sixty answers, closed and fixed, the final table computed."""
    answered(session, {"X1": "4" * 40 + "2" * 10, "X2": "5" * 45 + "1" * 15})
    wave = store.wave(session, "W1")
    conduct.set_populations(session, wave, conduct.tree_of(session, wave), {"X1": 500, "X2": 500})
    conduct.close(session, "W1", DAY)
    conduct.fix(session, "W1", DAY)
    computed(session, DAY)
    return store.wave(session, "W1")


def publish(session: Session, wave: Wave, day: date = DAY, reason: str = "", number: str = DECISION) -> None:
    made = publication.propose(session, wave, number, day, actor="lan", today=DAY, reason=reason)
    approvals.decide(session, made.id, True, actor="minh", answer="", today=DAY)


def overall(records: object, unit: str = "T1") -> Record:
    found = [r for r in records if (r["unit"], r["series"], r["measure"]) == (unit, "official", "overall")]  # type: ignore[attr-defined]
    assert len(found) == 1
    record: Record = found[0]
    return record


def test_the_table_of_a_fixed_wave_never_moves(fixed: Wave, session: Session):
    before = score_store.latest(session, fixed)
    assert before is not None
    assert before.fixed
    # whatever happened to the rows beneath
    for row in store.cells(session, fixed).values():
        row.weight = 7.0 * row.id
    session.flush()
    for days in range(3):
        assert scores.moved(session, fixed, DAY + timedelta(days=days), force=True).records == before.records
        computed(session, DAY + timedelta(days=days))
    after = score_store.latest(session, fixed)
    assert after is not None
    assert (after.day, after.records) == (before.day, before.records)
    assert score_store.lasts(session, fixed, after, DAY + timedelta(days=900))


def test_a_table_computed_before_fixing_is_not_the_final_one(world: World, session: Session):
    answered(session, {"X1": "4" * 40})
    computed(session, DAY)
    open_ = store.wave(session, "W1")
    answered(session, {"X1": "2" * 40}, b"two")
    conduct.close(session, "W1", DAY)
    wave = conduct.fix(session, "W1", DAY)
    with pytest.raises(WaveRefusal, match="publication_no_table"):
        publication.draft(session, wave)
    computed(session, DAY)  # the very same day
    table = score_store.latest(session, wave)
    assert table is not None
    assert table.fixed
    assert overall(table.records)["n"] == 80
    # a slower child that had read the wave before it was fixed comes too late
    score_store.save(session, open_, DAY + timedelta(days=1), [])
    again = score_store.latest(session, wave)
    assert again is not None
    assert again.records == table.records


def test_two_persons_publish_exactly_what_was_proposed(fixed: Wave, session: Session):
    made = publication.propose(session, fixed, DECISION, DAY, actor="lan", today=DAY)
    with pytest.raises(Refusal, match="approval_same_person"):
        approvals.decide(session, made.id, True, actor="lan", answer="", today=DAY)
    assert publication.latest(session, fixed) is None
    approvals.decide(session, made.id, True, actor="minh", answer="", today=DAY)
    wave = store.wave(session, "W1")
    edition = publication.latest(session, wave)
    assert wave.state is State.PUBLISHED
    assert edition is not None
    assert (edition.number, edition.decision, edition.decision_day, edition.proposed_by, edition.approved_by) == (
        1, DECISION, DAY, "lan", "minh")
    records = publications.records(session, wave, edition)
    table = score_store.latest(session, wave)
    assert table is not None
    assert [*records] == [record for record in table.records if record["publishable"]]
    assert records
    assert all(record["series"] == "official" for record in records)
    last = session.query(AuditRow).filter_by(action="wave.published").one()
    assert json.loads(last.after or "")["records"] == edition.content


def test_what_changed_since_it_was_proposed_is_not_published(fixed: Wave, session: Session):
    made = publication.propose(session, fixed, DECISION, DAY, actor="lan", today=DAY)
    table = score_store.latest(session, fixed)
    assert table is not None
    other = [dict(record) for record in table.records]
    overall(other)["estimate"] = 0.99
    score_store.save(session, fixed, DAY, other, correction=True)
    with pytest.raises(WaveRefusal, match="publication_moved"):
        approvals.decide(session, made.id, True, actor="minh", answer="", today=DAY)


@pytest.mark.parametrize("number, right", [
    ("2160/QĐ-UBND", True), ("15/TB-SNV", True), ("12/2026/QĐ-UBND", True), ("2160 / qđ-ubnd", True),
    ("", False), ("2160", False), ("QĐ-UBND", False), ("2160/QD UBND", False), ("2160/QĐ", False),
    ("2160/QĐ-UBND; drop", False), ("1" * 9 + "/QĐ-UBND", False), ("<b>/QĐ-UBND", False),
])
def test_a_decision_has_a_number_as_offices_write_it(number: str, right: bool):
    if right:
        assert publication.decision_number(number) in {"2160/QĐ-UBND", "15/TB-SNV", "12/2026/QĐ-UBND"}
    else:
        with pytest.raises(WaveRefusal, match="decision_malformed"):
            publication.decision_number(number)


def test_nobody_decides_before_the_figures_are_fixed_or_tomorrow(fixed: Wave, session: Session):
    for day in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
        with pytest.raises(WaveRefusal, match="decision_day_wrong"):
            publication.propose(session, fixed, DECISION, day, actor="lan", today=DAY)


def test_only_a_fixed_wave_is_published(world: World, session: Session):
    for step in (lambda: None, lambda: conduct.close(session, "W1", DAY)):
        step()
        with pytest.raises(WaveRefusal, match="wave_wrong_state"):
            publication.propose(session, store.wave(session, "W1"), DECISION, DAY, actor="lan", today=DAY)


def test_a_correction_has_the_same_cells_and_earlier_editions_stay(fixed: Wave, session: Session):
    publish(session, fixed)
    wave = store.wave(session, "W1")
    first = publication.latest(session, wave)
    assert first is not None
    before = publications.records(session, wave, first)
    conduct.set_populations(session, wave, conduct.tree_of(session, wave), {"X1": 9_000})
    shown = publication.seen(session, wave).table
    assert shown is not None
    assert overall(shown.records) == overall(before), "other counts change nothing by themselves"
    with pytest.raises(WaveRefusal, match="wave_reason_missing"):
        publication.propose(session, wave, DECISION, DAY, actor="lan", today=DAY)
    computed(session, DAY, correction=True)
    shown = publication.seen(session, wave).table
    assert shown is not None
    assert overall(shown.records) == overall(before), "nor does the table, before it is published"
    assert publication.draft(session, wave).changes
    publish(session, wave, reason="Sai số hồ sơ của Xã Một", number="2200/QĐ-UBND")
    wave = store.wave(session, "W1")
    second = publication.latest(session, wave)
    assert wave.state is State.CORRECTED
    assert second is not None
    assert (second.number, second.decision, second.reason) == (2, "2200/QĐ-UBND", "Sai số hồ sơ của Xã Một")
    after = publications.records(session, wave, second)
    cells = [[(r["unit"], r["series"], r["measure"]) for r in records] for records in (before, after)]
    assert cells[0] == cells[1]
    assert overall(after)["estimate"] != overall(before)["estimate"]
    shown = publication.seen(session, wave).table
    assert shown is not None
    assert overall(shown.records) == overall(after)
    assert publications.records(session, wave, publication.edition(session, wave, 1)) == before
    assert [edition.number for edition in publications.editions(session, wave)] == [2, 1]


def test_a_cell_that_was_not_published_is_not_shown_by_a_later_table(fixed: Wave, session: Session):
    publish(session, fixed)
    wave = store.wave(session, "W1")
    table, edition = score_store.latest(session, wave), publication.latest(session, wave)
    assert table is not None
    assert edition is not None
    row = session.get_one(PublicationRow, ("T1", wave.id, 1))
    kept = [r for r in json.loads(row.document) if r["unit"] != "X2"]
    row.document = publications.written(kept)
    row.content = "f" * 64
    session.flush()
    shown = publication.seen(session, wave).table
    assert shown is not None
    hidden = overall(shown.records, "X2")
    assert not hidden["publishable"]
    assert "protected" in hidden["flags"]
    assert overall(shown.records, "X1")["publishable"]


def test_an_edition_that_was_tampered_with_is_found(fixed: Wave, session: Session):
    publish(session, fixed)
    wave = store.wave(session, "W1")
    edition = publication.edition(session, wave, 1)
    assert publications.intact(session, wave, edition)
    session.get_one(PublicationRow, ("T1", wave.id, 1)).document += " "
    session.flush()
    assert not publications.intact(session, wave, edition)


def test_the_same_is_not_proposed_twice_at_once(fixed: Wave, session: Session):
    publication.propose(session, fixed, DECISION, DAY, actor="lan", today=DAY)
    with pytest.raises(Refusal, match="approval_waiting"):
        publication.propose(session, fixed, DECISION, DAY, actor="hoa", today=DAY)
