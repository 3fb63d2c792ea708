"""What a citizen's page and answer cost: ours, a hello, a hello with one durable commit, and the usual way.

Every server stands by while one is measured, round after round in turn; figures are medians over rounds of CPU of the
whole server tree, PostgreSQL's processes included, per request. Absolute times depend on the machine and on what else
it does; only ratios within one run mean something.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.db import db, reading, transaction
from app.settings import read
from bench._ground import COMMUNES, open_wave
from bench._serving import load, servers, tree
from bench._serving.peers import ITEMS
from bench._serving.servers import Server
from bench._serving.table import table
from surveys import collection, conduct
from surveys.store import definitions
from surveys.store import waves as wave_store

ROUNDS, QUICK_ROUNDS = 9, 3
CONNECTIONS = 16
MANY = 64
RESULTS = Path(__file__).parent / "results"
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"

Make = Callable[[], bytes]


@dataclass(frozen=True)
class Target:
    name: str
    server: Server
    request: Make
    count: int
    """requests of one round"""
    connections: int = CONNECTIONS


def run(quick: bool) -> dict[str, object]:
    rounds = QUICK_ROUNDS if quick else ROUNDS
    found: dict[str, object] = {"machine": machine(), "rounds": rounds, "connections": CONNECTIONS}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # a disk, where /tmp may be memory
        found["sqlite"] = _engine(Path(folder), "sqlite", rounds, quick)
        try:
            found["postgresql"] = _engine(Path(folder), "postgresql", rounds, quick)
        except FileNotFoundError as missing:
            print(missing)
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "serving.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
        _document(table(found))
    return found


def _document(shown: str) -> None:
    """Put the table where it is read."""
    before, begin, rest = DOCUMENT.read_text("utf-8").partition("<!-- serving -->\n")
    _, end, after = rest.partition("<!-- /serving -->")
    DOCUMENT.write_text(f"{before}{begin}{shown}\n{end}{after}", "utf-8")


def machine() -> dict[str, object]:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cpu": model[1] if model else platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version, "kernel": platform.release(), "load": round(os.getloadavg()[0], 1),
    }


def _engine(folder: Path, engine: str, rounds: int, quick: bool) -> dict[str, object]:
    with ExitStack() as stack:
        found = _ratios(stack, folder / engine, engine, rounds, quick)
    preload = servers.slow_flush(folder)
    if preload:
        with ExitStack() as stack:
            found["slow_flush"] = _slow(stack, folder / f"{engine}-slow", engine, preload, quick)
    else:
        print("no C compiler: flushes cannot be made slower here")
    return found


# ---------------------------------------------------------------- CPU, and the tail


def _ratios(stack: ExitStack, folder: Path, engine: str, rounds: int, quick: bool) -> dict[str, object]:
    targets = _targets(stack, folder, engine, "", quick)
    cpu: dict[str, list[float]] = {target.name: [] for target in targets}
    p50: dict[str, list[float]] = {target.name: [] for target in targets}
    p99: dict[str, list[float]] = {target.name: [] for target in targets}
    for target in targets:  # the first requests fill what is kept
        measured(target, 200)
    for turn in range(rounds):
        for target in targets:
            used, outcome = measured(target, target.count)
            cpu[target.name].append(used / outcome.done * 1e3)
            p50[target.name].append(outcome.quantile(0.5) * 1e3)
            p99[target.name].append(outcome.quantile(0.99) * 1e3)
        print(f"{engine} {turn + 1}/{rounds} " + "  ".join(f"{name} {each[-1]:.3f}" for name, each in cpu.items()))
    ms = {name: statistics.median(each) for name, each in cpu.items()}
    tail = {name: statistics.median(each) for name, each in p99.items()}
    tail_many = _many(targets, quick)
    memory = {target.name: tree.pss(tree.descendants(target.server.roots[:1])) for target in targets}
    found: dict[str, object] = {
        "cpu_ms": _rounded(ms),
        "p50_ms": _rounded({name: statistics.median(each) for name, each in p50.items()}),
        "p99_ms": _rounded(tail), "p99_ms_64": _rounded(tail_many),
        "pss_mb": {name: round(memory[name] / 2**20) for name in ("hello", "post", "idiomatic")},
        "get_over_hello": round(ms["get"] / ms["hello"], 2),
        "post_over_base": round(_ratio(cpu["post"], cpu["base"]), 2),
        "idiomatic_over_post": round(_ratio(cpu["idiomatic"], cpu["post"]), 2),
        "idiomatic_get_over_get": round(_ratio(cpu["idiomatic_get"], cpu["get"]), 1),
        "post_rps_per_core": round(1000 / ms["post"]),
    }
    if "single" in tail:
        found["single_p99_over_post_p99"] = round(_ratio(p99["single"], p99["post"]), 1)
    return found


def _ratio(one: list[float], other: list[float]) -> float:
    """Median of the ratios of the rounds: what slows a whole round slows both."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def _many(targets: list[Target], quick: bool) -> dict[str, float]:
    """p99 at 64 connections, ms."""
    found = {}
    for target in targets:
        if target.name in {"post", "base", "single"}:
            _, outcome = measured(target, target.count if quick else target.count * 2, MANY)
            found[target.name] = outcome.quantile(0.99) * 1e3
    return found


def _slow(stack: ExitStack, folder: Path, engine: str, preload: str, quick: bool) -> dict[str, object]:
    """Every flush takes 5 ms longer, 64 connections: rate and tail."""
    targets = _targets(stack, folder, engine, preload, quick)
    rates: dict[str, list[float]] = {}
    tails: dict[str, list[float]] = {}
    chosen = [target for target in targets if target.name in {"post", "single", "base"}]
    for _ in range(1 if quick else 3):
        for target in chosen:
            count = 3000 if target.name == "post" else 600
            _, outcome = measured(target, count // (3 if quick else 1), MANY)
            rates.setdefault(target.name, []).append(outcome.done / outcome.wall)
            tails.setdefault(target.name, []).append(outcome.quantile(0.99) * 1e3)
    rate = {name: statistics.median(each) for name, each in rates.items()}
    other = "single" if "single" in rate else "base"
    return {
        "rps": {name: round(value) for name, value in rate.items()},
        "p99_ms": _rounded({name: statistics.median(each) for name, each in tails.items()}),
        f"post_over_{other}": round(rate["post"] / rate[other], 1),
    }


def measured(target: Target, count: int, connections: int = 0) -> tuple[float, load.Outcome]:
    """(CPU seconds of the server's tree, what became of the requests). Raises RuntimeError when one is refused."""
    pids = tree.descendants(target.server.roots)
    before = tree.cpu(pids)
    outcome = load.run(target.server.port, connections or target.connections, count, target.request)
    after = tree.cpu(pids | tree.descendants(target.server.roots))
    refused = {status: number for status, number in outcome.statuses.items() if status not in {200, 201, 303}}
    if refused:
        raise RuntimeError(f"{target.name}: {refused}")
    return after - before, outcome


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3 if value < 10 else 1) for name, value in values.items()}


# ---------------------------------------------------------------- servers and requests


def _targets(stack: ExitStack, folder: Path, engine: str, preload: str, quick: bool) -> list[Target]:
    folder.mkdir()
    also: tuple[int, ...] = ()
    url = ""
    if engine == "postgresql":
        database = stack.enter_context(servers.postgresql(preload))
        url, also = database.url, (database.pid,)
    state = folder / "state"
    point, form = _ready(state, url)
    peers = url or str(folder / "peer.db")
    hello = stack.enter_context(servers.peer("hello"))
    base = stack.enter_context(servers.peer("base", peers, also=also, preload=preload))
    usual = stack.enter_context(servers.peer("idiomatic", peers, also=also, preload=preload))
    our = stack.enter_context(servers.ours(state, url, also=also, preload=preload))
    times = 1 if quick else 3
    targets = [
        Target("hello", hello, _get("/"), 700 * times),
        Target("get", our, _get(f"/p/{point}"), 700 * times),
        Target("base", base, lambda: _request("POST", "/", b"x=1"), 400 * times),
        Target("post", our, _post(our, point, form), 400 * times),
        Target("idiomatic", usual, _usual_post(usual), 60 * times),
        Target("idiomatic_get", usual, _get("/"), 30 * times),
    ]
    if engine == "sqlite":
        single = stack.enter_context(servers.ours(state, url, single=True, preload=preload))
        targets.insert(4, Target("single", single, _post(single, point, form), 300 * times))
    return targets


def _ready(state: Path, url: str) -> tuple[str, dict[str, str]]:
    """An open wave; (a point's code, a filled form)."""
    app: Flask = create_app(read({}, state=state, database_url=url))
    with app.app_context():
        upgrade()
    open_wave(app, "W")
    with app.app_context():
        with transaction() as session:
            wave = wave_store.wave(session, "W")
            point = collection.create_point(session, wave, conduct.tree_of(session, wave), COMMUNES[0], "")
        with reading() as session:
            asked = definitions.questionnaire(session, wave.questionnaire_id).questions
        db.engine.dispose()
    closed = (question for question in asked if question.options and question.kind != "several")
    return point.code, {question.id: question.options[0].code for question in closed}


def _get(path: str) -> Make:
    made = _request("GET", path)
    return lambda: made


def _post(server: Server, point: str, form: dict[str, str]) -> Make:
    """A whole form under a new id each time, as a browser without JavaScript sends it, answered in JSON's brevity."""
    token = _hidden(server, f"/p/{point}", "token")
    fixed = urlencode({**form, "token": token, "lang": "vi", "seconds": "95"}).encode()
    return lambda: _request("POST", f"/p/{point}", fixed + b"&id=" + secrets.token_hex(16).encode())


def _usual_post(server: Server) -> Make:
    address = f"http://127.0.0.1:{server.port}/"
    with urlopen(Request(address)) as reply:  # our own server
        cookie = reply.headers["Set-Cookie"].partition(";")[0]
        page = reply.read().decode()
    token = _value(page, "csrf_token")
    body = urlencode({**{f"q{number}": "4" for number in range(1, ITEMS + 1)}, "csrf_token": token}).encode()
    return lambda: _request("POST", "/", body, f"Cookie: {cookie}\r\n")


def _hidden(server: Server, path: str, name: str) -> str:
    with urlopen(f"http://127.0.0.1:{server.port}{path}") as reply:  # our own server
        return _value(reply.read().decode(), name)


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    if found is None:
        raise RuntimeError(f"no field {name}")
    return found[1]


def _request(method: str, path: str, body: bytes = b"", more: str = "") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}"
    if body:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
