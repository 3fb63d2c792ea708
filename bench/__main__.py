"""`./hailong bench NAME [--quick]`: measures, and ends with one line of JSON on standard output."""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import json
import sys
from pathlib import Path


def names() -> dict[str, str]:
    """Every benchmark with the first line of what it says about itself; read, not imported."""
    return {
        path.stem: (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]
        for path in sorted(Path(__file__).parent.glob("[!_]*.py"))
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="./hailong bench", description=__doc__)
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="bản rút gọn / a shortened run")
    asked = parser.parse_args()
    known = names()
    if asked.name not in known:
        wrong = asked.name is not None
        for name, about in known.items():
            print(f"{name:<12}{about}", file=sys.stderr if wrong else sys.stdout)
        return 2 if wrong else 0
    with contextlib.redirect_stdout(sys.stderr):  # progress must not come between a program and the one line
        result = importlib.import_module(f"bench.{asked.name}").run(quick=asked.quick)
    print(json.dumps({"bench": asked.name, "quick": asked.quick, **result}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
