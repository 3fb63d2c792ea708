"""What a wave's pages tell: progress of collection, published editions, two methods side by side."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import audit_words, auth, exports, language, messages, refresh, server_day, wave_tables, wave_words
from app.auth import requires
from app.db import reading, transaction
from app.language import translate as _
from app.result_words import Phrases
from app.settings import Settings
from app.views.results import MIME_TYPES
from app.views.waves import bp, within
from surveys import access, audit, conduct, methods, publication
from surveys import drafts as draft_store
from surveys import progress as coverage
from surveys.access import Action
from surveys.captions import captions
from surveys.errors import NotFound, Refusal
from surveys.indexes.model import IndexDefinition
from surveys.store import definitions, publications
from surveys.store import waves as store
from surveys.units import UnitTree
from surveys.waves import Wave


@bp.get("/<wave_code>/progress")
@requires(Action.SEE_PROGRESS)
def progress(wave_code: str) -> ResponseReturnValue:
    """Units in reach, each with its counts; ?q= searches, ?sort= orders, ?unit= goes down."""
    query, order = request.args.get("q", "").strip()[:100], request.args.get("sort", "name")
    with reading() as session:
        wave = store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
        top = access.top(auth.grants(), Action.SEE_PROGRESS, tree, wave.province_code)
        if top is None:
            raise NotFound("wave_unknown", wave=wave_code)
        unit = request.args.get("unit") or top
        access.require(auth.grants(), Action.SEE_PROGRESS, tree, unit)
        if unit not in {each.code for each in tree.subtree(wave.province_code)}:
            raise NotFound("unit_unknown", unit=unit)
        found = coverage.progress(session, wave, tree, unit, server_day())
    names = _named(tree, query, [row.unit.code for row in found.rows])
    return render_template(
        "waves/progress.html", wave=wave, found=found, wording=wave_words, query=query, order=order, unit=unit,
        rows=coverage.sorted_rows(found.rows, order, names), simulated=wave.mark, today=server_day(), tree=tree,
        cells=wave_tables.counts(found),
    )


@bp.get("/<wave_code>/editions/<int:number>")
@requires(Action.SEE_RESULTS)
def edition(wave_code: str, number: int) -> ResponseReturnValue:
    """An edition as it was published; earlier ones stay readable."""
    with reading() as session:
        wave = within(session, wave_code, Action.SEE_RESULTS).wave
        found = publication.edition(session, wave, number)
        records = publications.records(session, wave, found)
        intact = publications.intact(session, wave, found)
        every = publications.editions(session, wave)
        about = captions(session, wave, found.published)
    overall = [record for record in records if record["measure"] == "overall"]
    return render_template(
        "waves/edition.html", wave=wave, edition=found, editions=every, overall=overall, cells=len(records),
        intact=intact, wording=wave_words, say=Phrases.of(about, language.current()), simulated=wave.mark,
        person=audit_words.actor_said, formats=list(exports.FORMATS), may_export=auth.can(Action.EXPORT_RESULTS.value),
    )


@bp.get("/<wave_code>/editions/<int:number>.<fmt>")
@requires(Action.EXPORT_RESULTS)
def edition_file(wave_code: str, number: int, fmt: str) -> ResponseReturnValue:
    if fmt not in exports.FORMATS:
        raise NotFound("http_not_found")
    with reading() as session:
        wave = within(session, wave_code, Action.EXPORT_RESULTS).wave
        found = publication.edition(session, wave, number)
        records = publications.records(session, wave, found)
        about = captions(session, wave, found.published)
    content = exports.FORMATS[fmt](records, about)
    with transaction() as session:
        audit.note(session, "results.exported", f"wave:{wave.code}", None, {
            "edition": number, "format": fmt, "records": found.content,
        })
    name = f"hai-long_{wave.code}_ban-{number}.{fmt}"
    return Response(
        content, mimetype=MIME_TYPES[fmt], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.get("/<wave_code>/methods", endpoint="methods")
@requires(Action.COMPARE_METHODS)
def compare(wave_code: str) -> ResponseReturnValue:
    """The same answers under two methods; computed by a child process, shown when it is ready."""
    query = request.args.get("q", "").strip()[:100]
    with reading() as session:
        reach = within(session, wave_code, Action.COMPARE_METHODS)
        wave = reach.wave
        own = definitions.index(session, wave.index_id)
        choices = _methods(session, wave)
        names = (request.args.get("a") or f"{own.name}@{own.content[:12]}", request.args.get("b", ""))
        problem = ""
        chosen: list[IndexDefinition] = []
        try:
            chosen = [methods.resolve(session, name) for name in names if name]
            _check(chosen, definitions.questionnaire(session, wave.questionnaire_id).name)
        except Refusal as refusal:
            problem, chosen = messages.refusal_sentence(refusal, language.current()), []
        about = captions(session, wave, server_day())
        say = Phrases.of(about, language.current())
    view: dict[str, object] = {}
    if len(chosen) == 2:  # both are named
        a, b = chosen
        names = _chosen_name(names[0], a), _chosen_name(names[1], b)
        found = refresh.comparison(_settings(), wave.code, *names, (a.content, b.content), server_day())
        view = {
            "a": a, "b": b, "unlike": [wave_words.unlike(one, a, b) for one in methods.unlike(a, b)],
            "state": found if isinstance(found, refresh.Progress) else None,
        }
        if not isinstance(found, refresh.Progress):
            side = wave_tables.compared(found, wave, reach.tree, about, say)
            named = _named(reach.tree, query, [code for code, _row in side.units])
            units = [row for code, row in side.units if named is None or code in named]
            view |= {"side": side, "units": units}
    return render_template(
        "waves/methods.html", wave=wave, choices=choices, names=names, problem=problem, query=query, wording=wave_words,
        say=say, about=about, simulated=wave.mark, **view,
    )


def _named(tree: UnitTree, query: str, among: Iterable[str]) -> frozenset[str] | None:
    """Which of these units the searched words mean; None: nothing is searched."""
    return frozenset(unit.code for unit in tree.find(query, frozenset(among))) if query else None


def _chosen_name(name: str, index: IndexDefinition) -> str:
    """As the choices name it."""
    return name if name.startswith(methods.DRAFT) else f"{index.name}@{index.content[:12]}"


def _check(chosen: list[IndexDefinition], questionnaire: str) -> None:
    for index in chosen:
        if index.questionnaire != questionnaire:
            raise Refusal("method_other_form", index=index.name, questionnaire=questionnaire)


def _methods(session: Session, wave: Wave) -> list[tuple[str, str]]:
    """Methods made for the wave's questionnaire: those in force, earlier versions, drafts without fault."""
    form = definitions.questionnaire(session, wave.questionnaire_id).name
    found: dict[str, str] = {}
    known: set[str] = set()
    for name in definitions.names(session, "index"):
        current = definitions.current_index(session, name)
        if current is not None and current.questionnaire == form:
            known.add(current.content)
            found[f"{name}@{current.content[:12]}"] = _("{name}: bản đang dùng", name=name)
    for version in reversed(definitions.index_versions(session)):
        index = definitions.index(session, version.id)
        if index.questionnaire == form and version.content not in known:
            found[f"{version.name}@{version.content[:12]}"] = _(
                "{name}: bản lưu ngày {day}", name=version.name, day=wave_words.day(version.created)
            )
    for draft in draft_store.drafts(session):
        if draft.kind in {"index", "targets"} and draft.state != "approved":
            found[f"{methods.DRAFT}{draft.id}"] = _("{name}: bản thảo số {n}", name=draft.name or "?", n=draft.id)
    return list(found.items())


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
