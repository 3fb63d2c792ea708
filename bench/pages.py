"""CPU of a citizen's form against a Flask hello, and the weight of all that a phone loads for it.

Both are called in one process, round by round in turn; a ratio of medians says more than either time.
"""

from __future__ import annotations

import gzip
import re
import statistics
import time
from collections.abc import Iterable
from urllib.parse import urljoin

from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from bench._ground import COMMUNES, open_wave, sqlite
from surveys import collection, conduct
from surveys.store import waves as wave_store

ROUNDS = 9


def run(quick: bool) -> dict[str, object]:
    calls = 100 if quick else 1000
    with sqlite() as app:
        open_wave(app, "W")
        with app.app_context(), transaction() as session:
            wave = wave_store.wave(session, "W")
            point = collection.create_point(session, wave, conduct.tree_of(session, wave), COMMUNES[0], "")
        path = f"/p/{point.code}"
        form, greeting = app.test_client(), hello().test_client()
        hello_us, form_us = interleaved([(greeting, "/"), (form, path)], calls)
        files = weights(form, path)
    return {
        "hello_us": round(hello_us), "form_us": round(form_us), "form_over_hello": round(form_us / hello_us, 2),
        "gzip_bytes": sum(files.values()), "files": files,
    }


def hello() -> Flask:
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def interleaved(targets: list[tuple[FlaskClient, str]], calls: int) -> list[float]:
    """Median microseconds of CPU per request, for each target."""
    times: list[list[float]] = [[] for _ in targets]
    for client, path in targets:
        assert client.get(path).status_code == 200  # also fills what is kept between requests
    for _ in range(ROUNDS):
        for (client, path), taken in zip(targets, times, strict=True):
            began = time.process_time()
            for _ in range(calls):
                client.get(path)
            taken.append((time.process_time() - began) / calls * 1e6)
    return [statistics.median(taken) for taken in times]


def weights(client: FlaskClient, page: str) -> dict[str, int]:
    """Bytes as sent compressed, of the page and of everything on this host that it loads."""
    found: dict[str, int] = {}
    waiting = [page]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        reply = client.get(address)
        assert reply.status_code == 200, address
        packed = gzip.compress(reply.data, 6)
        found[address] = min(len(packed), len(reply.data))
        waiting += [urljoin(address, target) for target in loaded(reply.mimetype, reply.data)]
    return {"page": found.pop(page), **dict(sorted(found.items()))}


def loaded(mimetype: str, content: bytes) -> Iterable[str]:
    """Addresses that a browser fetches for this file."""
    text = content.decode("utf-8", errors="replace")
    if mimetype == "text/html":
        tags: list[str] = re.findall(r"<(?:link|script|img)\b[^>]*>", text)
        for tag in tags:
            if "link" not in tag or re.search(r'rel="(stylesheet|preload|icon|manifest)"', tag):
                yield from re.findall(r'(?:href|src)="(/[^"]+)"', tag)
    elif mimetype == "text/css":
        yield from re.findall(r"url\([\"']?([^\"')]+)", text)
    elif "javascript" in mimetype:
        yield from re.findall(r"[\"'](/static/[^\"']+)[\"']", text)
