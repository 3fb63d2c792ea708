"""Compute every result of a folder of reference cases and compare it with what is expected there.

    python -m tests.reference.conformance DIR [--json OUT] [--case NAME ...] [--verbose]

Prints, per case, how many results matched, mismatched and are unsupported; exits with 0 when all match.
DIR holds cases/*.json and data/*.csv in the format of the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from math import isinf, isnan
from pathlib import Path
from typing import Any

import numpy as np

from analysis.design import DesignError
from tests.reference.calls import values
from tests.reference.compare import MATCHED, MISMATCHED, UNSUPPORTED, Verdict, judge
from tests.reference.frames import Unsupported
from tests.reference.parser import GrammarError
from tests.reference.session import DEFAULT_OPTIONS, Data, Session

SHOWN = 3
"""results that do not match, told per case unless --verbose"""


def compute(case: Mapping[str, Any], data: Path) -> dict[str, dict[str, Any]]:
    """Result id -> its values, {"error": ...} or {"unsupported": ...}. data: folder of the csv files."""
    found: dict[str, dict[str, Any]] = {}
    sessions: dict[str, Session] = {}
    try:
        shared = Data(case, data)
    except Exception as why:  # a file that cannot be read must not stop the other cases
        return {result["id"]: {"unsupported": _said(why)} for result in case["results"]}
    for result in case["results"]:
        options = {**DEFAULT_OPTIONS, **(result.get("options") or case.get("options") or {})}
        key = json.dumps(options, sort_keys=True)
        if key not in sessions:
            sessions[key] = Session(shared, options)
        found[result["id"]] = evaluate(sessions[key], result["call"])
    return found


def evaluate(session: Session, call: str) -> dict[str, Any]:
    """The values of one call, ready for JSON."""
    try:
        made: dict[str, Any] = plain(values(session.evaluate(call)))
        return made
    except DesignError as why:
        return {"error": str(why)}
    except (Unsupported, GrammarError) as why:
        return {"unsupported": str(why)}
    except Exception as why:  # one result must not stop the rest
        return {"unsupported": _said(why)}


def _said(why: Exception) -> str:
    last = traceback.extract_tb(why.__traceback__)[-1:]
    place = "".join(f" ({Path(frame.filename).name}:{frame.lineno})" for frame in last)
    return f"{type(why).__name__}: {why}{place}"


def plain(value: Any) -> Any:
    """Numbers, lists and texts of JSON: null for NaN, "Inf" for infinity."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if isnan(number):
            return None
        return ("Inf" if number > 0 else "-Inf") if isinf(number) else number
    return None if value is None else str(value)


def read_cases(folder: Path, chosen: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The cases of a folder by name of the file, those named when some are; and what cannot be read as one."""
    cases, unreadable = [], []
    for path in sorted((folder / "cases").glob("*.json")):
        try:
            case = json.loads(path.read_text(encoding="utf-8"))
            if not chosen or case["case"] in chosen:
                cases.append({**case, "results": list(case["results"])})
        except (ValueError, KeyError, TypeError) as why:
            unreadable.append(f"{path.name} is no case file: {why!r}")
    return cases, unreadable


def judge_all(case: Mapping[str, Any], computed: Mapping[str, Mapping[str, Any]]) -> dict[str, Verdict]:
    return {result["id"]: judge(result, computed.get(result["id"])) for result in case["results"]}


def tell(case: Mapping[str, Any], verdicts: Mapping[str, Verdict], seconds: float, verbose: bool) -> None:
    counts = Counter(verdict.state for verdict in verdicts.values())
    print(
        f"{case['case']:34} {counts[MATCHED]:5} matched {counts[MISMATCHED]:5} mismatched"
        f" {counts[UNSUPPORTED]:5} unsupported  {seconds:5.1f} s",
        flush=True,
    )
    failed = [(name, verdict) for name, verdict in verdicts.items() if verdict.state != MATCHED]
    calls = {result["id"]: result["call"] for result in case["results"]}
    for name, verdict in failed if verbose else failed[:SHOWN]:
        print(f"    {verdict.state} {name}: {calls[name]}")
        for difference in verdict.differences if verbose else verdict.differences[:1]:
            print(f"        {difference}")
    if len(failed) > SHOWN and not verbose:
        print(f"    ... and {len(failed) - SHOWN} more (--verbose shows all)")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reference.conformance", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with cases/*.json and data/*.csv")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the computed values here")
    parser.add_argument("--case", action="append", default=[], metavar="NAME", help="this case only; may be repeated")
    parser.add_argument("--verbose", action="store_true", help="show every difference")
    given = parser.parse_args(arguments)

    cases, unreadable = read_cases(given.folder, given.case)
    if not cases and not unreadable:
        parser.error(f"no case {' or '.join(given.case) or 'file'} in {given.folder / 'cases'}")
    written: dict[str, dict[str, dict[str, Any]]] = {}
    total: Counter[str] = Counter()
    for case in cases:
        began = time.perf_counter()
        computed = compute(case, given.folder / "data")
        verdicts = judge_all(case, computed)
        tell(case, verdicts, time.perf_counter() - began, given.verbose)
        written[case["case"]] = computed
        total.update(verdict.state for verdict in verdicts.values())
    if given.json is not None:
        given.json.write_text(json.dumps(written, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    for problem in unreadable:
        print(problem)
    print(f"{sum(total.values())} results in {len(cases)} cases: {total[MATCHED]} matched,"
          f" {total[MISMATCHED]} mismatched, {total[UNSUPPORTED]} unsupported")
    return 0 if total[MATCHED] == sum(total.values()) and not unreadable else 1


if __name__ == "__main__":
    sys.exit(main())
