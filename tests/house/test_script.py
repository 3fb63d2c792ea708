"""The shell script `hailong`: its help, and what it says on a machine that lacks something."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

NEEDED = ("cat", "cksum", "date", "dirname", "grep", "head", "mkdir", "mv", "readlink", "rm", "sh", "sleep")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Run:
    """`machine("run", python=…)`: the script of a fresh clone, on a machine that has only these programs."""
    clone, programs = tmp_path / "clone", tmp_path / "bin"
    clone.mkdir()
    programs.mkdir()
    for name in ("hailong", "requirements.lock", "requirements-test.lock", "requirements-tools.lock"):
        shutil.copy(root / name, clone)
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")

    def run(*arguments: str, python: str | None = None) -> subprocess.CompletedProcess[str]:
        if python:
            (programs / "python3").write_text(f"#!/bin/sh\n{python}\n")
            (programs / "python3").chmod(0o755)
        environment = {"PATH": str(programs), "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        command = [clone / "hailong", *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    return run


@pytest.mark.parametrize("command", ["run", "test", "exec", "bench", "upgrade"])
def test_each_command_explains_itself_in_vietnamese_then_english(machine: Run, command: str) -> None:
    by_help, by_option = machine("help", command), machine(command, "--help")
    assert by_help.returncode == by_option.returncode == 0
    assert by_help.stdout == by_option.stdout
    first, _, second = by_help.stdout.partition("\n\n")[2].partition("\n\n")
    assert not first.isascii()
    assert second.isascii()


def test_without_a_command_it_lists_them(machine: Run) -> None:
    shown = machine()
    assert shown.returncode == 0
    assert all(f"./hailong {command}" in shown.stdout for command in ("run", "test", "exec", "bench", "upgrade"))


@pytest.mark.parametrize(
    "wrong", [("walk",), ("run", "--fast"), ("test", "--slow"), ("exec",), ("help", "walk"), ("upgrade", "now")]
)
def test_wrong_use_is_refused_before_anything_is_installed(machine: Run, wrong: tuple[str, ...]) -> None:
    refused = machine(*wrong)
    assert refused.returncode == 2
    assert "./hailong help" in refused.stderr


def test_a_machine_without_python_is_told_what_to_install(machine: Run) -> None:
    refused = machine("run")
    assert refused.returncode == 1
    assert "apt-get install python3 python3-venv" in refused.stderr


def test_an_old_python_is_named(machine: Run) -> None:
    refused = machine("run", python='[ "$1" = --version ] && echo "Python 3.9.2"; exit 1')
    assert refused.returncode == 1
    assert "Python 3.9.2" in refused.stderr
    assert "3.11" in refused.stderr


def test_a_python_without_venv_is_told_its_package(machine: Run) -> None:
    refused = machine("run", python='case "$2" in *ensurepip*) exit 1;; esac')
    assert refused.returncode == 1
    assert "apt-get install python3-venv" in refused.stderr


def test_the_script_is_plain_posix_shell(root: Path) -> None:
    shell = shutil.which("dash") or "sh"
    assert subprocess.run([shell, "-n", root / "hailong"], capture_output=True, check=False).returncode == 0
    assert (root / "hailong").read_text().startswith("#!/bin/sh\n")
