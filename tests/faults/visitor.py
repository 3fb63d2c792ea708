"""One citizen in the hand of a test: the form as it was served, and answers written on it byte by byte."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from tests.faults.crowd import Wire, commented, said, verifier
from tests.faults.ground import Server


@dataclass(frozen=True)
class Form:
    """An opened form."""

    host: str
    path: str
    token: str
    verify: Callable[[str, str, str], bool]

    def body(self, id: bytes, words: str = "") -> bytes:
        """An answer; words: what it chooses, unless that follows from the id as everybody's does."""
        items = {f"q{number}": choice for number, choice in enumerate(words or said(id), 1)}
        if comment := commented(id):
            items["comment"] = comment
        return json.dumps({"token": self.token, "id": id.hex(), "seconds": "95", **items}).encode()

    def request(self, body: bytes, *headers: str) -> bytes:
        head = (f"POST {self.path} HTTP/1.1", f"Host: {self.host}", "Accept: application/json",
                "Content-Type: application/json", f"Content-Length: {len(body)}", *headers)
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def is_genuine(self, id: bytes, reply: bytes) -> bool:
        with suppress(ValueError, LookupError, TypeError):
            ack = json.loads(reply)
            return ack["id"] == id.hex() and self.verify(ack["id"], ack["day"], ack["signature"])
        return False


def opened(server: Server) -> Form:
    wire = Wire("127.0.0.1", server.port, 20)
    try:
        status, _, body = wire.ask("GET", server.ground.path)
    finally:
        wire.close()
    page = body.decode()
    token = re.search(r'name="token"[^>]*value="([^"]*)"', page)
    key = re.search(r'id="ack-key">([^<]*)<', page)
    assert status == 200, status
    assert token, page[:300]
    assert key, page[:300]
    return Form(
        f"127.0.0.1:{server.port}", server.ground.path, token.group(1), verifier(json.loads(key.group(1)))
    )


def drawn(*, talks: bool = False) -> bytes:
    """An id; talks: of an answer with words of its own, which are more than one row."""
    return (b"\x00" if talks else b"\xff") + os.urandom(15)


def connected(server: Server, timeout: float = 20) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", server.port), timeout)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def replied(line: socket.socket) -> tuple[int, bytes]:
    """Status and body; (0, b"") where the server closed or said nothing in time."""
    got = b""
    with suppress(OSError, ValueError, LookupError):
        while b"\r\n\r\n" not in got:
            got += _more(line)
        head, _, body = got.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))  # type: ignore[union-attr]  # ours always says it
        while len(body) < length:
            body += _more(line)
        return int(head.split()[1]), body
    return 0, b""


def _more(line: socket.socket) -> bytes:
    if not (part := line.recv(65536)):
        raise ConnectionResetError("closed by the server")
    return part


def hung_up(lines: Iterable[socket.socket]) -> None:
    for line in lines:
        with suppress(OSError):
            line.close()
