"""What deploy/ ships is what the programs that read it accept, and it names commands that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from bench import _nginx

UNITS = ("hailong", "hailong-daily", "hailong-backup", "hailong-drill")
LATER = {"backup"}
"""groups of commands that come with another part; checked as soon as they are there"""


def text(root: Path, name: str) -> str:
    return (root / "deploy" / name).read_text(encoding="utf-8")


def test_nginx_accepts_its_file(tmp_path: Path):
    if _nginx.program() is None:
        pytest.skip("nginx is not installed")
    assert _nginx.checked(_nginx.written(tmp_path, 18080, 18443, 18000)) == ""


def test_systemd_accepts_its_units(root: Path, tmp_path: Path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed")
    names = []
    for unit in UNITS:
        for ending in ("service", "timer"):
            if (root / "deploy" / f"{unit}.{ending}").exists():
                # the program is not where the unit says, on this machine
                said = text(root, f"{unit}.{ending}").replace("/opt/hailong/.venv/bin/", "/usr/bin/env ")
                (tmp_path / f"{unit}.{ending}").write_text(said, encoding="utf-8")
                names.append(f"./{unit}.{ending}")
    done = subprocess.run([analyze, "verify", *names], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(names) == 7


def commands(root: Path) -> Iterator[tuple[str, list[str]]]:
    for path in sorted((root / "deploy").iterdir()):
        said = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in re.findall(r"^[^#\n]*?\bflask (?:--app wsgi )?([a-z].*)$", said, re.MULTILINE):
            yield path.name, shlex.split(line.strip(" `]\""))


def test_every_command_exists_with_its_options(app: Flask, root: Path):
    found = 0
    for where, words in commands(root):
        if words[0] == "db" or any(not word.isprintable() for word in words):
            continue
        group = app.cli.commands.get(words[0])
        if group is None:
            assert words[0] in LATER, f"{where}: no such command: {words}"
            continue
        assert isinstance(group, click.Group)
        command = group.get_command(click.Context(group), words[1].strip('",'))
        assert command is not None, f"{where}: {words}"
        options = {option for each in command.params for option in each.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= options, f"{where}: {words}"
        found += 1
    assert found >= 6


def test_units_are_closed_and_secrets_come_as_files(root: Path):
    for unit in UNITS:
        said = text(root, f"{unit}.service")
        for line in ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077", "PrivateTmp=yes",
                     "StateDirectoryMode=0700", "CapabilityBoundingSet=", "SystemCallFilter=@system-service"):
            assert re.search(rf"^{re.escape(line)}$", said, re.MULTILINE), f"{unit}: {line}"
        assert not re.search(r"^Environment=.*(SECRET|PASSWORD|TOKEN|DATABASE_URL)", said, re.MULTILINE)


def test_nothing_of_citizens_is_logged_by_nginx(root: Path):
    said = text(root, "nginx.conf")
    assert said.count("access_log off;") == said.count("server_name ")
    assert set(re.findall(r"access_log (\S+)", said)) == {"off;"}
    assert all(line.rstrip().endswith("emerg;") for line in re.findall(r"^\s*error_log.*$", said, re.MULTILINE))


def test_what_citizens_send_is_in_their_zone_of_nginx(app: Flask, root: Path):
    """All posts that need no account, but those of signing in: what is left to the staff's zone meets its limit."""
    (said,) = re.findall(r"location ~ (\S+) \{\n\s*limit_req zone=hailong_citizens", text(root, "nginx.conf"))
    posts = {
        rule.rule.replace("<code>", "ABC") for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in {"again", "respond"}
    } | {"/answer"}
    assert posts == {"/again", "/answer", "/p/ABC", "/P/ABC", "/s", "/S"}
    assert {path for path in posts if re.search(said, path)} == posts
    assert not any(re.search(said, path) for path in ("/", "/againx", "/account/again", "/points", "/answers"))


def test_the_container_takes_nothing_unhashed_and_no_root(root: Path):
    said = text(root, "Containerfile")
    assert "--require-hashes" in said
    assert re.findall(r"^USER (\S+)$", said, re.MULTILINE) == ["10001:10001"]
    assert re.search(r"^VOLUME /var/lib/hailong$", said, re.MULTILINE)
    for name in re.findall(r"^COPY ([a-z.].*) \S+$", said, re.MULTILINE):
        assert all((root / part).exists() for part in name.split()), name
