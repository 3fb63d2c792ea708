"""A real Chromium against a real server on this machine.

`live_server.url` is where it answers; `live_server.transaction()` writes to its database (make a point, a
slip); `page` is a phone-sized page that reaches no other host and fails its test on any console error;
`axe(page)` returns the accessibility faults found.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from tests.databases import Databases
from tests.world import World, build, run

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
QUIET = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
"""A test browser speaks to nobody but the page's server."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class LiveServer:
    url: str
    app: Flask

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing session on the server's database, within its application context."""
        from app import db

        with self.app.app_context(), db.transaction() as session:
            yield session


@pytest.fixture(scope="session")
def serve(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`with serve(demonstration=True) as live_server:` a server of its own, on an empty migrated database."""

    @contextmanager
    def serving(**changes: Any) -> Iterator[LiveServer]:
        from app import create_app
        from app.db import db
        from app.settings import read

        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        url = databases.new()
        state = tmp_path_factory.mktemp("state")
        app = create_app(read({}, state=state, database_url=url, bind="127.0.0.1", port=port, **changes))
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield LiveServer(f"http://127.0.0.1:{port}", app)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            listening.close()
            with app.app_context():
                db.engine.dispose()
            databases.drop(url)

    return serving


@pytest.fixture(scope="session")
def live_server(serve: Callable[..., AbstractContextManager[LiveServer]]) -> Iterator[LiveServer]:
    """The demonstration, shared by all tests of one worker: do not close its wave."""
    with serve(demonstration=True) as server:
        demonstrate(server)
        yield server


@pytest.fixture(scope="session")
def long_form(
    serve: Callable[..., AbstractContextManager[LiveServer]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, World]]:
    """A server that asks the 22 items, and its world."""
    with serve() as server:
        yield server, build(server.app, tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="session")
def short_form(
    serve: Callable[..., AbstractContextManager[LiveServer]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, World]]:
    """The same with the counter's short form, which has skip logic."""
    with serve() as server:
        yield server, build(server.app, tmp_path_factory.mktemp("short"), "counter-short")


def demonstrate(server: LiveServer) -> None:
    """Fill the server with the national list of units and the simulated wave."""
    runner = server.app.test_cli_runner()
    run(runner, "units", "load-national")
    run(runner, "demonstration", "create")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def chromium() -> str:
    path = os.environ.get("HAILONG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.fail("no Chromium: apt-get install chromium, or set HAILONG_CHROMIUM", pytrace=False)
    return path


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    # without Chromium's sandbox, which root and many containers cannot have: it opens our own pages only
    started = playwright.chromium.launch(executable_path=chromium(), args=QUIET, chromium_sandbox=False)
    yield started
    started.close()


@dataclass
class Watched:
    """What a page did that a citizen's page must not do."""

    outside: list[str] = field(default_factory=list)
    """requests to other hosts; all were blocked"""
    errors: list[str] = field(default_factory=list)
    """console errors and uncaught exceptions"""


def watch(context: BrowserContext) -> Watched:
    """Block and note every request that leaves this machine, and every error."""
    seen = Watched()

    def gate(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            seen.outside.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    context.route("**/*", gate)
    context.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda raised: seen.errors.append(str(raised.error)))
    return seen


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(viewport=DESKTOP, java_script_enabled=False, …)`: a page in a new context.

    After the test: no outside host was asked for, and nothing was logged as an error. A test that provokes
    an error (a refused form answers 422, which Chromium logs) passes `errors_allowed=True`.
    """
    contexts: list[tuple[BrowserContext, Watched, bool]] = []

    def make(*, errors_allowed: bool = False, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": PHONE, "locale": "vi-VN", **options})
        context.set_default_timeout(10_000)
        contexts.append((context, watch(context), errors_allowed))
        return context.new_page()

    yield make
    outside: list[str] = []
    errors: list[str] = []
    for context, seen, errors_allowed in contexts:
        context.close()
        outside += seen.outside
        errors += [] if errors_allowed else seen.errors
    assert not outside, f"the page asked other hosts: {outside}"
    assert not errors, f"errors in the page: {errors}"


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A phone (360 px wide), with JavaScript."""
    return open_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[dict[str, Any]]]:
    """`assert axe(page) == []`: accessibility faults, each with its rule, its help and the elements."""
    checker = Axe()

    def check(page: Page) -> list[dict[str, Any]]:
        found = checker.run(page).response["violations"]
        return [
            {"rule": fault["id"], "help": fault["help"], "where": [node["html"] for node in fault["nodes"]]}
            for fault in found
        ]

    return check
