"""What is a whole request, and when somebody is late. Slow clients themselves: `tests.faults.clients`."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from gunicorn.config import Config

from app import receiving
from app.receiving import Connection, Line

HEAD = b"POST /p/x HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    near, far = socket.socketpair()
    line = Line(near)
    yield Connection(Config(), line, ("127.0.0.1", 1), ("127.0.0.1", 2)), far
    far.close()
    line.close()


@pytest.mark.parametrize("request_", [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    HEAD + b"Content-Length: 5\r\n\r\nhello",
    HEAD + b"content-length:5\r\n\r\nhello",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: 1\r\n\r\n",
])
def test_a_thread_gets_a_request_when_its_last_byte_is_there(
    ends: tuple[Connection, socket.socket], request_: bytes
) -> None:
    conn, far = ends
    for at in range(len(request_)):
        assert not conn.receive()
        far.sendall(request_[at : at + 1])
    assert conn.receive()
    assert conn.parser.unreader.take_buffered() == request_


def test_nothing_is_waited_for_that_cannot_become_a_request(ends: tuple[Connection, socket.socket]) -> None:
    conn, far = ends
    far.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    assert conn.receive()  # the parser says what is wrong
    far.close()
    conn.parser.unreader.take_buffered()
    assert not conn.receive()
    assert conn.ended


def test_a_body_that_no_page_takes_is_not_gathered(ends: tuple[Connection, socket.socket]) -> None:
    conn, far = ends
    far.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (receiving.BODY + 1))
    assert conn.receive()


def test_who_expects_to_be_asked_on_is_asked_once(ends: tuple[Connection, socket.socket]) -> None:
    conn, far = ends
    far.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert not conn.receive()
    assert not conn.receive()
    assert far.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    far.sendall(b"ok")
    assert conn.receive()


def test_a_reply_waits_for_its_reader_and_not_the_other_way_round(ends: tuple[Connection, socket.socket]) -> None:
    conn, far = ends
    page = bytes(range(256)) * 3000
    conn.sock.sendall(page)
    assert conn.sock.rest
    got = b""
    while len(got) < len(page):
        got += far.recv(1 << 20)
        conn.sock.pass_on()
    assert got == page
    assert not conn.sock.rest


def test_more_time_is_given_for_more_bytes(ends: tuple[Connection, socket.socket]) -> None:
    conn, far = ends
    far.sendall(HEAD + b"Content-Length: 9999\r\n\r\n" + bytes(2048))
    conn.receive()
    assert 1.0 < conn.late_at - receiving.PATIENCE < 1.5
