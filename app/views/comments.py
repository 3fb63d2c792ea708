"""What citizens wrote: read and covered at the province, released by two persons, then seen by the unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, errors, messages, server_day
from app.auth import requires
from app.db import reading, transaction
from app.language import current
from surveys import access, approvals, audit, comments, conduct
from surveys.access import Action
from surveys.comments import Comment, Reader
from surveys.disclosure import SMALLEST_GROUP
from surveys.errors import NotFound, Refusal
from surveys.reading import unit_order
from surveys.store import accounts
from surveys.store import comments as store
from surveys.store import waves as wave_store
from surveys.units import Unit, UnitTree
from surveys.waves import Wave

bp = Blueprint("comments", __name__, url_prefix="/comments")

PAGE = 30
"""comments of a page"""


@dataclass(frozen=True)
class Scene:
    """A unit's comments as far as the asker may read them."""

    wave: Wave
    tree: UnitTree
    unit: Unit
    reader: Reader


@bp.get("/")
@requires(Action.READ_COMMENTS)
def index() -> ResponseReturnValue:
    """The waves in reach, with how many comments there are."""
    with reading() as session:
        reader = reader_of(session)
        found = [
            (wave, *_sums(session, wave, tree, reader)) for wave in wave_store.waves(session)
            if reader.grants.reaches(Action.READ_COMMENTS, tree := conduct.tree_of(session, wave), wave.province_code)
        ]
    return render_template("comments/index.html", found=found)


def _sums(session: Session, wave: Wave, tree: UnitTree, reader: Reader) -> tuple[int, int]:
    counts = [counts for _, counts in _units(session, wave, tree, reader)]
    return sum(every for every, _ in counts), sum(released for _, released in counts)


@bp.get("/<wave_code>")
@requires(Action.READ_COMMENTS)
def wave(wave_code: str) -> ResponseReturnValue:
    """The units of a wave that somebody wrote about."""
    with reading() as session:
        reader = reader_of(session)
        found = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, found)
        if not reader.grants.reaches(Action.READ_COMMENTS, tree, found.province_code):
            raise NotFound("wave_unknown", wave=wave_code)
        units = _units(session, found, tree, reader)
    return render_template(
        "comments/wave.html", wave=found, units=units, kept=comments.last_day(found), simulated=found.simulated,
    )


def _units(session: Session, wave: Wave, tree: UnitTree, reader: Reader) -> list[tuple[Unit, tuple[int, int]]]:
    """Units with (comments, of which released), by block and name."""
    counts = store.counts(session, wave)
    within = [unit for unit in tree.subtree(wave.province_code) if unit.id in counts]
    readable = [unit for unit in within if not reader.own(tree, unit.code)]
    return [(unit, counts[unit.id or 0]) for unit in sorted(readable, key=unit_order)]


@bp.get("/<wave_code>/<unit_code>")
@requires(Action.READ_COMMENTS)
def unit(wave_code: str, unit_code: str) -> ResponseReturnValue:
    return _page(wave_code, unit_code)


@bp.post("/<wave_code>/<unit_code>")
@requires(Action.READ_COMMENTS)
def propose(wave_code: str, unit_code: str) -> ResponseReturnValue:
    """Propose to release the ticked comments, with what is to be covered besides."""
    typed = {key: value for key, value in request.form.items() if key.startswith("more-")}
    chosen = request.form.getlist("release")
    more = {id: _words(typed.get(f"more-{id}", "")) for id in chosen}
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            scene = _scene(session, wave_code, unit_code)
            made = comments.propose(
                session, scene.wave, scene.tree, scene.unit, more, actor=_name(), reason=reason, today=server_day()
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(wave_code, unit_code, refusal, chosen, {**typed, "reason": reason})
    return redirect(url_for("approvals.proposal", id=made.id), 303)


def _words(typed: str) -> Sequence[str]:
    return [words.strip() for words in typed.split(",") if words.strip()]


def _page(
    wave_code: str, unit_code: str, refusal: Refusal | None = None, chosen: Sequence[str] = (),
    typed: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    after = _id(request.args.get("after"))
    with transaction() as session:
        scene = _scene(session, wave_code, unit_code)
        found = store.page(session, scene.wave, [scene.unit.id or 0], after=after, most=PAGE + 1)
        waiting = [
            each for each in approvals.waiting(session)
            if (each.kind, each.subject) == ("comments", f"comments:{scene.wave.code}/{scene.unit.code}")
        ]
        enough = comments.enough(session, scene.wave, scene.unit)
        audit.note(session, "comments.read", f"comments:{scene.wave.code}/{scene.unit.code}", None,
                   {"comments": len(found[:PAGE])})
    shown = found[:PAGE]
    here: dict[str, Any] = {"wave_code": scene.wave.code, "unit_code": scene.unit.code}
    page = render_template(
        "comments/unit.html", wave=scene.wave, unit=scene.unit, found=shown, waiting=waiting, enough=enough,
        open=[each for each in shown if each.released is None], problems=_problems(refusal, shown),
        older=url_for("comments.unit", **here, after=shown[-1].id) if len(found) > PAGE else None,
        start=url_for("comments.unit", **here) if after else None, chosen=frozenset(chosen), typed=typed or {},
        simulated=scene.wave.simulated, here=url_for("comments.propose", **here, after=request.args.get("after")),
        fewest=SMALLEST_GROUP, longest=approvals.LONGEST_WORDS,
    )
    if refusal is None:
        return page
    status = errors.status_of(refusal)
    return page, 422 if status == 400 else status


def _problems(refusal: Refusal | None, shown: Sequence[Comment]) -> list[tuple[str | None, str]]:
    if refusal is None:
        return []
    place = f"more-{refusal.details['id']}" if refusal.code == "comments_words_absent" else None
    if place not in {f"more-{each.id}" for each in shown}:
        place = None
    return [(place, messages.refusal_sentence(refusal, current()))]


@bp.get("/<wave_code>/<unit_code>/released")
@requires(Action.SEE_RESULTS)
def released(wave_code: str, unit_code: str) -> ResponseReturnValue:
    """For the unit's own officers: what two persons at the province released."""
    with reading() as session:
        found = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, found)
        access.require(auth.grants(), Action.SEE_RESULTS, tree, unit_code)
        within = {each.code for each in tree.subtree(found.province_code)}
        if unit_code not in within:
            raise NotFound("unit_unknown", unit=unit_code)
        below = sorted(tree.subtree(unit_code), key=unit_order)
        shown = comments.shown(session, found, below)
    return render_template(
        "comments/released.html", wave=found, unit=tree.unit(unit_code), simulated=found.simulated,
        groups=[(each, shown[each.id]) for each in below if each.id in shown],
    )


def reader_of(session: Session) -> Reader:
    """Who is asking, with the place they work at."""
    who = auth.viewer()
    assert who is not None  # noqa: S101  # the route requires an action; tells the type checker
    account = None if who.demonstration else accounts.by_name(session, who.name)
    return Reader(who.grants, account.workplace if account else None)


def _scene(session: Session, wave_code: str, unit_code: str) -> Scene:
    reader = reader_of(session)
    found = wave_store.wave(session, wave_code)
    tree = conduct.tree_of(session, found)
    return Scene(found, tree, comments.require(reader, tree, found, unit_code), reader)


def _id(text: str | None) -> bytes | None:
    try:
        found = bytes.fromhex(text or "")
    except ValueError:
        return None
    return found if len(found) == 16 else None


def _name() -> str:
    who = auth.viewer()
    assert who is not None  # noqa: S101  # the route requires an action; tells the type checker
    return who.name
