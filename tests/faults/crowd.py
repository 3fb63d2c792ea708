"""Citizens, as a program of its own: `python -m tests.faults.crowd` with a JSON object on the first line of stdin.

Each thread opens the real form, draws an id, posts, and tries again with growing waits until an acknowledgement
arrives whose signature verifies. Some answers are sent again after that: the acknowledgement must be the same.
When stdin closes nobody draws another id, and what is on its way is still tried for `patience` seconds.

What an answer says follows from its id, so a row can be held against it (see `said`).
"""

from __future__ import annotations

import base64
import json
import random
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

TOP = Path(__file__).resolve().parent.parent.parent
ITEMS = 22
RECORD = struct.Struct("<16sdd")
"""of one acknowledged answer: its id; monotonic seconds when its successful try began and ended"""
FIRST_WAIT, LONGEST_WAIT = 0.02, 0.5
RESENT = 0.05
"""share of the answers that are sent once more although they were acknowledged"""

JSON, PLAIN = "application/json", "application/x-www-form-urlencoded"
THANKS = b'<section class="done">'
"""in the page that says so"""
LEAVING = 0.1
"""share of the answers after which their sender hangs up, and the next one connects anew"""


def said(id: bytes) -> str:
    """What the answer of this id chose for the 22 items: one of '1' … '5' each."""
    number = int.from_bytes(id, "big")
    digits = []
    for _ in range(ITEMS):
        number, digit = divmod(number, 5)
        digits.append("12345"[digit])
    return "".join(digits)


def commented(id: bytes) -> str:
    """What the answer of this id writes in its own words; nine of ten write nothing. Letters only: digits could look
    like somebody's telephone."""
    return "".join("abcdefghijklmnop"[int(digit, 16)] for digit in id.hex()) if id[0] < 26 else ""


LONGEST_BEGINNING = 120
"""seconds until the first acknowledgement"""


class Wire:
    """One kept connection to the server; whatever goes wrong closes it and is raised as OSError or ValueError."""

    def __init__(self, host: str, port: int, timeout: float, authority: str = "", name: str = "") -> None:
        """authority: file of the certificate that vouches for the server of that name, where TLS is spoken."""
        self._address = (host, port)
        self._timeout = timeout
        self._name = name or f"{host}:{port}"
        self._tls = ssl.create_default_context(cafile=authority) if authority else None
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = JSON) -> tuple[int, dict[str, str], bytes]:
        accepted = JSON if kind == JSON else "text/html"
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._name}\r\nAccept: {accepted}\r\n"
        if body:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, self._timeout)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    self._socket = self._tls.wrap_socket(self._socket, server_hostname=self._name)
            self._socket.sendall(head.encode() + b"\r\n" + body)
            return self._reply(self._socket)
        except BaseException:
            self.close()
            raise

    def _reply(self, end: socket.socket) -> tuple[int, dict[str, str], bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more(end)
        head, _, body = got.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        length = int(headers["content-length"])
        while len(body) < length:
            body += self._more(end)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), headers, body

    def _more(self, end: socket.socket) -> bytes:
        if not (part := end.recv(65536)):
            raise ConnectionResetError("closed by the server")
        return part

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass
class Told:
    """What a crowd has to tell."""

    drawn: int = 0
    acked: int = 0
    resent: int = 0
    given_up: int = 0
    """answers that nobody had acknowledged when patience ended"""
    unlike: int = 0
    """acknowledged once more, with other words"""
    forged: int = 0
    """replies of success without a signature that verifies"""
    hasty: int = 0
    """503 and 507 without Retry-After"""
    statuses: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    """connections, by what happened to them"""
    slowest: float = 0.0
    """seconds from drawing an id to its acknowledgement, all tries included"""


class Citizens:
    """The threads of one process."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.told = Told()
        self._lock = threading.Lock()
        self._until: float | None = None
        self._file = open(job["file"], "ab", buffering=1 << 16)  # noqa: SIM115  # closed by `run`
        self._verify: Callable[[str, str, str], bool] = lambda id, day, signature: False
        self._token = ""
        self._plain = bool(job["plain"])
        self._begun = False

    def stop(self) -> None:
        self._until = time.monotonic() + float(self.job["patience"])

    def _wire(self) -> Wire:
        names = ("host", "port", "timeout", "authority", "name")
        return Wire(*(self.job[name] for name in names))

    def run(self) -> None:
        wire = self._wire()
        self._open_form(wire)
        threads = [threading.Thread(target=self._citizen, daemon=True) for _ in range(self.job["threads"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._file.close()

    def _open_form(self, wire: Wire) -> None:
        """The page as a browser gets it: its token, and the key that acknowledgements verify with."""
        last = time.monotonic() + float(self.job["patience"]) + 30
        while True:
            try:
                status, _, body = wire.ask("GET", self.job["path"])
                if status == 200:
                    break
            except (OSError, ValueError):
                pass
            if time.monotonic() > last or self._until is not None:
                raise SystemExit("the form did not open")
            time.sleep(0.05)
        page = body.decode()
        token = re.search(r'name="token"[^>]*value="([^"]*)"', page) or re.search(
            r'value="([^"]*)"[^>]*name="token"', page
        )
        key = re.search(r'id="ack-key">([^<]*)<', page)
        assert token, page[:300]
        assert key, page[:300]
        self._token = self.job["token"] or token.group(1)
        self._verify = verifier(json.loads(key.group(1)))

    def _citizen(self) -> None:
        wire = self._wire()
        chance = random.Random()
        most = self.job["most"]
        while self._until is None:
            with self._lock:
                if most and self.told.drawn >= most:
                    break
                self.told.drawn += 1
            id = chance.getrandbits(128).to_bytes(16, "big")
            items = {f"q{number}": choice for number, choice in enumerate(said(id), 1)}
            if words := commented(id):
                items["comment"] = words
            fields = {"token": self._token, "id": id.hex(), **({} if self._plain else {"seconds": "95"}), **items}
            body = (urlencode(fields) if self._plain else json.dumps(fields)).encode()
            first = self._deliver(wire, id, body)
            if first is not None and chance.random() < RESENT:
                again = self._deliver(wire, id, body, once_more=True)
                with self._lock:
                    self.told.unlike += again is not None and again != first
            if chance.random() < LEAVING:
                wire.close()
            if self.job["pause"]:
                time.sleep(self.job["pause"] * (0.5 + chance.random()))
        wire.close()

    def _deliver(self, wire: Wire, id: bytes, body: bytes, *, once_more: bool = False) -> bytes | None:
        """The acknowledgement, or None when patience ended or the server would not have the answer."""
        wait, drawn = FIRST_WAIT, time.monotonic()
        while self._until is None or time.monotonic() < self._until:
            began = time.monotonic()
            try:
                status, headers, reply = wire.ask("POST", self.job["path"], body, PLAIN if self._plain else JSON)
            except (OSError, ValueError, LookupError) as fault:
                self._count(self.told.broken, type(fault).__name__)
            else:
                self._count(self.told.statuses, str(status))
                if status in (200, 201):
                    if self._genuine(id, reply):
                        ended = time.monotonic()
                        with self._lock:
                            if not once_more:
                                self._file.write(RECORD.pack(id, began, ended))
                            self._begin()
                            self.told.acked += not once_more
                            self.told.resent += once_more
                            self.told.slowest = max(self.told.slowest, ended - drawn)
                        return reply
                    with self._lock:
                        self.told.forged += 1
                elif status in (503, 507):
                    with self._lock:
                        self.told.hasty += not headers.get("retry-after", "").isdigit()
                elif status < 500:  # refused for good
                    with self._lock:
                        self._begin()
                    return None
            time.sleep(wait * (0.5 + random.random()))
            wait = min(wait * 2, LONGEST_WAIT)
        with self._lock:
            self.told.given_up += not once_more
        return None

    def _begin(self) -> None:
        """Say, once, that somebody was answered."""
        if not self._begun:
            self._begun = True
            print("begun", flush=True)

    def _genuine(self, id: bytes, reply: bytes) -> bool:
        if self._plain:  # a person reads the page: nothing is signed
            return THANKS in reply
        try:
            ack = json.loads(reply)
            return ack["id"] == id.hex() and self._verify(ack["id"], ack["day"], ack["signature"])
        except (ValueError, LookupError, TypeError):
            return False

    def _count(self, counter: Counter[str], what: str) -> None:
        with self._lock:
            counter[what] += 1


def verifier(jwk: dict[str, str]) -> Callable[[str, str, str], bool]:
    """Whether (id, day, signature) is an acknowledgement by the owner of the key, as a browser finds out."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()

    def verify(id: str, day: str, signature: str) -> bool:
        raw = base64.b64decode(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            key.verify(der, f"hailong-ack-1|{id}|{day}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return len(raw) == 64

    return verify


def main() -> None:
    job = json.loads(sys.stdin.readline())
    citizens = Citizens(job)

    def until_closed() -> None:
        sys.stdin.read()
        citizens.stop()

    threading.Thread(target=until_closed, daemon=True).start()
    citizens.run()
    print(json.dumps(vars(citizens.told)))


# ---------------------------------------------------------------- seen from the test

class Crowd:
    """Some processes of citizens, as a context: it begins with the first replies they get; they send until it ends,
    and then tell."""

    def __init__(
        self, url: str, path: str, folder: Path, *, processes: int = 1, threads: int = 8, patience: float = 30,
        timeout: float = 25, most: int = 0, pause: float = 0.0, token: str = "", plain: bool = False,
        authority: str = "", name: str = "",
    ) -> None:
        """most: answers of each process, 0 for no end; pause: seconds between two answers of one citizen; token: of
        a page opened another day; plain: a browser without JavaScript, whose page says thank you; authority, name: as
        of `Wire`."""
        host, _, port = url.removeprefix("http://").partition(":")
        self.told = Told()
        self.acks: list[tuple[bytes, float, float]] = []
        """(id, begin, end) of every acknowledged answer; filled when the crowd has ended"""
        self._patience = patience
        self._job = {"host": host, "port": int(port), "path": path, "threads": threads, "patience": patience,
                     "timeout": timeout, "most": most, "pause": pause, "token": token, "plain": plain,
                     "authority": authority, "name": name}
        self._files = [folder / f"acks-{time.monotonic_ns()}-{number}" for number in range(processes)]
        self._made: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Crowd:
        for file in self._files:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.crowd"], cwd=TOP, text=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, start_new_session=True,
            )
            self._made.append(process)
            assert process.stdin
            process.stdin.write(json.dumps({**self._job, "file": str(file)}) + "\n")
            process.stdin.flush()
        for process in self._made:
            assert process.stdout
            alarm = threading.Timer(LONGEST_BEGINNING, process.kill)  # a server that refuses everybody is a fault, too
            alarm.start()
            begun = process.stdout.readline() == "begun\n"
            alarm.cancel()
            if not begun:
                raise RuntimeError("nobody of a crowd was acknowledged")
        return self

    def finish(self) -> None:
        """Wait until every answer of `most` was delivered."""
        for process in self._made:
            process.wait(600)

    def __exit__(self, *_: object) -> None:
        for process in self._made:
            assert process.stdin
            process.stdin.close()
        for process, file in zip(self._made, self._files, strict=True):
            try:
                process.wait(self._patience + self._job["timeout"] + 30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            assert process.stdout
            text = process.stdout.read()
            process.stdout.close()
            if process.returncode:
                raise RuntimeError(f"a crowd ended with {process.returncode}")
            self._add(json.loads(text))
            data = file.read_bytes()
            self.acks += RECORD.iter_unpack(data[: len(data) - len(data) % RECORD.size])  # type: ignore[arg-type]
            file.unlink()

    def _add(self, part: dict[str, Any]) -> None:
        for name, value in part.items():
            if isinstance(value, dict):
                getattr(self.told, name).update(value)
            elif name == "slowest":
                self.told.slowest = max(self.told.slowest, value)
            else:
                setattr(self.told, name, getattr(self.told, name) + value)


if __name__ == "__main__":
    main()
