"""What each request was: counted by the kind of its page, and told to the log where that serves somebody.

What citizens send and get right leaves no line: its metrics say how many and how fast, while a list of moments would
say who answered what to whoever watched the counter. Refusals and failures leave a line, and so does every request
of staff (from level info on).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app, g, request

from app import auth, load, logs, metrics

BEGAN = "hailong.began"
"""in the WSGI environment: when the request came in, by a clock that never jumps"""
_BUCKETS = tuple((bound, f"<={bound:g}s") for bound in metrics.BOUNDS)
MOST = 1024
"""kinds of page remembered by endpoint and method"""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


def kind() -> str:
    """Of the page asked for: none | static | health | citizen_form | citizen_send | export | report | staff."""
    known: dict[tuple[str | None, str], str] = current_app.extensions["kinds"]
    key = (request.endpoint, request.method)
    found = known.get(key)
    if found is None:
        found = _kind(current_app, *key)
        if len(known) < MOST:  # a method may be any word
            known[key] = found
    return found


def _kind(app: Flask, endpoint: str | None, method: str) -> str:
    if endpoint is None:
        return "none"
    if endpoint == "static" or endpoint.startswith("sounds."):
        return "static"
    if endpoint.startswith("health.") and endpoint != "health.status":
        return "health"
    rule = auth.rule_of(app, endpoint)
    if rule is not None and rule.action is None and not rule.form:
        return "citizen_send" if method == "POST" else "citizen_form"
    if endpoint in load.EXPORTS:
        return "export"
    return "report" if endpoint in load.HEAVY else "staff"


def level_of(status: int, kind: str) -> int:
    """At which a request is told; NOTSET: not at all."""
    if status >= 500 and g.get("refused_code") != "reading_busy":  # staff who wait are counted, and that is enough
        return logging.WARNING if status == 503 else logging.ERROR
    if status >= 400 or kind in {"staff", "report", "export"}:
        return logging.INFO
    return logging.NOTSET


def number_for(status: int) -> str:
    """What an error page shows for a person to quote; '' where no line of the log would have it."""
    level = level_of(status, kind())
    return logs.request_id() if level and logs.is_told(level) else ""


def bucket(seconds: float) -> str:
    return next((said for bound, said in _BUCKETS if seconds <= bound), ">10s")


@lru_cache(maxsize=256)
def _series(page: str, hundreds: int) -> metrics.Series:
    return "request_seconds", (("route", page), ("status", f"{hundreds}xx"))


def observed(page: str, status: int, environ: Mapping[str, Any]) -> float:
    """Count a request that is replied to; returns its seconds."""
    now = time.perf_counter()
    seconds: float = now - environ.get(BEGAN, now)
    metrics.timed(_series(page, status // 100), seconds)
    return seconds


def finished(response: Response) -> Response:
    page, status = kind(), response.status_code
    seconds = observed(page, status, request.environ)
    if status >= 400 or page not in _QUIET:
        level = level_of(status, page)
        if level and logs.is_told(level):
            method = request.method
            logs.tell(
                level, "request", route=request.endpoint or "-", status=status, duration=bucket(seconds),
                method=method if method in METHODS else "-", code=g.get("refused_code"),
            )
    return response


_QUIET = frozenset({"none", "static", "health", "citizen_form", "citizen_send"})
"""kinds of page whose success is not told"""


def refused(code: str) -> None:
    """A refusal by its code, in the metrics and in the request's line."""
    g.refused_code = code
    metrics.count("refusals", code=code)


class Timed:
    """WSGI: notes when a request came in."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[BEGAN] = time.perf_counter()
        found: Iterable[bytes] = self._inner(environ, start_response)
        return found


def register(app: Flask) -> None:
    """First of all, so that its after_request runs last."""
    app.extensions["kinds"] = {}
    app.wsgi_app = Timed(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way
    app.after_request(finished)
