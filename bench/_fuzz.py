"""Sends every form of the program what nobody meant to be sent, and says what must never be the reply.

Forms are found by walking the pages as every role; a POST route whose form no page shows is sent bare fields. What is
drawn comes from `Draws`, so that a seeded run and a property test share everything else.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import argon2
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url
from werkzeug.test import TestResponse

from app import auth, headers, refresh, writer
from app.db import db
from bench._crawl import Crawl, Field, Form
from bench._ground import COMMUNE, PROVINCE, enter
from surveys import passphrases
from surveys.access import Role

T = TypeVar("T")
CASES_PER_STATE = 150
"""cases after which the database is put back, so that what one destroyed the next ones find again"""
PERSONS = (
    (Role.ADMINISTRATOR, None), (Role.PROVINCE_MANAGER, PROVINCE), (Role.ANALYST, PROVINCE),
    (Role.HELP_DESK, PROVINCE), (Role.AUDITOR, PROVINCE), (Role.OBSERVER, PROVINCE),
    (Role.ISSUANCE_OFFICER, COMMUNE), (Role.UNIT_OFFICER, COMMUNE), (Role.ENTRY_CLERK, PROVINCE),
    (Role.INTERVIEWER, PROVINCE),
)
STARTS = {Role.PROVINCE_MANAGER: 6, Role.ADMINISTRATOR: 2}
"""addresses of one kind of page that are opened in search of forms"""
MARK = "zq9"
NASTY = (
    "", " ", "\t\n\r", "\x00", "a\x00b", "\x1b[31m", "\ufffe", "\u202egnp.exe", "\u200b\u200d\ufeff",
    "Z" + "\u0301\u0323\u0348" * 60, "Lê Thị Hoa", "Le\u0302 Thi\u0323", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🏛️", "İıſK", "ﷺ" * 50,
    f"<{MARK} onload=alert(1)>", f"\"><{MARK}>", f"' on{MARK}='1", f'" on{MARK}="1', f"</textarea><{MARK}>",
    f"</title><{MARK}>", f"javascript:{MARK}", "{{7*7}}", "{% raw %}", "${7*7}", "%s%n%x", "{0.__class__}", "{n}",
    "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1", "0", "1", "00", "1e309", "NaN", "Infinity", "-0", "9" * 30,
    "9223372036854775807", "9223372036854775808", "2147483648", "-2147483649", "0x10", "1_000", "１２", "٣", "1.5",
    "1,5",
    "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "2026-11-24", "24/11/2026", "2026-W01-1", "now",
    "../../../../etc/passwd", "..\\..\\windows", "/etc/passwd", "C:\\", "a/b", ".", "..", "CON", "%2e%2e%2f", "%00",
    "' OR '1'='1", "'; DROP TABLE wave; --", "1) UNION SELECT 1--", "\\", "\\'", "%", "_", "*", "(a+)+$",
    "https://evil.example/", "//evil.example", "/\\evil.example", "a\r\nSet-Cookie: x=1", "true", "None", "null", "[]",
    "{}", "on", "x" * 300, "ấ" * 2500, "y" * 20_000, "[questionnaire]\nname = 1", "[[", "a = 1979-05-27T07:32:00Z",
)
NAMES = ("id", "role", "unit", "state", "csrf_token", "__proto__", "constructor", "a[]", "a[0][b]", "x" * 200, "\x00",
         "ẩn", "next", "lang", "_method", "approved", "actor", "wave", "name")
FILES = (
    b"", b"\x00", b"\xff\xfe\x00a", b"\xef\xbb\xbfcode,name\n1,2\n", b"code,name,kind,parent,valid_from,valid_to\n",
    b"code,name\n=1+1,<zq9>\n", b"a,b\n" * 5000, b'"unclosed', b"PK\x03\x04" + b"\x00" * 60,
    b"PK\x05\x06" + b"\x00" * 18,
    b"%PDF-1.4", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"[" * 50_000, b'{"a":' * 2000, b"name = 1\n[[questions]]\n", b"x" * 70_000, "tên,số\nLê,１\n".encode("utf-16"),
    b"\x89PNG\r\n\x1a\n", b"ID3\x03", b"RIFF\x00\x00\x00\x00WAVE", b"OggS",
)
FILE_NAMES = ("a.csv", "a.xlsx", "a.toml", "", "../../a.csv", "a\x00.csv", "a\r\nX: 1.csv", "=1+1.csv",
              "<zq9>.csv", "." * 300, "a.mp3")
PLAUSIBLE = ("2026-11-24", "5", "Lý do: thử nghiệm theo kế hoạch", "19249", "44", "a.b", "12/QĐ-UBND", "x", "1",
             "2026-01-01")


class Draws(Protocol):
    def pick(self, choices: Sequence[T]) -> T: ...
    def number(self, low: int, high: int) -> int: ...
    def text(self) -> str: ...


class Seeded:
    """Draws from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def pick(self, choices: Sequence[T]) -> T:
        return self._chance.choice(choices)

    def number(self, low: int, high: int) -> int:
        return self._chance.randint(low, high)

    def text(self) -> str:
        last = self._chance.choice((0x7F, 0x24F, 0x1EFF, 0xFFFF, 0x10FFFF))
        drawn = (chr(self._chance.randint(0, last)) for _ in range(self._chance.randint(0, 40)))
        return "".join(drawn)


@dataclass
class Person:
    role: str
    client: FlaskClient
    cookie: str
    token: str


@dataclass(frozen=True)
class Target:
    endpoint: str
    method: str
    addresses: tuple[str, ...]
    person: Person
    fields: tuple[Field, ...] = ()
    files: bool = False


@dataclass(frozen=True)
class Case:
    target: Target
    address: str
    data: list[tuple[str, Any]]
    body: tuple[bytes, str] | None = None
    """sent instead of the fields: bytes and their type"""
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        sent = self.body or [(name, str(value)[:60]) for name, value in self.data]
        return f"{self.target.method} {self.address[:200]!r} ({self.target.person.role}) {sent!r:.1500}"


@dataclass
class Ground:
    """An application with its people and targets, and a state to go back to."""

    app: Flask
    persons: list[Person] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """pages that a link led to and that failed before anything was drawn"""
    bare: list[str] = field(default_factory=list)
    """POST routes that no page has a form for"""
    statuses: Counter[int] = field(default_factory=Counter)
    cases: int = 0
    _copy: Path | None = None

    def explore(self) -> None:
        crawls = []
        for role, unit in PERSONS:
            client = self.app.test_client()
            enter(client, role, unit)
            crawl = Crawl(client, STARTS.get(role, 1))
            crawl.walk()
            self.failed += [f"{role.value}: {page}" for page in crawl.failed]
            crawls.append((self._person(role.value, client), crawl))
        anonymous = Crawl(self.app.test_client())
        anonymous.walk()
        crawls.append((self._person("nobody", anonymous.client), anonymous))
        self.persons = [person for person, _ in crawls]
        arguments: dict[str, set[str]] = {}
        for _, crawl in crawls:
            for name, values in crawl.arguments.items():
                arguments.setdefault(name, set()).update(values)
        for person, crawl in crawls:
            for form in crawl.forms.values():
                self._add(person, form)
        self._add_routes(arguments)
        self.targets.sort(key=lambda target: (target.endpoint, target.method, target.person.role))
        self._keep()

    def _person(self, role: str, client: FlaskClient) -> Person:
        """With a cookie that stays the same whatever a reply says, and the CSRF token that goes with it."""
        page = client.get("/account/" if role != "nobody" else "/account/sign-in")
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
        cookie = client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        sent = f"{cookie.key}={cookie.value}" if cookie else ""
        return Person(role, self.app.test_client(use_cookies=False), sent, found[1] if found else "")

    def _add(self, person: Person, form: Form) -> None:
        if form.endpoint:
            self.targets.append(Target(
                form.endpoint, form.method.upper(), (form.action,), person, tuple(form.fields), form.has_files
            ))

    def _add_routes(self, arguments: dict[str, set[str]]) -> None:
        """Every route, with the addresses that were met: GET ones for their queries, POST ones that have no form."""
        shown = {(target.endpoint, target.method) for target in self.targets}
        strong = [person for person in self.persons if person.role in {"administrator", "province_manager", "analyst"}]
        for rule in self.app.url_map.iter_rules():
            methods = (rule.methods or set()) & {"GET", "POST"}
            if rule.endpoint.startswith("static") or not methods:
                continue
            addresses = tuple(_filled(rule.rule, arguments, turn) for turn in range(3))
            for method in sorted(methods):
                if method == "POST" and (rule.endpoint, method) not in shown:
                    self.bare.append(rule.endpoint)
                if method == "POST" and (rule.endpoint, method) not in shown:
                    named = {each.name: each for target in self.targets for each in target.fields
                             if target.endpoint.split(".")[0] == rule.endpoint.split(".")[0]}
                    likely = tuple(named[name] for name in sorted(named) if named[name].kind != "file")[:12]
                    for person in strong:
                        self.targets.append(Target(rule.endpoint, method, addresses, person, likely))
                elif method == "GET":
                    person = strong[len(self.targets) % len(strong)]
                    self.targets.append(Target(rule.endpoint, method, addresses, person))

    # -------------------------------------------------------------- states

    def _file(self) -> Path | None:
        url = make_url(self.app.config["SQLALCHEMY_DATABASE_URI"])
        return Path(url.database) if url.drivername.startswith("sqlite") and url.database else None

    def _keep(self) -> None:
        if (file := self._file()) is not None:
            self._close()
            self._copy = file.with_suffix(".kept")
            shutil.copyfile(file, self._copy)

    def back(self) -> None:
        """The state after exploring; SQLite only."""
        if self._copy is not None and (file := self._file()) is not None:
            self._close()
            for ending in ("-wal", "-shm"):
                Path(f"{file}{ending}").unlink(missing_ok=True)
            shutil.copyfile(self._copy, file)

    def _close(self) -> None:
        writer.close(self.app)  # whose connection would go on with files that are taken away
        with self.app.app_context():
            if self._file() is not None:
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("COMMIT")
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    connection.exec_driver_sql("BEGIN")
            db.engine.dispose()

    # -------------------------------------------------------------- sending

    def send(self, case: Case) -> TestResponse:
        self.cases += 1
        if self.cases % CASES_PER_STATE == 0:
            self.back()
        given = [("Cookie", case.target.person.cookie), *case.headers]
        sent: dict[str, Any] = {"method": case.target.method, "headers": given}
        if case.body is not None:
            sent |= {"data": case.body[0], "content_type": case.body[1]}
        elif case.target.method == "GET":
            joint = "&" if "?" in case.address else "?"
            query = urlencode([(name, str(value)) for name, value in case.data], errors="replace")
            return self._noted(case.target.person.client.open(f"{case.address}{joint}{query}"[:4000], **sent))
        elif case.target.files or any(isinstance(value, tuple) for _, value in case.data):
            sent |= {"data": _listed(case.data)}
        else:
            body = urlencode(case.data, errors="replace").encode()
            sent |= {"data": body, "content_type": "application/x-www-form-urlencoded"}
        return self._noted(case.target.person.client.open(case.address, **sent))

    def _noted(self, reply: TestResponse) -> TestResponse:
        self.statuses[reply.status_code] += 1
        return reply

    def faults(self, case: Case, reply: TestResponse) -> list[str]:
        """What of the reply must never be."""
        found = []
        if reply.status_code >= 500:
            found.append(f"status {reply.status_code}")
        packed = "Content-Encoding" in reply.headers
        text = (gzip.decompress(reply.data) if packed else reply.data).decode("utf-8", "replace")
        if reply.mimetype.startswith("text/") and "Traceback (most recent" in text:
            found.append("a traceback")
        if reply.mimetype == "text/html" and re.search(rf"<\s*/?{MARK}|[\"'] on{MARK}=[\"']", text):
            found.append("unescaped text")
        for name, value in headers.ALWAYS.items():
            if reply.headers.get(name) != value:
                found.append(f"header {name}")
        place = reply.headers.get("Location", "/")
        if not place.startswith("/") or place.startswith("//") or "\\" in place:
            found.append(f"redirect to {place!r}")
        if any("\n" in f"{name}{value}" or "\r" in f"{name}{value}" for name, value in reply.headers):
            found.append("a line end in a header")
        rule = auth.rule_of(self.app, case.target.endpoint)
        if rule is not None and rule.action is None and not rule.form and "Set-Cookie" in reply.headers:
            found.append("a cookie for a citizen")
        return found


@contextmanager
def quick_and_alone(app: Flask) -> Iterator[None]:
    """No child processes, passphrases that cost nothing, a silent log: none of them is what is tried."""
    kept = refresh.launch, passphrases._hasher, app.logger.disabled
    refresh.launch = lambda *_, **__: None
    passphrases._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    app.logger.disabled = True
    try:
        yield
    finally:
        refresh.launch, passphrases._hasher, app.logger.disabled = kept


# ---------------------------------------------------------------- what is drawn

def case_of(ground: Ground, draws: Draws) -> Case:
    target = draws.pick(ground.targets)
    address = draws.pick(target.addresses)
    if draws.number(0, 19) == 0:
        address = _twisted(address, draws)
    data = _fields(target, draws)
    body = None
    if target.method == "POST" and draws.number(0, 39) == 0:
        body = draws.pick((
            (b'{"a": [' * 2000, "application/json"), (b"\xff\xff", "application/json"), (b"null", "application/json"),
            (b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", "multipart/form-data; boundary=x"),
            (b"--x", "multipart/form-data"), (b"a=1;b=2&&&==&%zz=%", "application/x-www-form-urlencoded"),
            (b"<a/>", "text/xml"), (b"", ""), (b"\x00" * 100, "application/x-www-form-urlencoded; charset=utf-7"),
        ))
    return Case(target, address, data, body, _headers(draws))


def _fields(target: Target, draws: Draws) -> list[tuple[str, Any]]:
    """Mostly what the page offers, one or two fields of it spoilt: so that what comes after the first check is met."""
    known = [each for each in target.fields if each.name and each.name != "csrf_token"]
    spoilt = draws.pick((0, 1, 1, 1, 2, 2, len(known)))
    at = {draws.number(0, len(known) - 1) for _ in range(spoilt)} if known else set()
    if spoilt == len(known):
        at = set(range(len(known)))
    data: list[tuple[str, Any]] = []
    for number, each in enumerate(known):
        how = draws.pick(("nasty", "nasty", "text", "missing", "twice", "number")) if number in at else "offered"
        if each.kind == "file":
            content = draws.pick(FILES) if how != "missing" else b""
            data.append((each.name, (content, draws.pick(FILE_NAMES))))
            continue
        value = _offered(each, draws)
        if how == "offered":
            if value is not None:
                data.append((each.name, value))
        elif how == "twice":
            data += [(each.name, value or ""), (each.name, draws.pick(NASTY))]
        elif how != "missing":
            data.append((each.name, _value(how, draws)))
    if target.method == "POST" and draws.number(0, 24):
        data.append(("csrf_token", target.person.token))
    for _ in range(draws.pick((0, 0, 0, 0, 1, 2, 3 if target.fields else 2))):
        data.append((draws.pick(NAMES), _value(draws.pick(("nasty", "text", "number")), draws)))
    if draws.number(0, 299) == 0:
        data += [(f"f{number}", "x") for number in range(400)]
    return data


def _offered(each: Field, draws: Draws) -> str | None:
    """What a person would send: an option, the value that stands there, or something that could be meant."""
    if each.kind == "checkbox" and draws.number(0, 1):
        return None
    if each.options:
        return draws.pick(each.options)
    return each.value or (draws.pick(PLAUSIBLE) if each.kind != "hidden" else "")


def _value(how: str, draws: Draws) -> str:
    if how == "nasty":
        return draws.pick(NASTY)
    if how == "number":
        return str(draws.number(-(2**70), 2**70))
    return draws.text()


def _twisted(address: str, draws: Draws) -> str:
    """Another value in the place of one part of the address."""
    parts = urlsplit(address).path.split("/")
    at = draws.number(1, max(1, len(parts) - 1))
    value = draws.pick(NASTY)[:300]
    parts[min(at, len(parts) - 1)] = urlencode({"": value}, errors="replace")[1:].replace("+", "%20")
    return "/".join(parts) or "/"


def _headers(draws: Draws) -> tuple[tuple[str, str], ...]:
    if draws.number(0, 9):
        return ()
    return (draws.pick((
        ("Accept", "application/json"), ("Accept-Language", "x" * 3000), ("X-Forwarded-Host", "evil.example"),
        ("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Referer", "//evil.example"),
        ("If-None-Match", '"' * 50), ("Range", "bytes=0-1,-1,5-2"), ("X-HTTP-Method-Override", "DELETE"),
        ("If-Modified-Since", "yesterday"), ("Accept-Encoding", "gzip;q=x, *;q=-1"), ("Content-Encoding", "gzip"),
    )),)


def _filled(rule: str, arguments: dict[str, set[str]], turn: int) -> str:
    """The rule's address with values that were met; `turn` says which."""
    def one(found: re.Match[str]) -> str:
        met = sorted(arguments.get(found[2], ()))
        return met[turn % len(met)] if met else ("1" if found[1] else "x")

    return re.sub(r"<(?:([a-z]+)(?:\([^)]*\))?:)?([a-z_]+)>", one, rule)


def _listed(data: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    """As Werkzeug's client takes fields and files together; a text that UTF-8 cannot hold is sent as it can be."""
    sent: dict[str, list[Any]] = {}
    for name, value in data:
        if isinstance(value, tuple):
            file_name = value[1].replace("\r", "").replace("\n", "").replace("\x00", "")
            value = (io.BytesIO(value[0]), file_name)
        else:
            value = value.encode("utf-8", "replace").decode()
        sent.setdefault(name.replace("\x00", "") or "x", []).append(value)
    return sent
