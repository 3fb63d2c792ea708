"""The figures of `./hailong bench serving` as the table of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def table(found: Mapping[str, Any]) -> str:
    """found: what the bench wrote. One row a promise, one column an engine."""
    engines = [name for name in ENGINES if name in found]
    rows = [
        ["", "promised", *(ENGINES[name] for name in engines)],
        ["---", "---", *("---:" for _ in engines)],
    ]

    def row(title: str, promised: str, *keys: str) -> None:
        values = [_at(found[name], keys) for name in engines]
        if any(value is not None for value in values):
            rows.append([title, promised, *("–" if value is None else f"{value:g}" for value in values)])

    row("POST, CPU over a hello with one durable commit", "≤ 1.1, ≤ 1.25", "post_over_base")
    row("the usual way, CPU over our POST", "≥ 5.5", "idiomatic_over_post")
    row("GET of the form of 22 items, CPU over a hello", "≤ 1.5", "get_over_hello")
    row("the usual way, CPU of GET over ours", "", "idiomatic_get_over_get")
    row("p99 at 16 connections, one commit each over ours", "≥ 5", "single_p99_over_post_p99")
    slow = "flushes 5 ms slower, 64 connections: our rate over"
    row(f"{slow} one commit each", "≥ 8", "slow_flush", "post_over_single")
    row(f"{slow} the hello with one commit", "", "slow_flush", "post_over_base")
    row("POST, CPU in ms", "", "cpu_ms", "post")
    row("GET, CPU in ms", "", "cpu_ms", "get")
    row("POST, p50 in ms at 16 connections", "", "p50_ms", "post")
    row("POST, p99 in ms at 16 connections", "", "p99_ms", "post")
    row("POST, p99 in ms at 64 connections", "", "p99_ms_64", "post")
    row("answers a second, flushes 5 ms slower", "", "slow_flush", "rps", "post")
    row("memory of master and two workers under load, PSS in MB", "≤ 160", "pss_mb", "post")
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _at(found: Any, keys: tuple[str, ...]) -> float | None:
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return float(found)
