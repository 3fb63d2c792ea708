"""Waves in memory: answers -> series, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from surveys import dataset
from surveys.dataset import Dataset
from surveys.domains import layout
from surveys.indexes import load as index_files
from surveys.indexes.model import IndexDefinition
from surveys.measures import measured
from surveys.origin import Basis
from surveys.questionnaires import load as questionnaire_files
from surveys.score_records import rows
from surveys.series import Frame, estimated
from surveys.store.extract import Answered, Cell
from surveys.units import Kind, Unit, UnitTree
from surveys.waves import State, Wave

DAY = date(2026, 7, 1)
UNITS = (
    ("P", "Tỉnh Thử", Kind.PROVINCE, None), ("X1", "Xã Một", Kind.COMMUNE, "P"), ("X2", "Xã Hai", Kind.COMMUNE, "P"),
    ("W1", "Phường Ba", Kind.COMMUNE, "P"), ("C1", "Trung tâm xã Một", Kind.CENTRE, "X1"),
    ("S1", "Sở Thử", Kind.DEPARTMENT, "P"),
)
IDS = {code: place for place, (code, *_) in enumerate(UNITS, start=1)}
TREE = UnitTree(DAY, [
    Unit(IDS[code], code, name, kind, parent, date.min, None, None) for code, name, kind, parent in UNITS
])
QUESTIONNAIRE = questionnaire_files.shipped()["sipas-transaction"]
ITEMS = [f"q{number}" for number in range(1, 23)]


def index(**changes: Any) -> IndexDefinition:
    return replace(index_files.shipped()["sipas-transaction"], **changes)


def wave(**changes: Any) -> Wave:
    given: dict[str, Any] = {
        "id": 1, "code": "W", "title": "Đợt thử", "province_code": "P", "units_day": DAY, "questionnaire_id": 1,
        "index_id": 1, "official": frozenset({Basis.SAMPLE, Basis.DOSSIERS}), "target": None,
        "target_operator": None, "state": State.OPEN, "opens": DAY, "closes": None, "simulated": False,
        "created": DAY, **changes,
    }
    return Wave(**given)


def frame(
    definition: IndexDefinition | None = None, response_rate: Mapping[str, float] | None = None, **changes: Any
) -> Frame:
    definition, of = definition or index(), wave(**changes)
    return Frame(of, TREE, layout(TREE, "P"), definition, measured(definition, DAY), response_rate or {})


@dataclass(frozen=True)
class Answer:
    unit: str
    values: Mapping[str, str] = field(default_factory=dict)
    """item -> character; the others are skipped"""
    handler: str | None = None
    basis: Basis = Basis.SAMPLE
    stratum: str = ""
    psu: str = ""
    fpc: float | None = None
    weight: float | None = None
    cell_weight: float | None = None


def everywhere(value: str) -> dict[str, str]:
    return dict.fromkeys(ITEMS, value)


def data(answers: Sequence[Answer]) -> Dataset:
    keys: dict[tuple[Any, ...], int] = {}
    of_answer = [
        keys.setdefault(
            (IDS[a.unit], IDS[a.handler or a.unit], int(a.basis), a.stratum, a.psu, a.fpc, a.cell_weight),
            len(keys) + 1,
        )
        for a in answers
    ]
    cells = [Cell(number, *key) for key, number in keys.items()]
    places = QUESTIONNAIRE.positions
    characters = np.full((len(answers), len(places)), ord("0"), dtype=np.uint8)
    for row, answer in enumerate(answers):
        for item, value in answer.values.items():
            characters[row, places[item]] = ord(value)
    weight = np.array([a.weight for a in answers], dtype=np.float64)
    part = Answered(1, np.array(of_answer, dtype=np.int64), weight, characters)
    return dataset.assemble(cells, [(QUESTIONNAIRE, part)], ITEMS)


def table(
    answers: Sequence[Answer], of: Frame | None = None, populations: Mapping[int, int] | None = None,
    bases: frozenset[Basis] | None = None,
) -> dict[tuple[str, str], dict[str, Any]]:
    """(unit, measure) -> record of one series."""
    of = of or frame()
    found = estimated(of, data(answers), populations or {})
    listed = rows(of, "official", bases or of.wave.official, found)
    return {(record["unit"], record["measure"]): record for own in listed for record in own}
