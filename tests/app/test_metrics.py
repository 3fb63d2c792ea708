"""What is counted: over processes, over deaths, at what cost, and in the format that collectors read."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import metrics, traffic
from tests.starting import TOP

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


def parsed(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Samples of the text format, strictly read; an assertion fails where it is not kept to."""
    assert text.endswith("\n")
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in helped, f"described twice: {name}"
            helped.add(name)
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, f"typed twice: {name}"
            assert kind in {"counter", "gauge", "histogram"}
            kinds[name] = kind
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        name, labels, value = match.groups()
        family = name if name in kinds else re.sub(r"_(bucket|sum|count)$", "", name)
        assert family in kinds, f"not typed before its sample: {line}"
        assert (kinds[family] == "counter") == name.endswith("_total"), line
        key = (name, frozenset(LABEL.findall(labels or "")))
        assert key not in found, f"twice: {line}"
        found[key] = float(value)
    _histograms(found, {name for name, kind in kinds.items() if kind == "histogram"})
    return found


def _histograms(found: dict[tuple[str, frozenset[tuple[str, str]]], float], names: set[str]) -> None:
    for name in names:
        for labels in {labels for said, labels in found if said == f"{name}_count"}:
            rising = sorted(
                (math.inf if dict(held)["le"] == "+Inf" else float(dict(held)["le"]), value)
                for (said, held), value in found.items()
                if said == f"{name}_bucket" and {pair for pair in held if pair[0] != "le"} == labels
            )
            assert [value for _, value in rising] == sorted(value for _, value in rising)
            assert rising[-1] == (math.inf, found[(f"{name}_count", labels)])
            assert (f"{name}_sum", labels) in found


@pytest.fixture(autouse=True)
def _own(tmp_path: Path) -> Iterator[None]:
    metrics.open_in(tmp_path)
    yield
    metrics.open_in(tmp_path / "closed")


def counting(tmp_path: Path, rest: str) -> subprocess.Popen[bytes]:
    # the module alone: it needs nothing of the program, whose import would take most of the test
    code = (
        "import importlib.util as u, sys, time; from pathlib import Path;"
        f"s = u.spec_from_file_location('metrics', {metrics.__file__!r}); m = u.module_from_spec(s);"
        f"sys.modules['metrics'] = m; s.loader.exec_module(m); m.open_in(Path({str(tmp_path)!r}));"
    )
    return subprocess.Popen([sys.executable, "-c", code + rest], cwd=TOP, stdout=subprocess.PIPE)


def test_processes_add_up_and_a_killed_one_takes_nothing_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "BEATS", 600.0)
    metrics.count("answers", outcome="stored")
    killed = counting(tmp_path, "m.count('answers', 4, outcome='stored'); m.gauge('waiting', 7); m.beat();"
                                "print(flush=True); time.sleep(60)")
    assert killed.stdout
    killed.stdout.readline()
    metrics.gauge("waiting", 2)
    metrics.beat()
    both = metrics.collected(tmp_path)
    assert both.total("answers") == 5
    assert both.gauges[("waiting", ())] == 9
    assert both.processes == 2
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    after = counting(tmp_path, "m.count('answers', outcome='stored')")
    assert after.wait() == 0
    found = metrics.collected(tmp_path)
    assert found.total("answers", outcome="stored") == 6
    assert found.gauges[("waiting", ())] == 2  # the next process took over the file, and the gauge with it
    assert len(list((tmp_path / metrics.FOLDER).iterdir())) == 2


def test_a_child_counts_for_itself(tmp_path: Path):
    metrics.count("answers")
    child = os.fork()
    if child == 0:
        metrics.count("answers", 10)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    metrics.count("answers", 100)
    assert metrics.collected(tmp_path).total("answers") == 111


def test_what_is_exposed_is_what_the_format_says(tmp_path: Path):
    metrics.count("refusals", code='a "strange"\\ code\nin two lines')
    for seconds in (0.0004, 0.003, 0.003, 99.0):
        metrics.observe("request_seconds", seconds, route="staff")
    metrics.beat()
    metrics.gauge("waiting", 1.5)
    found = parsed(metrics.exposition(metrics.collected(tmp_path), {"refusals": "why\nnot"}))
    staff = ("route", "staff")
    assert found[("hailong_request_seconds_bucket", frozenset({staff, ("le", "0.001")}))] == 1
    assert found[("hailong_request_seconds_bucket", frozenset({staff, ("le", "0.005")}))] == 3
    assert found[("hailong_request_seconds_count", frozenset({staff}))] == 4
    assert found[("hailong_request_seconds_sum", frozenset({staff}))] == pytest.approx(99.0064)
    assert found[("hailong_waiting", frozenset())] == 1.5


@pytest.mark.parametrize("text", [
    "hailong_x 1\n", "# TYPE hailong_x counter\nhailong_x 1\n", "# TYPE hailong_x gauge\nhailong_x{a=b} 1\n",
    "# TYPE hailong_x gauge\nhailong_x 1\nhailong_x 1\n",
    '# TYPE h histogram\nh_bucket{le="1"} 5\nh_bucket{le="+Inf"} 3\nh_sum 1\nh_count 3\n',
])
def test_the_parser_sees_a_breach(text: str):
    with pytest.raises(AssertionError):
        parsed(text)


def test_no_flood_of_names_makes_it_grow(tmp_path: Path):
    for number in range(3 * metrics.MOST):
        metrics.count("refusals", code=f"code-{number}")
    metrics.count("refusals", code="x" * 1000)
    metrics.observe("request_seconds", 1.0, route="late")
    [file] = (tmp_path / metrics.FOLDER).iterdir()
    assert file.stat().st_size < 300_000
    assert metrics.collected(tmp_path).total("refusals") == metrics.MOST


def test_a_torn_or_foreign_file_spoils_nothing(tmp_path: Path):
    metrics.count("answers")
    (tmp_path / metrics.FOLDER / "001").write_bytes(b"\xff" * 1000)
    assert metrics.collected(tmp_path).total("answers") == 1
    other = counting(tmp_path, "m.count('answers')")
    assert other.wait() == 0
    assert metrics.collected(tmp_path).total("answers") == 2


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    metrics.open_in(tmp_path / "file")
    metrics.count("answers")
    metrics.observe("request_seconds", 1.0)


def test_a_request_pays_less_than_ten_microseconds(tmp_path: Path):
    environ = {traffic.BEGAN: time.perf_counter()}

    def once() -> float:
        began = time.process_time()
        for _ in range(5000):
            metrics.count("answers", outcome="stored")
            traffic.observed("citizen_send", 201, environ)
        return (time.process_time() - began) / 5000

    assert min(once() for _ in range(5)) < 10e-6
