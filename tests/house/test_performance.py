"""docs/performance.md shows the figures that the benchmarks wrote, and no others."""

from __future__ import annotations

import json
from pathlib import Path

from bench._serving.table import table


def test_the_table_of_serving_is_what_was_measured(root: Path):
    found = json.loads((root / "bench/results/serving.json").read_text("utf-8"))
    documented = (root / "docs/performance.md").read_text("utf-8")
    shown = documented.partition("<!-- serving -->")[2].partition("<!-- /serving -->")[0].strip()
    assert shown == table(found), "write it anew: ./hailong bench serving"


def test_the_table_has_what_was_promised():
    """Both engines' columns, and a dash where an engine has no such figure."""
    rows = table({"sqlite": {"post_over_base": 1.04, "slow_flush": {"post_over_single": 9}},
                  "postgresql": {"post_over_base": 1.2}}).splitlines()
    assert rows[0] == "|  | promised | SQLite | PostgreSQL |"
    assert "| POST, CPU over a hello with one durable commit | ≤ 1.1, ≤ 1.25 | 1.04 | 1.2 |" in rows
    assert rows[-1].endswith("| ≥ 8 | 9 | – |")
