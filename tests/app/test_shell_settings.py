"""What the program refuses to start with, and where its secrets may stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app import keys
from app.settings import Settings, SettingsFault, check_debug, check_serving, private_file, read
from tests.starting import LONGEST, Start

KEY = "0123456789abcdef" * 4


@pytest.mark.parametrize("environment, said", [
    ({"HAILONG_PUBLIC_ULR": "x"}, "HAILONG_PUBLIC_URL"),
    ({"HAILONG_TRUSTED_HOST": "x"}, "HAILONG_TRUSTED_HOSTS"),
    ({"HAILONG_SECRETKEY_FILE": "x"}, "HAILONG_SECRET_KEY_FILE"),
    ({"HAILONG_SECRET_KEY": "short"}, "32"),
    ({"HAILONG_SECRET_KEY": "changeme" * 8}, "placeholder"),
    ({"HAILONG_SECRET_KEY": "0" * 64}, "placeholder"),
    ({"HAILONG_SECRET_KEY_FILE": "/nowhere/key"}, "/nowhere/key"),
    ({"HAILONG_PUBLIC_URL": "hailong.vn"}, "HAILONG_PUBLIC_URL"),
    ({"HAILONG_PUBLIC_URL": "https://a.vn/?q=1"}, "HAILONG_PUBLIC_URL"),
    ({"HAILONG_PUBLIC_URL": "https://me:secret@a.vn"}, "HAILONG_PUBLIC_URL"),
    ({"HAILONG_PUBLIC_URL": "https://a.vn:port"}, "HAILONG_PUBLIC_URL"),
    ({"HAILONG_STAFF_URL": "ftp://a.vn", "HAILONG_PUBLIC_URL": "https://b.vn"}, "HAILONG_STAFF_URL"),
    ({"HAILONG_STAFF_URL": "https://a.vn", "HAILONG_PUBLIC_URL": "https://a.vn"}, "another host name"),
    ({"HAILONG_STAFF_URL": "http://b.vn", "HAILONG_PUBLIC_URL": "https://a.vn"}, "same scheme"),
    ({"HAILONG_STAFF_URL": "https://b.vn"}, "HAILONG_PUBLIC_URL"),
    ({"HAILONG_TRUSTED_PROXIES": "-1"}, "0 or more"),
])
def test_a_setting_that_cannot_be_meant_is_refused_by_name(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsFault) as refused:
        read(environment)
    assert said in str(refused.value)
    assert "secret@" not in str(refused.value) or environment.get("HAILONG_PUBLIC_URL")


@pytest.mark.parametrize("changes, fine", [
    ({}, True),  # on this machine only
    ({"public_url": "https://hailong.example.vn"}, True),
    ({"bind": "0.0.0.0", "public_url": "https://hailong.example.vn"}, True),
    ({"public_url": "https://a.vn", "staff_url": "https://b.vn"}, True),
    ({"bind": "192.168.1.5", "demonstration": True}, True),  # `./hailong run --lan`
    ({"bind": "192.168.1.5"}, False),
    ({"bind": "0.0.0.0"}, False),
    ({"public_url": "http://hailong.example.vn"}, False),
    ({"public_url": "http://127.0.0.1.evil.example"}, False),
])
def test_passphrases_cross_no_network_in_clear(settings: Settings, changes: dict[str, object], fine: bool) -> None:
    config = replace(settings, **changes)  # type: ignore[arg-type]  # the table names real fields
    if fine:
        check_serving(config)
        return
    with pytest.raises(SettingsFault, match="https://"):
        check_serving(config)


@pytest.mark.parametrize("changes, fine", [
    ({"demonstration": True}, True), ({}, False), ({"demonstration": True, "bind": "192.168.1.5"}, False),
])
def test_the_debugger_runs_only_for_a_demonstration_on_this_machine(
    make_app: Callable[..., Flask], settings: Settings, monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object], fine: bool,
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    if fine:
        assert make_app(**changes).debug
        return
    with pytest.raises(SettingsFault, match="FLASK_DEBUG"):
        make_app(**changes)
    check_debug(settings, False)


def test_secrets_come_from_files_and_from_systemd(tmp_path: Path) -> None:
    file = tmp_path / "HAILONG_SECRET_KEY"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    address = tmp_path / "HAILONG_DATABASE_URL"
    address.write_text("postgresql://hailong:secret@db/hailong")
    address.chmod(0o600)
    assert read({"HAILONG_SECRET_KEY_FILE": str(file)}).secret_key == KEY
    found = read({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert (found.secret_key, found.database_url) == (KEY, "postgresql://hailong:secret@db/hailong")
    assert read({"CREDENTIALS_DIRECTORY": str(tmp_path), "HAILONG_SECRET_KEY": KEY[::-1]}).secret_key == KEY[::-1]


def test_a_secret_that_everybody_can_read_is_none(tmp_path: Path, app: Flask) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o644)
    with pytest.raises(SettingsFault, match="chmod 600"):
        read({"HAILONG_SECRET_KEY_FILE": str(file)})
    with pytest.raises(SettingsFault, match="chmod 600"):
        private_file(file, bytes)
    config: Settings = app.config["HAILONG"]
    keys.signer_of(config)
    made = [path for path in config.keys.iterdir() if path.is_file()]
    assert made
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.slow
@pytest.mark.parametrize("environment, said", [
    ({"HAILONG_TREADS": "3"}, "HAILONG_THREADS"),
    ({"HAILONG_DEMONSTRATION": "0", "HAILONG_PUBLIC_URL": "http://hailong.example.vn"}, "https://"),
])
def test_the_start_says_what_it_refuses(
    start: Callable[..., Start], environment: dict[str, str], said: str
) -> None:
    refused = start("--empty", **environment)
    _, err = refused.process.communicate(timeout=LONGEST)
    assert refused.process.returncode == 1
    assert said in err
    assert "Traceback" not in err
