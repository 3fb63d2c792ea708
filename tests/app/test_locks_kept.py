"""What holds a database open goes on holding it, whatever else the same process does with the file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url, text

from app.db import db

VISIT = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM wave'); c.close()"
"""another process comes and goes; as the last one it would take the WAL away"""


def test_an_application_made_again_takes_no_lock_from_connections_that_are_open(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    path = make_url(app.config["HAILONG"].database_url).database
    if path is None or not app.config["HAILONG"].database_url.startswith("sqlite"):
        pytest.skip("SQLite locks files")
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("UPDATE epoch SET number = number"))
        connection.commit()
        make_app()
        subprocess.run([sys.executable, "-c", VISIT, path], check=True)
        assert Path(f"{path}-wal").exists()
