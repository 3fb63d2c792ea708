"""Keys change while citizens answer: what is in somebody's hand stays good, and what is new is made with the new."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import backup, keyring, keys, server_day
from app.settings import Settings, SettingsFault
from surveys.seals import seal
from surveys.tokens import issue_token
from tests.app import staff
from tests.app.restoring import PASSPHRASE, backed_up, installation, new_epoch, started
from tests.databases import Databases
from tests.faults.crowd import verifier
from tests.world import World, answered, build, fresh_id, hidden, opened, post, refused, run

OUTSIDE, EARLIER = "0123456789abcdef" * 4, "fedcba9876543210" * 4


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


class Page:
    """A form in somebody's hand: its fields, and the keys it came with."""

    def __init__(self, world: World, path: str | None = None) -> None:
        text = world.client.get(path or f"/p/{world.point}").text
        self.fields = {"token": hidden(text, "token"), "id": hidden(text, "id")}
        if 'name="slip"' in text:
            self.fields["slip"] = hidden(text, "slip")
        found = re.search(r'id="ack-key">([^<]*)<', text)
        assert found
        self.key: dict[str, str] = json.loads(found[1])
        with world.app.app_context():
            self.seals_to = keys.opener().public

    def verifies(self, told: Any) -> bool:
        return verifier(self.key)(told["id"], told["day"], told["signature"])


def rotate(world: World) -> None:
    run(world.runner, "keys", "rotate")
    world.app.extensions["landings"].forget()  # two seconds later


def listed(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(world.runner, "keys", "list", "--json"))
    return found


def settings_of(world: World) -> Settings:
    found: Settings = world.app.config["HAILONG"]
    return found


@pytest.mark.parametrize("quick", [True, False])
def test_a_form_opened_before_a_rotation_is_taken_and_its_page_verifies_the_acknowledgement(
    make_app: Callable[..., Flask], tmp_path: Path, quick: bool
) -> None:
    world = build(make_app(quick=quick), tmp_path)
    old = Page(world)
    first = post(world, answered({**old.fields, "id": fresh_id()}))
    rotate(world)
    rotate(world)
    reply = post(world, answered(old.fields))
    assert reply.status_code == 201
    assert old.verifies(reply.json)
    new = Page(world)
    assert new.key != old.key
    assert not new.verifies(reply.json)
    told = post(world, answered(new.fields)).json
    assert new.verifies(told)
    assert not old.verifies(told)
    again = post(world, answered({**old.fields, "id": first.json["id"]}))  # sent once more, over the rotation
    assert (again.status_code, again.json) == (200, first.json)


def test_a_form_that_is_shown_again_with_its_faults_is_taken_in_the_end(world: World) -> None:
    old = Page(world)
    rotate(world)
    page = world.client.post(f"/p/{world.point}", data=answered(old.fields, q1="9"))
    assert page.status_code == 422
    assert hidden(page.text, "token") == old.fields["token"]
    assert world.client.post(f"/p/{world.point}", data=answered(old.fields)).status_code == 200
    assert world.count() == 1


def test_slips_that_were_printed_before_a_rotation_open_their_form_and_are_spent_once(world: World) -> None:
    one, two = world.slips(2)
    old = Page(world, f"/s/{one}")
    rotate(world)
    assert post(world, answered(old.fields), "/s").status_code == 201
    assert post(world, answered({**old.fields, "id": fresh_id()}), "/s").status_code == 404
    new = Page(world, f"/s/{two}")
    assert new.key != old.key
    assert post(world, answered(new.fields), "/s").status_code == 201
    assert world.count("slip") == 0


def test_a_sealed_copy_of_before_is_taken_and_answered_for_with_the_key_its_page_holds(world: World) -> None:
    old = Page(world)
    told = post(world, answered(old.fields)).json
    copy = {"action": f"/p/{world.point}", "answers": answered(old.fields),
            **{name: told[name] for name in ("day", "signature", "note")}}
    sealed = seal(old.seals_to, json.dumps(copy).encode())
    rotate(world)
    new_epoch(world)  # within its own a copy is worth nothing
    body = {"sealed": base64.b64encode(sealed).decode()}
    for page, named in ((old, {"key": old.key["x"]}), (Page(world), {}), (Page(world), {"key": "nobody's"})):
        said = world.client.post("/again", json={**body, **named}).json
        assert said["outcome"] == "known"
        assert _receipt_verifies(page.key, said)


def _receipt_verifies(key: dict[str, str], said: Any) -> bool:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    x, y = (int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big") for name in ("x", "y"))
    raw = base64.b64decode(said["signature"])
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    signed = f"hailong-again-1|{said['seal']}|{said['epoch']}|{said['outcome']}".encode()
    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(der, signed, ec.ECDSA(hashes.SHA256()))
    return True


def test_another_process_uses_the_new_keys_before_it_refuses_a_form_of_theirs(world: World) -> None:
    other = started(world)
    keyring.forget()  # what another process knows is its own
    other = started(other)
    post(other, answered(opened(other)))
    before = keyring.of(settings_of(other))
    keyring.forget()
    rotate(world)
    assert keyring.of(settings_of(world)) is not before
    assert post(other, answered(Page(world).fields)).status_code == 201
    assert before.current().number == 2


def test_staff_stay_signed_in(world: World) -> None:
    staff.sign_in(world.client)
    rotate(world)
    assert world.client.get("/status").status_code == 200
    assert started(world).app  # a new process signs with the new keys
    assert world.client.get("/status").status_code == 200


def test_a_file_does_not_come_in_again_after_a_rotation(world: World, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("unit,q1\nX1,5\n")
    run(world.runner, "responses", "import", "--wave", "W1", str(file))
    rotate(world)
    refused(world.runner, "responses", "import", "--wave", "W1", str(file))


def test_old_keys_are_believed_for_the_stated_days_and_no_longer(world: World) -> None:
    old = Page(world)
    rotate(world)
    life = settings_of(world).key_life
    signs, believed = listed(world)
    assert (signs["number"], signs["state"], signs["until"]) == (2, "signs", None)
    assert believed["until"] == str(server_day_of(world) + timedelta(days=life))
    path = settings_of(world).keys / "generation-2"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "made": str(date.fromisoformat(told["made"]) - timedelta(days=life + 2))}))
    keyring.forget()
    later = started(world)
    assert listed(later)[1]["state"] == "over"
    reply = post(later, answered(old.fields))
    assert (reply.status_code, reply.json["error"]) == (400, "token_forged")
    assert later.count() == 0
    run(later.runner, "keys", "retire", "1")
    assert [each["number"] for each in listed(later)] == [2]


def server_day_of(world: World) -> date:
    with world.app.app_context():
        return server_day()


def test_a_form_too_old_for_any_key_is_refused_as_too_old(world: World) -> None:
    old = issue_token(b"keys of years ago", f"p:{world.point}", 1, 1, date(2020, 1, 1))
    reply = post(world, answered({**opened(world), "token": old}))
    assert (reply.status_code, reply.json["error"]) == (410, "token_expired")


def test_keys_that_may_be_in_a_hand_are_retired_only_by_saying_so(world: World) -> None:
    old = Page(world)
    rotate(world)
    assert "--early" in refused(world.runner, "keys", "retire", "1")
    assert "2" in refused(world.runner, "keys", "retire", "2")
    assert post(world, answered(old.fields)).status_code == 201
    rotate(world)
    run(world.runner, "keys", "retire", "2", "--early")
    assert [each["number"] for each in listed(world)] == [3]
    assert post(world, answered({**old.fields, "id": fresh_id()})).json["error"] == "token_forged"
    assert post(world, answered(Page(world).fields)).status_code == 201
    assert not (settings_of(world).keys / "generation-2").exists()
    rotate(world)
    assert [each["number"] for each in listed(world)] == [4, 3]


def test_the_audit_trail_notes_it(world: World) -> None:
    rotate(world)
    run(world.runner, "keys", "retire", "1", "--early")
    rows = world.rows("select action, subject from audit order by seq desc limit 2")
    assert rows == [("keys.retired", "keys:1"), ("keys.rotated", "keys:2")]
    run(world.runner, "audit", "verify")


def test_a_restore_of_before_a_rotation_keeps_the_newer_keys(databases: Databases, tmp_path: Path) -> None:
    with installation(databases, tmp_path) as world:
        backed_up(world, tmp_path / "before")
        rotate(world)
        told = backed_up(world, tmp_path / "after")
        assert {"keys/generation-2", "keys/imports"} <= set(told.members)
        new = Page(world)
        for name in ("before", "after"):
            with world.app.app_context():
                backup.restore(settings_of(world), tmp_path / name, PASSPHRASE, replace=True)
            world = started(world)
            reply = post(world, answered({**new.fields, "id": fresh_id()}))
            assert reply.status_code == 201
            assert new.verifies(reply.json)


def test_a_secret_key_from_outside_is_changed_there_and_the_one_before_is_still_believed(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    world = build(make_app(secret_key=EARLIER), tmp_path)
    [slip] = world.slips(1)
    old = Page(world)
    assert "HAILONG_SECRET_KEY_BEFORE" in refused(world.runner, "keys", "rotate")
    later = started(world, secret_key=OUTSIDE, secret_key_before=EARLIER)
    reply = post(later, answered(old.fields))
    assert reply.status_code == 201
    assert old.verifies(reply.json)
    assert post(later, answered(Page(later, f"/s/{slip}").fields), "/s").status_code == 201
    told = backed_up(later, tmp_path / "b")
    assert "keys/secret-before" in told.members
    without = started(later, secret_key=OUTSIDE)
    keyring.forget()
    assert post(started(without, secret_key_before=""), answered({**old.fields, "id": fresh_id()})).status_code == 400


def test_keys_that_cannot_be_what_they_should_stop_the_start(world: World) -> None:
    rotate(world)
    with pytest.raises(SettingsFault, match="HAILONG_SECRET_KEY"):
        started(world, secret_key=OUTSIDE)
    (settings_of(world).keys / "generation-2").write_text("{}")
    keyring.forget()
    with pytest.raises(SettingsFault, match="generation-2"):
        started(world)
