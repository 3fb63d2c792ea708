"""Two provinces side by side, with rows behind every kind of address: what the access matrix walks through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pypdfium2
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import pending, server_day
from app.db import transaction
from surveys import approvals, collection, comments, conduct, definition_starts, drafts
from surveys.access import Grant, Role
from surveys.canonical import digest
from surveys.store import accounts, publications
from surveys.store import comments as comment_store
from surveys.store import definitions as definition_store
from surveys.store import units as unit_store
from surveys.store import waves as wave_store
from surveys.store.publications import Edition
from tests import world
from tests.world import World, run

SECRET = {"T1": "lời riêng của tỉnh một", "U9": "lời riêng của tỉnh chín"}
"""what stands in each province's rows and nowhere else"""
WAVES = {"T1": "MOT-2026", "U9": "CHIN-2026"}
UNITS = {"X1": "T1", "X2": "T1", "X9": "U9"}
UPLOADER = "administrator.all"


@dataclass(frozen=True)
class Provinces:
    world: World
    values: dict[str, str]
    """what stands for each parameter of an address: a thing of province T1, and of commune X1 where it is a unit's"""
    grant_id: int


def build(app: Flask, tmp_path: object) -> Provinces:
    made = world.build(app, tmp_path)
    for province, wave in WAVES.items():
        run(made.runner, "waves", "create", wave, "--questionnaire", "sipas-transaction", "--index",
            "sipas-transaction", "--province", province, "--title", f"Đợt riêng {wave}")
        run(made.runner, "waves", "open", wave)
    points: dict[str, str] = {}
    with app.app_context(), transaction() as session:
        for unit, province in UNITS.items():
            found = wave_store.wave(session, WAVES[province])
            tree = conduct.tree_of(session, found)
            points[unit] = collection.create_point(session, found, tree, unit, f"Quầy của {unit}").code
    for unit, province in UNITS.items():
        own = World(app, made.runner, made.client, points[unit])
        fields = world.opened(own)
        for number in range(30):
            said = f"{SECRET[province]} {unit} {number}"
            reply = world.post(own, world.answered(fields, str(number % 5 + 1), comment=said, id=world.fresh_id()))
            assert reply.status_code in {200, 201}, reply.text
    for wave in WAVES.values():
        run(made.runner, "scores", "refresh", "--wave", wave)
    with app.app_context(), transaction() as session:
        values, grant_id = _rows(app, session)
    return Provinces(made, {**values, "point": points["X1"]}, grant_id)


def _rows(app: Flask, session: Session) -> tuple[dict[str, str], int]:
    today = server_day()
    grant_id = _people(session)
    draft = drafts.save(session, "questionnaire", definition_starts.EXAMPLES["questionnaire"], author="analyst.t1",
                        today=today, note="lời dặn")
    proposals = {province: _publication(session, wave, province, today) for province, wave in WAVES.items()}
    _release(session, WAVES["T1"], "X1", today)
    wave = wave_store.wave(session, WAVES["T1"])
    for each in (wave, wave_store.wave(session, WAVES["U9"])):
        publications.add(session, each, _edition(today), publications.written([]))
    questionnaire = definition_store.questionnaire(session, wave.questionnaire_id)
    token = pending.keep(app.config["HAILONG"], UPLOADER, "don-vi.csv", unit_store.print_of(session),
                         world.UNITS.encode())
    return {
        "wave_code": WAVES["T1"], "unit_code": "X1", "draft_id": str(draft.id), "id": str(proposals["T1"]),
        "number": "1", "digits": questionnaire.content[:12], "definition": questionnaire.name, "account": "nguoi.x1",
        "token": token,
    }, grant_id


def _people(session: Session) -> int:
    """Somebody in every place; the grant of the one at X1."""
    for name, unit in (("nguoi.x1", "X1"), ("nguoi.x2", "X2"), ("nguoi.t1", "T1"), ("nguoi.u9", "U9"),
                       ("nguoi.x9", "X9")):
        account = accounts.add(session, name, None, Grant(Role.UNIT_OFFICER, unit), display=f"Người ở {unit}",
                               workplace=unit, created=date(2026, 1, 1))
        if unit == "X1":
            mine = account
    return accounts.held_by(session, mine.id)[0].id


def _publication(session: Session, wave: str, province: str, today: date) -> int:
    document = {"wave": wave, "decision": f"1/QĐ-{province}", "note": SECRET[province]}
    return approvals.propose(session, "publication", f"wave:{wave}", document, actor="ai.do", unit_code=province,
                             reason=SECRET[province], today=today).id


def _release(session: Session, code: str, unit_code: str, today: date) -> None:
    """Comments of a unit, released by two persons."""
    wave = wave_store.wave(session, code)
    tree = conduct.tree_of(session, wave)
    unit = tree.unit(unit_code)
    ids = [each.id for each in comment_store.page(session, wave, [unit.id or 0], after=None, most=20)]
    made = comments.propose(session, wave, tree, unit, {id: [] for id in ids}, actor="mot", reason="", today=today)
    approvals.decide(session, made.id, True, actor="hai", answer="", today=today)


def _edition(today: date) -> Edition:
    return Edition(1, "7/QĐ-UBND", today, "", today, "mot", "hai", digest(publications.written([])))


def said_by(reply: TestResponse) -> str:
    """What a reply tells: the text of a page or of a PDF. Other files (spreadsheets) are packed and not looked into."""
    if reply.mimetype == "application/pdf":
        document = pypdfium2.PdfDocument(reply.get_data())
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    return reply.get_data().decode("utf-8", "replace")
