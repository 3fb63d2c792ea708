"""A surge: many times the answers of a busy day, all of one commune, while staff ask for files again and again.

Citizens come by the clock, whether the server is quick or not (an open loop), so that a slow server shows; each sends
again what was refused for the moment, as the form's script does. The abusers are another process: they ask for the
next file as soon as one is there or refused, and half of them hang up after a moment and ask once more.
"""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
TRIES = 6
"""of one answer"""
HONEST = 48
"""citizens on their way at once, at most"""


@dataclass
class Surge:
    """What came of it."""

    sent: int = 0
    accepted: list[str] = field(default_factory=list)
    """ids that were acknowledged"""
    refused: Counter[int] = field(default_factory=Counter)
    """tries that were refused or broken (0), by status"""
    seconds: list[float] = field(default_factory=list)
    """from the moment a citizen sends to the acknowledgement, every try included"""
    abuse: Counter[str] = field(default_factory=Counter)
    """what the abusers got"""
    hasty: int = 0
    """503 and 429 that did not say when to come again"""

    @property
    def share(self) -> float:
        return len(self.accepted) / max(1, self.sent)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def surge(
    port: int, path: str, fields: Mapping[str, str], *, rate: float, seconds: float, cookies: Sequence[str],
    files: Sequence[str], abusers: int, patience: float = 20.0,
) -> Surge:
    """fields: of an answer, but for its id; cookies: of signed-in staff; files: what they ask for.

    patience: seconds after the last citizen came in which answers are still sent again.
    """
    job = {"port": port, "cookies": list(cookies), "files": list(files), "threads": abusers}
    abuse = subprocess.Popen(
        [sys.executable, "-m", "tests.surging"], cwd=TOP, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert abuse.stdin
    assert abuse.stdout
    found = Surge()
    try:
        abuse.stdin.write(json.dumps(job) + "\n")
        abuse.stdin.flush()
        assert abuse.stdout.readline() == "begun\n"
        time.sleep(min(1.0, seconds / 4))
        _citizens(port, path, fields, rate, seconds, patience, found)
        told, _ = abuse.communicate(timeout=60)
        counted = json.loads(told)
        found.abuse = Counter(counted["abuse"])
        found.hasty += counted["hasty"]
    finally:
        if abuse.poll() is None:
            abuse.kill()
            abuse.wait()
    return found


def _citizens(
    port: int, path: str, fields: Mapping[str, str], rate: float, seconds: float, patience: float, found: Surge
) -> None:
    lock = threading.Lock()
    began = time.monotonic()
    until = began + seconds + patience
    total = int(rate * seconds)
    numbers = iter(range(total))

    def citizen() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=min(30.0, patience))
        while True:
            with lock:
                number = next(numbers, None)
                if number is None:
                    break
                found.sent += 1
            due = began + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            answer = {**fields, "id": secrets.token_hex(16)}
            _deliver(line, path, answer, due, until, found, lock)
        line.close()

    crowd = [threading.Thread(target=citizen) for _ in range(HONEST)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()


def _deliver(
    line: http.client.HTTPConnection, path: str, answer: Mapping[str, str], due: float, until: float,
    found: Surge, lock: threading.Lock,
) -> None:
    for _ in range(TRIES):
        if time.monotonic() > until:
            return
        status, again = 0, 0.2
        try:
            line.request("POST", path, json.dumps(answer), {"Content-Type": "application/json"})
            reply = line.getresponse()
            reply.read()
            status = reply.status
            again = float(reply.headers.get("Retry-After", again))
        except (OSError, http.client.HTTPException):
            line.close()
        with lock:
            if status in {200, 201}:
                found.accepted.append(answer["id"])
                found.seconds.append(time.monotonic() - due)
                return
            found.refused[status] += 1
        time.sleep(min(again, 2.0))


# ---------------------------------------------------------------- the abusers: python -m tests.surging

def _abuse() -> None:
    job = json.loads(sys.stdin.readline())
    stop = threading.Event()
    lock = threading.Lock()
    told: Counter[str] = Counter()
    hasty = [0]

    def abuser(number: int) -> None:
        cookie = job["cookies"][number % len(job["cookies"])]
        turn = number
        while not stop.is_set():
            turn += 1
            line = http.client.HTTPConnection("127.0.0.1", job["port"], timeout=1.0 if number % 2 else 30.0)
            what, without = "hung up", False
            try:
                line.request("GET", job["files"][turn % len(job["files"])], headers={"Cookie": cookie})
                reply = line.getresponse()
                reply.read()
                what = str(reply.status)
                without = reply.status in {429, 503} and "Retry-After" not in reply.headers
            except (OSError, http.client.HTTPException):
                pass
            finally:
                line.close()
            with lock:
                told[what] += 1
                hasty[0] += without
            if what in {"429", "503"}:
                stop.wait(0.02)  # impatient, but it takes a hand to press a key

    crowd = [threading.Thread(target=abuser, args=(number,), daemon=True) for number in range(job["threads"])]
    for each in crowd:
        each.start()
    print("begun", flush=True)
    sys.stdin.read()
    stop.set()
    for each in crowd:
        each.join(2)
    print(json.dumps({"abuse": told, "hasty": hasty[0]}))


if __name__ == "__main__":
    _abuse()
