"""CPU of the staff pages: the demonstration with 78 communes and 230 accounts, beside a Flask hello.

Every kind of page that can be reached by a link is measured at the costliest of its addresses that were met, as each
of the roles that use it most; the costlier counts. Then the pages that show most after somebody has chosen or done
something: two methods side by side, searches, and a published wave with a correction on its way.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient

from app import refresh, templating, wave_tables
from app.views import results
from bench._crawl import Crawl
from bench._ground import COMMUNE, PROVINCE, WAVE, busy, command, correcting, demonstration, enter
from bench.pages import hello
from surveys.access import Role

MOST = 15.0
"""milliseconds of CPU at the median that a staff page may cost"""
ADDRESSES = 5
"""of one kind of page that are tried"""
ROLES = ((Role.PROVINCE_MANAGER, PROVINCE), (Role.ADMINISTRATOR, None), (Role.AUDITOR, PROVINCE),
         (Role.UNIT_OFFICER, COMMUNE))


def run(quick: bool) -> dict[str, object]:
    calls = 10 if quick else 60
    refresh.launch = lambda *_, **__: None  # type: ignore[assignment]  # no child process while we measure
    found: dict[str, dict[str, object]] = {}
    with demonstration() as app:
        busy(app)
        greeting = hello().test_client()
        for role, unit in ROLES:
            client = app.test_client()
            enter(client, role, unit)
            crawl = Crawl(client, ADDRESSES)
            crawl.walk()
            for endpoint, addresses in crawl.pages.items():
                path = max(addresses, key=lambda address: min(_cost(client, address) for _ in range(3)))
                measured = _measure(client, greeting, path, calls)
                if endpoint not in found or float(str(found[endpoint]["ms"])) < float(str(measured["ms"])):
                    found[endpoint] = {"as": role.value, "path": path, **measured}
        client = app.test_client()
        enter(client, *ROLES[0])
        for name, path in _chosen(app, client):
            found[name] = {"as": ROLES[0][0].value, "path": path, **_measure(client, greeting, path, calls)}
        enter(client, Role.ADMINISTRATOR, None)
        path = "/accounts/?q=can.bo.1"
        found["accounts.index, search"] = {
            "as": Role.ADMINISTRATOR.value, "path": path, **_measure(client, greeting, path, calls)
        }
    costs = {endpoint: float(str(each["ms"])) for endpoint, each in found.items()}
    for endpoint, each in sorted(found.items(), key=lambda pair: -costs[pair[0]]):
        cost = f"{each['ms']:>8} ms  first {each['first_ms']:>6} ms {each['over_hello']:>5} × hello"
        print(f"{cost}  {endpoint:<28}{each['path']}")
    return {
        "pages": len(found), "slowest_ms": max(costs.values()), "median_of_pages_ms": statistics.median(costs.values()),
        "over_15_ms": sorted(endpoint for endpoint, cost in costs.items() if cost > MOST), "each": found,
    }


def _chosen(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """(name, address) of pages that no link leads to; what they need is made as they are asked for."""
    yield "waves.progress, search", f"/waves/{WAVE}/progress?q=xa&sort=share"
    refresh.launch = lambda _settings, _task, _lock, words: command(app, *words)  # type: ignore[assignment]
    page = f"/waves/{WAVE}/methods"
    drafts = re.findall(r'value="(draft:[0-9]+)"', client.get(page).text)
    for address in (f"{page}?b={drafts[-1]}", f"{page}?b={drafts[-1]}&q=xa"):
        client.get(address)  # has it computed
        if 'id="all-caption"' not in client.get(address).text:
            raise SystemExit(f"{address}: no comparison to measure")
        yield f"waves.methods, two chosen{', search' * ('q=' in address)}", address
    correcting(app)
    for step in ("correct", "editions/1", "progress"):
        yield f"waves, published: {step}", f"/waves/{WAVE}/{step}"
    yield "waves, published: wave", f"/waves/{WAVE}"


def _measure(client: FlaskClient, greeting: FlaskClient, path: str, calls: int) -> dict[str, object]:
    """Median CPU of one page, that of its first request with nothing kept, and its ratio to a hello."""
    templating.FRAGMENTS.forget()
    results.FIGURES.forget()
    wave_tables.forget()
    first = _cost(client, path)
    size = len(client.get(path).data)
    own, other = [], []
    for _ in range(calls):
        own.append(_cost(client, path))
        other.append(_cost(greeting, "/"))
    page, plain = statistics.median(own), statistics.median(other)
    return {
        "ms": round(page, 2), "first_ms": round(first, 1), "over_hello": round(page / plain), "kib": round(size / 1024)
    }


def _cost(client: FlaskClient, path: str) -> float:
    began = time.process_time()
    client.get(path)
    return (time.process_time() - began) * 1000
