"""Units: browse the dated tree, take in a file, merge and split, correct a name that was typed wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import auth, merger_form, messages, pending, server_day, unit_words
from app.auth import requires
from app.db import reading, transaction
from app.language import current
from app.language import translate as _
from app.settings import Settings
from app.uploads import takes_files
from surveys import access, unit_changes, workbooks
from surveys.access import Action
from surveys.days import typed_day
from surveys.errors import ImportRefusal, NotFound, UnitRefusal
from surveys.reading import block, unit_order
from surveys.store import units as store
from surveys.unit_changes import Allowed
from surveys.units import Unit, UnitTree

bp = Blueprint("units", __name__, url_prefix="/units")

UNPROCESSABLE = 422
MOST_FOUND = 50
"""units a search lists"""
MOST_SHOWN = 200
"""changes or faults a preview lists"""
LARGEST = 4 * 1024 * 1024
"""bytes of a file of units"""


@dataclass(frozen=True)
class Block:
    """Units of one block (khối), in the order of their names."""

    name: str
    units: tuple[Unit, ...]


@bp.get("/")
@requires(Action.SEE_PROCEDURES)
def index() -> ResponseReturnValue:
    """Search, the units one is responsible for, and the top of the tree, on a day."""
    day, problem = _day_asked()
    query = request.args.get("q", "").strip()[:100]
    with reading() as session:
        tree = store.tree(session, day)
    found = tree.find(query) if query else ()
    own = [tree.unit(code) for code in sorted(filter(None, _held())) if code in tree]
    roots = [unit for unit in tree.units if unit.parent is None]
    top = [child for unit in roots for child in tree.children(unit.code)] if len(roots) == 1 else roots
    return render_template(
        "units/index.html", day=day, problem=problem, query=query, found=found[:MOST_FOUND], many=len(found),
        tree=tree, own=own, blocks=_blocks(top), manages=_manages(), naming=unit_words, today=server_day(),
        most=MOST_FOUND,
    )


def _blocks(units: Sequence[Unit]) -> list[Block]:
    held: dict[str, list[Unit]] = {}
    for unit in sorted(units, key=unit_order):
        held.setdefault(block(unit), []).append(unit)
    return [Block(name, tuple(inside)) for name, inside in held.items()]


@bp.get("/<code>")
@requires(Action.SEE_PROCEDURES)
def unit(code: str) -> ResponseReturnValue:
    """One code: its dated history with who came before and after, what it belongs to, what belongs to it."""
    day, problem = _day_asked()
    with reading() as session:
        tree = store.tree(session, day)
        dated = store.history(session, code)
        steps = [store.succession(session, code, each.valid_from) for each in dated]
    shown = next((each for each in dated if each.code in tree and each.in_force(day)), None)
    kept = None if day == server_day() else day.isoformat()
    above = tree.ancestors(code)[::-1] if shown else ()
    trail = [(url_for("units.index", day=kept), _("Đơn vị")),
             *((url_for("units.unit", code=each.code, day=kept), each.name) for each in above),
             (None, (shown or dated[-1]).name)]
    return render_template(
        "units/unit.html", day=day, problem=problem, tree=tree, unit=shown or dated[-1], in_force=shown is not None,
        history=list(zip(dated, steps, strict=True))[::-1], blocks=_blocks(tree.children(code)) if shown else [],
        breadcrumbs=trail, manages=_manages(), naming=unit_words, today=server_day(),
        changeable=[each.valid_from for each in dated if _within_reach(each)], done=request.args.get("done", ""),
    )


# ---- a file


@bp.get("/import")
@requires(Action.MANAGE_UNITS)
def import_page() -> ResponseReturnValue:
    return _import_page()


def _import_page(problem: str = "", faults: Sequence[tuple[int | None, str, str]] = (), many: int = 0) -> str:
    return render_template(
        "units/import.html", problem=problem, faults=faults[:MOST_SHOWN], many=many, most=MOST_SHOWN,
        columns=unit_changes.COLUMNS, required=unit_changes.REQUIRED, kinds=unit_words.kinds(),
    )


@bp.post("/import")
@takes_files(LARGEST)
@requires(Action.MANAGE_UNITS)
def check_file() -> ResponseReturnValue:
    """Look at a file: its faults, or on to the preview of what it would change."""
    file = request.files.get("file")
    content = file.read() if file else b""
    if not content or file is None:
        return _import_page(messages.sentence("file_missing", {}, current())), UNPROCESSABLE
    with reading() as session:
        state = store.print_of(session)
        try:
            store.preview(session, unit_changes.lines(workbooks.read_any(content)), _allowed())
        except (UnitRefusal, ImportRefusal) as refusal:
            said = messages.refusal_sentence(refusal, current())
            return _import_page(said, _told(refusal), len(refusal.faults)), UNPROCESSABLE
    token = pending.keep(_settings(), _actor(), (file.filename or "")[:100], state, content)
    return redirect(url_for("units.import_preview", token=token), 303)


def _told(refusal: UnitRefusal | ImportRefusal) -> list[tuple[int | None, str, str]]:
    """Faults as (row, column, sentence)."""
    return [
        (fault.row, fault.column or "", messages.sentence(fault.code, fault.details, current()))
        for fault in refusal.faults
    ]


@bp.get("/import/<token>")
@requires(Action.MANAGE_UNITS)
def import_preview(token: str) -> ResponseReturnValue:
    upload = pending.find(_settings(), token, _actor())
    rows = unit_changes.lines(workbooks.read_any(upload.content))
    with reading() as session:
        if store.print_of(session) != upload.state:
            raise UnitRefusal("units_moved_on")
        merge = store.preview(session, rows, _allowed())
    return render_template("units/preview.html", upload=upload, merge=merge, most=MOST_SHOWN, naming=unit_words)


@bp.post("/import/<token>")
@requires(Action.MANAGE_UNITS)
def import_file(token: str) -> ResponseReturnValue:
    """Take in exactly what was previewed, if the units are still what they were."""
    upload = pending.find(_settings(), token, _actor())
    rows = unit_changes.lines(workbooks.read_any(upload.content))
    with transaction() as session:
        merge = store.import_units(session, rows, _allowed(), upload.state, upload.name)
    pending.drop(_settings(), token)
    counts = {"new": len(merge.new), "closed": len(merge.closed), "unchanged": len(merge.unchanged)}
    return render_template("units/imported.html", said=messages.sentence("units_imported", counts, current()))


# ---- mergers, splits, renamings


@bp.get("/merge")
@requires(Action.MANAGE_UNITS)
def choose() -> ResponseReturnValue:
    """First which units, on which day, and how many come after them; then who they are."""
    chosen = merger_form.choice(request.args)
    with reading() as session:
        tree = store.tree(session, chosen.last_day or server_day())
    if chosen.complete:
        for code in chosen.old:
            access.require(auth.grants(), Action.MANAGE_UNITS, tree, code)
        return _details_page(merger_form.first(tree, chosen), tree)
    parent = request.args.get("parent", "")
    within = [code for code in sorted(filter(None, _held_to_manage())) if code in tree]
    if not parent and chosen.old and chosen.old[0] in tree:
        parent = tree.unit(chosen.old[0]).parent or ""
    parent = parent or (within[0] if within else "")
    problems = chosen.problems if "last_day" in request.args else []
    page = render_template(
        "units/choose.html", chosen=chosen, problems=problems, parent=parent, tree=tree,
        blocks=_blocks(tree.children(parent)) if parent in tree else _blocks(
            [unit for unit in tree.units if unit.parent is None]),
        naming=unit_words, most=merger_form.MOST,
    )
    return page, UNPROCESSABLE if problems else 200


@bp.post("/merge")
@requires(Action.MANAGE_UNITS)
def merge() -> ResponseReturnValue:
    """Check what was written, show what it comes to, carry it out: nothing before the last."""
    form = merger_form.read(request.form)
    step, state = request.form.get("step", ""), request.form.get("state", "")
    if form.plan is None:
        raise NotFound("unit_unknown", unit="")
    with reading() as session:
        tree = store.tree(session, form.plan.last_day)
        for code in form.plan.old:
            access.require(auth.grants(), Action.MANAGE_UNITS, tree, code)
        if step == "change":
            return _details_page(form, tree)
        try:
            outcome = store.preview_merger(session, form.plan, _allowed())
        except UnitRefusal as refusal:
            return _details_page(form, tree, refusal), UNPROCESSABLE
        now = store.print_of(session)
    if step != "apply":
        return render_template(
            "units/merge_preview.html", form=form, outcome=outcome, state=now, tree=tree, naming=unit_words
        )
    with transaction() as session:
        done = store.succeed(session, form.plan, _allowed(), expected=state)
    first = (done.merge.new or done.merge.closed)[0]
    day = form.plan.first_day if done.merge.new else form.plan.last_day
    return redirect(url_for("units.unit", code=first.code, day=day.isoformat(), done="merged"), 303)


def _details_page(form: merger_form.Form, tree: UnitTree, refusal: UnitRefusal | None = None) -> str:
    problems = merger_form.problems(form, tree, refusal, current()) if refusal else {}
    summary = [(target, said) for target, sentences in problems.items() for said in sentences]
    return render_template(
        "units/merge.html", form=form, tree=tree, problems=problems, summary=summary, kinds=unit_words.kinds(),
        naming=unit_words,
        parents=[(unit.code, tree.full_name(unit.code)) for unit in merger_form.parents(tree, form)],
    )


# ---- corrections


@bp.route("/<code>/<valid_from>/correct", methods=["GET", "POST"])
@requires(Action.MANAGE_UNITS)
def correct(code: str, valid_from: str) -> ResponseReturnValue:
    """Mend a name or a decree that was typed wrongly; a real renaming has a day and goes by `merge`."""
    with reading() as session:
        found = next((each for each in store.history(session, code) if each.valid_from.isoformat() == valid_from), None)
        if found is None or not _within_reach(found):
            raise NotFound("unit_unknown", unit=code)
    typed = {"name": found.name, "decree": found.decree or "", "reason": ""}
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        typed = {key: request.form.get(key, "")[:1000] for key in typed}
        try:
            with transaction() as session:
                store.correct(session, code, found.valid_from, **typed, allowed=_allowed())
        except UnitRefusal as refusal:
            problems = _correction_problems(refusal)
        else:
            day = found.valid_to or max(found.valid_from, server_day())
            return redirect(url_for("units.unit", code=code, day=day.isoformat(), done="corrected"), 303)
    page = render_template("units/correct.html", unit=found, typed=typed, problems=problems, naming=unit_words)
    return page, UNPROCESSABLE if problems else 200


def _correction_problems(refusal: UnitRefusal) -> list[tuple[str, str]]:
    if refusal.faults:
        return [
            (fault.column or "name", messages.sentence(fault.code, fault.details, current()))
            for fault in refusal.faults
        ]
    field = "reason" if refusal.code == "unit_correction_reason" else "name"
    return [(field, messages.refusal_sentence(refusal, current()))]


# ---- what all pages share


def _day_asked() -> tuple[date, str]:
    """The day of the query, else today; and what is wrong with it."""
    text = request.args.get("day", "").strip()
    if not text:
        return server_day(), ""
    try:
        return typed_day(text), ""
    except ValueError:
        return server_day(), _("Ngày không đúng; trang đang hiển thị danh mục của hôm nay.")


def _held() -> frozenset[str | None]:
    return auth.grants().units(Action.SEE_PROCEDURES)


def _held_to_manage() -> frozenset[str | None]:
    return auth.grants().units(Action.MANAGE_UNITS)


def _allowed() -> Allowed:
    return _held_to_manage()


def _manages() -> bool:
    return auth.grants().may(Action.MANAGE_UNITS)


def _within_reach(unit: Unit) -> bool:
    """Whether the asker may change this dated unit."""
    if not _manages():
        return False
    if None in _held_to_manage():
        return True
    day = unit.valid_to or max(unit.valid_from, server_day())
    with reading() as session:
        tree: UnitTree = store.tree(session, day)
    return unit.code in tree and auth.grants().reaches(Action.MANAGE_UNITS, tree, unit.code)


def _actor() -> str:
    who = auth.viewer()
    return who.name if who else ""


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
