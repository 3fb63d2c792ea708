"""An installation whose database and state are its own, so that a test may back it up, restore it, start it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask

from app import create_app, server_day
from app.backup import creating
from app.backup.manifest import Manifest
from app.db import db, transaction
from app.settings import Settings, read
from surveys.store import epochs
from tests.conftest import OwnContextClient
from tests.databases import Databases
from tests.world import World, build

PASSPHRASE = "mot cum mat khau dai"
COST = 1 << 10
"""scrypt's, for tests"""


@contextmanager
def installation(databases: Databases, folder: Path) -> Iterator[World]:
    """A world on an own, migrated database."""
    url = databases.new()
    state = folder / "state"
    settings = read({}, state=state, database_url=url, language="en")
    app = create_app(settings)
    app.test_client_class = OwnContextClient
    try:
        yield build(app, folder)
    finally:
        stop(app)
        databases.drop(url)


def stop(app: Flask) -> None:
    """No connection of this application is open afterwards."""
    door = app.extensions.pop("door", None)
    if door is not None:
        door.close()
        connection = getattr(getattr(door, "_own", None), "connection", None)
        if connection is not None:
            connection.close()
    with app.app_context():
        db.engine.dispose()


def new_epoch(world: World) -> None:
    """Another epoch, as after a restore, and a process that has not read the old one."""
    with world.app.app_context(), transaction() as session:
        epochs.begin(session, server_day())
    world.app.extensions.pop("epoch", None)
    world.app.extensions["landings"].forget()


def started(world: World, **changes: object) -> World:
    """The same installation in a new process, as far as a test can have one."""
    stop(world.app)
    settings: Settings = world.app.config["HAILONG"]
    app = create_app(replace(settings, **changes))  # type: ignore[arg-type]  # the caller names real fields
    app.test_client_class = OwnContextClient
    return replace(world, app=app, runner=app.test_cli_runner(), client=app.test_client())


def backed_up(world: World, path: Path) -> Manifest:
    with world.app.app_context():
        made, _ = creating.create(world.app.config["HAILONG"], path, PASSPHRASE, cost=COST)
    return made


def state_of(world: World) -> dict[str, object]:
    """Everything that a refused restore must leave as it was."""
    settings: Settings = world.app.config["HAILONG"]
    tables = ("response", "slip", "audit", "wave", "point", "epoch", "alembic_version")
    return {
        "keys": {path.name: path.read_bytes() for path in settings.keys.iterdir()},
        "folders": sorted(path.name for path in settings.state.iterdir() if path.is_dir()),
        **{name: sorted(map(repr, world.rows(f"select * from {name}"))) for name in tables},
    }


Refused = Callable[[], None]
