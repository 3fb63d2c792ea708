"""gunicorn's threaded worker, for clients of any slowness: a thread is given to whole requests, and never waits.

gunicorn reads requests and writes replies in its threads, so that as many slow clients as there are threads keep
everybody else out; and it waits for a client to hang up in the loop that accepts the next one. Behind nginx nobody
sees that; a server without one would be closed by a dozen sockets. Here a request is gathered and a reply passed on
between the threads, each within a time that grows with what moves. When there are more connections than room, the
one that has kept us waiting longest gives way.
"""

from __future__ import annotations

import errno
import re
import select
import selectors
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE = 20.0
"""seconds for a request to arrive or a reply to be taken; and one more for each `PACE` bytes"""
PACE = 2048
LINGER = 2.0
"""seconds in which a client may hang up first, so that the end of a reply is not cut off"""
HEAD = 64 * 1024
"""bytes of a head after which gunicorn's parser is let say that it is too long"""
BODY = 16 * 1024 * 1024
"""bytes of a body that is gathered; no page takes more, and what is announced longer is refused unread"""
REST = 1024 * 1024
"""bytes of a reply that may wait for its reader while the thread goes on"""
HELD = 64 * 1024 * 1024
"""bytes of all requests and replies on their way, in one worker"""
FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
SWEEP = 0.25
"""seconds between two looks at who is late"""
WAIT = object()
"""what `handle` returns for a request that is not whole"""
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n|$)")


class Line(socket.socket):
    """A client's connection, which never makes anybody wait: what it does not take at once is kept in `rest`."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        super().setblocking(False)
        self.rest = bytearray()

    def setblocking(self, flag: bool) -> None:
        """gunicorn sets it for its own ways of waiting."""

    def settimeout(self, value: float | None) -> None:
        """As `setblocking`."""

    def sendall(self, data: Any, flags: int = 0) -> None:
        if not self.rest:
            with suppress(BlockingIOError):
                data = memoryview(data)[self.send(data, flags) :]
        self.rest += data
        last = time.monotonic() + PATIENCE
        while len(self.rest) > REST:  # a long file: here the thread does wait, and for a little only
            if not self.pass_on() and not _writable(self, last - time.monotonic()):
                raise BrokenPipeError(errno.EPIPE, "the reader does not read")

    def pass_on(self) -> int:
        """Bytes of the rest that were taken."""
        try:
            sent = self.send(memoryview(self.rest)[: 256 * 1024])
        except BlockingIOError:
            return 0
        del self.rest[:sent]
        return sent


def _writable(line: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(line, select.POLLOUT)
    return seconds > 0 and bool(poll.poll(seconds * 1000))


class Connection(TConn):  # type: ignore[misc]  # gunicorn ships no types
    """With what has arrived of its next request."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.held = bytearray()
        self.moved = 0
        """bytes of this request or reply so far"""
        self.begun = 0.0
        self.patience = PATIENCE
        self.counted = 0
        self.polled = False
        """the loop waits for it; no thread has it"""
        self.ended = False
        """the client sends no more"""
        self.then: Any = False
        """what `handle` returned before its reply had gone"""
        self._length: int | None = None
        self._asked_on = False

    def receive(self) -> bool:
        """Take what has arrived; whether it is a whole request."""
        self.init()
        unreader = self.parser.unreader
        self.held += unreader.take_buffered()
        while len(self.held) < HEAD + BODY:
            try:
                part = self.sock.recv(65536)
            except BlockingIOError:
                break
            self.ended = not part
            self.held += part
            if len(part) < 65536:
                break
        self.moved = len(self.held)
        if not self._is_whole():
            return False
        unreader.unread(bytes(self.held))
        self.held.clear()
        self._length, self._asked_on = None, False
        return True

    def _is_whole(self) -> bool:
        if self._length is None:
            end = self.held.find(b"\r\n\r\n")
            if end < 0:
                return len(self.held) > HEAD
            head = bytes(self.held[:end]).lower()
            if b"\r\ntransfer-encoding:" in head:
                return _chunks_end(self.held, end + 4) or len(self.held) >= HEAD + BODY
            found = LENGTH.search(head)
            body = int(found[1]) if found else 0
            self._length = end + 4 + (body if body <= BODY else 0)
            if b"\r\nexpect:" in head and len(self.held) < self._length and not self._asked_on:
                self._asked_on = True
                self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return len(self.held) >= self._length

    @property
    def late_at(self) -> float:
        return float(self.begun + self.patience + self.moved / PACE)


def _chunks_end(held: bytearray, at: int) -> bool:
    """Whether a body in chunks is whole, or so broken that the parser will say so."""
    while (line := held.find(b"\r\n", at)) >= 0:
        try:
            size = int(bytes(held[at:line]).partition(b";")[0], 16)
        except ValueError:
            return True
        if size <= 0:
            return held.startswith(b"\r\n", line + 2) or held.find(b"\r\n\r\n", line + 2) >= 0
        at = line + 2 + size + 2
    return False


class Receiving(ThreadWorker):  # type: ignore[misc]  # as above
    """The worker class of gunicorn.conf.py."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[Connection, None] = {}
        """unfinished requests and replies, the oldest first"""
        self._held = 0
        self._swept = 0.0
        self._stopped: float | None = None

    def accept(self, listener: socket.socket) -> None:
        try:
            accepted, address = listener.accept()
        except OSError as fault:
            if fault.errno in FULL:
                if not self._make_room():
                    time.sleep(0.02)  # nobody can give way: whoever is being served will be done in a moment
            elif fault.errno not in {errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK}:
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, Line(accepted), address, listener.getsockname()))

    def handle(self, conn: Connection) -> Any:
        try:
            if not conn.receive():
                return WAIT
        except OSError:
            conn.sock.rest.clear()
            conn.ended = True
            return False
        conn.data_ready = True
        return super().handle(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """A body that was not gathered is not read to its end either."""
        with suppress(BlockingIOError):
            return bool(super()._keepalive_after(conn, keepalive))
        return False

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        result = False if fs.cancelled() or fs.exception() else fs.result()
        if result is WAIT and not conn.ended:
            self._wait(conn, selectors.EVENT_READ, self._readable)
        elif conn.sock.rest:
            self._forget(conn)
            conn.then, conn.moved = result, 0
            self._wait(conn, selectors.EVENT_WRITE, self._writable)
        else:
            self._go_on(conn, result)

    def _go_on(self, conn: Connection, result: Any) -> None:
        """After a reply has gone, or a client."""
        self._forget(conn)
        if result and result is not WAIT:
            done: Future[bool] = Future()
            done.set_result(True)
            super().finish_request(conn, done)
        elif conn.ended:
            self._close(conn)
        else:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_WR)
            conn.patience, conn.moved = LINGER, 0
            self._wait(conn, selectors.EVENT_READ, self._emptied)

    # ---------------------------------------------------------------- waiting, in the loop

    def _wait(self, conn: Connection, event: int, then: Any) -> None:
        if conn not in self._waiting:
            self._waiting[conn] = None
            conn.begun = time.monotonic()
        weight = len(conn.held) + len(conn.sock.rest)
        self._held += weight - conn.counted
        conn.counted = weight
        try:
            self.poller.register(conn.sock, event, lambda _: then(conn))
        except (OSError, ValueError, KeyError):
            self._close(conn)
            return
        conn.polled = True
        while self._held > HELD:
            self._close(max((each for each in self._waiting if each.polled), key=lambda each: each.counted))

    def _unpoll(self, conn: Connection) -> None:
        if conn.polled:
            conn.polled = False
            with suppress(OSError, ValueError, KeyError):
                self.poller.unregister(conn.sock)

    def _forget(self, conn: Connection) -> None:
        if conn in self._waiting:
            del self._waiting[conn]
            self._held -= conn.counted
        conn.counted, conn.patience = 0, PATIENCE

    def _close(self, conn: Connection) -> None:
        self._unpoll(conn)
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def on_client_socket_readable(self, conn: Connection, client: Line) -> None:
        with suppress(KeyError, ValueError):  # it gave way to another in this very turn
            super().on_client_socket_readable(conn, client)

    def _readable(self, conn: Connection) -> None:
        if conn.polled:
            self._unpoll(conn)
            self.enqueue_req(conn)

    def _writable(self, conn: Connection) -> None:
        if not conn.polled:
            return
        try:
            conn.moved += conn.sock.pass_on()
        except OSError:
            self._close(conn)
            return
        if not conn.sock.rest:
            self._unpoll(conn)
            self._go_on(conn, conn.then)

    def _emptied(self, conn: Connection) -> None:
        """What a client still sends after its reply is thrown away: unread it would cut the reply off."""
        if not conn.polled:
            return
        try:
            if conn.sock.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._close(conn)

    def murder_pending(self) -> None:
        """After each turn of the loop: whoever is late goes; and the oldest, where there is no room."""
        now = time.monotonic()
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        if now < self._swept + SWEEP:
            return
        self._swept = now
        if not self.alive and self._stopped is None:
            self._stopped = now
        stopping = self._stopped is not None and now > self._stopped + LINGER
        for conn in [each for each in self._waiting if each.polled]:
            if now > conn.late_at or (stopping and not conn.sock.rest):
                self._close(conn)

    def _make_room(self) -> bool:
        if (oldest := next((each for each in self._waiting if each.polled), None)) is not None:
            self._close(oldest)
            return True
        if self.keepalived_conns:
            idle = self.keepalived_conns.popleft()
            with suppress(OSError, KeyError, ValueError):
                self.poller.unregister(idle.sock)
            self.nr_conns -= 1
            idle.close()
            return True
        return False
