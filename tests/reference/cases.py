"""The reference cases as tests read them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TOLERANCE = 1e-9


def results(case: str) -> dict[str, dict[str, Any]]:
    """Id -> expected result of a case."""
    read = json.loads((FOLDER / "cases" / f"{case}.json").read_text(encoding="utf-8"))
    return {result["id"]: result for result in read["results"]}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
