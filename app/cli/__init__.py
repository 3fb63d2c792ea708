"""`flask --app wsgi …`: one module per group of commands; this file holds what they share.

Every command: `--help`, exit code 0 or 1 (2 for wrong usage), errors in two languages naming row and column,
all or nothing. Every listing takes `--json`.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import click
from flask import Flask

from app import messages
from surveys.errors import Refusal

P = ParamSpec("P")
R = TypeVar("R")

SHOWN_FAULTS = 20
"""places listed before 'and N more'"""


def refusing(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a domain refusal into clear lines on standard error and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            say_refusal(refusal)
            sys.exit(1)

    return wrapped


def say_refusal(refusal: Refusal) -> None:
    for language in ("vi", "en"):
        head = "Lỗi" if language == "vi" else "Error"
        click.echo(f"{head}: {messages.refusal_sentence(refusal, language)}", err=True)
        for fault in refusal.faults[:SHOWN_FAULTS]:
            click.echo(f"  {messages.fault_sentence(fault, language)}", err=True)
        if (more := len(refusal.faults) - SHOWN_FAULTS) > 0:
            click.echo(f"  … +{more}", err=True)


def listing(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as JSON or as an aligned table."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    if not rows:
        return
    columns = list(rows[0])
    table = [columns, *[["" if row[c] is None else str(row[c]) for c in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def register(app: Flask) -> None:
    import importlib
    import importlib.util

    for name in ("units", "definitions", "waves", "points", "slips", "responses", "scores", "accounts", "demonstration"):
        if importlib.util.find_spec(f"app.cli.{name}"):
            app.cli.add_command(importlib.import_module(f"app.cli.{name}").group)
