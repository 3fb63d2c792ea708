"""A restore to a state that has forgotten answers, with devices that bring them again; and damaged backups.

The devices here do what app/static/js/again.js does: keep a sealed copy of what was acknowledged, and bring it when a
page shows another epoch than the copy's. That the script does so is tried in Chromium (tests/browser/test_again.py).
"""

from __future__ import annotations

import base64
import io
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from app import backup
from app.backup import bundle, sealed
from app.keys import opener
from surveys.errors import Refusal
from surveys.seals import seal
from surveys.store.epochs import Epoch
from tests.app.restoring import PASSPHRASE, backed_up, installation, started, stop
from tests.databases import SqliteDatabases
from tests.faults.harness import Fault, Outcome, Pace
from tests.world import World, answered, fresh_id, opened, post


@dataclass
class Device:
    """Somebody's phone: what it holds after the acknowledgement."""

    id: bytes
    sealed: bytes
    epoch: str
    answers: str

    def visit(self, world: World, epoch: str) -> None:
        """A page that shows `epoch` was opened."""
        if self.epoch == epoch:
            return
        reply = world.client.post("/again", json={"sealed": base64.b64encode(self.sealed).decode()})
        if reply.json.get("outcome") in {"stored", "known"}:
            self.epoch = reply.json["epoch"]


def answering(world: World, count: int, rng: random.Random) -> Iterator[Device]:
    with world.app.app_context():
        key = opener().public
    blank = opened(world)
    for _ in range(count):
        fields = answered({**blank, "id": fresh_id()}, rng.choice("12345"))
        reply = post(world, fields)
        assert reply.status_code == 201, reply.text
        told = {name: reply.json[name] for name in ("day", "signature", "note")}
        copy = {"action": f"/p/{world.point}", "answers": fields, **told}
        yield Device(
            bytes.fromhex(fields["id"]), seal(key, json.dumps(copy).encode()), reply.json["epoch"], fields["q1"]
        )


def restored(pace: Pace) -> Outcome:
    """Answers, a backup, more answers, a restore; then every device visits twice, in any order."""
    rng, outcome = random.Random(5), Outcome(runs=0)
    with tempfile.TemporaryDirectory() as folder:
        databases = SqliteDatabases(Path(folder))
        with installation(databases, Path(folder)) as world:
            devices: list[Device] = []
            for number in range(pace.count(1, 2, 10)):
                outcome.runs += 1
                share = pace.count(15, 100, 500)
                devices += answering(world, share, rng)
                backed_up(world, Path(folder) / f"{number}.backup")
                devices += answering(world, share, rng)
                stop(world.app)
                began = time.monotonic()
                with world.app.app_context():
                    done = backup.restore(
                        world.app.config["HAILONG"], Path(folder) / f"{number}.backup", PASSPHRASE, replace=True
                    )
                world = started(world)
                visits = [device for device in devices for _ in range(2)]
                rng.shuffle(visits)
                for device in visits:
                    device.visit(world, done.epoch)
                outcome.recovered(time.monotonic() - began, 300)
            rows = dict(world.rows("select id, answers from response"))
            outcome.acked = len(devices)
            outcome.lost = sum(device.id not in rows for device in devices)
            outcome.dup = max(0, world.count() - len(devices))
            outcome.corrupt = sum(
                device.id in rows and str(rows[device.id])[0] != device.answers for device in devices
            )
            stop(world.app)
    return outcome


def without_epochs(pace: Pace) -> Outcome:
    """The planted bug: a restore that begins no epoch, so that no device brings anything."""
    with patch("app.backup.restoring.epochs.begin", lambda session, today: Epoch(1, "")):
        return restored(pace)


@contextmanager
def a_backup() -> Iterator[bytes]:
    """Of a small installation, in many chunks."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = stack.enter_context(installation(SqliteDatabases(folder), folder))
        stack.enter_context(patch("app.backup.sealed.CHUNK", 4096))
        list(answering(world, 20, random.Random(6)))
        backed_up(world, folder / "one.backup")
        yield (folder / "one.backup").read_bytes()


def damaged(pace: Pace) -> Outcome:
    """One byte changed anywhere; the file cut anywhere, also between two chunks."""
    rng, outcome = random.Random(7), Outcome(runs=0)
    with a_backup() as whole:
        bundle.unpack(io.BytesIO(whole), PASSPHRASE)
        for number in range(pace.count(30, 200, 1_000)):
            changed = bytearray(whole)
            changed[rng.randrange(len(whole))] ^= rng.randrange(1, 256)
            cut = rng.randrange(len(whole))
            if number % 2:
                cut -= (cut - first_chunk(whole)) % (4096 + sealed.TAG)
            outcome.runs += 2
            outcome.corrupt += passes(bytes(changed)) + passes(whole[: max(cut, 0)])
    return outcome


def first_chunk(whole: bytes) -> int:
    at = len(sealed.MAGIC)
    return at + 4 + int.from_bytes(whole[at : at + 4], "big") + 48


def passes(raw: bytes) -> bool:
    try:
        bundle.unpack(io.BytesIO(raw), PASSPHRASE)
    except Refusal:
        return False
    return True


def believing(pace: Pace) -> Outcome:
    """The planted bug: a look at the header and the first chunk, as good as asking whether the passphrase fits."""
    def believe(source: io.BytesIO, passphrase: str) -> None:
        sealed.Reader(source, passphrase).read(1)

    with patch("tests.faults.backups.bundle.unpack", believe):
        return damaged(pace)


FAULTS = (
    Fault("restore", restored, without_epochs),
    Fault("backup-damage", damaged, believing),
)
