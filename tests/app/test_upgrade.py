"""`./hailong upgrade`: forward as a whole, or back to where it began; and people who answer notice nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import doctor, precaution, running, upgrade
from app.db import db, migrate
from app.doctor import Finding, Severity, storage
from app.running import Server
from app.settings import Settings, read
from surveys.errors import Refusal
from tests.migrations import history
from tests.postgres import durable
from tests.starting import LONGEST, TOP, Start

OLD = "0007"


@pytest.fixture
def old(bare_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An installation of another day, with data; the program of today knows where it is."""
    history.build(bare_database_url, OLD)
    app = history.installation(tmp_path / "state", bare_database_url)
    settings: Settings = app.config["HAILONG"]
    if bare_database_url.startswith("sqlite"):
        os.chmod(bare_database_url.removeprefix("sqlite:///"), 0o600)
    os.chmod(settings.state, 0o700)
    monkeypatch.setattr(upgrade.settings, "read", lambda: settings)
    with durable(bare_database_url):
        yield settings
    with app.app_context():
        db.engine.dispose()


def revision(settings: Settings) -> str:
    [row] = history.rows_of(settings.database_url)["alembic_version"]
    return str(row["version_num"])


def test_an_old_installation_is_brought_to_today(old: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    before = history.rows_of(old.database_url)
    assert upgrade.main([]) == upgrade.DONE
    said = capfd.readouterr().err
    assert revision(old) == history.revisions()[-1]
    assert history.lost(before, history.rows_of(old.database_url)) == []
    for number, (vi, en) in enumerate((("Xem", "Looking"), ("Sao lưu", "copy"), ("Nâng cấp", "Migrating"),
                                       ("Khám", "Examining"), ("Khởi động", "Restarting")), 1):
        assert f"[{number}/5] {vi}" in said
        assert en in said
    assert "./hailong run" in said
    assert upgrade.main([]) == upgrade.DONE  # and once more: nothing to run


def test_a_look_changes_nothing(old: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    before = history.rows_of(old.database_url)
    assert upgrade.main(["--dry-run"]) == upgrade.DONE
    said = capfd.readouterr().err
    assert "0008: People have several dated grants" in said
    assert "nothing was changed" in said
    assert history.rows_of(old.database_url) == before
    assert not (old.state / "upgrades").exists()
    assert upgrade.main(["--now"]) == upgrade.WRONG_USE


def test_a_migration_that_fails_leaves_everything(
    old: Settings, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The last of many: those before it go back with it."""
    folder = tmp_path / "migrations"
    shutil.copytree(root / "migrations", folder)
    (folder / "versions" / "later.py").write_text(
        '"""later: fails."""\nfrom alembic import op\n'
        f'revision, down_revision, branch_labels, depends_on = "later", "{history.revisions()[-1]}", None, None\n'
        'def upgrade():\n    op.execute("CREATE TABLE half (id INTEGER)")\n    op.execute("SELECT * FROM nowhere")\n'
    )
    monkeypatch.setattr(migrate, "directory", str(folder))
    before, schema = history.rows_of(old.database_url), history.schema_of(old.database_url)
    assert upgrade.main([]) == upgrade.AS_BEFORE
    assert "Database and server are as before" in capfd.readouterr().err
    assert history.schema_of(old.database_url) == schema
    assert history.rows_of(old.database_url) == before


def test_a_doctor_who_objects_leads_everything_back(
    old: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before, columns = history.rows_of(old.database_url), history.columns_of(old.database_url)
    told: list[list[Finding]] = [[], [Finding("migrations_pending", Severity.FAULT, {"current": "a", "head": "b"})]]
    monkeypatch.setattr(doctor, "findings", lambda _: told.pop(0))
    assert upgrade.main([]) == upgrade.AS_BEFORE
    assert "Backing out" in capfd.readouterr().err
    assert history.columns_of(old.database_url) == columns
    assert history.lost(before, history.rows_of(old.database_url)) == []


def test_a_page_that_fails_leads_everything_back(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade.Upgrade, "_serves", lambda *_: False)
    assert upgrade.main([]) == upgrade.AS_BEFORE
    assert revision(old) == OLD


def test_what_is_dangerous_before_stops_before_anything(
    old: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    danger = Finding("sqlite_unlocked", Severity.DANGER, {"folder": "/net", "version": "3.40.1"})
    monkeypatch.setattr(storage, "findings", lambda _: [danger])
    assert upgrade.main([]) == upgrade.AS_BEFORE
    said = capfd.readouterr().err
    assert "flask db move" in said
    assert "[2/5]" not in said
    assert revision(old) == OLD


def test_without_a_copy_there_is_no_upgrade(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise Refusal("upgrade_room", folder="/full")

    monkeypatch.setattr(precaution, "copy", full)
    assert upgrade.main([]) == upgrade.AS_BEFORE
    assert revision(old) == OLD


def test_the_copy_is_what_was_there(old: Settings, tmp_path: Path) -> None:
    if not old.database_url.startswith("sqlite") or (TOP / "app" / "backup").exists():
        pytest.skip("the copy is a backup, or a dump")
    before = history.rows_of(old.database_url)
    assert upgrade.main([]) == upgrade.DONE
    [copy] = (old.state / "upgrades").iterdir()
    assert copy.stat().st_mode & 0o077 == 0
    assert history.rows_of(f"sqlite:///{copy}") == before


@pytest.mark.parametrize(
    "supervisor, how", [("systemd", "systemctl restart hailong"), ("container", "docker restart")]
)
def test_whoever_is_supervised_is_restarted_by_hand(
    old: Settings, capfd: pytest.CaptureFixture[str], supervisor: str, how: str
) -> None:
    running.note(old)
    own = running.found(old)
    assert own is not None
    running.keep(old, Server(own.pid, own.began, supervisor))
    assert upgrade.main([]) == upgrade.BY_HAND
    assert how in capfd.readouterr().err
    assert revision(old) == history.revisions()[-1]


def test_a_new_server_that_does_not_start_leads_everything_back(
    old: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    deaf = subprocess.Popen(
        [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGUSR2, lambda *_: None); print(flush=True);"
         "time.sleep(120)"], stdout=subprocess.PIPE,
    )
    try:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        running.keep(old, Server(deaf.pid, running._began(deaf.pid), ""))
        monkeypatch.setattr(upgrade, "LONGEST_START", 0.5)
        assert upgrade.main([]) == upgrade.AS_BEFORE
        assert deaf.poll() is None
    finally:
        deaf.kill()
        deaf.communicate()
    assert "the old one goes on serving" in capfd.readouterr().err
    assert revision(old) == OLD


def test_a_dead_server_is_nobody(settings: Settings) -> None:
    running.note(settings)
    own = running.found(settings)
    assert own is not None
    running.keep(settings, Server(own.pid, own.began - 1, ""))  # its number belongs to somebody else now
    assert running.found(settings) is None
    running.keep(settings, Server(2**22 + 1, 1, ""))
    assert running.found(settings) is None


@pytest.mark.slow
def test_a_running_server_is_replaced_without_a_gap(start: Callable[..., Start], tmp_path: Path) -> None:
    first = start("--empty", **history.PASSPHRASE)
    first.page()
    config = read({}, state=tmp_path / "state", database_url=_address(first))
    before = running.found(config)
    assert before is not None
    statuses: list[Any] = []
    ended = threading.Event()

    def visit() -> None:
        while not ended.is_set():
            try:
                with urllib.request.urlopen(first.url, timeout=20) as reply:
                    statuses.append(reply.status)
            except OSError as fault:
                statuses.append(fault)
            time.sleep(0.02)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.upgrade"], cwd=TOP, env=_environment(first), capture_output=True, text=True,
            timeout=3 * LONGEST, check=False,
        )
    finally:
        ended.set()
        visitor.join()
    after = running.found(config)
    try:
        assert done.returncode == 0, done.stderr
        assert after is not None
        assert after.pid != before.pid
        assert not before.alive
        assert len(statuses) > 5
        assert {*statuses} == {200}
    finally:
        if after is not None and after.pid != before.pid:
            os.kill(after.pid, signal.SIGTERM)


def _environment(started: Start) -> dict[str, str]:
    raw = Path(f"/proc/{started.process.pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in raw if "=" in line)


def _address(started: Start) -> str:
    return _environment(started)["HAILONG_DATABASE_URL"]
