"""The audit trail: who did or read what. Reading and exporting it are noted in it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit_words, auth, keys, messages, server_day, trail
from app.auth import requires
from app.db import reading, transaction
from app.exports import trail as files
from app.language import current
from app.language import translate as _
from app.settings import Settings
from surveys import audit
from surveys.access import AccessRefusal, Action
from surveys.audit import Break, Query, Verdict
from surveys.days import typed_day
from surveys.errors import NotFound, Refusal
from surveys.store import audit as store
from surveys.store import units
from surveys.units import Kind, UnitTree

bp = Blueprint("audit", __name__, url_prefix="/audit")

PAGE = 50
"""entries of a page"""
MOST = 50_000
"""entries of a file"""
SECONDS = 5.0
"""how long the page looks through the trail; the command looks to its end"""
TRAIL = "audit:trail"
UNPROCESSABLE = 422


@bp.get("/")
@requires(Action.READ_AUDIT)
def index() -> ResponseReturnValue:
    typed = {name: request.args.get(name, "").strip()[:200] for name in FIELDS}
    query, problems = _query(typed)
    before = _number(request.args.get("before"))
    with transaction() as session:
        provinces = reach(units.tree(session, server_day()))
        found = [] if problems else store.page(session, query, _zone(), provinces, before=before, most=PAGE + 1)
        last = store.latest(session, "audit.verified")
        if not problems:
            audit.note(session, "audit.read", TRAIL, None, _asked(query, before))
    shown = found[:PAGE]
    older = url_for("audit.index", **_set(typed), before=shown[-1].seq) if len(found) > PAGE else None
    page = render_template(
        "audit/index.html", entries=[audit_words.told(entry, _zone(), current()) for entry in shown], typed=typed,
        problems=problems, older=older, newer=before is not None, start=url_for("audit.index", **_set(typed)),
        filtered=any(typed.values()), choices=audit_words.choices(current()), formats=list(files.FORMATS),
        asked=_set(typed), last=None if last is None else audit_words.told(last, _zone(), current()),
    )
    return page, UNPROCESSABLE if problems else 200


FIELDS = ("actor", "action", "subject", "from", "to")


@bp.post("/verify")
@requires(Action.READ_AUDIT)
def verify() -> ResponseReturnValue:
    """Look through the trail, for some seconds at most, and note what was found."""
    until = time.monotonic() + SECONDS
    kept = trail.remembered(_settings())
    with reading() as session:
        reach(units.tree(session, server_day()))
        verdict = audit.verified(
            keys.audit(), store.entries(session), store.head(session), kept=kept,
            enough=lambda: time.monotonic() > until,
        )
    if kept is None and verdict.checked and verdict.broken is None:
        verdict = replace(verdict, broken=Break("audit_unwitnessed", verdict.checked))
    if verdict.broken is not None:
        try:
            _note_verdict(verdict)
        except Refusal:  # the very end is broken: nothing can be appended, and the page has to say so
            current_app.logger.error("the audit trail is broken and takes no entry")
        said = messages.sentence(verdict.broken.code, {"seq": verdict.broken.seq}, current())
        return render_template("audit/broken.html", said=said, verdict=verdict), 409
    _note_verdict(verdict)
    return redirect(url_for("audit.index", _anchor="verified"), 303)


def _note_verdict(verdict: Verdict) -> None:
    broken = None if verdict.broken is None else {"code": verdict.broken.code, "seq": verdict.broken.seq}
    found = {"checked": verdict.checked, "digest": verdict.digest.hex(), "broken": broken, "whole": verdict.whole}
    with transaction() as session:
        audit.note(session, "audit.verified", TRAIL, None, found)


@bp.get("/export.<fmt>")
@requires(Action.READ_AUDIT)
def export(fmt: str) -> ResponseReturnValue:
    if fmt not in files.FORMATS:
        raise NotFound("http_not_found")
    typed = {name: request.args.get(name, "").strip()[:200] for name in FIELDS}
    query, problems = _query(typed)
    if problems:
        return redirect(url_for("audit.index", **_set(typed)), 303)
    with transaction() as session:
        provinces = reach(units.tree(session, server_day()))
        if (count := store.count(session, query, _zone(), provinces)) > MOST:
            raise Refusal("audit_export_large", count=count, most=MOST)
        found = store.page(session, query, _zone(), provinces, before=None, most=MOST)
        head = store.head(session)
        audit.note(session, "audit.exported", TRAIL, None, {**_asked(query, None), "format": fmt, "entries": count})
    kind, write = files.FORMATS[fmt]
    content = write(reversed(found), (head[0], head[1]) if head else (0, audit.START), _zone())
    name = f"nhat-ky_{server_day().isoformat()}.{fmt}"
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def reach(tree: UnitTree) -> Set[str] | None:
    """The provinces whose entries the asker reads; None: every one. A grant below a province reads none."""
    grants = auth.grants()
    if not grants.province_wide(Action.READ_AUDIT, tree):
        raise AccessRefusal("access_denied", action=Action.READ_AUDIT.value)
    held = grants.units(Action.READ_AUDIT)
    if None in held or any(code in tree and tree.unit(code).kind is Kind.NATION for code in held if code):
        return None
    return {code for code in held if code}


def _query(typed: Mapping[str, str]) -> tuple[Query, list[tuple[str, str]]]:
    """What was asked for, and (field, sentence) of what cannot be read."""
    problems: list[tuple[str, str]] = []
    asked: dict[str, date | None] = {}
    for name in ("from", "to"):
        try:
            asked[name] = typed_day(typed[name]) if typed[name] else None
        except ValueError:
            asked[name] = None
            problems.append((name, _("Ngày không đọc được. Ông/Bà vui lòng nhập theo dạng 2026-11-24.")))
    if asked["to"] == date.max:
        asked["to"] = None
    return Query(typed["actor"].casefold(), typed["action"], typed["subject"], asked["from"], asked["to"]), problems


def _set(typed: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if value}


def _asked(query: Query, before: int | None) -> dict[str, object]:
    """The filters that were set, as the trail keeps them."""
    return {name: value for name, value in {**vars(query), "before": before}.items() if value}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _zone() -> ZoneInfo:
    return ZoneInfo(_settings().timezone)


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
