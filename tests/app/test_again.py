"""What a restored server does not know comes again: stored once, on its day, at its place, and only with proof."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import backup, server_day
from app.db import transaction
from app.keys import opener, secret, signer
from surveys import codes, conduct, resending, training
from surveys.seals import Opener, seal
from surveys.store import waves as wave_store
from surveys.store.tables import SlipRow
from surveys.tokens import slip_digest
from surveys.waves import State
from tests.app.restoring import PASSPHRASE, backed_up, installation, new_epoch, started, stop
from tests.databases import Databases
from tests.world import World, answered, build, opened, post


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@dataclass(frozen=True)
class Copy:
    """What a device keeps, before it is sealed."""

    told: Mapping[str, Any]

    def sealed(self, world: World, **changes: object) -> bytes:
        with world.app.app_context():
            return seal(opener().public, json.dumps({**self.told, **changes}).encode())


def answer(world: World, fields: Mapping[str, str], path: str | None = None) -> Copy:
    reply = post(world, fields, path)
    assert reply.status_code in {200, 201}
    said = {name: reply.json[name] for name in ("day", "signature", "note")}
    return Copy({"action": path or f"/p/{world.point}", "answers": dict(fields), **said})


def again(world: World, sealed: bytes, **headers: str) -> TestResponse:
    body = {"sealed": base64.b64encode(sealed).decode()}
    return world.client.post("/again", json=body, headers=headers)


def emptied(world: World, *tables: str) -> None:
    """Rows are gone, without any restore."""
    with world.app.app_context(), transaction() as session:
        for table in tables or ("response", "comment"):
            session.execute(text(f"delete from {table}"))


def forget(world: World, *tables: str) -> None:
    """As a restore would; the audit trail stays."""
    emptied(world, *tables)
    new_epoch(world)


def unspent(world: World, *slips: str) -> None:
    """The restored state knows these slips of the one cell of slips."""
    with world.app.app_context(), transaction() as session:
        wave = wave_store.wave(session, "W1")
        cell = session.execute(text("select max(id) from cell")).scalar_one()
        for code in slips:
            session.add(SlipRow(
                province_code="T1", digest=slip_digest(secret(), code), wave_id=wave.id, cell=cell,
                expires=date(2999, 1, 1),
            ))


def unproven(reply: TestResponse) -> bool:
    """Refused, and not under the server's signature."""
    return (reply.status_code, reply.json["error"], "outcome" in reply.json) == (400, "again_unproven", False)


def move(world: World, *states: State) -> None:
    with world.app.app_context(), transaction() as session:
        for state in states:
            conduct.move(session, "W1", state)


def test_what_is_known_is_acknowledged_and_what_is_not_is_stored_as_it_was(world: World) -> None:
    copy = answer(world, answered(opened(world), q2="-", comment="Góp ý"))
    before = world.rows("select * from response")
    new_epoch(world)
    assert again(world, copy.sealed(world)).json["outcome"] == "known"
    forget(world)
    sealed = copy.sealed(world)
    reply = again(world, sealed)
    assert (reply.status_code, reply.json["outcome"]) == (201, "stored")
    assert world.rows("select * from response") == before
    assert world.count("comment") == 1
    assert again(world, sealed).status_code == again(world, copy.sealed(world)).status_code == 200
    assert (world.count(), world.count("comment")) == (1, 1)
    epoch = reply.json["epoch"]
    said = resending.receipt(hashlib.sha256(sealed).hexdigest(), epoch, "stored")
    assert epoch.startswith("3-")
    with world.app.app_context():
        assert signer().verifies(said, reply.json["signature"])


def test_the_day_is_that_of_the_first_acknowledgement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = answer(world, answered(opened(world)))
    forget(world)
    day = date.fromisoformat(copy.told["day"])
    monkeypatch.setattr("app.views.respond.server_day", lambda: day + timedelta(days=200))  # the form has expired
    assert again(world, copy.sealed(world)).status_code == 201
    assert world.rows("select day from response") == [((day - date(1970, 1, 1)).days,)]


def test_without_proof_nothing_is_taken(world: World) -> None:
    copy, other = (answer(world, answered(opened(world))) for _ in range(2))
    forget(world)
    slip = world.slips(1)[0]
    for changes in (
        {"signature": other.told["signature"]}, {"signature": "A" * 88}, {"signature": ""},
        {"note": other.told["note"]}, {"note": ""}, {"note": "T1|1|1|1|" + "0" * 32},
        {"note": copy.told["note"].replace("|", "|9", 1)}, {"note": copy.told["note"].replace("|", "|" + "9" * 30, 1)},
        {"note": "\0" + copy.told["note"]}, {"day": "2001-01-01"},
        {"answers": {**copy.told["answers"], "id": other.told["answers"]["id"]}},
        # a slip that somebody else holds: none led to this answer
        {"answers": {**copy.told["answers"], "slip": slip}},
        {"note": copy.told["note"].replace("|1|", "|9-abcdef01|")},
    ):
        assert unproven(again(world, copy.sealed(world, **changes))), changes
    assert again(world, copy.sealed(world)).status_code == 201
    assert world.count("slip") == 1


def test_within_its_own_epoch_nothing_comes_again(world: World) -> None:
    """Whoever deletes answers, other than by a restore, has deleted them."""
    copy = answer(world, answered(opened(world)))
    assert unproven(again(world, copy.sealed(world)))
    emptied(world)
    assert unproven(again(world, copy.sealed(world)))
    assert world.count() == 0
    new_epoch(world)
    assert again(world, copy.sealed(world)).status_code == 201


def test_practice_that_was_wiped_never_becomes_real(world: World) -> None:
    def practising(is_training: bool) -> None:
        with world.app.app_context(), transaction() as session:
            wave = wave_store.wave(session, "W1")
            wave_store.set_fields(session, wave, {"training": is_training})
        world.app.extensions["landings"].forget()

    practising(True)
    copy = answer(world, answered(opened(world)))
    with world.app.app_context(), transaction() as session:
        training.wipe(session, "W1", confirmed="W1", whole=False, actor="x", today=server_day())
        plan = conduct.plan_of(session, wave_store.wave(session, "W1"))
        conduct.edit(session, "W1", replace(plan, training=False), server_day())
        conduct.open_(session, "W1", server_day())
    assert unproven(again(world, copy.sealed(world)))
    new_epoch(world)  # nor after a restore to a state of after the wiping
    assert unproven(again(world, copy.sealed(world)))
    assert world.count() == 0
    practising(True)
    assert again(world, copy.sealed(world)).status_code == 201


def test_what_is_no_copy_is_refused(world: World) -> None:
    with world.app.app_context():
        key = opener().public
    strange = Opener(Opener.fresh_pem())
    for sealed, code in (
        (b"", "seal_broken"), (b"\1" + bytes(200), "seal_unknown"), (seal(strange.public, b"{}"), "seal_unknown"),
        (seal(key, b"{}"), "seal_broken"), (seal(key, b"[1]"), "seal_broken"), (seal(key, b"{"), "seal_broken"),
        (seal(key, b'{"answers": {"id": 5}}'), "seal_broken"), (seal(key, b"[" * 30_000), "seal_broken"),
        (seal(key, b"{}")[:-1], "seal_broken"), (seal(key, b"{}")[:9] + bytes(65) + bytes(20), "seal_broken"),
    ):
        reply = again(world, sealed)
        assert (reply.json["error"], reply.json["outcome"]) == (code, "refused")
        assert 400 <= reply.status_code < 500
    assert world.client.post("/again", json={"sealed": "é"}).status_code == 400
    assert world.client.post("/again", json={}).status_code == 400
    assert world.client.post("/again", data=b"{", content_type="application/json").status_code == 400
    assert world.client.post("/again", json={"sealed": "A" * 70_000}).status_code == 413
    assert again(world, b"x", Origin="https://elsewhere.example").status_code == 403
    assert world.count() == 0


def test_other_answers_under_a_known_id_do_not_replace_the_first(world: World) -> None:
    copy = answer(world, answered(opened(world)))
    before = world.rows("select * from response")
    new_epoch(world)
    reply = again(world, copy.sealed(world, answers={**copy.told["answers"], "q1": "1"}))
    assert (reply.status_code, reply.json["error"], reply.json["outcome"]) == (409, "answer_conflict", "refused")
    assert world.rows("select * from response") == before


def test_a_slip_that_came_back_is_spent_again_and_one_that_is_gone_is_no_obstacle(world: World) -> None:
    first, second = world.slips(2)
    copies = [answer(world, answered(opened(world, f"/s/{slip}")), "/s") for slip in (first, second)]
    cells = world.rows("select cell from response")
    forget(world)
    unspent(world, first)
    for copy in copies:
        assert again(world, copy.sealed(world)).status_code == 201
    assert (world.count(), world.count("slip")) == (2, 0)
    assert world.rows("select cell from response") == cells
    assert world.client.get(f"/s/{first}").status_code == 404


def test_a_copy_spends_the_slip_that_led_to_it_and_no_other(world: World) -> None:
    slip, other = world.slips(2)
    fields = answered(opened(world, f"/s/{slip}"))
    copy = answer(world, fields, "/s")
    forget(world)
    unspent(world, slip)
    bare = {name: value for name, value in fields.items() if name != "slip"}
    for answers in (bare, {**bare, "slip": ""}, {**bare, "slip": "x"}, {**bare, "slip": other}):
        assert unproven(again(world, copy.sealed(world, answers=answers))), answers
    assert (world.count(), world.count("slip")) == (0, 2)
    assert again(world, copy.sealed(world)).status_code == 201
    assert (world.count(), world.count("slip")) == (1, 1)
    assert again(world, copy.sealed(world)).json["outcome"] == "known"
    assert world.client.get(f"/s/{other}").status_code == 200


def test_a_second_send_proves_no_slip(world: World) -> None:
    """The slip is spent and nothing says which it was: whoever sends again may name any, or none."""
    (slip,), invented = world.slips(1), codes.draw(codes.SLIP_LENGTH)
    fields = answered(opened(world, f"/s/{slip}"))
    bare = {name: value for name, value in fields.items() if name != "slip"}
    first, *seconds = (
        answer(world, sent, "/s") for sent in (fields, fields, bare, {**bare, "slip": invented})
    )
    assert len({copy.told["note"] for copy in seconds}) == 1
    new_epoch(world)
    for copy in (first, *seconds):  # what the backup has is known, whatever became of the slip
        assert again(world, copy.sealed(world)).json["outcome"] == "known"
    forget(world)
    assert all(unproven(again(world, copy.sealed(world))) for copy in seconds)  # no slip here: it proves nothing
    unspent(world, slip)
    true, *others = seconds
    assert all(unproven(again(world, copy.sealed(world))) for copy in others)
    assert (world.count(), world.count("slip")) == (0, 1)
    assert again(world, true.sealed(world)).status_code == 201
    assert (world.count(), world.count("slip")) == (1, 0)


def test_a_closed_wave_takes_what_came_in_time_and_a_fixed_one_nothing(world: World) -> None:
    copies = [answer(world, answered(opened(world))) for _ in range(2)]
    forget(world)
    move(world, State.CLOSED)
    assert again(world, copies[0].sealed(world)).status_code == 201
    move(world, State.FIXED)
    late = again(world, copies[1].sealed(world))
    assert (late.status_code, late.json["error"], late.json["outcome"]) == (410, "again_late", "refused")
    assert "W1" in late.json["sentence"]
    assert again(world, copies[0].sealed(world)).json["error"] == "again_late"
    assert world.count() == 1


def test_a_wave_that_is_not_open_yet_asks_to_come_later(world: World) -> None:
    copy = answer(world, answered(opened(world)))
    forget(world)
    with world.app.app_context(), transaction() as session:
        session.execute(text("update wave set state = 'planned'"))
    reply = again(world, copy.sealed(world))
    assert reply.json["error"] == "wave_not_open"
    assert "outcome" not in reply.json  # nothing a device could rely on: it tries again
    # its place has not been made again
    forget(world, "point", "cell")
    assert "outcome" not in again(world, copy.sealed(world)).json


def test_an_answer_after_the_last_day_of_its_wave_is_refused(world: World) -> None:
    copy = answer(world, answered(opened(world)))
    forget(world)
    with world.app.app_context(), transaction() as session:
        session.execute(text("update wave set closes = '2020-01-01'"))
    assert again(world, copy.sealed(world)).json["error"] == "again_late"


def test_the_note_is_the_same_whatever_was_answered(world: World) -> None:
    """Nobody can prove with it how somebody answered."""
    fields = opened(world)
    one = answer(world, answered(fields, "1"))
    emptied(world)
    assert answer(world, answered(fields, "5")).told["note"] == one.told["note"]


@pytest.fixture
def restorable(databases: Databases, tmp_path: Path) -> Iterator[World]:
    with installation(databases, tmp_path) as made:
        yield made


@pytest.mark.parametrize("seed", [1, 2])
def test_a_restore_loses_nothing_and_doubles_nothing(restorable: World, tmp_path: Path, seed: int) -> None:
    """Points and slips, spent before and after the backup, given out after it; sent again twice in any order."""
    rng, world = random.Random(seed), restorable
    copies: list[Copy] = []

    def citizens(count: int, slips: list[str]) -> None:
        for code in [*slips, *[""] * count]:
            path = f"/s/{code}" if code else None
            fields = answered(opened(world, path), rng.choice("12345"))
            copies.append(answer(world, fields, "/s" if code else None))

    old = world.slips(6)
    citizens(rng.randint(2, 6), old[:3])
    backed_up(world, tmp_path / "b")
    citizens(rng.randint(2, 6), [*old[3:5], *world.slips(2)])
    whole = sorted(world.rows("select province_code, cell, version, day, answers from response"), key=repr)
    every = {row[0] for row in world.rows("select id from response")}
    stop(world.app)
    with world.app.app_context():
        epoch = backup.restore(world.app.config["HAILONG"], tmp_path / "b", PASSPHRASE, replace=True).epoch
    world = started(world)
    assert world.count() < len(every)
    queue = [copy for copy in copies for _ in range(2)]
    rng.shuffle(queue)
    for copy in queue:
        assert again(world, copy.sealed(world)).json["epoch"] == epoch
    assert {row[0] for row in world.rows("select id from response")} == every
    assert sorted(world.rows("select province_code, cell, version, day, answers from response"), key=repr) == whole
    assert world.count("slip") == 1
    stop(world.app)
