"""Rules that no other tool checks: templates, addresses, links, borders between the rings."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LEFT_OUT = {
    ".git", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tools",
    ".venv", "__pycache__", "var",
}
TEXT = {
    "", ".conf", ".css", ".csv", ".example", ".html", ".ini", ".js", ".lock", ".mako", ".md", ".py", ".svg",
    ".toml", ".txt", ".typ",
}


def files(root: Path, *endings: str) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if path.name in LEFT_OUT or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path, *endings)
        elif not endings or path.suffix in endings:
            yield path


def found(root: Path, pattern: str, paths: Iterator[Path]) -> list[str]:
    """'file:line: text' of every match."""
    expression = re.compile(pattern, re.IGNORECASE)
    return [
        f"{path.relative_to(root)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if expression.search(line)
    ]


@pytest.mark.parametrize(
    "what, pattern",
    [
        ("escaping switched off", r"\|\s*safe\b|\bautoescape\b"),
        # a block of data is no script: nothing runs it, and the content policy does not concern it
        ("an inline script", r"<script(?![^>]*\bsrc=)(?![^>]*type=.application/json.)"),
        ("an inline style", r"<style\b|\sstyle\s*="),
        ("an inline event handler", r"<[a-z][^>]*\son[a-z]+\s*="),
        ("something from another host", r"(src|href|action)\s*=\s*[\"']?(https?:)?//"),
    ],
)
def test_templates_are_free_of(root: Path, what: str, pattern: str) -> None:
    assert found(root, pattern, files(root / "app" / "templates")) == [], what


def test_style_sheets_and_scripts_stay_on_this_host(root: Path) -> None:
    ours = files(root / "app" / "static", ".css", ".js")
    # the names of XML vocabularies look like addresses and are never fetched
    outside = [line for line in found(root, r"https?://", ours) if "www.w3.org/" not in line]
    assert outside == []


def test_no_registry_is_named_anywhere(root: Path) -> None:
    hosts = r"pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.|deb\.debia[n]\.org"  # spelt so as not to find itself
    assert found(root, hosts, (path for path in files(root) if path.suffix in TEXT)) == []


def test_no_path_of_the_machine_it_was_written_on(root: Path) -> None:
    ours = (path for path in files(root) if path.suffix in TEXT)
    assert found(root, r"(?<![\w.~-])/(work|root|home/[a-z])(/|\b)(?!\.\.\.)", ours) == []


def test_no_lock_with_registry_addresses_is_kept(root: Path) -> None:
    assert not (root / "uv.lock").exists() or "uv.lock" in (root / ".gitignore").read_text()


def test_every_relative_link_of_the_documentation_leads_somewhere(root: Path) -> None:
    broken = []
    for path in files(root, ".md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
            place = target.split("#")[0]
            if place and not re.match(r"[a-z]+:", place) and not (path.parent / place).exists():
                broken.append(f"{path.relative_to(root)} -> {target}")
    assert broken == []


def test_the_rings_import_only_inwards(root: Path, tool: Callable[[str], str]) -> None:
    check = [tool("lint-imports"), "--no-cache"]
    done = subprocess.run(check, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_the_store_speaks_sql(root: Path) -> None:
    statements = r"^from sqlalchemy import .*\b(select|insert|update|delete|text|func|or_|and_)\b"
    ours = (path for ring in ("app", "surveys") for path in files(root / ring, ".py") if "store" not in path.parts)
    assert found(root, statements, ours) == []


def test_every_unexcused_type_ignore_has_a_reason(root: Path) -> None:
    ours = (path for ring in ("app", "surveys", "analysis") for path in files(root / ring, ".py"))
    assert found(root, r"#\s*type:\s*ignore(\[[^]]*\])?\s*$", ours) == []
