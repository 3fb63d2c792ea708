"""kill -9 of migrations, at every boundary between two statements of every migration in history, on both engines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.harness import Fault, Outcome, Pace
from tests.migrations import cuts, history
from tests.migrations.cuts import Place, PostgresPlace, SqlitePlace
from tests.migrations.test_cuts import TRAP
from tests.postgres import start_server


@contextmanager
def _place(engine: str, folder: Path) -> Iterator[Place]:
    if engine == "sqlite":
        yield SqlitePlace(folder)
        return
    server = start_server(None)
    try:
        yield PostgresPlace(server.url)
    finally:
        server.stop()


def _of(found: cuts.Cuts) -> Outcome:
    return Outcome(
        runs=found.kills, acked=found.rows, lost=found.lost, dup=found.doubled, corrupt=found.between,
        recovery_s=found.longest, complaints=found.complaints,
    )


def killed(engine: str, pace: Pace, *, planted: bool = False) -> Outcome:
    """`acked`: rows that stood in the databases before they were migrated. Recovery: the same command once more."""
    outcome = Outcome(runs=0)
    ways = list(cuts.steps())
    if pace.fast or planted:
        ways = [TRAP]
    elif not pace.quick:  # and as people do it: years at once
        ways += [(history.revisions()[0], history.revisions()[-1])]
    with tempfile.TemporaryDirectory(prefix="hl-cuts-") as folder, _place(engine, Path(folder)) as place:
        for old, new in ways:
            outcome += _of(cuts.cut(place, Path(folder), old, new, every=pace.count(6, 2, 1), planted=planted))
    return outcome


FAULTS = [
    Fault(
        f"migration-killed-{engine}",
        lambda pace, engine=engine: killed(engine, pace),  # type: ignore[misc]
        lambda pace, engine=engine: killed(engine, pace, planted=True),  # type: ignore[misc]
    )
    for engine in history.ENGINES
]
