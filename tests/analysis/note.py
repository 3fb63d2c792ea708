"""Reads docs/method-note.md: its files, its commands with what they print, its calculations."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from analysis.command import main

NOTE = Path(__file__).parents[2] / "docs" / "method-note.md"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OURS = "python -m analysis "


@dataclass(frozen=True)
class Command:
    line: str
    prints: str


def blocks(kind: str) -> list[tuple[str, str]]:
    """(what stands after the kind, content) of every fenced block of this kind."""
    found = BLOCK.findall(NOTE.read_text(encoding="utf-8"))
    return [(after.strip(), content) for of, after, content in found if of == kind]


def commands() -> list[Command]:
    found: list[Command] = []
    for _, content in blocks("console"):
        for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
            line, _, prints = part.partition("\n")
            found.append(Command(line, prints))
    return found


def write_files(folder: Path) -> None:
    for name, content in blocks("csv"):
        (folder / name).write_text(content, encoding="utf-8")


def through_a_shell(line: str, folder: Path) -> str:
    """What the command prints in this folder, both channels."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(NOTE.parents[1]),
             "LC_ALL": "C.UTF-8"},
        timeout=60,
    )
    return done.stdout


def in_process(line: str) -> str:
    """What a command without a pipe prints on standard output, run in the present folder."""
    out = io.StringIO()
    main(shlex.split(line.removeprefix(OURS)), sink=out)
    return out.getvalue()
