"""Every setting is documented, and nothing reads a setting behind `Settings`' back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from app.settings import described

SHELL_AND_TESTS = {"HAILONG_CHROMIUM"}
"""read by the tests; docs/settings.md has them in a table of their own"""
NAME = re.compile(r"\bHAILONG_[A-Z_]+[A-Z]\b")


def table() -> str:
    """The table of docs/settings.md. After a change of settings, copy it from this test's failure."""
    lines = ["| Biến / Variable | Mặc định / Default | Ý nghĩa | Meaning |", "|---|---|---|---|"]
    for name, default, vi, en in described():
        lines.append(f"| `{name}` | {f'`{default}`' if default else ''} | {vi} | {en} |")
    return "\n".join(lines)


def test_the_documented_settings_are_those_of_the_code(root: Path) -> None:
    documented = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    assert table() in documented, f"docs/settings.md should contain:\n\n{table()}\n"


def test_no_documented_setting_is_unknown_to_the_code(root: Path) -> None:
    documented = set(NAME.findall((root / "docs" / "settings.md").read_text(encoding="utf-8")))
    known = {name for name, *_ in described()}
    assert documented - known - {f"{name}_FILE" for name in known} == SHELL_AND_TESTS


def test_deployment_files_use_settings_that_exist(root: Path) -> None:
    used = {name for path in (root / "deploy").iterdir() for name in NAME.findall(path.read_text(encoding="utf-8"))}
    known = {name for name, *_ in described()}
    assert used
    assert used - known - {f"{name}_FILE" for name in known} == set()


def test_the_example_file_names_every_setting_with_its_default(root: Path) -> None:
    example = (root / ".env.example").read_text(encoding="utf-8")
    assigned = re.findall(r"^#?(HAILONG_\w+)=(.*)$", example, flags=re.MULTILINE)
    assert [name for name, _ in assigned] == [name for name, *_ in described()]
    # an example value stands where there is no default
    assert [(name, value) for (name, value), (_, default, *_) in zip(assigned, described(), strict=True)
            if default and value != default] == []


def test_settings_are_read_in_one_place(root: Path) -> None:
    known = {name for name, *_ in described()}
    readers = {}
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        if re.search(r"\b(environ|getenv)\b", text):
            readers[str(path.relative_to(root))] = set(NAME.findall(text)) & known
    # app/start.py hands its decisions to the server that it becomes
    assert {path for path, names in readers.items() if names} <= {"app/settings.py", "app/start.py"}
    assert {path for path in readers if path.startswith(("surveys/", "analysis/"))} == set()


def sources(root: Path) -> Iterator[Path]:
    for ring in ("app", "surveys", "analysis", "migrations"):
        yield from (root / ring).rglob("*.py")
    yield root / "gunicorn.conf.py"
    yield root / "wsgi.py"
