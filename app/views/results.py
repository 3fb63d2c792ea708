"""Results: the overall figure first, then what it is made of and whom it covers. Nothing is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, exports, refresh, result_words, server_day
from app.auth import requires
from app.db import reading as reading_session
from app.db import transaction
from app.kept import Kept
from app.language import current
from app.language import translate as _
from app.result_words import Phrases
from app.settings import Settings
from app.templating import as_it_is, fragments
from surveys import access, audit, conduct, publication, reading, targets
from surveys.access import Action
from surveys.captions import Captions, captions
from surveys.disclosure import MONITORING
from surveys.errors import NotFound
from surveys.indexes.model import IndexDefinition
from surveys.origin import Basis
from surveys.participation import participation
from surveys.questionnaires.model import Questionnaire
from surveys.reading import Line, Table
from surveys.store import definitions, scores
from surveys.store import waves as wave_store
from surveys.store.publications import Edition
from surveys.targets import Goal
from surveys.units import Unit, UnitTree
from surveys.waves import State, Wave

bp = Blueprint("results", __name__, url_prefix="/results")

OFFICIAL = "official"


@dataclass(frozen=True)
class Scene:
    """What one page stands on."""

    wave: Wave
    tree: UnitTree
    unit: Unit
    index: IndexDefinition
    questionnaire: Questionnaire
    about: Captions
    table: Table | None
    """None: nothing was ever computed for this wave"""
    day: date | None
    """the day of the table"""
    progress: refresh.Progress | None
    """of the table of today, where there is none yet"""
    edition: Edition | None
    """what was published, and by which decision"""


@bp.get("/")
@requires(Action.SEE_RESULTS)
def index() -> ResponseReturnValue:
    """The waves in reach; with a single one, its page."""
    with reading_session() as session:
        found = [
            (wave, unit, Phrases.of(captions(session, wave, server_day(), tree), current()))
            for wave in wave_store.waves(session) if wave.state is not State.PLANNED  # nothing to read yet
            for tree in [conduct.tree_of(session, wave)] if (unit := _start(wave, tree))
        ]
    if len(found) == 1:
        return redirect(url_for("results.wave", wave_code=found[0][0].code), 303)
    return render_template("results/index.html", found=found, states=result_words.STATES)


def _start(wave: Wave, tree: UnitTree) -> Unit | None:
    """Where the asker begins to read a wave: its province, or the own unit below it; None: not in reach."""
    top = access.top(auth.grants(), Action.SEE_RESULTS, tree, wave.province_code)
    return tree.unit(top) if top else None


@bp.get("/<wave_code>")
@requires(Action.SEE_RESULTS)
def wave(wave_code: str) -> ResponseReturnValue:
    with reading_session() as session:
        found = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, found)
        start = _start(found, tree)
        if start is None:
            raise NotFound("wave_unknown", wave=wave_code)
        if start.code != found.province_code:
            return redirect(url_for("results.unit", wave_code=found.code, unit_code=start.code), 303)
        return _page(session, _scene(session, found, tree, start.code))


@bp.get("/<wave_code>/<unit_code>")
@requires(Action.SEE_RESULTS)
def unit(wave_code: str, unit_code: str) -> ResponseReturnValue:
    with reading_session() as session:
        found = wave_store.wave(session, wave_code)
        return _page(session, _scene(session, found, conduct.tree_of(session, found), unit_code))


@bp.get("/<wave_code>/export.<fmt>")
@requires(Action.EXPORT_RESULTS)
def export(wave_code: str, fmt: str) -> ResponseReturnValue:
    """The public rows of a unit and all below it, from the table that the page shows."""
    if fmt not in exports.FORMATS:
        raise NotFound("http_not_found")
    with reading_session() as session:
        found = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, found)
        start = _start(found, tree)
        asked = request.args.get("unit") or (start.code if start else found.province_code)
        scene = _scene(session, found, tree, asked)
        if scene.table is None or scene.day is None:
            raise NotFound("scores_absent", wave=found.code)
    rows = scene.table.public(unit.code for unit in scene.tree.subtree(scene.unit.code))
    content = exports.FORMATS[fmt](rows, scene.about)
    with transaction() as session:
        audit.note(session, "results.exported", f"wave:{found.code}", None, {
            "unit": scene.unit.code, "format": fmt, "table": scene.day,
        })
    name = f"hai-long_{found.code}_{scene.unit.code}_{scene.day.isoformat()}.{fmt}"
    return Response(
        content, mimetype=MIME_TYPES[fmt], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


MIME_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def _scene(session: Session, wave: Wave, tree: UnitTree, unit_code: str) -> Scene:
    access.require(auth.grants(), Action.SEE_RESULTS, tree, unit_code)
    if unit_code not in {each.code for each in tree.subtree(wave.province_code)}:
        raise NotFound("unit_unknown", unit=unit_code)
    index = definitions.index(session, wave.index_id)
    seen = publication.seen(session, wave)
    found = seen.table
    settings: Settings = current_app.config["HAILONG"]
    today = server_day()
    current = found is not None and (found.day >= today or scores.lasts(session, wave, found, today))
    return Scene(
        wave, tree, tree.unit(unit_code), index, definitions.questionnaire(session, wave.questionnaire_id),
        captions(session, wave, found.day if found else today, tree),
        reading.table_of(found.records) if found else None, found.day if found else None,
        None if current else refresh.ensure(settings, wave.code), seen.edition,
    )


FIGURES: Kept[dict[str, Any]] = Kept(256)


def _page(session: Session, scene: Scene) -> str:
    wave, code = scene.wave, scene.unit.code
    say = Phrases.of(scene.about, current())
    common = {
        "scene": scene, "wave": wave, "unit": scene.unit, "tree": scene.tree, "index": scene.index,
        "goal": targets.goal(wave, scene.index, "overall"), "open_official": Basis.OPEN in wave.official,
        "simulated": wave.mark, "edition": scene.edition, "draft": say.mark_key == "draft",
        "breadcrumbs": _breadcrumbs(scene),
        "say": say, "said": result_words, "formats": list(exports.FORMATS),
        "received": participation(session, wave, scene.tree, code),
    }
    figures: dict[str, Any] = {}
    if (table := scene.table) is not None:
        query, by_band = request.args.get("q", "").strip()[:100], request.args.get("by") == "band"
        if query:  # shown to one person once
            figures = _official(scene, table, query, by_band) | _monitoring(scene, table) | {"kept": as_it_is}
        else:  # a table moves once a day: what is made of it is made once
            key = (table, scene.tree, wave, code, by_band)
            figures = FIGURES.of(key, lambda: _official(scene, table, "", by_band) | _monitoring(scene, table))
            figures = figures | {"kept": fragments(*key, current())}
    return render_template("results/unit.html", **common, **figures)


def _official(scene: Scene, table: Table, query: str, by_band: bool) -> dict[str, object]:
    code, wave = scene.unit.code, scene.wave
    whole = table.figure(wave.province_code, OFFICIAL, "overall")
    overall = table.figure(code, OFFICIAL, "overall")
    everyone = reading.members(table, scene.tree, code, whole, OFFICIAL)
    found = frozenset(unit.code for unit in scene.tree.find(query)) if query else None
    shown = [line for line in everyone if found is None or line.key in found]
    criteria = reading.criteria(table, scene.index, code, OFFICIAL)
    criteria_goal = _goal(scene, [line.key for line in criteria])
    items = reading.items(table, scene.index, scene.questionnaire, code, OFFICIAL)
    every_item = [line for group in items for line in group.lines]
    return {
        "overall": overall, "whole": whole,
        "band": None if code == wave.province_code else reading.band(overall, whole),
        "criteria": criteria, "criteria_goal": criteria_goal, "criteria_axis": reading.axis(criteria, criteria_goal),
        "items": [(group, _goal(scene, _measures(group.lines))) for group in items],
        "items_axis": reading.axis(every_item, _goal(scene, _measures(every_item))),
        "everyone": everyone, "members_axis": reading.axis(everyone, _goal(scene, ["overall"])),
        "tally": reading.tally(everyone),
        "groups": reading.by_band(shown) if by_band else reading.by_block(shown, scene.tree),
        "query": query, "by_band": by_band, "links": {line.key: _address(scene, line.key) for line in shown},
    }


def _measures(items: Sequence[Line]) -> list[str]:
    return [f"item:{line.key}" for line in items]


def _goal(scene: Scene, measures: Sequence[str]) -> Goal | None:
    return targets.common(scene.wave, scene.index, measures)


def _monitoring(scene: Scene, table: Table) -> dict[str, object]:
    """Figures of the bases that are not official: shown apart, never held against the target."""
    code = scene.unit.code
    if not table.has(code, MONITORING):
        return {"monitoring": None}
    lines = reading.criteria(table, scene.index, code, MONITORING)
    return {
        "monitoring": table.figure(code, MONITORING, "overall"), "monitoring_lines": lines,
        "monitoring_axis": reading.axis(lines, None),
    }


def _breadcrumbs(scene: Scene) -> list[tuple[str | None, str]]:
    """Results › wave › units above, as far as the asker may go."""
    grants, wave = auth.grants(), scene.wave
    trail: list[tuple[str | None, str]] = [(url_for("results.index"), _("Kết quả"))]
    within = {unit.code for unit in scene.tree.subtree(wave.province_code)}
    for above in reversed([*scene.tree.ancestors(scene.unit.code)]):
        if above.code in within and grants.reaches(Action.SEE_RESULTS, scene.tree, above.code):
            trail.append((_address(scene, above.code), above.name))
    return [*trail, (None, scene.unit.name)]


def _address(scene: Scene, unit_code: str) -> str:
    if unit_code == scene.wave.province_code:
        return url_for("results.wave", wave_code=scene.wave.code)
    return url_for("results.unit", wave_code=scene.wave.code, unit_code=unit_code)
