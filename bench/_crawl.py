"""Walks the pages as one signed-in person sees them, and notes every form on the way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

HEAVY = (".pdf", ".zip", ".xlsx", ".csv", ".json")


@dataclass
class Field:
    name: str
    kind: str
    """an input's type, 'select' or 'textarea'"""
    value: str = ""
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form as a page shows it."""

    page: str
    action: str
    method: str
    endpoint: str
    fields: list[Field] = field(default_factory=list)

    @property
    def has_files(self) -> bool:
        return any(each.kind == "file" for each in self.fields)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            action = urljoin(self.page, given.get("action") or self.page)
            self._form = Form(self.page, action, given.get("method", "get").lower(), "")
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "button"} and given.get("name"):
            self._add(given["name"], given.get("type", "text" if tag == "input" else "submit"), given.get("value", ""))
        elif self._form is not None and tag == "select":
            self._select = self._add(given.get("name", ""), "select", "")
        elif tag == "option" and self._select is not None:
            self._select.options.append(given.get("value", ""))
            if "selected" in given:
                self._select.value = given.get("value", "")
        elif self._form is not None and tag == "textarea":
            self._area = self._add(given.get("name", ""), "textarea", "")

    def _add(self, name: str, kind: str, value: str) -> Field:
        assert self._form is not None
        if kind in {"radio", "checkbox", "submit"}:
            for known in self._form.fields:
                if known.name == name and known.kind == kind:
                    known.options.append(value)
                    return known
        made = Field(name, kind, value, [value] if kind in {"radio", "checkbox", "submit"} else [])
        self._form.fields.append(made)
        return made

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


@dataclass
class Crawl:
    client: FlaskClient
    starts: int = 2
    """addresses of one kind of page that are opened"""
    pages: dict[str, list[str]] = field(default_factory=dict)
    """endpoint -> addresses of it that answered with a page"""
    forms: dict[tuple[str, str, tuple[str, ...]], Form] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    """addresses that a link led to and that answered 5xx"""
    seen: dict[str, list[str]] = field(default_factory=dict)
    """endpoint -> the addresses opened"""
    arguments: dict[str, set[str]] = field(default_factory=dict)
    """name of a part of an address -> values met"""

    def walk(self) -> None:
        app = self.client.application
        waiting = deque(
            rule.rule for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith("static")
        )
        known = set(waiting)
        while waiting:
            address = waiting.popleft()
            endpoint = self._endpoint(address)
            if endpoint is None or len(self.seen.setdefault(endpoint, [])) >= self.starts:
                continue
            self.seen[endpoint].append(address)
            if urlsplit(address).path.endswith(HEAVY):
                continue
            reply = self.client.get(address)
            if reply.status_code >= 500:
                self.failed.append(f"{address}: {reply.status_code}")
            links: list[str] = []
            if reply.status_code in {301, 302, 303, 307, 308}:
                links = [reply.headers["Location"]]
            elif reply.mimetype == "text/html":
                if reply.status_code == 200:
                    self.pages.setdefault(endpoint, []).append(address)
                reader = _Reader(address)
                reader.feed(reply.text)
                links = reader.links
                for form in reader.forms:
                    self._note(form)
            for link in links:
                target = urldefrag(urljoin(address, link))[0]
                if urlsplit(target).netloc in {"", "localhost"} and target not in known:
                    known.add(target)
                    waiting.append(target)

    def _note(self, form: Form) -> None:
        form.endpoint = self._endpoint(form.action, form.method.upper()) or ""
        names = tuple(sorted({each.name for each in form.fields}))
        self.forms.setdefault((form.endpoint, form.method, names), form)

    def _endpoint(self, address: str, method: str = "GET") -> str | None:
        app = self.client.application
        try:
            found = app.url_map.bind("localhost").match(urlsplit(address).path, method=method)
        except RequestRedirect:
            return "redirect"
        except HTTPException:
            return None
        endpoint, values = found
        for name, value in values.items():
            self.arguments.setdefault(name, set()).add(str(value))
        return str(endpoint)
