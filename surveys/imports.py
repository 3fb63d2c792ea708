"""A file of answers -> responses: checked whole, stored whole or not at all."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from surveys import audit
from surveys.collection import stored_id
from surveys.days import iso_day
from surveys.errors import Fault, ImportRefusal, WaveRefusal
from surveys.origin import Basis, Language, Mode
from surveys.questionnaires.cleaning import clean_text
from surveys.questionnaires.model import Questionnaire
from surveys.sheets import Sheet, column_faults
from surveys.store import responses as store
from surveys.store import waves as wave_store
from surveys.store.tables import CellRow
from surveys.store.waves import CellKey
from surveys.units import UnitTree
from surveys.waves import State, Wave

DESIGN_COLUMNS = ("unit", "stratum", "psu", "weight", "fpc", "basis", "mode", "day", "handled_by")
T = TypeVar("T")

MOST_FAULTS = 1_000
LABEL = 64
"""longest stratum or PSU label"""
OLDEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Imported:
    responses: int


@dataclass
class _Row:
    line: int
    key: CellKey
    weight: float | None
    fpc: float | None
    mode: Mode
    day: date
    answers: str
    texts: dict[str, str]


@dataclass
class _Faults:
    found: list[Fault] = field(default_factory=list)

    def add(self, code: str, row: int | None, column: str | None, **details: object) -> None:
        if len(self.found) < MOST_FAULTS:
            self.found.append(Fault(code, row, column, details))

    def refuse_if_any(self) -> None:
        if self.found:
            raise ImportRefusal("import_faulty", faults=self.found, count=len(self.found))


@dataclass(frozen=True)
class Batch:
    """A sheet that was read and found right; only what the store knows is still to be held against it."""

    rows: Sequence[_Row]
    version: int
    """questionnaire.id of its answers"""
    today: date


def read_batch(wave: Wave, tree: UnitTree, questionnaire: Questionnaire, sheet: Sheet, today: date) -> Batch:
    """Check every row; touches no store, so that no lock is held while a large file is read.

    After collection only late paper is taken: every row says mode paper and a day on which the wave collected.
    Raises WaveRefusal("wave_import_closed"); ImportRefusal("import_faulty") with every fault (row, column).
    """
    _require_open(wave, today)
    _check_columns(sheet.columns, questionnaire)
    faults = _Faults()
    rows = _Reader(sheet.columns, wave, tree, questionnaire, today, faults).read(sheet.rows)
    faults.refuse_if_any()
    return Batch(rows, wave.questionnaire_id, today)


def store_batch(session: Session, wave: Wave, batch: Batch, key: bytes) -> Imported:
    """Store every row as a response; runs in the caller's write transaction.

    key: secret bytes that name this file within this wave; ids are drawn from it, so the same file cannot be
    taken in twice, and ids still tell nothing about the order of rows.
    Raises WaveRefusal("wave_import_closed"); ImportRefusal ("import_repeated" for a file that is in already,
    "import_faulty" where fpc or weights contradict what is stored). Nothing is stored then.
    """
    wave_store.hold_places(session, wave.province_code)  # before the wave: two files and a fixing wait in one order
    wave = wave_store.held(session, wave)
    _require_open(wave, batch.today)
    rows = batch.rows
    if _late(wave) and any(row.mode is not Mode.PAPER or _after(wave, row.day) for row in rows):
        raise WaveRefusal("wave_import_closed", wave=wave.code, state=wave.state.value)
    ids = [hmac.new(key, row.line.to_bytes(8, "big"), hashlib.sha256).digest()[:16] for row in rows]
    if store.any_known(session, wave.province_code, ids[:1] + ids[-1:]):
        raise ImportRefusal("import_repeated", wave=wave.code)
    present = wave_store.cells(session, wave)
    faults = _Faults()
    _check_design(session, wave, rows, present, faults)
    faults.refuse_if_any()

    # a given weight stays with its own row: what citizens send into the same cell has none
    wanted = {row.key: (row.key, row.fpc, None) for row in rows}
    cells = wave_store.ensure_cells(session, wave, wanted.values())
    store.add_many(session, [
        _response(wave, batch.version, row, id, cells[row.key]) for row, id in zip(rows, ids, strict=True)
    ])
    comments = [_comment(wave, row, variable, text) for row in rows for variable, text in row.texts.items()]
    store.add_comments(session, comments)
    audit.note(session, "answers.imported", f"wave:{wave.code}", None, {"answers": len(rows)})
    return Imported(len(rows))


def _require_open(wave: Wave, today: date) -> None:
    # by state, not by days: paper forms and finished samples come in after the last day of answering
    if wave.state is not State.OPEN and not wave.takes_late_paper(today):
        raise WaveRefusal("wave_import_closed", wave=wave.code, state=wave.state.value)


def _late(wave: Wave) -> bool:
    """Collection was ended: what still comes in is paper that was filled in before."""
    return wave.state is not State.OPEN


def _after(wave: Wave, day: date) -> bool:
    return wave.closes is not None and day > wave.closes


def _check_columns(columns: tuple[str, ...], questionnaire: Questionnaire) -> None:
    optional = [*DESIGN_COLUMNS[1:], *_variables(questionnaire), *(text.id for text in questionnaire.texts)]
    if found := column_faults(columns, ["unit"], optional):
        raise ImportRefusal("import_faulty", faults=found, count=len(found))


def _variables(questionnaire: Questionnaire) -> dict[str, frozenset[str]]:
    """variable -> characters it may hold, in the codebook's order."""
    return {variable.id: frozenset(variable.codes) | {"0"} for variable in questionnaire.variables}


class _Reader:
    """Reads rows into values; every fault is noted with its row and column, none stops the reading."""

    def __init__(
        self, columns: tuple[str, ...], wave: Wave, tree: UnitTree, questionnaire: Questionnaire, today: date,
        faults: _Faults,
    ) -> None:
        self.columns = columns
        self.wave = wave
        self.today = today
        self.faults = faults
        self.units = {unit.code: stored_id(unit.id) for unit in tree.subtree(wave.province_code)}
        self.bases = {basis.word: basis for basis in Basis}
        self.modes = {mode.word: mode for mode in Mode}
        at = {column: place for place, column in enumerate(columns)}
        self.place = {column: at.get(column) for column in DESIGN_COLUMNS}
        self.variables = [(v, at.get(v), codes) for v, codes in _variables(questionnaire).items()]
        self.texts = [(text, at[text.id]) for text in questionnaire.texts if text.id in at]

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> list[_Row]:
        read = [self._row(line, cells) for line, cells in rows]
        if not read:
            self.faults.add("rows_none", None, None)
        return [row for row in read if row is not None]

    def _row(self, line: int, cells: Sequence[str]) -> _Row | None:
        if len(cells) != len(self.columns):
            self.faults.add("row_ragged", line, None, found=len(cells), expected=len(self.columns))
            return None
        given = {
            column: cells[place].strip() if place is not None else "" for column, place in self.place.items()
        }
        received = self._unit(line, "unit", given["unit"])
        handled = self._unit(line, "handled_by", given["handled_by"]) if given["handled_by"] else received
        basis = self._word(line, "basis", given["basis"] or "sample", self.bases)
        mode = self._word(line, "mode", given["mode"] or "import", self.modes)
        stratum, psu = self._label(line, "stratum", given["stratum"]), self._label(line, "psu", given["psu"])
        weight = self._number(line, "weight", given["weight"], least=0.0)
        fpc = self._number(line, "fpc", given["fpc"], least=1.0)
        day = self._day(line, given["day"])
        answers, texts = self._answers(line, cells), self._free_texts(line, cells)
        if _late(self.wave):
            self._check_late(line, mode, day)
        if received is None or handled is None or basis is None or mode is None or day is None:
            return None
        return _Row(line, (received, handled, int(basis), stratum, psu), weight, fpc, mode, day, answers, texts)

    def _check_late(self, line: int, mode: Mode | None, day: date | None) -> None:
        """A blank day is today's, and so too late: the file must say when the form was filled in."""
        if mode is not None and mode is not Mode.PAPER:
            self.faults.add("late_mode", line, "mode", mode=mode.word)
        if day is not None and _after(self.wave, day):
            self.faults.add("late_day", line, "day", day=day, last=self.wave.closes)

    def _unit(self, line: int, column: str, code: str) -> int | None:
        if not code:
            self.faults.add("unit_missing", line, column)
        elif code not in self.units:
            self.faults.add("unit_unknown", line, column, unit=code[:40], province=self.wave.province_code)
        return self.units.get(code)

    def _word(self, line: int, column: str, word: str, known: Mapping[str, T]) -> T | None:
        if word.lower() not in known:
            self.faults.add("value_unknown", line, column, value=word[:40], known=", ".join(known))
        return known.get(word.lower())

    def _label(self, line: int, column: str, label: str) -> str:
        if len(label) > LABEL or not label.isprintable():
            self.faults.add("label_malformed", line, column, most=LABEL)
            return ""
        return label

    def _number(self, line: int, column: str, text: str, *, least: float) -> float | None:
        if not text:
            return None
        try:
            number = float(text) if "_" not in text else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or number < least:
            self.faults.add("number_malformed", line, column, value=text[:40], least=f"{least:g}")
            return None
        return number

    def _day(self, line: int, text: str) -> date | None:
        if not text:
            return self.today
        try:
            day = iso_day(text)
        except ValueError:
            self.faults.add("day_malformed", line, "day", value=text[:40])
            return None
        if not OLDEST <= day <= self.today:
            self.faults.add("day_outside", line, "day", day=day, last=self.today)
            return None
        return day

    def _answers(self, line: int, cells: Sequence[str]) -> str:
        answers = []
        for variable, place, codes in self.variables:
            value = (cells[place].strip() if place is not None else "") or "0"
            if value not in codes:
                self.faults.add(
                    "import_answer_unknown", line, variable, value=value[:40], known=", ".join(sorted(codes))
                )
                value = "0"
            answers.append(value)
        return "".join(answers)

    def _free_texts(self, line: int, cells: Sequence[str]) -> dict[str, str]:
        texts = {}
        for question, place in self.texts:
            cleaned = clean_text(question, cells[place])
            if isinstance(cleaned, Fault):
                self.faults.add(cleaned.code, line, question.id, **cleaned.details)
            elif cleaned:
                texts[question.id] = cleaned
        return texts


def _check_design(
    session: Session, wave: Wave, rows: Sequence[_Row], present: Mapping[CellKey, CellRow], faults: _Faults
) -> None:
    """fpc: one per stratum, and no fewer PSUs in the population than in the sample."""
    strata: dict[tuple[int, str], list[_Row]] = defaultdict(list)
    for row in rows:
        strata[row.key[2], row.key[3]].append(row)
    stored: dict[tuple[int, str], list[CellRow]] = defaultdict(list)
    for cell in present.values():
        stored[cell.basis, cell.stratum].append(cell)
    for (basis, stratum), members in strata.items():
        before = stored.get((basis, stratum), [])
        sizes = {row.fpc for row in members} | {cell.fpc for cell in before}
        if sizes == {None}:
            continue
        first = members[0]
        if len(sizes) > 1:
            faults.add("fpc_varies", first.line, "fpc", stratum=stratum, values=_numbers(sizes))
            continue
        named = {row.key[4] for row in members} | {cell.psu for cell in before}
        alone = sum(not row.key[4] for row in members)
        if before:
            alone += store.own_psu_count(session, wave.province_code, wave.id, basis, stratum)
        psus = len(named - {""}) + alone
        if (size := sizes.pop()) is not None and psus > size:
            faults.add("fpc_too_small", first.line, "fpc", stratum=stratum, psus=psus, fpc=f"{size:g}")


def _numbers(sizes: Iterable[float | None]) -> str:
    return ", ".join("–" if size is None else f"{size:g}" for size in sorted(sizes, key=lambda s: s or 0.0))


def _response(wave: Wave, version: int, row: _Row, id: bytes, cell: CellRow) -> dict[str, object]:
    return {
        "province_code": wave.province_code, "id": id, "wave_id": wave.id, "cell": cell.id, "point_id": None,
        "version": version, "mode": int(row.mode), "language": int(Language.VI),
        "day": store.day_number(row.day), "duration": 0, "flags": 0,
        "weight": row.weight, "answers": row.answers,
    }


def _comment(wave: Wave, row: _Row, variable: str, text: str) -> dict[str, object]:
    return {
        "province_code": wave.province_code, "id": secrets.token_bytes(16), "wave_id": wave.id,
        "unit_id": row.key[0], "variable": variable, "text": text,
    }
