"""What the server counts about itself: `count`, `observe`, `gauge`, added up over all processes by `collected`.

Each process writes into a file of its own in the state folder, mapped into memory: counting costs no system call, and
no process waits for another. A file is held by a lock that ends with its process, however that ends; the next one
takes it over and counts on, so that there are never more files than processes at a time, and nothing is counted
twice or lost by a restart. A process's gauges (how many wait in its queue) mean something only while it beats.

Labels take values from a closed set (endpoint's class, status, refusal code), never what somebody sent: a file holds
`MOST` series, and what comes after is left out and said so. Why not prometheus-client: docs/decisions/operations.md.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import struct
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surveys.lapse import fresh

FOLDER = "metrics"
MOST = 1024
"""series of one process; a histogram takes one for each of its bounds, and two more"""
NAME = 232
"""bytes of a series' name and labels at most"""
BEATS = 5.0
"""seconds after its last beat for which a process's gauges count"""
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""seconds; a histogram's upper bounds"""
_CELL = struct.Struct(f"<d{NAME}s")
_VALUE = struct.Struct("<d")
_BEAT = "beat"

Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]


@dataclass
class _Histogram:
    counts: list[int]
    """where each bucket's own count lies, +Inf last"""
    total: int


class _Book:
    """The file of this process. Series are only ever added; a cell is a number and the name it counts for."""

    def __init__(self, folder: Path) -> None:
        self.lock = threading.Lock()
        self.file = _free_file(folder)
        size = _CELL.size * MOST
        try:
            # room for all of it now: on a full disk the first touch of a page that has none would kill the process
            os.posix_fallocate(self.file, 0, size)
            self.memory = mmap.mmap(self.file, size)
        except OSError:
            os.close(self.file)
            raise
        self.places: dict[Series, int] = {}
        self.histograms: dict[Series, _Histogram] = {}
        self.used = 0
        for series, _ in _cells(self.memory):
            self.places[series] = self.used * _CELL.size
            self.used += 1
            if series[0].startswith("gauge:"):
                _VALUE.pack_into(self.memory, self.places[series], 0.0)

    def place(self, series: Series) -> int | None:
        """Where the series' number lies; None: no room. Under the lock."""
        at = self.places.get(series)
        if at is None and self.used < MOST:
            name = json.dumps([series[0], series[1]], ensure_ascii=True, separators=(",", ":")).encode()
            if len(name) > NAME:
                return None
            at = self.used * _CELL.size
            _CELL.pack_into(self.memory, at, 0.0, name)
            self.places[series] = at
            self.used += 1
        return at

    def add(self, series: Series, amount: float) -> None:
        with self.lock:
            at = self.place(series)
            if at is not None:
                _VALUE.pack_into(self.memory, at, _VALUE.unpack_from(self.memory, at)[0] + amount)

    def put(self, series: Series, value: float) -> None:
        with self.lock:
            at = self.place(series)
            if at is not None:
                _VALUE.pack_into(self.memory, at, value)

    def observe(self, series: Series, seconds: float) -> None:
        with self.lock:
            known = self.histograms.get(series)
            if known is None and (known := self._histogram(series)) is None:
                return
            memory = self.memory
            at = known.counts[bisect_left(BOUNDS, seconds)]
            _VALUE.pack_into(memory, at, _VALUE.unpack_from(memory, at)[0] + 1.0)
            at = known.total
            _VALUE.pack_into(memory, at, _VALUE.unpack_from(memory, at)[0] + seconds)

    def _histogram(self, series: Series) -> _Histogram | None:
        name, labels = series
        counts = [self.place((f"bucket:{name}", (*labels, ("le", bound)))) for bound in _BOUNDS_SAID]
        total = self.place((f"sum:{name}", labels))
        if total is None or None in counts:
            return None
        made = self.histograms[series] = _Histogram([at for at in counts if at is not None], total)
        return made

    def close(self) -> None:
        self.memory.close()
        os.close(self.file)


_BOUNDS_SAID = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")


def _free_file(folder: Path) -> int:
    """The first file that no living process holds, locked."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = 0
    while True:
        file = os.open(folder / f"{number:03d}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            os.close(file)
            number += 1


def _cells(memory: mmap.mmap | bytes) -> Iterator[tuple[Series, float]]:
    for value, padded in _CELL.iter_unpack(memory):
        name = padded.rstrip(b"\0")
        if not name:
            return
        try:
            said, labels = json.loads(name)
        except ValueError:  # written by another version, or half written when its process was killed
            yield ("", ()), 0.0
            continue
        yield (said, tuple((key, word) for key, word in labels)), value


# ---------------------------------------------------------------- the process's own

_folder: Path | None = None
_book: _Book | None = None
_opening = threading.Lock()


def open_in(state: Path) -> None:
    """Count into this state folder from now on; the file itself is opened when something is first counted."""
    global _folder
    if _folder != state / FOLDER:
        _folder = state / FOLDER
        _close()


def _close() -> None:
    global _book
    book, _book = _book, None
    if book is not None:
        book.close()


def _forked() -> None:
    """A child counts into a file of its own. The parent's stays as it is: other threads may have been in it."""
    global _book, _opening
    _opening = threading.Lock()
    book, _book = _book, None
    if book is not None:
        os.close(book.file)


os.register_at_fork(after_in_child=_forked)


def _opened() -> _Book | None:
    global _book
    if _folder is None:
        return None
    with _opening:
        if _book is None:
            try:
                _book = _Book(_folder)
            except OSError:  # a full or foreign disk: nothing is counted, and everything else goes on
                return None
        return _book


def count(name: str, amount: float = 1.0, **labels: str) -> None:
    """Add to a counter; made at first use."""
    book = _book or _opened()
    if book is not None:
        book.add((name, tuple(labels.items())), amount)


def observe(name: str, seconds: float, **labels: str) -> None:
    """Put a duration into a histogram."""
    book = _book or _opened()
    if book is not None:
        book.observe((name, tuple(labels.items())), seconds)


def timed(series: Series, seconds: float) -> None:
    """As `observe`, for who has the series at hand."""
    book = _book or _opened()
    if book is not None:
        book.observe(series, seconds)


def gauge(name: str, value: float, **labels: str) -> None:
    """What something amounts to in this process just now; `collected` adds up the processes that beat."""
    book = _book or _opened()
    if book is not None:
        book.put((f"gauge:{name}", tuple(labels.items())), value)


def beat() -> None:
    """This process lives: its gauges count for some seconds."""
    gauge(_BEAT, time.time())


# ---------------------------------------------------------------- all processes together

@dataclass
class Collected:
    """Everything that is counted, over all processes."""

    counters: dict[Series, float] = field(default_factory=lambda: defaultdict(float))
    sums: dict[Series, float] = field(default_factory=lambda: defaultdict(float))
    buckets: dict[Series, float] = field(default_factory=lambda: defaultdict(float))
    gauges: dict[Series, float] = field(default_factory=lambda: defaultdict(float))
    processes: int = 0
    """that beat"""

    def put(self, name: str, value: float, **labels: str) -> None:
        """A gauge of the whole installation."""
        self.gauges[(name, tuple(labels.items()))] = float(value)

    def total(self, name: str, **labels: str) -> float:
        """A counter over all series that have these labels."""
        wanted = set(labels.items())
        return sum(value for (said, held), value in self.counters.items() if said == name and wanted <= set(held))


def collected(state: Path) -> Collected:
    found = Collected()
    now = time.time()
    folder = state / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        cells = list(_cells(_whole(path)))
        beats = any(fresh(value, now, BEATS) for (name, _), value in cells if name == f"gauge:{_BEAT}")
        found.processes += beats
        for (name, labels), value in cells:
            kind, _, rest = name.rpartition(":")
            if kind == "gauge":
                if beats and rest != _BEAT:
                    found.gauges[(rest, labels)] += value
            elif kind == "bucket":
                found.buckets[(rest, labels)] += value
            elif kind == "sum":
                found.sums[(rest, labels)] += value
            elif name:
                found.counters[(name, labels)] += value
    return found


def _whole(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        return b""
    return content[: len(content) - len(content) % _CELL.size]


PREFIX = "hailong_"


def exposition(found: Collected, about: Mapping[str, str]) -> str:
    """The text format that Prometheus reads (version 0.0.4).

    about: name -> what it is; a name that is not there says its own name.
    """
    lines: list[str] = []
    for name in sorted({name for name, _ in found.counters}):
        lines += _head(f"{name}_total", "counter", about.get(name, name))
        lines += _samples(f"{name}_total", found.counters, name)
    for name in sorted({name for name, _ in found.sums}):
        lines += _head(name, "histogram", about.get(name, name))
        lines += _histogram(found, name)
    for name in sorted({name for name, _ in found.gauges}):
        lines += _head(name, "gauge", about.get(name, name))
        lines += _samples(name, found.gauges, name)
    return "\n".join(lines) + "\n"


def _head(name: str, kind: str, help_text: str) -> list[str]:
    said = help_text.replace("\\", r"\\").replace("\n", r"\n")
    return [f"# HELP {PREFIX}{name} {said}", f"# TYPE {PREFIX}{name} {kind}"]


def _samples(said: str, values: Mapping[Series, float], name: str) -> list[str]:
    return [
        f"{PREFIX}{said}{_labels(labels)} {_number(value)}"
        for (held, labels), value in sorted(values.items()) if held == name
    ]


def _histogram(found: Collected, name: str) -> list[str]:
    lines = []
    for (held, labels), total in sorted(found.sums.items()):
        if held != name:
            continue
        so_far = 0.0
        for bound in _BOUNDS_SAID:
            so_far += found.buckets.get((name, (*labels, ("le", bound))), 0.0)
            lines.append(f"{PREFIX}{name}_bucket{_labels((*labels, ('le', bound)))} {_number(so_far)}")
        lines.append(f"{PREFIX}{name}_sum{_labels(labels)} {_number(total)}")
        lines.append(f"{PREFIX}{name}_count{_labels(labels)} {_number(so_far)}")
    return lines


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)

