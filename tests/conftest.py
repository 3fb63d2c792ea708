"""What every test stands on: an empty, migrated database of the engine under test, and the application.

`--engine sqlite` (default) or `--engine postgresql`; TEST_DATABASE_URL names a server of your own instead.
No test sees another's rows: SQLite gets a copy of one migrated file per test; on PostgreSQL each worker has
a database made from one migrated template and emptied after each test that used it.
"""

from __future__ import annotations

import contextvars
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy.orm import Session

from app.settings import Settings, read
from tests.audited import watched
from tests.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.postgres import Server, start_server
from tests.starting import Start, starts

SERVER = pytest.StashKey[Server]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=("sqlite", "postgresql"), default=None,
        help="database engine under test (default: the one of TEST_DATABASE_URL, else sqlite)",
    )
    parser.addoption(
        "--database-only", action="store_true",
        help="leave out tests that touch no database: they passed with the other engine already",
    )


def engine_name(config: pytest.Config) -> str:
    asked: str | None = config.getoption("--engine")
    given = os.environ.get("TEST_DATABASE_URL", "")
    return asked or ("postgresql" if given.startswith("postgres") else "sqlite")


def pytest_configure(config: pytest.Config) -> None:
    """One server for all workers: the process that starts the workers starts it, and stops it."""
    first = not hasattr(config, "workerinput")
    if engine_name(config) == "postgresql" and first and not config.option.collectonly:
        config.stash[SERVER] = start_server(os.environ.get("TEST_DATABASE_URL"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        without = {item for item in items if "databases" not in getattr(item, "fixturenames", ())}
        config.hook.pytest_deselected(items=list(without))
        items[:] = [item for item in items if item not in without]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each xdist worker where the server is."""
    if server := node.config.stash.get(SERVER, None):
        node.workerinput["postgres"] = (server.url, server.template)


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := config.stash.get(SERVER, None):
        server.stop()


@pytest.fixture(scope="session")
def databases(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    """Makes databases of the engine under test: `.new()` migrated and empty, `.new(migrated=False)` bare."""
    config = pytestconfig
    if engine_name(config) == "sqlite":
        yield SqliteDatabases(tmp_path_factory.mktemp("databases"))
        return
    if worker := getattr(config, "workerinput", None):
        own = PostgresDatabases(*worker["postgres"])
    else:
        own = PostgresDatabases(config.stash[SERVER].url, config.stash[SERVER].template)
    yield own
    own.drop_all()


@pytest.fixture
def database_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """This test's own database: migrated and empty."""
    with databases.lend(tmp_path) as url:
        yield url


@pytest.fixture
def bare_database_url(databases: Databases) -> Iterator[str]:
    """A database without any table, for tests of migrations."""
    url = databases.new(migrated=False)
    yield url
    databases.drop(url)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings that know nothing of this machine's environment."""
    return read({}, state=tmp_path / "state", database_url=database_url)


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """`make_app(demonstration=True, …)`: the application with some settings changed."""
    from dataclasses import replace

    from app import create_app, writer
    from app.db import db

    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        app = create_app(replace(settings, **changes))  # type: ignore[arg-type]  # the caller names real fields
        app.test_client_class = OwnContextClient
        made.append(app)
        return app

    yield make
    for app in made:
        writer.close(app)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(autouse=True)
def _answers_need_no_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's PostgreSQL does not flush, which the door for answers would refuse (`test_writer` asks for that)."""
    monkeypatch.setattr("app.writer.assert_durable", lambda connection: None)


@pytest.fixture(autouse=True)
def _changes_are_noted() -> Iterator[None]:
    """Whatever a request or a command changes in any test stands in the audit trail, or the test fails."""
    with watched():
        yield


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application on an empty, migrated database."""
    return make_app()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A writing session within an application context.

    It holds no file lock, so `session.commit()` is enough to let `client` and `runner` write and see.
    What a test did not commit is rolled back.
    """
    from app import keys
    from app.db import db
    from surveys.audit import Auditor

    with app.app_context():
        info = {"auditor": Auditor("test", keys.audit(), 0)}
        with Session(db.engine.execution_options(writes=True), info=info) as writing:
            yield writing
            writing.rollback()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Start]]:
    """`start("--empty")`: the server as `./hailong run` starts it, on this test's state and database."""
    with starts(tmp_path / "state", database_url) as starting:
        yield starting


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """`runner.invoke(args=["units", "list"])`"""
    return app.test_cli_runner()


class OwnContextClient(FlaskClient):
    """Each request in a context of its own, as on a real server.

    Inside a test's application context Flask would share `g`, and with it the signed-in person, between
    requests that have nothing to do with each other.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        send = super().open
        if self.preserve_context:  # `with client:` wants to look at the request afterwards
            return send(*args, **kwargs)
        return contextvars.Context().run(send, *args, **kwargs)


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the source."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def tool(root: Path) -> Callable[[str], str]:
    """Path of a program of the environment the tests run in."""
    import sys

    def find(name: str) -> str:
        path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
        assert path, f"{name} is not in the environment"
        return path

    return find
