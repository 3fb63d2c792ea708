"""Compression of what citizens load, where no proxy does it: a phone on a bad network pays for every byte.

Only pages without a session and static files: a page that mixes a secret with what somebody typed must not be
compressed (its size would tell the secret).
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, current_app, request
from werkzeug.http import parse_accept_header

from app import auth

KINDS = frozenset({"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml",
                   "application/json"})
LEAST = 1024
"""bytes from which it pays"""
QUICK, SMALL = 4, 9


def register(app: Flask) -> None:
    @app.after_request
    def compress(response: Response) -> Response:
        if "Content-Encoding" in response.headers:  # compressed already, as citizens' forms are
            return response
        rule = auth.rule_of(current_app, request.endpoint) if request.endpoint else None
        if rule is None or rule.action is not None or rule.form or response.mimetype not in KINDS:
            return response
        if "Vary" in response.headers:
            response.vary.add("Accept-Encoding")
        else:
            response.headers["Vary"] = "Accept-Encoding"
        static = request.endpoint == "static"
        if not wanted() or response.status_code not in {200, 422}:
            return response
        if response.is_streamed and not static:
            return response
        response.direct_passthrough = False
        content = response.get_data()
        if len(content) >= LEAST:
            response.set_data(_kept(content) if static else gzip.compress(content, QUICK, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            if tag := response.get_etag()[0]:
                response.set_etag(tag, weak=True)
        return response


def wanted() -> bool:
    """Whether the reader takes gzip."""
    return takes_gzip(request.headers.get("Accept-Encoding", ""))


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """By the header Accept-Encoding."""
    return "gzip" in accepted and bool(parse_accept_header(accepted)["gzip"])


@lru_cache(maxsize=64)
def _kept(content: bytes) -> bytes:
    return gzip.compress(content, SMALL, mtime=0)
