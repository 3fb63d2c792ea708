"""Which program this is, and which schemas it knows."""

from __future__ import annotations

import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent


def version() -> str:
    with (TOP / "pyproject.toml").open("rb") as file:
        told: str = tomllib.load(file)["project"]["version"]
    return told


def revisions() -> set[str]:
    """Every revision of the schema from which this program can go on."""
    return {path.name.partition("_")[0] for path in (TOP / "migrations" / "versions").glob("*.py")}
