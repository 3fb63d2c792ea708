"""The shipped nginx configuration with a certificate of a local authority, in front of gunicorn: a citizen's whole way.

Needs nginx. Ends with exit code 1 at the first thing that is not as promised.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from app.db import transaction
from bench import _nginx
from bench._ground import COMMUNES, open_wave, sqlite
from surveys import collection, conduct
from surveys.store import waves as wave_store

TOP = Path(__file__).resolve().parent.parent
ITEMS = [f"q{number}" for number in range(1, 23)]


def run(quick: bool) -> dict[str, object]:
    if _nginx.program() is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    with sqlite() as app, tempfile.TemporaryDirectory() as folder:
        open_wave(app, "W")
        with app.app_context(), transaction() as session:
            wave = wave_store.wave(session, "W")
            point = collection.create_point(session, wave, conduct.tree_of(session, wave), COMMUNES[0], "").code
        ports = [_free() for _ in range(3)]
        with _gunicorn(app.config["HAILONG"].state, ports[2]) as server, \
                _nginx.running(Path(folder), ports[0], ports[1], ports[2]) as trial:
            return _trial(trial, point, server, quick)


def _trial(trial: _nginx.Trial, point: str, server: subprocess.Popen[bytes], quick: bool) -> dict[str, object]:
    client = Client(trial)
    told: dict[str, object] = _handshakes(trial)
    fields = _citizen(client, point)
    _staff(client)
    _proxies(client, trial)
    told |= _counter(client, point, fields, 100 if quick else 600)
    told |= _slow(trial, client, point, fields, 60 if quick else 400)
    server.terminate()
    server.wait(40)
    status, headers, _ = client.ask("GET", f"/p/{point}")
    check(status == 503 and headers["Retry-After"] == "3", "a server that is away is told with Retry-After")
    said = trial.log.read_text(encoding="utf-8") if trial.log.exists() else ""
    check("127.0.0.1" not in said, "nginx's log names no address")
    return told


def _handshakes(trial: _nginx.Trial) -> dict[str, object]:
    context = ssl.create_default_context(cafile=str(trial.authority))
    found: dict[str, object] = {}
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.minimum_version = context.maximum_version = version
        with _line(trial, context) as first:
            found[version.name] = first.cipher()[0]  # type: ignore[index]  # it is connected
            first.sendall(f"GET /healthz HTTP/1.1\r\nHost: {_nginx.NAME}\r\n\r\n".encode())
            first.recv(4096)
            session = first.session
            key = x509.load_der_x509_certificate(first.getpeercert(binary_form=True) or b"").public_key()
        check(isinstance(key, ec.EllipticCurvePublicKey), "the certificate is ECDSA")
        with _line(trial, context, session) as again:
            check(bool(again.session_reused), f"{version.name}: a session is resumed")
    old = ssl.create_default_context(cafile=str(trial.authority))
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with contextlib.suppress(ssl.SSLError, OSError), _line(trial, old):
        check(False, "TLS 1.1 is refused")
    modern = ssl.create_default_context(cafile=str(trial.authority))
    modern.set_alpn_protocols(["h2", "http/1.1"])
    with _line(trial, modern) as line:
        check(line.selected_alpn_protocol() == "h2", "HTTP/2 is spoken")
    began = time.perf_counter()
    for _ in range(50):
        with _line(trial, modern):
            pass
    found["full_handshake_ms"] = round((time.perf_counter() - began) / 50 * 1000, 2)
    return found


@contextmanager
def _line(
    trial: _nginx.Trial, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> Iterator[ssl.SSLSocket]:
    with socket.create_connection(("127.0.0.1", trial.tls), timeout=10) as plain, \
            context.wrap_socket(plain, server_hostname=_nginx.NAME, session=session) as line:
        yield line


class Client:
    """A browser of that name, by way of nginx."""

    def __init__(self, trial: _nginx.Trial) -> None:
        self._trial = trial
        self._context = ssl.create_default_context(cafile=str(trial.authority))
        self._kept: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        host: str = _nginx.NAME,
    ) -> tuple[int, Any, str]:
        for _ in range(2):
            line = self._kept or self._opened()
            try:
                line.request(method, path, body, {"Host": host, **(headers or {})})
                reply = line.getresponse()
                return reply.status, reply.headers, reply.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException):
                line.close()
                self._kept = None
        raise SystemExit(f"no reply to {method} {path}")

    def _opened(self) -> http.client.HTTPConnection:
        line = http.client.HTTPConnection("127.0.0.1", self._trial.tls, timeout=30)
        plain = socket.create_connection(("127.0.0.1", self._trial.tls), timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sock = self._context.wrap_socket(plain, server_hostname=_nginx.NAME)
        self._kept = line
        return line


def _citizen(client: Client, point: str) -> dict[str, str]:
    status, headers, page = client.ask("GET", f"/p/{point}")
    check(status == 200, "the form opens")
    check(headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", "HSTS is sent")
    check("Set-Cookie" not in headers, "a citizen gets no cookie")
    check("default-src 'none'" in headers["Content-Security-Policy"], "the content policy arrives")
    token = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    fields = {"token": token[1] if token else "", **dict.fromkeys(ITEMS, "4")}
    sent = {**fields, "id": secrets.token_hex(16)}
    origin = {"Origin": f"https://{_nginx.NAME}", "Content-Type": "application/json"}
    status, _, said = client.ask("POST", f"/p/{point}", json.dumps(sent).encode(), origin)
    check(status == 201 and json.loads(said)["signature"] != "", f"the answer is acknowledged: {status} {said}")
    foreign = {**origin, "Origin": "https://elsewhere.example"}
    status, _, _ = client.ask("POST", f"/p/{point}", json.dumps(sent).encode(), foreign)
    check(status == 403, "another site is refused")
    for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        check(client.ask("GET", asset)[0] == 200, f"{asset} arrives")
    return fields


def _staff(client: Client) -> None:
    status, headers, _ = client.ask("GET", "/account/sign-in")
    [cookie] = headers.get_all("Set-Cookie")
    check(status == 200 and cookie.startswith("__Host-hailong="), "staff's cookie is bound to its host")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    check({"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts and "Domain" not in cookie, f"its marks: {parts}")


def _proxies(client: Client, trial: _nginx.Trial) -> None:
    """What a client says about proxies changes nothing."""
    spoofed = {
        "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "http",
        "X-Forwarded-Prefix": "/evil", "Forwarded": "for=127.0.0.1;host=elsewhere.example", "X-Real-IP": "127.0.0.1",
    }
    status, headers, page = client.ask("GET", "/results", headers=spoofed)
    check("elsewhere" not in headers.get("Location", "") + page and "evil" not in page, "no name but ours in a page")
    check(status in {303, 308}, "and the way to sign in is ours")
    for path in ("/metrics", "/readyz"):
        check(client.ask("GET", path, headers=spoofed)[0] == 404, f"{path} stays inside")
    check(client.ask("GET", "/healthz")[0] == 200, "/healthz answers outside")
    check(client.ask("GET", "/", host="elsewhere.example")[0] == 400, "a foreign name is refused")

    class Stays(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        asked = urllib.request.Request(f"http://127.0.0.1:{trial.plain}/p/ABC", headers={"Host": _nginx.NAME})
        urllib.request.build_opener(Stays).open(asked, timeout=10)
        check(False, "http leads to https")
    except urllib.error.HTTPError as reply:
        check((reply.code, reply.headers["Location"]) == (301, f"https://{_nginx.NAME}/p/ABC"), "http leads to https")


def _counter(client: Client, point: str, fields: Mapping[str, str], answers: int) -> dict[str, object]:
    """Many phones behind one address, all at once: the limits must not take one for an attack."""
    spent, refused = [], 0
    for _ in range(answers):
        began = time.perf_counter()
        refused += _sent(client, point, fields) not in {200, 201}
        spent.append(time.perf_counter() - began)
    check(refused == 0, f"{refused} of {answers} answers from one address were refused")
    return {"counter_answers": answers, "counter_p50_ms": _ms(spent, 0.5), "counter_p99_ms": _ms(spent, 0.99)}


def _sent(client: Client, point: str, fields: Mapping[str, str]) -> int:
    body = json.dumps({**fields, "id": secrets.token_hex(16)}).encode()
    return client.ask("POST", f"/p/{point}", body, {"Content-Type": "application/json"})[0]


def _slow(
    trial: _nginx.Trial, client: Client, point: str, fields: Mapping[str, str], senders: int
) -> dict[str, object]:
    """Senders that never finish, of heads and of bodies; honest ones are served beside them."""
    context = ssl.create_default_context(cafile=str(trial.authority))
    stop = threading.Event()
    lines: list[ssl.SSLSocket] = []
    for number in range(min(senders, 390)):
        plain = socket.create_connection(("127.0.0.1", trial.tls), timeout=10)
        line = context.wrap_socket(plain, server_hostname=_nginx.NAME)
        head = f"POST /p/{point} HTTP/1.1\r\nHost: {_nginx.NAME}\r\nContent-Length: 5000\r\n"
        line.sendall((head if number % 2 else head + "\r\nq1=4").encode())
        lines.append(line)

    def drip() -> None:
        while not stop.wait(1.0):
            for line in lines:
                with contextlib.suppress(OSError):
                    line.sendall(b"a")

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    spent, refused = [], 0
    for _ in range(100):
        began = time.perf_counter()
        refused += _sent(client, point, fields) not in {200, 201}
        spent.append(time.perf_counter() - began)
    stop.set()
    dripping.join()
    for line in lines:
        line.close()
    check(refused == 0, f"{refused} of 100 honest answers were refused beside slow senders")
    check(sorted(spent)[95] <= 0.5, f"p95 beside slow senders: {_ms(spent, 0.95)} ms")
    return {"slow_senders": len(lines), "beside_slow_p95_ms": _ms(spent, 0.95)}


def _ms(spent: list[float], share: float) -> float:
    ordered = sorted(spent)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)


def check(holds: bool, what: str) -> None:
    print(f"{'ok    ' if holds else 'FAILED'} {what}", file=sys.stderr)
    if not holds:
        raise SystemExit(1)


@contextmanager
def _gunicorn(state: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    given = {
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HAILONG_STATE": str(state), "HAILONG_PORT": str(port),
        "HAILONG_PUBLIC_URL": f"https://{_nginx.NAME}", "HAILONG_TRUSTED_PROXIES": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", str(TOP / "gunicorn.conf.py"), "wsgi:app"]
    process = subprocess.Popen(command, cwd=TOP, env=given, stdout=sys.stderr)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("gunicorn did not start") from None
                time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(40)


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
