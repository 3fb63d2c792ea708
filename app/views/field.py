"""Staff of units: their collection points and the posters to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, messages, server_day
from app.auth import requires
from app.db import reading
from app.language import current
from app.prints import addresses
from app.prints import posters as sheets
from app.result_words import STATES, said
from app.settings import Settings
from surveys import access, collection, conduct
from surveys.access import Action
from surveys.collection import Point
from surveys.errors import NotFound
from surveys.reading import unit_order
from surveys.store import definitions
from surveys.store import waves as wave_store
from surveys.units import Unit, UnitTree
from surveys.waves import State, Wave

bp = Blueprint("field", __name__, url_prefix="/print")

MOST = 200
"""posters of one download"""


@dataclass(frozen=True)
class Reach:
    """A wave as far as the asker's grant goes."""

    wave: Wave
    tree: UnitTree
    top: Unit


@bp.get("/")
@requires(Action.PRINT_POSTERS)
def index() -> ResponseReturnValue:
    """The waves in reach that have points there; with a single one, its points."""
    with reading() as session:
        every = [reach for wave in wave_store.waves(session) if (reach := _reach(session, wave))]
        found = [reach for reach in every if _points(session, reach)] or every
    if len(found) == 1:
        return redirect(url_for("field.points", wave_code=found[0].wave.code), 303)
    return render_template("field/index.html", found=found, state_word=_state)


@bp.get("/<wave_code>/")
@requires(Action.PRINT_POSTERS)
def points(wave_code: str) -> ResponseReturnValue:
    query = request.args.get("q", "").strip()[:100]
    with reading() as session:
        reach = _required(session, wave_code)
        every = _points(session, reach)
    names = {unit.code for unit in reach.tree.find(query)} if query else None
    shown = [(unit, point) for unit, point in every if names is None or unit.code in names]
    settings = _settings()
    return render_template(
        "field/points.html", reach=reach, wave=reach.wave, every=every, shown=shown, query=query,
        base=settings.address, most=MOST, wave_page=_wave_page(reach), simulated=reach.wave.mark,
        warnings=[
            messages.sentence(code, {"address": settings.address}, current())
            for code in addresses.obstacles(settings.public_url, settings.address)
        ],
    )


@bp.get("/<wave_code>/posters.pdf")
@requires(Action.PRINT_POSTERS)
def posters(wave_code: str) -> ResponseReturnValue:
    """The posters of one point (?code=), else of every point in reach."""

    code = request.args.get("code")
    with reading() as session:
        reach = _required(session, wave_code)
        chosen = [pair for pair in _points(session, reach) if code is None or pair[1].code == code]
        kind = definitions.questionnaire(session, reach.wave.questionnaire_id).kind
    if not chosen or len(chosen) > MOST:
        raise NotFound("points_none", wave=wave_code)
    points = [point for _, point in chosen]
    pages = sheets.of_points(_settings().address, reach.wave, reach.tree, kind, points)
    content = sheets.render(pages, watermark=sheets.watermark_of(reach.wave), day=server_day())
    name = f"ap-phich_{wave_code}_{code or reach.top.code}.pdf"
    return Response(
        content, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _state(state: State) -> str:
    return said(STATES, state.value, current())


def _wave_page(reach: Reach) -> str:
    """Where who runs the wave makes its points; '' for anyone else."""
    runs = auth.grants().reaches(Action.MANAGE_WAVES, reach.tree, reach.wave.province_code)
    return url_for("waves.wave", wave_code=reach.wave.code) if runs else ""


def _reach(session: Session, wave: Wave) -> Reach | None:
    tree = conduct.tree_of(session, wave)
    top = access.top(auth.grants(), Action.PRINT_POSTERS, tree, wave.province_code)
    return Reach(wave, tree, tree.unit(top)) if top else None


def _required(session: Session, wave_code: str) -> Reach:
    reach = _reach(session, wave_store.wave(session, wave_code))
    if reach is None:
        raise NotFound("wave_unknown", wave=wave_code)
    return reach


def _points(session: Session, reach: Reach) -> Sequence[tuple[Unit, Point]]:
    """Units within reach with their points, by block and name."""
    within = {unit.id: unit for unit in reach.tree.subtree(reach.top.code)}
    found = [point for point in collection.points(session, reach.wave) if point.unit_id in within]
    return sorted(((within[point.unit_id], point) for point in found), key=lambda pair: unit_order(pair[0]))


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
