"""The log: what happened, in lines that name nobody.

A line has a time (UTC, to the second), a level, an event and a few named fields out of `FIELDS`; as text for a
terminal, or as JSON for a collector (HAILONG_LOG_FORMAT). It goes to standard error: who starts the server keeps it.
No address of a sender, no path (it may hold a slip), no answer, no text of an exception (a database quotes the row
it would not take) gets in: of an exception its kind and the places in the code are told, and of other libraries'
messages the wording without what they fill in.

While a request is served its lines carry the request's number, which is also on the page that says what failed: a
person can read it out, and it finds the line.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from flask import g, has_request_context

from app.settings import Settings

FIELDS = frozenset({
    "request", "route", "method", "status", "duration", "code", "kind", "where", "trace", "name", "count", "seconds",
})
"""what a line may tell besides its event; everything else is left out"""
OURS = "app"
"""the logger of the program, and of every module of it"""
LEVELS = ("debug", "info", "warning", "error")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: none is taken for another when read out"""
STARTING = ("Connection in use", "Invalid address", "Can't connect", "Retrying in")
"""messages about the server's own address, kept whole"""
TOP = f"{Path(__file__).resolve().parent.parent}/"
_HARMLESS = re.compile(r"SIG[A-Z0-9]{2,8}[!.]?")
"""a signal's name; other words in capitals may be somebody's code"""

_log = logging.getLogger(OURS)


def request_id() -> str:
    """Of the request that is served: drawn when first asked for, so that most requests have none."""
    found: str | None = g.get("request_id")
    if found is None:
        drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
        found = g.request_id = f"{drawn[:4]}-{drawn[4:]}"
    return found


def tell(level: int, event: str, **fields: object) -> None:
    """One line. Fields that `FIELDS` does not name are dropped."""
    if _log.isEnabledFor(level):
        _log.log(level, event, extra={"told": fields})


def is_told(level: int) -> bool:
    return _log.isEnabledFor(level)


def tell_failure(where: str) -> None:
    """The exception that is being handled: its kind and where it came from, never what it says."""
    kind, _, trace = sys.exc_info()
    tell(logging.ERROR, "failed", where=where, kind=kind.__name__ if kind else "-", trace=_places(trace))


def _places(trace: object) -> str:
    frames = traceback.extract_tb(trace)  # type: ignore[arg-type]  # as sys.exc_info gives it
    return " < ".join(f"{frame.filename.rpartition('site-packages/')[2].removeprefix(TOP)}:{frame.lineno} {frame.name}"
                      for frame in reversed(frames[-30:]))


# ---------------------------------------------------------------- how a line is made

def _line(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    yield "time", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
    yield "level", record.levelname.lower()
    yield "event", _event(record)
    if not _is_ours(record):
        yield "logger", record.name
    told = dict(getattr(record, "told", {}))
    if "request" not in told and has_request_context():
        told["request"] = request_id()
    if record.exc_info and record.exc_info[0] is not None:
        told |= {"kind": record.exc_info[0].__name__, "trace": _places(record.exc_info[2])}
    yield "process", record.process
    for name, value in told.items():
        if name in FIELDS and value is not None:
            yield name, value if isinstance(value, int | float) else str(value)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == OURS or record.name.startswith(f"{OURS}.")


def _event(record: logging.LogRecord) -> str:
    said = str(record.msg)
    if _is_ours(record):
        return record.getMessage()
    if said.startswith("Invalid request from"):  # quotes the address and what was sent, in its wording already
        return "a malformed request was refused"
    if said.startswith(("Error handling", "Socket error")):
        return "error while handling a request"
    if said.startswith(STARTING):
        return record.getMessage()
    if isinstance(record.args, Mapping):
        return said[:200]
    try:
        return (said % tuple(_harmless(value) for value in record.args or ()) if record.args else said)[:200]
    except (TypeError, ValueError):
        return said[:200]


def _harmless(value: object) -> object:
    if isinstance(value, int | float) or (isinstance(value, str) and _HARMLESS.fullmatch(value)):
        return value
    return "…"


class JsonLines(logging.Formatter):
    """An object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(dict(_line(record)), ensure_ascii=False, separators=(",", ":"))


class TextLines(logging.Formatter):
    """For a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        line = dict(_line(record))
        head = f"{line.pop('time')} {str(line.pop('level')).upper():<7} {line.pop('event')}"
        line.pop("process")
        said = " ".join(f"{name}={value}" for name, value in line.items())
        return _UNPRINTABLE.sub(" ", f"{head}  {said}".rstrip())


_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def formatter(settings: Settings) -> logging.Formatter:
    return JsonLines() if settings.log_format == "json" else TextLines()


class _Stderr(logging.StreamHandler[TextIO]):
    """Standard error as it is when something is told, not as it was when the program began."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # an attribute there
        return sys.stderr


def set_up(settings: Settings) -> None:
    """Our lines from the chosen level on, everybody else's from warnings on; all through one formatter."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Stderr)]:
        root.removeHandler(handler)
    handler = _Stderr()
    handler.setFormatter(formatter(settings))
    root.addHandler(handler)
    _log.setLevel(settings.log_level.upper())
