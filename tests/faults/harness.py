"""What a fault test is, and the one line it prints: `fault runs acked lost dup corrupt recovery_s`.

A harness that never failed proves nothing. Every fault therefore has a twin: the same fault against a program with
a bug planted in it, and the twin has to come out red.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

COLUMNS = ("fault", "runs", "acked", "lost", "dup", "corrupt", "recovery_s")


@dataclass
class Outcome:
    """What came of some runs of one fault; outcomes of more runs are added up with `+=`."""

    runs: int = 1
    """how often the fault was provoked"""
    acked: int = 0
    """answers whose acknowledgement was verified by their sender"""
    lost: int = 0
    """acknowledged, and not in the database afterwards"""
    dup: int = 0
    """in the database twice, or acknowledged twice and not alike"""
    corrupt: int = 0
    """rows that say something else than was sent, and databases that fail their own check"""
    recovery_s: float | None = None
    """the longest wait from the moment the fault ended until an answer was acknowledged again"""
    complaints: Counter[str] = field(default_factory=Counter)
    """what else was not as promised, and how often"""
    notes: dict[str, object] = field(default_factory=dict)
    """figures worth printing beside the line"""

    @property
    def green(self) -> bool:
        return not (self.lost or self.dup or self.corrupt or self.complaints)

    def complain(self, what: str, times: int = 1) -> None:
        if times:
            self.complaints[what] += times

    def recovered(self, seconds: float, most: float) -> None:
        """Note one recovery; more than `most` seconds is a complaint."""
        self.recovery_s = max(self.recovery_s or 0.0, seconds)
        if seconds > most:
            self.complain(f"recovery took longer than {most:g} s")

    def __iadd__(self, other: Outcome) -> Outcome:
        self.runs += other.runs
        self.acked += other.acked
        self.lost += other.lost
        self.dup += other.dup
        self.corrupt += other.corrupt
        if other.recovery_s is not None:
            self.recovery_s = max(self.recovery_s or 0.0, other.recovery_s)
        self.complaints += other.complaints
        self.notes |= other.notes
        return self


@dataclass(frozen=True)
class Pace:
    """How much of a fault to run."""

    quick: bool = False
    fast: bool = False
    """within the suite: the least that shows the fault and its twin"""

    @property
    def leniency(self) -> float:
        """What promises of seconds are multiplied with: a machine that others keep busy may cost half as much more,
        and the suite, which runs beside itself, asks for the order of magnitude only."""
        if self.fast:
            return 10.0
        return 1.5 if os.getloadavg()[0] > (os.cpu_count() or 1) else 1.0

    def pick(self, fast: float, quick: float, full: float) -> float:
        return fast if self.fast else quick if self.quick else full

    def count(self, fast: int, quick: int, full: int) -> int:
        return int(self.pick(fast, quick, full))


@dataclass(frozen=True)
class Fault:
    name: str
    run: Callable[[Pace], Outcome]
    twin: Callable[[Pace], Outcome]
    """the same with a planted bug; its outcome must not be green"""
    missing: Callable[[], str] = lambda: ""
    """what this machine lacks for it; empty: nothing"""
    loaded: bool = False
    """it runs under many answers, and can be repeated until enough were acknowledged"""


def faults() -> dict[str, Fault]:
    """Every fault of every module beside this one that has `FAULTS`."""
    found: dict[str, Fault] = {}
    package = importlib.import_module("tests.faults")
    for module in sorted(each.name for each in pkgutil.iter_modules(package.__path__)):
        if module.startswith(("test_", "__", "planted", "crowd")):
            continue
        for fault in getattr(importlib.import_module(f"tests.faults.{module}"), "FAULTS", ()):
            assert fault.name not in found, fault.name
            found[fault.name] = fault
    return found


def line(name: str, outcome: Outcome) -> str:
    recovery = "-" if outcome.recovery_s is None else f"{outcome.recovery_s:.2f}"
    figures = (outcome.runs, outcome.acked, outcome.lost, outcome.dup, outcome.corrupt)
    return " ".join([name, *map(str, figures), recovery])


def main(arguments: list[str]) -> int:
    """`[--quick] [--twins] [--answers N] [NAME…]`; 0 when every fault came out green and every twin red.

    --answers: repeat the faults under load until so many answers were acknowledged (full: a million).
    """
    known = faults()
    names, pace, twins, answers = _options(arguments)
    if unknown := [name for name in names if name not in known]:
        print(f"unknown: {' '.join(unknown)}; known: {' '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name] for name in names or known]
    if answers is None:
        answers = 0 if pace.quick or names else 1_000_000
    print(" ".join(COLUMNS), flush=True)
    began = time.monotonic()
    total, bad = Outcome(runs=0), 0
    runnable: list[Fault] = []
    for fault in chosen:
        if lack := fault.missing():
            print(f"# {fault.name}: not run, {lack}", flush=True)
            continue
        runnable.append(fault)
        bad += _one(fault, pace, total)
        if twins:
            bad += _twin(fault, pace)
    for fault in _again(fault for fault in runnable if fault.loaded):
        if total.acked >= answers:
            break
        bad += _one(fault, pace, total)
    print(line("total", total), flush=True)
    print(f"# {time.monotonic() - began:.0f} s, {'FAILED' if bad else 'ok'}", flush=True)
    return 1 if bad else 0


def _again(some: Iterable[Fault]) -> Iterator[Fault]:
    kept = list(some)
    while kept:
        yield from kept


def _options(arguments: list[str]) -> tuple[list[str], Pace, bool, int | None]:
    names: list[str] = []
    answers: int | None = None
    rest = iter(arguments)
    for word in rest:
        if word == "--answers":
            answers = int(next(rest))
        elif word not in {"--quick", "--twins"}:
            names.append(word)
    return names, Pace(quick="--quick" in arguments), "--twins" in arguments, answers


def _one(fault: Fault, pace: Pace, total: Outcome) -> int:
    outcome = fault.run(pace)
    print(line(fault.name, outcome), flush=True)
    for name, value in outcome.notes.items():
        print(f"#   {name}: {value}", flush=True)
    for complaint, times in outcome.complaints.items():
        print(f"!   {complaint} ({times})", flush=True)
    total += outcome
    return not outcome.green


def _twin(fault: Fault, pace: Pace) -> int:
    outcome = fault.twin(Pace(quick=True, fast=pace.fast))
    found = not outcome.green
    print(f"{line(fault.name + ':twin', outcome)} {'red, as it must be' if found else 'NOT FOUND'}", flush=True)
    for complaint, times in outcome.complaints.items():
        print(f"#   {complaint} ({times})", flush=True)
    return not found
