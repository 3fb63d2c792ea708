"""Every form and every route, sent what nobody meant to be sent: no failure, no unescaped text, no lost header.

The seed stands in the result: the same seed sends the same on the same program.
"""

from __future__ import annotations

import secrets
import time

from bench._fuzz import Ground, Seeded, case_of, quick_and_alone
from bench._ground import busy, demonstration

CASES = 100_000
SHOWN = 40
"""faults that are written out"""


def run(quick: bool, seed: int | None = None) -> dict[str, object]:
    seed = secrets.randbelow(2**32) if seed is None else seed
    number = 5_000 if quick else CASES
    faults: dict[str, str] = {}
    slowest = (0.0, "")
    count = 0
    with demonstration() as app, quick_and_alone(app):
        busy(app)
        ground = Ground(app)
        ground.explore()
        for page in ground.failed:
            print(f"!! {page}")
        print(f"{len(ground.targets)} targets, of them without a form on any page: {sorted(set(ground.bare))}")
        draws = Seeded(seed)
        began = time.process_time()
        for done in range(number):
            case = case_of(ground, draws)
            start = time.process_time()
            reply = ground.send(case)
            taken = time.process_time() - start
            if taken > slowest[0]:
                slowest = (taken, str(case)[:200])
            for fault in ground.faults(case, reply):
                count += 1
                kind = f"{case.target.method} {case.target.endpoint}: {fault}"
                if kind not in faults:
                    faults[kind] = str(case)
                    if len(faults) <= SHOWN:
                        print(f"!! {kind}\n   {case}")
            if done % 5_000 == 4_999:
                print(f"   {done + 1} cases, {count} faults, {time.process_time() - began:.0f} s")
        return {
            "seed": seed, "cases": number, "targets": len(ground.targets), "faults": count + len(ground.failed),
            "kinds": sorted(faults) + ground.failed, "statuses": dict(sorted(ground.statuses.items())),
            "cpu_s": round(time.process_time() - began), "slowest_ms": round(slowest[0] * 1000), "slowest": slowest[1],
        }
