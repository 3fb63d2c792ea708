"""The demonstration: a simulated wave of Quảng Trị with a known truth, made by the functions real waves use.

Everything in it follows from the seed (but for the slips' codes, which nobody may foretell). The truth is
stored nowhere: `truth` draws it again. Units that exist only here are in force on one day, the day whose tree
this wave keeps, so that they stand in no other wave's tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import numpy as np
from sqlalchemy.orm import Session

from app import doors
from surveys import codes, collection, conduct, simulation
from surveys.errors import NotFound, WaveRefusal
from surveys.imports import read_batch, store_batch
from surveys.indexes import load as index_files
from surveys.origin import Basis
from surveys.questionnaires.model import NOT_APPLICABLE, SKIPPED, Questionnaire
from surveys.sheets import Sheet
from surveys.simulation import Answers, Model, Place, Truth
from surveys.store import definitions
from surveys.store import units as unit_store
from surveys.store import waves as wave_store
from surveys.unit_changes import Line
from surveys.units import Kind, UnitTree, name_within
from surveys.waves import State, Target, Wave

WAVE = doors.WAVE
FORM = "sipas-transaction"
"""name of the questionnaire and of its index"""
TITLE = "Khảo sát mô phỏng: sự hài lòng về giải quyết thủ tục hành chính tại tỉnh Quảng Trị"
SEED = 2026
PLANNED, TRAINING = "DG-QUAY-MP", "TH-MP"
"""codes of the waves beside it: one that is about to open, and a training wave that waits to be wiped"""
PLANNED_FORM = "counter-short"
PLANNED_TITLE = "Khảo sát mô phỏng: đánh giá nhanh tại quầy"
TRAINING_TITLE = "Đợt tập huấn mô phỏng cho cán bộ đầu mối"
PROVINCE = "44"
FIRST_DAY = date(2025, 7, 1)
"""since when the province and its 78 communes are in force"""
FIELD_WORK = timedelta(days=30)
SLIPS = 5

CENTRES: Mapping[str, int] = {"19249": 3, "18880": 4, "19333": 2, "19009": 0, "19432": 0}
"""commune -> counters of its simulated one-stop centre: Lệ Thủy, Đồng Hới, Đông Hà, Ba Đồn, Lao Bảo"""
FIRST = "19249"
"""the commune whose point comes first: Xã Lệ Thủy"""
SILENT = "19742"
"""Đặc khu Cồn Cỏ: dossiers, and no answer"""
TINY = (3, 5, 7, 9)
"""answers of the communes that are too small for a figure of their own"""
DEPARTMENTS = {"MP-SNNMT": "Sở Nông nghiệp và Môi trường", "MP-SXD": "Sở Xây dựng"}
MARK = "(Mô phỏng)"

MODEL = Model(
    factor_effects={"I": 0.02, "III": 0.06, "IV": 0.10, "V": -0.22},
    not_applicable={"I": 0.01, "II": 0.02, "IV": 0.02, "V": 0.45},
)
VOLUNTEERS = -0.25
"""who scans the shared code is less satisfied: one more reason why those answers are no official figure"""

SHARES: Mapping[str, Mapping[str, float]] = {
    "field": {
        "1": 22, "2": 24, "3": 21, "4": 5, "5": 7, "6": 3, "7": 2, "8": 4, "9": 3, "A": 1, "B": 1, "C": 1,
        "D": 1, "E": 3, "F": 2,
    },
    "respondent": {"1": 88, "2": 12},
    "behalf": {"1": 82, "2": 16, "0": 2},
    "sex": {"1": 49, "2": 47, "0": 4},
    "age": {"1": 9, "2": 23, "3": 35, "4": 20, "5": 9, "0": 4},
}
"""coded variable -> code -> share of people"""
MODES = {"phone": 68, "kiosk": 14, "paper": 18}

_TRUTH, _PLACES, _DOSSIERS, _OPEN, _POINTS, _LESSON = range(6)
"""streams of chance: none moves when another draws more"""


@dataclass(frozen=True)
class Made:
    wave: Wave
    official: int
    """answers of the dossiers basis"""
    monitoring: int
    """answers of the open basis"""
    points: int
    slips: tuple[str, ...]
    """codes of unused slips, shown only now"""


def existing(session: Session) -> Wave | None:
    """The demonstration's wave, if it is there; WaveRefusal("wave_exists") when a real wave has its code."""
    try:
        wave = wave_store.wave(session, WAVE)
    except NotFound:
        return None
    if not wave.simulated:
        raise WaveRefusal("wave_exists", wave=WAVE)
    return wave


def require(session: Session) -> Wave:
    """The demonstration's wave; raises NotFound("demonstration_missing")."""
    wave = existing(session)
    if wave is None:
        raise NotFound("demonstration_missing")
    return wave


def create(session: Session, seed: int, today: date, secret: bytes) -> Made:
    """Units, wave, points, slips and answers; runs in the caller's write transaction.

    secret: the installation's key, under which slips are kept.
    Raises WaveRefusal("wave_exists") when it is there already.
    """
    opens = max(FIRST_DAY, today - FIELD_WORK)
    _units(session, opens)
    wave = conduct.create(session, conduct.Plan(
        code=WAVE, questionnaire=FORM, index=FORM, province=PROVINCE, title=TITLE,
        official=frozenset({Basis.SAMPLE, Basis.DOSSIERS}), target=Target(0.85, ">"), opens=opens,
        simulated=True,
    ), today)
    wave = conduct.move(session, wave.code, State.OPEN)
    tree = conduct.tree_of(session, wave)
    questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    known = truth(tree, seed)
    conduct.set_populations(session, wave, tree, {place.code: place.population for place in known.places})

    def take_in(part: str, sheet: Sheet) -> int:
        key = hashlib.sha256(f"demonstration|{seed}|{part}".encode()).digest()
        return store_batch(session, wave, read_batch(wave, tree, questionnaire, sheet, today), key).responses

    _beside(session, known, questionnaire, seed, today)
    fresh = collection.draw_slips(SLIPS)
    collection.issue(session, wave, tree, FIRST, fresh, secret, today)
    return Made(
        wave,
        official=take_in("dossiers", _dossiers(known, questionnaire, seed, opens, today)),
        monitoring=take_in("open", _volunteers(known, questionnaire, seed, opens, today)),
        points=_points(session, wave, tree, seed),
        slips=tuple(fresh),
    )


def _beside(session: Session, known: Truth, questionnaire: Questionnaire, seed: int, today: date) -> None:
    """A planned wave and a training wave, so that the page of the day has something to remind of."""
    conduct.create(session, conduct.Plan(
        code=PLANNED, questionnaire=PLANNED_FORM, index=PLANNED_FORM, province=PROVINCE, title=PLANNED_TITLE,
        official=frozenset({Basis.OPEN}), opens=today + timedelta(days=7), closes=today + timedelta(days=37),
        simulated=True,
    ), today)
    opens = today - timedelta(days=10)
    if opens <= FIRST_DAY:  # the tree of that day holds units that are the first wave's own
        return
    wave = conduct.create(session, conduct.Plan(
        code=TRAINING, questionnaire=FORM, index=FORM, province=PROVINCE, title=TRAINING_TITLE,
        official=frozenset({Basis.OPEN}), target=Target(0.85, ">"), opens=opens,
        closes=today - timedelta(days=1), simulated=True, training=True,
    ), today)
    wave = conduct.move(session, wave.code, State.OPEN)
    answers = simulation.draw_answers(
        _rng(seed, _LESSON), known, [12 if place.code in CENTRES else 0 for place in known.places], shift=VOLUNTEERS
    )
    sheet = _sheet(
        {
            "unit": [known.places[place].code for place in answers.place], "basis": ["open"] * len(answers),
            "mode": ["phone"] * len(answers), "day": [opens.isoformat()] * len(answers),
        }, known, answers, questionnaire, _rng(seed, _LESSON),
    )
    key = hashlib.sha256(f"demonstration|{seed}|training".encode()).digest()
    store_batch(session, wave, read_batch(wave, conduct.tree_of(session, wave), questionnaire, sheet, today), key)
    conduct.move(session, wave.code, State.CLOSED)


def truth(tree: UnitTree, seed: int) -> Truth:
    """What a perfect survey would find; the same for the same seed and communes."""
    index = index_files.shipped()[FORM]
    factors = {factor.key: factor.items for factor in index.tree.walk() if factor.kind == "factor"}
    return simulation.draw_truth(_rng(seed, _TRUTH), _places(tree, seed), factors, MODEL)


def _rng(seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([seed, stream])


def _places(tree: UnitTree, seed: int) -> list[Place]:
    """12 to 120 answers a commune, about 45; a few tiny communes and a silent one; dossiers in plenty."""
    rng = _rng(seed, _PLACES)
    communes = [unit.code for unit in tree.subtree(PROVINCE) if unit.kind is Kind.COMMUNE]
    answers = np.clip(np.rint(rng.lognormal(3.7, 0.45, len(communes))), 12, 120).astype(int)
    busy = [place for place, code in enumerate(communes) if code not in CENTRES and code != SILENT]
    answers[rng.choice(busy, len(TINY), replace=False)] = TINY
    dossiers = np.rint(np.maximum(answers, 8) * rng.uniform(12, 30, len(communes))).astype(int)
    answers[[code == SILENT for code in communes]] = 0
    return [
        Place(code, int(population), int(number))
        for code, population, number in zip(communes, dossiers, answers, strict=True)
    ]


def _units(session: Session, day: date) -> None:
    """Centres, counters and departments of this wave alone."""
    if PROVINCE not in unit_store.tree(session, day):
        unit_store.load_national(session)
    tree = unit_store.tree(session, day)
    rows = [(code, f"{MARK} {name}", Kind.DEPARTMENT, PROVINCE) for code, name in DEPARTMENTS.items()]
    for commune, counters in CENTRES.items():
        place = name_within(tree.unit(commune).name)
        name = f"{MARK} Trung tâm Phục vụ hành chính công {place}"
        rows.append((_centre(commune), name, Kind.CENTRE, commune))
        rows += [
            (_counter(commune, number), f"Quầy mô phỏng số {number}", Kind.COUNTER, _centre(commune))
            for number in range(1, counters + 1)
        ]
    unit_store.import_units(session, [
        Line(line, code, name, kind.value, parent, day.isoformat(), day.isoformat())
        for line, (code, name, kind, parent) in enumerate(rows, start=2)
    ])


def _centre(commune: str) -> str:
    return f"MP-TTHCC-{commune}"


def _counter(commune: str, number: int) -> str:
    return f"MP-Q{number}-{commune}"


def _receivers(commune: str) -> list[str]:
    """Who meets the citizen: the counters of the centre, the centre, or the commune itself."""
    if commune not in CENTRES:
        return [commune]
    return [_counter(commune, number) for number in range(1, CENTRES[commune] + 1)] or [_centre(commune)]


def _points(session: Session, wave: Wave, tree: UnitTree, seed: int) -> int:
    """A shared code for each commune, the front page's commune first, and for each desk of a centre."""
    rng = _rng(seed, _POINTS)

    def draw(length: int) -> str:
        return "".join(codes.ALPHABET[letter] for letter in rng.integers(len(codes.ALPHABET), size=length))

    communes = [unit.code for unit in tree.subtree(PROVINCE) if unit.kind is Kind.COMMUNE]
    desks = [unit for commune in CENTRES for unit in _receivers(commune)]
    places = [FIRST, *(code for code in communes if code != FIRST), *desks]
    for unit in places:
        collection.create_point(session, wave, tree, unit, "", draw)
    return len(places)


def _dossiers(known: Truth, questionnaire: Questionnaire, seed: int, opens: date, today: date) -> Sheet:
    """Slips given out with the results: stratum = commune, PSU = the dossiers of one issue day.

    A whole PSU is received at one desk and decided by one agency, so that no design cell is small.
    """
    rng = _rng(seed, _DOSSIERS)
    answers = simulation.draw_answers(rng, known)
    psus = [int(answers.psu[answers.place == place].max(initial=0)) for place in range(len(known.places))]
    elsewhere = [_handlers(rng, number) for number in psus]
    span = (today - opens).days
    days, receivers, handlers = [], [], []
    for place, psu, later in zip(answers.place, answers.psu, rng.integers(0, 6, len(answers)), strict=True):
        desks = _receivers(known.places[place].code)
        receivers.append(desks[(psu - 1) % len(desks)])
        handlers.append(elsewhere[place][psu - 1])
        issued = span * (psu - 1) // psus[place]
        days.append((opens + timedelta(days=min(span, int(issued + later)))).isoformat())
    commune = [known.places[place].code for place in answers.place]
    labels = [f"{code}-{psu:02d}" for code, psu in zip(commune, answers.psu, strict=True)]
    design: dict[str, Iterable[str]] = {
        "unit": receivers, "stratum": commune, "psu": labels, "basis": ["dossiers"] * len(answers),
        "mode": simulation.draw_letters(rng, len(answers), MODES), "day": days, "handled_by": handlers,
    }
    return _sheet(design, known, answers, questionnaire, rng)


def _handlers(rng: np.random.Generator, psus: int) -> list[str]:
    """Who decided the dossiers of each PSU: '' the commune itself, as mostly, or a department."""
    names = ["", *DEPARTMENTS]
    drawn = rng.choice(len(names), size=psus, p=[0.84, *[0.16 / len(DEPARTMENTS)] * len(DEPARTMENTS)])
    return [names[number] if place >= 3 else "" for place, number in enumerate(drawn)]


def _volunteers(known: Truth, questionnaire: Questionnaire, seed: int, opens: date, today: date) -> Sheet:
    """Answers at shared codes in a third of the communes, and in every commune with a centre."""
    rng = _rng(seed, _OPEN)
    chosen = rng.random(len(known.places)) < 1 / 3
    chosen |= [place.code in CENTRES for place in known.places]
    chosen &= [place.code != SILENT for place in known.places]
    answers = simulation.draw_answers(
        rng, known, np.where(chosen, rng.integers(6, 32, len(known.places)), 0).tolist(), shift=VOLUNTEERS
    )
    turn = count()
    receivers = [
        desks[next(turn) % len(desks)] for desks in (_receivers(known.places[p].code) for p in answers.place)
    ]
    later = rng.integers(0, (today - opens).days + 1, len(answers))
    design: dict[str, Iterable[str]] = {
        "unit": receivers, "basis": ["open"] * len(answers), "mode": ["phone"] * len(answers),
        "day": [(opens + timedelta(days=int(days))).isoformat() for days in later],
    }
    return _sheet(design, known, answers, questionnaire, rng)


def _sheet(
    design: Mapping[str, Iterable[str]], known: Truth, answers: Answers, questionnaire: Questionnaire,
    rng: np.random.Generator,
) -> Sheet:
    """Design columns, items and what else the form asks, as a file of answers would bring them."""
    items = known.items
    others = [variable for variable in questionnaire.variables if variable.id not in items]
    columns: list[Iterable[str]] = [*design.values(), *answers.letters.T]
    for variable in others:
        equal = dict.fromkeys(sorted(variable.codes - {SKIPPED, NOT_APPLICABLE}), 1.0)
        columns.append(simulation.draw_letters(rng, len(answers), SHARES.get(variable.id, equal)))
    rows = zip(*([str(cell) for cell in column] for column in columns), strict=True)
    return Sheet((*design, *items, *(variable.id for variable in others)), list(enumerate(rows, start=2)))
