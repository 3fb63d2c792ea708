"""What `./hailong test` runs: first `--packages`, which needs only Python; then every section, and a summary.

With `--faults` it runs instead what a running installation has to survive, at length (see `tests.faults`).

A section that fails does not keep the next ones from running. Each runs in a session of its own, so that
whatever it started and forgot can be ended with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

TOP = Path(__file__).resolve().parent.parent
LONGEST = 1200
"""seconds after which a section is taken for hung"""
NO_TESTS_RAN = 5
"""pytest's exit code"""

PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=300"]
BOTH_CORES = ["-n", "2", "--dist", "worksteal"]


@dataclass(frozen=True)
class Section:
    title: str
    command: list[str]
    fast: bool = True
    """part of `--fast`"""

    @property
    def is_pytest(self) -> bool:
        return self.command[: len(PYTEST)] == PYTEST


def sections(chosen: list[str]) -> list[Section]:
    """chosen: arguments for pytest, from the command line."""
    tool = Path(sys.executable).parent
    sqlite = [*PYTEST, *BOTH_CORES, "--engine", "sqlite"]
    postgresql = [*PYTEST, *BOTH_CORES, "--engine", "postgresql"]
    return [
        Section("ruff", [str(tool / "ruff"), "check", "--no-cache", "--extend-exclude", ".tools,var", "."]),
        Section("mypy --strict", [str(tool / "mypy")]),
        Section("Ranh giới giữa các phần / Import contracts", [str(tool / "lint-imports"), "--no-cache", "--no-logo"]),
        Section("SQLite", [*sqlite, "-m", "not browser", *chosen]),
        Section("PostgreSQL", [*postgresql, "--database-only", "-m", "not browser", *chosen], fast=False),
        Section("Chromium", [*sqlite, "-m", "browser", *chosen], fast=False),
    ]


# ---------------------------------------------------------------- what the machine must have

def has_postgresql() -> bool:
    given = os.environ.get("TEST_DATABASE_URL", "").startswith("postgres")
    return given or any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or bool(shutil.which("postgres"))


def has_chromium() -> bool:
    named = os.environ.get("HAILONG_CHROMIUM")
    return bool(named or shutil.which("chromium") or shutil.which("chromium-browser"))


def has_libatomic() -> bool:
    """Playwright's own Node is linked against it."""
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


PACKAGES: dict[str, Callable[[], bool]] = {
    "postgresql": has_postgresql,
    "chromium": has_chromium,
    "libatomic1": has_libatomic,
}


def missing() -> list[str]:
    return [package for package, there in PACKAGES.items() if not there()]


def get_packages() -> bool:
    """Install what is missing where that is allowed; otherwise say what to run. True when all is there."""
    wanted = missing()
    if not wanted:
        return True
    install = ["apt-get", "install", "-y", "--no-install-recommends", *wanted]
    if shutil.which("apt-get") and (prefix := _as_root()) is not None:
        heading(f"Cài gói hệ thống / Installing system packages: {' '.join(wanted)}")
        # RUNLEVEL: the tests start their own server; the packages' service stays off
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
        for command in (["apt-get", "update"], install):
            print("$", *command, flush=True)
            done = subprocess.run(
                [*prefix, *quiet, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, check=False,
            )
            if done.returncode:
                print(done.stdout)
                break
        wanted = missing()
    if wanted:
        print(
            f"\nThiếu gói hệ thống: {', '.join(wanted)}. Trên Debian, hãy chạy (quyền root):\n"
            f"System packages are missing: {', '.join(wanted)}. On Debian, run (as root):\n\n"
            f"  apt-get update && {' '.join(install)}\n",
            file=sys.stderr,
        )
    return not wanted


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root; None where that is not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(
        ["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode:
        return ["sudo", "-n"]
    return None


# ---------------------------------------------------------------- running

running: subprocess.Popen[bytes] | None = None


def run(section: Section, chosen: list[str]) -> bool:
    global running
    heading(section.title)
    # a dozen Pythons start during a run: what one compiles the next ones use
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    running = subprocess.Popen(
        section.command, cwd=TOP, env=environment | {"NO_COLOR": "1"}, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        code = running.wait(LONGEST)
    except subprocess.TimeoutExpired:
        print(f"!! quá {LONGEST} giây / longer than {LONGEST} s")
        code = 124
    finally:
        end(running)
    # arguments of one's own may choose tests of one section only
    return code == 0 or (code == NO_TESTS_RAN and section.is_pytest and bool(chosen))


def end(process: subprocess.Popen[bytes]) -> None:
    """End the section's whole session: first politely, so that fixtures can clean up."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def interrupted(number: int, frame: FrameType | None) -> None:
    if running:
        end(running)
    sys.exit(128 + number)


def heading(title: str) -> None:
    print(f"\n{'=' * 12} {title} {'=' * max(3, 60 - len(title))}", flush=True)


def provoke(arguments: list[str]) -> int:
    """The faults in a session of their own, without limit: a million acknowledged answers take their time."""
    global running
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.faults", "--twins", *arguments], cwd=TOP, stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return running.wait()
    finally:
        end(running)


def main(arguments: list[str]) -> int:
    if arguments == ["--packages"]:
        return 0 if get_packages() else 1
    if arguments[:1] == ["--faults"]:
        signal.signal(signal.SIGTERM, interrupted)
        signal.signal(signal.SIGINT, interrupted)
        return provoke(arguments[1:])
    fast = arguments[:1] == ["--fast"]
    chosen = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    outcomes: list[tuple[str, bool, float]] = []
    for section in sections(chosen):
        if section.fast or not fast:
            began = time.monotonic()
            passed = run(section, chosen)
            outcomes.append((section.title, passed, time.monotonic() - began))
    heading("Tóm tắt / Summary")
    for title, passed, seconds in outcomes:
        print(f"  {'đạt / ok      ' if passed else 'HỎNG / FAILED '} {seconds:6.1f} s  {title}")
    failed = sum(not passed for _, passed, _ in outcomes)
    print(f"  {'':14} {sum(seconds for _, _, seconds in outcomes):6.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
