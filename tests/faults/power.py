"""Power cuts on SQLite, replayed: the server's own writes and flushes are recorded while it takes answers, and then
cut short everywhere.

The disk of the replay keeps to POSIX and no more: what was flushed is there; of what was written since, any part may
be there in any order, a write may be torn between two sectors, and a file made or deleted since the folder was last
flushed may be there or not. Every such state is opened: SQLite has to find it sound, and every answer whose
acknowledgement had left before the cut has to be in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import multiprocessing
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.crowd import commented
from tests.faults.ground import PREPARED_SQLITE, Server, sqlite_ground
from tests.faults.harness import Fault, Outcome, Pace
from tests.faults.media import Disk, Event
from tests.faults.syscalls import missing

SECTOR = 512
TORN = 3
"""times that torn writes are drawn at each cut"""


@dataclass
class Recording:
    base: dict[str, bytes]
    """the files when it began, all of them flushed"""
    events: list[Event]

    @property
    def acks(self) -> int:
        return len({event.data for event in self.events if event.kind == "ack"})


def cut(pace: Pace, plant: str = "") -> Outcome:
    with sqlite_ground() as ground:
        disk = Disk(ground.state)
        try:
            # checkpoints come every few answers, so that cuts within and around them are many
            with Server(ground, plant=plant, prepared=disk.watch.in_child, FAULTS_CHECKPOINT="60") as server:
                recording = recorded(server, disk, pace.count(30, 150, 1500))
        finally:
            disk.close()
    return replayed(recording, pace)


def recorded(server: Server, disk: Disk, answers: int) -> Recording:
    state = server.ground.state
    with open(state / "write.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody writes
        files = [path for path in state.glob(f"{PREPARED_SQLITE}*") if not path.name.endswith("-shm")]
        base = {path.name: path.read_bytes() for path in files}
        disk.events = []
        disk.recording = True
    with server.crowd(Pace(), threads=3, most=answers) as crowd:
        crowd.finish()
    disk.recording = False
    recording = Recording(base, disk.events)
    recording.events += [
        # whatever the kernel's record missed, the senders have it
        Event("ack", data=id) for id in {id for id, _, _ in crowd.acks} - {each.data for each in recording.events}
    ]
    return recording


def replayed(recording: Recording, pace: Pace) -> Outcome:
    share = pace.pick(0.15, 0.5, 1)
    processes = 1 if pace.fast else os.cpu_count() or 1
    outcome = Outcome(runs=0, acked=recording.acks)
    began = time.monotonic()
    parts: list[Part]
    if processes == 1:
        parts = [_part(recording, 0, 1, share)]
    else:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
            jobs = [pool.submit(_part, recording, number, processes, share) for number in range(processes)]
            parts = [job.result() for job in jobs]
    states = set().union(*(part.states for part in parts))
    outcome.runs = len(states)
    outcome.lost = len(set().union(*(part.lost for part in parts)))
    outcome.corrupt = sum(part.corrupt for part in parts)
    outcome.complain("no checkpoint was recorded", not any(
        event.kind == "write" and event.file == PREPARED_SQLITE for event in recording.events
    ))
    outcome.notes["states"] = (
        f"{len(states)} unlike ones of {len(recording.events)} cuts, {sum(part.losing for part in parts)} lost answers;"
        f" replayed in {time.monotonic() - began:.0f} s"
    )
    outcome.notes["flushes"] = sum(event.kind == "flush" for event in recording.events)
    return outcome


@dataclass
class Part:
    states: set[bytes] = field(default_factory=set)
    lost: set[bytes] = field(default_factory=set)
    losing: int = 0
    corrupt: int = 0


def _part(recording: Recording, number: int, of: int, share: float) -> Part:
    """Every `of`-th cut, from the `number`-th on; share: of those, drawn at random."""
    part = Part()
    chance = random.Random(number)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="hl-cut-", dir=memory))
    try:
        replay = Replay(recording.base)
        acked: set[bytes] = set()
        for place, event in enumerate(recording.events):
            if event.kind == "ack":
                acked.add(event.data)
            else:
                replay.happen(event)
            if place % of != number or chance.random() >= share:
                continue
            for files in replay.left_by_a_cut(chance):
                name = hashlib.blake2b(digest_size=12)
                for each in sorted(files):
                    name.update(each.encode() + len(files[each]).to_bytes(8, "big") + files[each])
                # the same files with one more acknowledgement out are another state
                name.update(len(acked).to_bytes(8, "big"))
                if name.digest() in part.states:
                    continue
                part.states.add(name.digest())
                _opened(folder, files, acked, part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return part


def _opened(folder: Path, files: dict[str, bytes | bytearray], acked: set[bytes], part: Part) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        with contextlib.closing(sqlite3.connect(folder / PREPARED_SQLITE)) as connection:
            stored = {id for (id,) in connection.execute("SELECT id FROM response")}
            words = {text for (text,) in connection.execute("SELECT text FROM comment")}
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        part.corrupt += 1
        return
    # an answer and its words come together or not at all
    part.corrupt += not sound or words != {commented(id) for id in stored} - {""}
    if missed := acked - stored:
        part.losing += 1
        part.lost |= missed


class Replay:
    """The files as flushed, and what was done to them since."""

    def __init__(self, base: dict[str, bytes]) -> None:
        self.flushed = {name: bytearray(content) for name, content in base.items()}
        self.since: list[Event] = []

    def happen(self, event: Event) -> None:
        if event.kind != "flush":
            if event.kind == "write" and event.file not in self._known():
                self.since.append(Event("create", event.file))
            self.since.append(event)
            return
        if event.file:  # the file's content; whether it exists is the folder's to say
            settled = [one for one in self.since if one.file == event.file and one.kind in {"write", "truncate"}]
        else:
            settled = [one for one in self.since if one.kind in {"create", "unlink"}]
        chosen = {id(one) for one in settled}
        self.since = [one for one in self.since if id(one) not in chosen]
        _apply(self.flushed, settled)

    def _known(self) -> set[str]:
        known = set(self.flushed)
        for event in self.since:
            if event.kind == "create":
                known.add(event.file)
            elif event.kind == "unlink":
                known.discard(event.file)
        return known

    def left_by_a_cut(self, chance: random.Random) -> Iterator[dict[str, bytes | bytearray]]:
        since = self.since
        yield self._with(since)
        if not since:
            return
        yield self._with([])
        yield self._with(since[: chance.randrange(len(since) + 1)])
        yield self._with([one for one in since if chance.random() < 0.5])
        mixed = [one for one in since if chance.random() < 0.8]
        chance.shuffle(mixed)
        yield self._with(mixed)
        yield self._with(since[-1:])
        for _ in range(TORN):
            yield self._with([torn(one, chance) for one in since if chance.random() < 0.9])

    def _with(self, some: list[Event]) -> dict[str, bytes | bytearray]:
        files: dict[str, bytes | bytearray] = dict(self.flushed)
        touched = {one.file for one in some}
        own = {name: bytearray(content) for name, content in self.flushed.items() if name in touched}
        made = {one.file for one in some if one.kind == "create"}
        _apply(own, sorted(some, key=lambda one: one.kind != "create"), only=set(own) | made)
        for name in touched:
            files.pop(name, None)
        return files | own


def torn(event: Event, chance: random.Random) -> Event:
    """A write of which some sectors arrived."""
    if event.kind != "write" or len(event.data) <= SECTOR:
        return event
    kept = SECTOR * chance.randrange(len(event.data) // SECTOR + 1)
    if chance.random() < 0.5:
        return Event("write", event.file, event.offset, event.data[:kept])
    return Event("write", event.file, event.offset + kept, event.data[kept:])


def _apply(files: dict[str, bytearray], events: list[Event], only: set[str] | None = None) -> None:
    for event in events:
        if event.kind == "unlink":
            files.pop(event.file, None)
            continue
        if event.file not in files and only is not None and event.file not in only:
            continue  # written to a file that is not there after the cut
        content = files.setdefault(event.file, bytearray())
        if event.kind == "write":
            if len(content) < event.offset:
                content.extend(bytes(event.offset - len(content)))
            content[event.offset : event.offset + len(event.data)] = event.data
        elif event.kind == "truncate":
            if len(content) > event.offset:
                del content[event.offset :]
            else:
                content.extend(bytes(event.offset - len(content)))


FAULTS = (Fault("power-cut", cut, lambda pace: cut(pace, "normal"), missing),)
