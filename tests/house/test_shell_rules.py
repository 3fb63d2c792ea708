"""Rules of the shell that a reader of one file would not see broken."""

from __future__ import annotations

import ast
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask

from app import refresh
from bench._crawl import Crawl
from surveys.access import Role
from tests.app import wave_of_four
from tests.app.staff import sign_in

BANNED = {
    "Markup": "text that is taken for HTML",
    "render_template_string": "a template is a file of ours, never a string",
    "from_string": "a template is a file of ours, never a string",
    "eval": "runs what somebody wrote", "exec": "runs what somebody wrote",
    "pickle": "runs what somebody wrote", "marshal": "runs what somebody wrote", "shelve": "runs what somebody wrote",
    "urlopen": "the server asks nobody", "requests": "the server asks nobody", "httpx": "the server asks nobody",
    "create_connection": "the server asks nobody", "ftplib": "the server asks nobody",
    "smtplib": "the server asks nobody",
}
ALLOWED = {
    ("app/templating.py", "Markup"),
    ("app/wave_tables.py", "Markup"),  # rows of tables drawn without Jinja; what a person wrote goes through format()
}


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name that is used, taken from a module or imported, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom | ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
                if isinstance(node, ast.ImportFrom) and node.module:
                    yield node.lineno, node.module.split(".")[0]


def switched(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Arguments that switch a protection off."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant) and (
            (node.arg, node.value.value) in {("autoescape", False), ("shell", True), ("verify", False)}
        ):
            yield node.value.lineno, f"{node.arg}={node.value.value}"


def found(source: str, where: str) -> list[str]:
    tree = ast.parse(source)
    used = [
        f"{where}:{line} {name}: {BANNED[name]}" for line, name in names(tree)
        if name in BANNED and (where, name) not in ALLOWED
    ]
    return used + [f"{where}:{line} {what}" for line, what in switched(tree)]


def test_nothing_is_taken_for_html_run_or_fetched(root: Path):
    broken = []
    for ring in ("app", "surveys", "analysis"):
        for path in sorted((root / ring).rglob("*.py")):
            broken += found(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    assert broken == []


@pytest.mark.parametrize("source", [
    "from markupsafe import Markup", "import markupsafe\nmarkupsafe.Markup(x)", "flask.render_template_string(x)",
    "environment.from_string(x)", "eval(x)", "import pickle", "from pickle import loads",
    "from urllib.request import urlopen", "Environment(autoescape=False)", "run(x, shell=True)", "import requests as r",
])
def test_the_rule_sees_a_breach(source: str):
    assert found(source, "app/somewhere.py")


def test_serving_pages_asks_no_other_machine(
    app: Flask, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
):
    """Every page that a link leads to, with sockets that reach nobody but the database's own."""
    wave_of_four.make(app)
    client = app.test_client()
    sign_in(client, Role.PROVINCE_MANAGER, "90")
    client.get("/results/W1")  # the database's connection is open by now
    asked: list[object] = []

    def refuse(self: socket.socket, address: object) -> NoReturn:
        asked.append(address)
        raise OSError("no machine may be asked")

    monkeypatch.setattr(refresh, "launch", lambda *_, **__: None)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "sendto", refuse)
    crawl = Crawl(client, 1)
    crawl.walk()
    assert len(crawl.pages) > 20
    assert crawl.failed == []
    assert asked == []
