"""CPU of the staff pages: the demonstration with 78 communes and 230 accounts, beside a Flask hello.

Every page that can be reached by a link is measured, one address for each kind of page, as the role that uses it most.
"""

from __future__ import annotations

import statistics
import time

from flask.testing import FlaskClient

from app import refresh
from bench._crawl import Crawl
from bench._ground import COMMUNE, PROVINCE, busy, demonstration, enter
from bench.pages import hello
from surveys.access import Role

MOST = 15.0
"""milliseconds of CPU at the median that a staff page may cost"""
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
            crawl = Crawl(client)
            crawl.walk()
            for endpoint, path in crawl.pages.items():
                if endpoint not in found:
                    measured = _measure(client, greeting, path, calls)
                    if measured:
                        found[endpoint] = {"as": role.value, "path": path, **measured}
    costs = {endpoint: float(str(each["ms"])) for endpoint, each in found.items()}
    for endpoint, each in sorted(found.items(), key=lambda pair: -costs[pair[0]]):
        print(f"{each['ms']:>8} ms {each['over_hello']:>7} × hello  {endpoint:<28}{each['path']}")
    return {
        "pages": len(found), "slowest_ms": max(costs.values()), "median_of_pages_ms": statistics.median(costs.values()),
        "over_15_ms": sorted(endpoint for endpoint, cost in costs.items() if cost > MOST), "each": found,
    }


def _measure(client: FlaskClient, greeting: FlaskClient, path: str, calls: int) -> dict[str, object] | None:
    """Median CPU of one page and its ratio to a hello of the same minute; None: it is no page."""
    first = client.get(path)
    if first.status_code != 200 or first.mimetype != "text/html":
        return None
    own, other = [], []
    for _ in range(calls):
        own.append(_cost(client, path))
        other.append(_cost(greeting, "/"))
    page, plain = statistics.median(own), statistics.median(other)
    return {"ms": round(page, 2), "over_hello": round(page / plain), "kib": round(len(first.data) / 1024)}


def _cost(client: FlaskClient, path: str) -> float:
    began = time.process_time()
    client.get(path)
    return (time.process_time() - began) * 1000
