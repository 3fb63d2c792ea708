"""docs/asvs.md claims nothing that no test shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

STATES = ("done", "partly: ", "not yet")


def rows(root: Path) -> list[list[str]]:
    lines = (root / "docs" / "asvs.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)]


def test_every_point_has_a_state_and_the_points_are_thirty(root: Path):
    found = rows(root)
    assert [row[0] for row in found] == [str(number) for number in range(1, 31)]
    assert [row for row in found if not row[4].startswith(STATES)] == []


def test_every_test_that_is_named_exists(root: Path):
    named = [name for row in rows(root) for name in re.findall(r"`(tests/[^`]+)`", row[3])]
    assert len(named) >= 30
    missing = []
    for name in named:
        path, _, function = name.partition("::")
        tree = ast.parse((root / path).read_text(encoding="utf-8")) if (root / path).exists() else ast.Module([], [])
        if function not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            missing.append(name)
    assert missing == []
