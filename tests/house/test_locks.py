"""What gets installed is pinned by hash, names no registry, and is what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-tools.lock")


def pinned(path: Path) -> dict[str, tuple[str, list[str]]]:
    """name -> (version, hashes)"""
    entries = re.split(r"^(?=[A-Za-z0-9])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = {}
    for entry in entries:
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", entry)
        assert match, f"{path.name}: not pinned: {entry.splitlines()[0]}"
        found[canonicalize_name(match[1])] = (match[2], re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_hash_and_no_address(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--index|--extra-index|--find-links|-f)\b", text, flags=re.MULTILINE)
    assert [package for package, (_, hashes) in pinned(root / name).items() if not hashes] == []


@pytest.mark.parametrize(
    "name, groups", [("requirements.lock", []), ("requirements-test.lock", ["test"])]
)
def test_the_lock_satisfies_pyproject(root: Path, name: str, groups: list[str]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = list(project["project"]["dependencies"])
    for group in groups:
        wanted += project["dependency-groups"][group]
    locked = pinned(root / name)
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name), ("missing", []))[0]
        assert version != "missing", f"{name}: {requirement} is not locked"
        assert requirement.specifier.contains(version), f"{name}: {requirement} is locked at {version}"


def test_the_test_environment_can_serve_too(root: Path) -> None:
    """`./hailong run` after `./hailong test` relies on it."""
    serving, testing = pinned(root / "requirements.lock"), pinned(root / "requirements-test.lock")
    assert {name: entry for name, entry in serving.items() if testing.get(name) != entry} == {}
