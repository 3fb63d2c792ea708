"""Waves: planned by a checklist, opened, closed, fixed, published, corrected; training waves wiped."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, language, messages, refresh, server_day, wave_tables, wave_words
from app.auth import requires
from app.db import reading, transaction
from app.exports.csv import safe
from app.result_words import Phrases
from app.settings import Settings
from app.staff_forms import Form
from app.uploads import takes_files
from surveys import access, approvals, collection, conduct, publication, training
from surveys.access import Action
from surveys.captions import captions
from surveys.conduct import Plan, Standing
from surveys.errors import NotFound, Refusal
from surveys.origin import Basis
from surveys.sheets import Sheet
from surveys.store import definitions
from surveys.store import scores as score_store
from surveys.store import units as unit_store
from surveys.store import waves as store
from surveys.store.publications import editions
from surveys.units import Kind, UnitTree
from surveys.waves import State, Wave, bases, parse_target
from surveys.workbooks import read_any

bp = Blueprint("waves", __name__, url_prefix="/waves")

LARGEST_FILE = 2 * 1024 * 1024
"""bytes of a file with counts"""
SHOWN_FAULTS = 20
CHANGES = 200
"""figures of a correction that the page lists"""

FIELD_OF: Mapping[str, str] = {
    "wave_code_malformed": "code", "wave_exists": "code", "wave_title_malformed": "title",
    "wave_days_reversed": "closes", "wave_late_reversed": "late_until", "wave_index_mismatch": "index",
    "questionnaire_unknown": "questionnaire", "index_unknown": "index", "target_malformed": "target",
    "official_empty": "official", "basis_unknown": "official", "wave_not_a_province": "province",
    "unit_unknown": "province", "wave_units_in_use": "units_day", "population_faulty": "file",
    "decision_malformed": "decision", "decision_day_wrong": "decision_day", "wave_reason_missing": "reason",
    "wave_reason_long": "reason", "wave_closes_past": "closes", "wipe_not_confirmed": "confirmed",
}
"""code of a refusal -> the field it is said beside"""


@dataclass(frozen=True)
class Reach:
    """A wave that the asker may act on, or whose progress they may see."""

    wave: Wave
    tree: UnitTree


def within(session: Session, code: str, action: Action) -> Reach:
    """The wave, within the asker's grants at its province; NotFound("wave_unknown") outside them."""
    wave = store.wave(session, code)
    tree = conduct.tree_of(session, wave)
    try:
        access.require(auth.grants(), action, tree, wave.province_code)
    except NotFound:
        raise NotFound("wave_unknown", wave=code) from None
    return Reach(wave, tree)


def reaches(action: Action, wave: Wave, tree: UnitTree) -> bool:
    return auth.grants().reaches(action, tree, wave.province_code)


@bp.get("/")
@requires(Action.SEE_PROGRESS)
def index() -> ResponseReturnValue:
    """Every wave in reach, the newest first, with what is next."""
    query = request.args.get("q", "").strip()[:100]
    today = server_day()
    with reading() as session:
        found = []
        trees: dict[date, UnitTree] = {}
        for wave in store.waves(session):
            tree = trees.setdefault(wave.units_day, conduct.tree_of(session, wave))
            if access.top(auth.grants(), Action.SEE_PROGRESS, tree, wave.province_code) is None:
                continue
            if query.casefold() in f"{wave.code} {wave.title}".casefold():
                found.append((wave, reaches(Action.MANAGE_WAVES, wave, tree)))
        page = found[:PAGE]
        received = store.answers_of(session, [wave for wave, _manages in page])
    return render_template(
        "waves/index.html", found=page, more=len(found) - len(page), received=received, wording=wave_words,
        today=today, query=query, may_create=auth.can(Action.MANAGE_WAVES.value),
    )


PAGE = 50
"""waves of one page; the search finds older ones"""


@bp.get("/new")
@requires(Action.MANAGE_WAVES)
def new() -> ResponseReturnValue:
    with reading() as session:
        choices = _choices(session)
    return _plan_page(_blank(choices), choices, None)


@bp.post("/new")
@requires(Action.MANAGE_WAVES)
@takes_files(LARGEST_FILE)
def create() -> ResponseReturnValue:
    form = _sent()
    with reading() as session:
        choices = _choices(session)
    plan, sheet = _plan(form, choices, form["code"])
    if not form.problems:
        try:
            with transaction() as session:
                wave = conduct.create(session, plan, server_day())
                _store_sheet(session, wave, sheet)
        except Refusal as refusal:
            _refuse(form, refusal, "code")
        else:
            return redirect(url_for("waves.wave", wave_code=wave.code), 303)
    return _plan_page(form, choices, None), 422


@bp.get("/<wave_code>/edit")
@requires(Action.MANAGE_WAVES)
def edit_form(wave_code: str) -> ResponseReturnValue:
    with reading() as session:
        reach = within(session, wave_code, Action.MANAGE_WAVES)
        plan = conduct.plan_of(session, reach.wave)
        choices = _choices(session)
    return _plan_page(_filled(plan), choices, reach.wave)


@bp.post("/<wave_code>/edit")
@requires(Action.MANAGE_WAVES)
@takes_files(LARGEST_FILE)
def edit(wave_code: str) -> ResponseReturnValue:
    form = _sent()
    with reading() as session:
        wave = within(session, wave_code, Action.MANAGE_WAVES).wave
        choices = _choices(session)
    plan, sheet = _plan(form, choices, wave.code)
    if not form.problems:
        try:
            with transaction() as session:
                within(session, wave_code, Action.MANAGE_WAVES)
                changed = conduct.edit(session, wave_code, plan, server_day())
                _store_sheet(session, changed, sheet)
        except Refusal as refusal:
            _refuse(form, refusal, "title")
        else:
            return redirect(url_for("waves.wave", wave_code=wave_code), 303)
    return _plan_page(form, choices, wave), 422


@bp.get("/<wave_code>")
@requires(Action.SEE_PROGRESS)
def wave(wave_code: str) -> ResponseReturnValue:
    """Where the wave stands, what it still needs, and what can be done with it."""
    today = server_day()
    with reading() as session:
        found = store.wave(session, wave_code)
        tree = conduct.tree_of(session, found)
        if access.top(auth.grants(), Action.SEE_PROGRESS, tree, found.province_code) is None:
            raise NotFound("wave_unknown", wave=wave_code)
        manages = reaches(Action.MANAGE_WAVES, found, tree)
        publishes = reaches(Action.PUBLISH, found, tree)
        table = score_store.latest(session, found) if found.settled else None
        waiting = [each for each in approvals.waiting(session) if each.subject == f"wave:{found.code}"]
        checks = conduct.checklist(session, found, today) if found.state is State.PLANNED else ()
        view = {
            "plan": conduct.plan_of(session, found), "received": store.answers_of(session, [found])[found.id],
            "checks": checks, "editions": editions(session, found),
        }
    computing = None
    if found.settled and (table is None or not table.fixed):
        computing = refresh.ensure(_settings(), found.code)
    ready = not any(check.standing is Standing.MISSING for check in checks)
    return render_template(
        "waves/wave.html", wave=found, tree=tree, wording=wave_words, today=today, manages=manages,
        publishes=publishes, computing=computing, ready=ready, waiting=waiting if publishes else [],
        states=[wave_words.state(state) for state in State], at=[*State].index(found.state),
        simulated=found.mark, **view,
        may_compare=auth.can(Action.COMPARE_METHODS.value),
        sees_results=reaches(Action.SEE_RESULTS, found, tree),
    )


@bp.get("/<wave_code>/populations")
@requires(Action.MANAGE_WAVES)
def populations_form(wave_code: str) -> ResponseReturnValue:
    return _populations_page(wave_code, Form())


@bp.post("/<wave_code>/populations")
@requires(Action.MANAGE_WAVES)
@takes_files(LARGEST_FILE)
def populations(wave_code: str) -> ResponseReturnValue:
    form = _sent()
    sheet = _sheet(form)
    if sheet is None and not form.problems:
        form.refuse("file", "file_missing")
    if not form.problems:
        try:
            with transaction() as session:
                reach = within(session, wave_code, Action.MANAGE_WAVES)
                _store_sheet(session, reach.wave, sheet)
        except NotFound:
            raise
        except Refusal as refusal:
            _refuse(form, refusal, "file")
        else:
            return redirect(url_for("waves.populations_form", wave_code=wave_code), 303)
    return _populations_page(wave_code, form), 422


@bp.get("/<wave_code>/populations.csv")
@requires(Action.MANAGE_WAVES)
def populations_file(wave_code: str) -> ResponseReturnValue:
    """The file to fill in: every unit with the count it has."""
    with reading() as session:
        reach = within(session, wave_code, Action.MANAGE_WAVES)
        told = store.populations(session, reach.wave)
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(["unit", "name", "size"])
    for unit in conduct.gathering(reach.tree, reach.wave):
        size = told.get(unit.id or 0)
        writer.writerow([safe(unit.code), safe(unit.name), "" if size is None else size])
    return Response(
        b"\xef\xbb\xbf" + held.getvalue().encode(), mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="so-ho-so_{wave_code}.csv"'},
    )


def _populations_page(wave_code: str, form: Form) -> str:
    with reading() as session:
        reach = within(session, wave_code, Action.MANAGE_WAVES)
        told = store.populations(session, reach.wave)
    units = [(unit, told.get(unit.id or 0)) for unit in conduct.gathering(reach.tree, reach.wave)]
    return render_template(
        "waves/populations.html", wave=reach.wave, units=units, problems=_problems(form),
        counted=sum(size is not None for _unit, size in units), simulated=reach.wave.mark,
    )


@dataclass(frozen=True)
class Step:
    """A page that says what will happen and asks once more."""

    name: str
    """of the route and of the template's words"""
    action: Action
    do: Callable[[Session, Wave, Form], object]
    after: Callable[[str], str] = lambda code: url_for("waves.wave", wave_code=code)
    otherwise: str = "reason"
    """field that a refusal without one is said beside"""
    then: Callable[[Wave], object] | None = None
    """once it is committed"""


def _page(step: Step, wave_code: str, form: Form, status: int = 200) -> ResponseReturnValue:
    today = server_day()
    with reading() as session:
        reach = within(session, wave_code, step.action)
        wave = reach.wave
        checks = conduct.checklist(session, wave, today) if step.name == "open" else ()
        missing = [check for check in checks if check.standing is Standing.MISSING]
        more = _more(session, reach, step, today)
    values = form if request.method == "POST" else _first_values(step, wave)
    page = render_template(
        f"waves/{step.name}.html", wave=wave, tree=reach.tree, form=values, problems=_problems(form),
        wording=wave_words, today=today, missing=missing, checks=checks, simulated=wave.mark, problem=form.problems,
        **more,
    )
    return page, status


def _more(session: Session, reach: Reach, step: Step, today: date) -> dict[str, object]:
    """What single steps show besides."""
    wave = reach.wave
    if step.name in {"publish", "correct"}:
        table = score_store.latest(session, wave)
        fixed = table is not None and table.fixed and wave.settled
        waits = any(each.subject == f"wave:{wave.code}" for each in approvals.waiting(session))
        made = publication.draft(session, wave) if fixed else None
        about = captions(session, wave, today)
        say = wave_words.Figures(Phrases.of(about, language.current()))
        return {
            "made": made, "waits": waits, "most": CHANGES, "table": table, "say": say,
            "changes": wave_tables.changes(made, about, say, CHANGES) if made and made.changes else (),
            "overall": [record for record in made.records if record["measure"] == "overall"] if made else [],
        }
    if step.name == "points":
        having = {point.unit_id for point in collection.points(session, wave)}
        units = conduct.gathering(reach.tree, wave)
        lacking = [unit for unit in units if having.isdisjoint(one.id for one in reach.tree.subtree(unit.code))]
        return {"points": len(having), "lacking": lacking, "units": units}
    if step.name in {"wipe", "close", "fix"}:
        return {"received": store.answers_of(session, [wave])[wave.id]}
    return {}


def _first_values(step: Step, wave: Wave) -> Form:
    if step.name == "late":
        return Form({"closes": _iso(wave.closes), "late_until": _iso(wave.late_until)})
    return Form()


def _do(step: Step, wave_code: str) -> ResponseReturnValue:
    form = _sent()
    try:
        with transaction() as session:
            reach = within(session, wave_code, step.action)
            step.do(session, reach.wave, form)
            if form.problems:
                raise _NotYet
    except NotFound:
        raise
    except _NotYet:
        return _page(step, wave_code, form, 422)
    except Refusal as refusal:
        _refuse(form, refusal, step.otherwise)
        return _page(step, wave_code, form, 422)
    if step.then is not None:
        step.then(reach.wave)
    return redirect(step.after(wave_code), 303)


class _NotYet(Exception):
    """A field is faulty: roll back, show the page again."""


def _open(session: Session, wave: Wave, form: Form) -> None:
    if wave.state is State.CLOSED:
        closes = form.day("closes")
        if not form.problems:
            conduct.reopen(session, wave.code, form["reason"], closes, server_day())
    else:
        conduct.open_(session, wave.code, server_day())


def _late(session: Session, wave: Wave, form: Form) -> None:
    late_until = form.day("late_until")
    closes = form.day("closes") if wave.state is State.OPEN else wave.closes
    if not form.problems:
        conduct.extend(session, wave.code, closes, late_until, server_day())


def _propose(session: Session, wave: Wave, form: Form) -> None:
    form.require("decision_day", "day_missing")
    decided = form.day("decision_day")
    if decided is not None and not form.problems:
        publication.propose(
            session, wave, form["decision"], decided, actor=_actor(), today=server_day(), reason=form["reason"]
        )


def _correct(session: Session, wave: Wave, form: Form) -> None:
    if form["step"] != "compute":
        _propose(session, wave, form)


def _compute(wave: Wave) -> None:
    if request.form.get("step") == "compute":
        refresh.ensure(_settings(), wave.code, anew=True, correction=True)


def _wipe(session: Session, wave: Wave, form: Form) -> None:
    training.wipe(
        session, wave.code, confirmed=form["confirmed"], whole=form["what"] == "delete", actor=_actor(),
        today=server_day(),
    )


def _after_wipe(code: str) -> str:
    return url_for("waves.index") if request.form.get("what") == "delete" else url_for("waves.wave", wave_code=code)


def _after_correct(code: str) -> str:
    step = request.form.get("step")
    return url_for("waves.correct_form" if step == "compute" else "waves.wave", wave_code=code)


STEPS: Mapping[str, Step] = {step.name: step for step in (
    Step("points", Action.MANAGE_WAVES, lambda session, wave, _form: conduct.create_points(
        session, wave, conduct.tree_of(session, wave))),
    Step("open", Action.MANAGE_WAVES, _open),
    Step("close", Action.MANAGE_WAVES, lambda session, wave, _form: conduct.close(session, wave.code, server_day())),
    Step("late", Action.MANAGE_WAVES, _late, otherwise="late_until"),
    Step("fix", Action.MANAGE_WAVES, lambda session, wave, _form: conduct.fix(session, wave.code, server_day()),
         then=lambda wave: refresh.ensure(_settings(), wave.code, anew=True)),
    Step("publish", Action.PUBLISH, _propose, otherwise="decision"),
    Step("correct", Action.PUBLISH, _correct, _after_correct, otherwise="decision", then=_compute),
    Step("wipe", Action.MANAGE_WAVES, _wipe, _after_wipe, otherwise="confirmed"),
)}


def _register(step: Step) -> None:
    """GET shows the page, POST does it."""

    def show(wave_code: str) -> ResponseReturnValue:
        return _page(step, wave_code, Form())

    def do(wave_code: str) -> ResponseReturnValue:
        return _do(step, wave_code)

    bp.add_url_rule(f"/<wave_code>/{step.name}", f"{step.name}_form", requires(step.action)(show), methods=["GET"])
    bp.add_url_rule(f"/<wave_code>/{step.name}", step.name, requires(step.action)(do), methods=["POST"])


for _step in STEPS.values():
    _register(_step)


# --- the plan's form


@dataclass(frozen=True)
class Choices:
    """What may be chosen, from the database: (value, label)."""

    questionnaires: Sequence[tuple[str, str]]
    indexes: Sequence[tuple[str, str]]
    provinces: Sequence[tuple[str, str]]


def _choices(session: Session) -> Choices:
    tree = unit_store.tree(session, server_day())
    lang = language.current()
    forms = [
        (name, f"{found.title.get(lang, found.title['vi'])} ({name})")
        for name in definitions.names(session, "questionnaire")
        if (found := definitions.current(session, name)) is not None
    ]
    methods = [
        (name, f"{index.title.get(lang, index.title['vi'])} ({name})")
        for name in definitions.names(session, "index")
        if (index := definitions.current_index(session, name)) is not None
    ]
    provinces = [
        (unit.code, unit.name) for unit in tree
        if unit.kind is Kind.PROVINCE and auth.grants().reaches(Action.MANAGE_WAVES, tree, unit.code)
    ]
    return Choices(forms, methods, provinces)


def _blank(choices: Choices) -> Form:
    one = choices.provinces[0][0] if len(choices.provinces) == 1 else ""
    form = choices.questionnaires[0][0] if choices.questionnaires else ""
    fitting = [value for value, _label in choices.indexes if value == form]
    return Form({"province": one, "questionnaire": form, "index": fitting[0] if fitting else ""})


def _filled(plan: Plan) -> Form:
    target = f"{plan.target.operator}{plan.target.value * 100:.6g}".replace(".", ",") if plan.target else ""
    return Form({
        "code": plan.code, "title": plan.title, "questionnaire": plan.questionnaire, "index": plan.index,
        "province": plan.province, "opens": _iso(plan.opens), "closes": _iso(plan.closes),
        "late_until": _iso(plan.late_until), "units_day": _iso(plan.units_day), "target": target,
        "training": "1" if plan.training else "",
        "official": ",".join(basis.word for basis in sorted(plan.official or ())),
    })


def _plan(form: Form, choices: Choices, code: str) -> tuple[Plan, Sheet | None]:
    """What the form says; its problems stand in the form."""
    plan = Plan(
        code=code, questionnaire=form["questionnaire"], index=form["index"], province=form["province"],
        title=form["title"], training=form["training"] == "1", simulated=_simulated(),
        opens=form.day("opens"), closes=form.day("closes"), late_until=form.day("late_until"),
        units_day=form.day("units_day"),
    )
    if form["province"] not in {value for value, _label in choices.provinces}:
        form.refuse("province", "choice_missing")
    words = [word for word in request.form.getlist("official") if word]
    try:
        plan = replace(plan, official=bases(words) if words else None)
        plan = replace(plan, target=parse_target(form["target"]) if form["target"] else None)
    except Refusal as refusal:
        _refuse(form, refusal, "target")
    return plan, _sheet(form)


def _plan_page(form: Form, choices: Choices, wave: Wave | None) -> str:
    chosen = request.form.getlist("official") if request.method == "POST" else form["official"].split(",")
    return render_template(
        "waves/plan.html", wave=wave, form=form, problem=form.problems, problems=_problems(form), choices=choices,
        bases=[(basis.word, wave_words.basis(basis), basis.word in chosen) for basis in Basis],
        simulated=wave.mark if wave else "", title_longest=conduct.TITLE,
    )


def _sheet(form: Form) -> Sheet | None:
    """The file that was sent with the form, read; a fault is said beside the field."""
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    if not content:
        return None
    try:
        return read_any(content)
    except Refusal as refusal:
        _refuse(form, refusal, "file")
        return None


def _store_sheet(session: Session, wave: Wave, sheet: Sheet | None) -> None:
    if sheet is not None:
        tree = conduct.tree_of(session, wave)
        conduct.set_populations(session, wave, tree, conduct.read_populations(wave, tree, sheet))


def _sent() -> Form:
    return Form(request.form.to_dict(), longest=conduct.REASON + 1)


def _refuse(form: Form, refusal: Refusal, otherwise: str) -> None:
    """Say a refusal beside its field, with every fault of a file by row and column."""
    field = FIELD_OF.get(refusal.code, "file" if refusal.faults else otherwise)
    said = messages.refusal_sentence(refusal, language.current())
    faults = [messages.fault_sentence(fault, language.current()) for fault in refusal.faults[:SHOWN_FAULTS]]
    form.problems.setdefault(field, " ".join([said, *(f"{fault};" for fault in faults)]).rstrip(";"))


def _problems(form: Form) -> list[tuple[str | None, str]]:
    return [(field, said) for field, said in form.problems.items()]


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _simulated() -> bool:
    """A wave made in the demonstration is of the demonstration: real ones stand nowhere beside it."""
    who = auth.viewer()
    return who is not None and who.demonstration


def _actor() -> str:
    who = auth.viewer()
    assert who is not None  # noqa: S101  # the route requires an action; tells the type checker
    return who.name


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
