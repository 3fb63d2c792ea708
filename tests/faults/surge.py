"""Ten times the answers of a busy hour, all of one commune, while six accounts ask for files without a pause.

A busy hour of a province: a hundred communes, an answer a minute each, in bursts of three: five a second; the surge is
fifty. The twin serves the same with nothing that keeps staff from taking every thread (`tests.unshed`).
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from tests.faults.harness import Fault, Outcome, Pace
from tests.serving import served
from tests.surging import Surge, surge

RATE = 50.0
"""answers a second"""
ABUSERS = 24
ACCEPTED = 0.999
SLOWEST = 1.0
"""seconds of the 99th percentile"""


@dataclass(frozen=True)
class Scene:
    app: Flask
    folder: Path
    point: str
    fields: dict[str, str]
    cookies: list[str]


@contextmanager
def scene() -> Iterator[Scene]:
    """The demonstration: 78 communes with scores, so that files and pages cost what they cost in a province."""
    from app import doors
    from app.db import reading
    from bench._ground import PROVINCE, demonstration, enter
    from surveys.access import Role
    from tests.world import ITEMS, hidden

    with demonstration() as app, tempfile.TemporaryDirectory() as folder:
        with app.app_context(), reading() as session:
            shown = doors.demonstration(session)
            assert shown
            assert shown.point
            point = shown.point.code
        page = app.test_client().get(f"/p/{point}").text
        cookies = []
        for _ in range(6):
            client = app.test_client()
            enter(client, Role.PROVINCE_MANAGER, PROVINCE)
            found = client.get_cookie("hailong")
            assert found
            cookies.append(f"hailong={found.value}")
        fields = {"token": hidden(page, "token"), **dict.fromkeys(ITEMS, "4")}
        yield Scene(app, Path(folder), point, fields, cookies)


FILES = ("/results/{wave}/export.xlsx", "/print/{wave}/posters.pdf", "/results/{wave}", "/results/{wave}/export.csv")


def _run(pace: Pace, application: str, patience: float = 20.0) -> Outcome:
    seconds = pace.pick(6, 30, 600)
    from app.doors import WAVE

    with scene() as at:
        settings = at.app.config["HAILONG"]
        with served(settings, at.folder, application, HAILONG_DEMONSTRATION="1") as server:
            found = surge(
                server.port, f"/p/{at.point}", at.fields, rate=RATE, seconds=seconds, cookies=at.cookies,
                patience=patience,
                files=[path.format(wave=WAVE) for path in FILES], abusers=ABUSERS,
            )
        return _judged(found, _stored(settings.state / "hailong.db"), pace)


def _judged(found: Surge, stored: list[str], pace: Pace) -> Outcome:
    outcome = Outcome(acked=len(found.accepted))
    outcome.lost = len(set(found.accepted) - set(stored))
    outcome.dup = len(stored) - len(set(stored))
    if found.share < ACCEPTED:
        outcome.complain(f"{found.share:.2%} of honest answers were accepted")
    if found.quantile(0.99) > SLOWEST * min(pace.leniency, 5.0):
        outcome.complain(f"p99 {found.quantile(0.99):.2f} s")
    outcome.complain("503 or 429 without Retry-After", found.hasty)
    outcome.complain("HTTP 500", found.abuse["500"] + found.refused[500])
    outcome.notes |= {
        "sent": found.sent, "p50": round(found.quantile(0.5), 3), "p99": round(found.quantile(0.99), 3),
        "refused_tries": sum(found.refused.values()), "abuse": dict(found.abuse),
    }
    return outcome


def _stored(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [id.hex() for (id,) in connection.execute("SELECT id FROM response")]


def run(pace: Pace) -> Outcome:
    return _run(pace, "wsgi:app")


def twin(pace: Pace) -> Outcome:
    return _run(Pace(quick=True, fast=pace.fast), "tests.unshed:app", patience=3.0)  # it would go on for ever


FAULTS = (Fault("surge", run, twin),)
