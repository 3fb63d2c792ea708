"""The definitions workshop: every version of questionnaires, methods and fields; where drafts begin.

Pages of drafts are in `app.views.drafts`, on the same blueprint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, definition_words, diff_words, messages, previews, server_day
from app import definition_library as library
from app.auth import requires
from app.db import reading, transaction
from app.definition_forms import indexes, questionnaires, raw
from app.definition_library import Edition, Shelf
from app.language import current
from app.language import translate as _
from app.prints import paper
from app.uploads import takes_files
from surveys import access, conduct, definition_differences, drafts
from surveys.access import AccessRefusal, Action
from surveys.definition_text import written
from surveys.errors import NotFound, Refusal
from surveys.questionnaires.model import Questionnaire
from surveys.store import units as unit_store
from surveys.units import name_within
from surveys.waves import Wave
from surveys.xlsform import reading as xlsform_reading
from surveys.xlsform import writing as xlsform_writing

bp = Blueprint("workshop", __name__, url_prefix="/definitions")

LARGEST = 2 * 1024 * 1024
"""bytes of all files of one upload"""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = b"PK\x03\x04"


def require_whole(session: Session, action: Action = Action.WRITE_DEFINITIONS) -> None:
    """Definitions are the whole installation's: a grant at a province or above is needed to change them."""
    if not auth.grants().province_wide(action, unit_store.tree(session, server_day())):
        raise AccessRefusal("access_denied", action=action.value)


def writes(session: Session) -> bool:
    return auth.grants().province_wide(Action.WRITE_DEFINITIONS, unit_store.tree(session, server_day()))


@bp.get("/")
@requires(Action.SEE_PROCEDURES)
def index() -> ResponseReturnValue:
    return _index()


def _index(problems: Sequence[str] = (), status: int = 200) -> ResponseReturnValue:
    with reading() as session:
        may_write = writes(session)
        held = {what: library.shelves(session, what) for what in library.WHOLES}
        own = drafts.drafts(session) if may_write else ()
        seen = _seen(session, [wave for what in held for each in held[what] for edition in each.editions
                               for wave in edition.waves])
    page = render_template(
        "workshop/index.html", held=held, drafts=own, may_write=may_write, terms=definition_words, seen=seen,
        problems=problems, kinds=drafts.KINDS,
    )
    return page, status


def _seen(session: Session, waves: Sequence[Wave]) -> frozenset[str]:
    """Codes of the waves that the asker may know of: those of the own province."""
    found = set()
    for wave in {wave.code: wave for wave in waves}.values():
        tree = conduct.tree_of(session, wave)
        if access.tops(auth.grants(), Action.SEE_PROCEDURES, tree, wave.province_code):
            found.add(wave.code)
    return frozenset(found)


# ---- where drafts begin

@bp.post("/upload")
@takes_files(LARGEST)
@requires(Action.WRITE_DEFINITIONS)
def upload() -> ResponseReturnValue:
    """One draft per file; faulty definitions become drafts too, only what is no definition at all is refused."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        return _index([_("Chưa chọn tệp nào. Hãy chọn một hoặc nhiều tệp rồi bấm “Tải lên”.")], 422)
    problems, made = [], []
    with transaction() as session:
        require_whole(session)
        for file in files:
            name = (file.filename or "")[:80]
            try:
                kind, content = recognised(file.read(), name)
                made.append(drafts.save(session, kind, content, author=_name(), today=server_day()))
            except Refusal as refusal:
                problems += refused(refusal, name)
        if problems:  # all files or none: a second try would else make the good ones twice
            session.rollback()
    if problems:
        return _index(problems, 422)
    if len(made) == 1:
        return redirect(url_for("workshop.draft", draft_id=made[0].id), 303)
    return redirect(url_for("workshop.index", _anchor="drafts"), 303)


def recognised(content: bytes, name: str) -> tuple[str, str]:
    """(kind, TOML) of an uploaded file, by what it holds.

    Raises DefinitionRefusal, Refusal("definition_kind_unclear").
    """
    if content.startswith(ZIP):
        return "questionnaire", xlsform_reading.questionnaire_toml(content, name)
    text = drafts.text_of(content, name)
    kind = kind_of(text)
    if kind is None:
        raise Refusal("definition_kind_unclear", file=name)
    return kind, text


def kind_of(text: str) -> str | None:
    """The kind of definition a TOML text holds, by its own keys; a text with a slip of the pen is recognised too."""
    def has(key: str) -> bool:
        return re.search(rf"^\s*(\[+\s*{key}\b|{key}\s*[.=])", text, re.MULTILINE) is not None

    if has("tree") or has("aggregation"):
        return "index"
    if has("index") and has("targets"):
        return "targets"
    if has("fields"):
        return "fields"
    if has("questionnaire") and has("language"):
        return "translation"
    if has("questionnaire") and has("recordings"):
        return "recordings"
    return "questionnaire" if has("sections") or has("scales") or has("title") else None


def refused(refusal: Refusal, file: str = "") -> list[str]:
    """What is in the way, a sentence per fault."""
    if refusal.faults:
        said = [messages.fault_sentence(fault, current()) for fault in refusal.faults]
    else:
        said = [messages.refusal_sentence(refusal, current())]
    return [f"{file}: {each}" if file and file not in each else each for each in said]


@bp.post("/begin")
@requires(Action.WRITE_DEFINITIONS)
def begin() -> ResponseReturnValue:
    """A draft from what is in force under a name, or, with a new name, from an example."""
    kind, name = request.form.get("kind", ""), request.form.get("name", "").strip()[:64]
    try:
        with transaction() as session:
            require_whole(session)
            content = drafts.begun_from(session, kind, name)
            made = drafts.save(session, kind, content, author=_name(), today=server_day())
    except AccessRefusal:
        raise
    except Refusal as refusal:
        return _index(refused(refusal), 422)
    return redirect(url_for("workshop.draft", draft_id=made.id), 303)


# ---- versions

@bp.get("/<any(questionnaire, index, fields):what>/<name>/")
@requires(Action.SEE_PROCEDURES)
def shelf(what: str, name: str) -> ResponseReturnValue:
    """A definition's versions, and where its questions come from."""
    with reading() as session:
        held = library.shelf(session, what, name)
        found = library.load(session, held.current)
        may_write = writes(session)
        seen = _seen(session, [wave for edition in held.editions for wave in edition.waves])
        lineage = _lineage(session, held) if what == "questionnaire" else []
    return render_template(
        "workshop/shelf.html", shelf=held, definition=found, seen=seen, lineage=lineage, may_write=may_write,
        terms=definition_words, columns=[*reversed(held.editions)][-5:],
    )


def _lineage(session: Session, held: Shelf) -> list[tuple[str, str, list[str], str]]:
    """(question, wording now, state in each of the last five versions from old to new, its remark) per question."""
    found = [library.load(session, edition) for edition in [*reversed(held.editions)][-5:]]
    versions = [each for each in found if isinstance(each, Questionnaire)]
    rows = []
    for id in dict.fromkeys(question.id for version in reversed(versions) for question in version.questions):
        states, before, last = [], None, None
        for version in versions:
            now = version.question(id) if version.has(id) else None
            states.append(definition_words.state_between(before, now))
            before, last = now, now or last
        assert last is not None  # noqa: S101  # the id comes from one of them
        rows.append((id, last.text["vi"], states, definition_words.remark_of(last)))
    return rows


@bp.get("/<any(questionnaire, index, fields):what>/<name>/<digits>/")
@requires(Action.SEE_PROCEDURES)
def edition(what: str, name: str, digits: str) -> ResponseReturnValue:
    """One version, whole, to read."""
    with reading() as session:
        held, found = library.edition(session, what, name, digits)
        definition = library.load(session, found)
        seen = _seen(session, found.waves)
        may_write = writes(session)
    tables = library.document(definition)
    return render_template(
        "workshop/edition.html", shelf=held, edition=found, definition=definition, seen=seen, may_write=may_write,
        raw=tables, terms=definition_words, methods_of=methods_of, **contents(what, tables),
    )


def contents(kind: str, tables: raw.Raw) -> dict[str, Any]:
    """What a page lists of a definition's raw tables."""
    if kind == "questionnaire":
        return {"outline": questionnaires.outline(tables)}
    if kind not in ("index", "targets"):
        return {"outline": None}
    targets = indexes.target_fields(raw.tables(tables, "targets"))
    rules = indexes.attribution_fields(tables)
    return {
        "outline": indexes.outline(tables), "raw_head": indexes.head(tables),
        "raw_targets": [
            {"measure": targets[f"target_{n}_measure"], "value": f"{targets[f'target_{n}_percent']}%",
             "operator": {">=": "≥"}.get(targets[f"target_{n}_operator"], targets[f"target_{n}_operator"]),
             "valid_from": day_said(targets[f"target_{n}_from"]), "valid_to": day_said(targets[f"target_{n}_to"]),
             "source": targets[f"target_{n}_source"]}
            for n in range(len(raw.tables(tables, "targets")))
        ],
        "raw_rules": [
            {"receiver": rules[f"rule_{n}_receiver"], "handler": rules[f"rule_{n}_handler"],
             "valid_from": day_said(rules[f"rule_{n}_from"]), "valid_to": day_said(rules[f"rule_{n}_to"])}
            for n in range(len(raw.tables(tables, "attribution")))
        ],
    }


def day_said(text: str) -> str:
    """'2026-12-31' as '31/12/2026'; what is no day stays as it is."""
    try:
        return date.fromisoformat(text).strftime("%d/%m/%Y")
    except ValueError:
        return text


def methods_of(wave_code: str) -> str | None:
    """Address of the page that scores a wave's answers under two methods, for those who may see it."""
    if "waves.methods" not in current_app.view_functions or not auth.can(Action.COMPARE_METHODS):
        return None
    return url_for("waves.methods", wave_code=wave_code)


@bp.get("/<any(questionnaire, index, fields):what>/<name>/<digits>/file.<fmt>")
@requires(Action.SEE_PROCEDURES)
def edition_file(what: str, name: str, digits: str, fmt: str) -> ResponseReturnValue:
    with reading() as session:
        found = library.load(session, library.edition(session, what, name, digits)[1])
    if fmt == "xlsx" and isinstance(found, Questionnaire):
        return attachment(xlsform_writing.workbook(found), XLSX, f"{name}_{digits[:8]}.xlsx")
    if fmt == "toml":
        return attachment(written(found).encode(), "application/toml; charset=utf-8", f"{name}_{digits[:8]}.toml")
    raise NotFound("http_not_found")


def attachment(content: bytes, media_type: str, name: str) -> Response:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return Response(content, mimetype=media_type, headers={"Content-Disposition": f'attachment; filename="{plain}"'})


@bp.get("/questionnaire/<name>/<digits>/preview/<any(phone, kiosk):device>")
@requires(Action.SEE_PROCEDURES)
def edition_preview(name: str, digits: str, device: str) -> ResponseReturnValue:
    here = url_for("workshop.edition_preview", name=name, digits=digits, device=device)
    back = url_for("workshop.edition", what="questionnaire", name=name, digits=digits)
    return preview_page(_questionnaire(name, digits), device, here, back)


def preview_page(questionnaire: Questionnaire, device: str, here: str, back: str) -> str:
    language = request.args.get("lang", "vi")
    label = "Quay lại" if language == "vi" else "Go back"
    return previews.page(
        questionnaire, device, language, asker=asker(), address=here, back=(back, label),
        tried="token" in request.args,
    )


@bp.get("/questionnaire/<name>/<digits>/paper.pdf")
@requires(Action.SEE_PROCEDURES)
def edition_paper(name: str, digits: str) -> ResponseReturnValue:
    return paper_of(_questionnaire(name, digits), watermark=None)


def paper_of(questionnaire: Questionnaire, *, watermark: str | None) -> Response:
    content = paper.render(
        questionnaire, asker=asker(), language=request.args.get("lang", "vi"), watermark=watermark, day=server_day()
    )
    name = f"phieu-giay_{questionnaire.name}_{questionnaire.content[:8]}.pdf"
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def asker() -> str:
    """Who asks, as far as the asker's grants tell: the department of the one province they reach."""
    with reading() as session:
        tree = unit_store.tree(session, server_day())
        held = {code for code in auth.grants().units(Action.SEE_PROCEDURES) if code is not None and code in tree}
        provinces = {unit.name for code in held for unit in (tree.unit(code), *tree.ancestors(code))
                     if unit.kind.value == "province"}
    return f"Sở Nội vụ {name_within(provinces.pop())}" if len(provinces) == 1 else "Sở Nội vụ"


def _questionnaire(name: str, digits: str) -> Questionnaire:
    with reading() as session:
        found = library.load(session, library.edition(session, "questionnaire", name, digits)[1])
    if not isinstance(found, Questionnaire):
        abort(404)
    return found


@bp.get("/<any(questionnaire, index, fields):what>/<name>/compare")
@requires(Action.SEE_PROCEDURES)
def compare(what: str, name: str) -> ResponseReturnValue:
    """Any two versions of a definition, the newer one's differences place by place."""
    with reading() as session:
        held = library.shelf(session, what, name)
        older, newer = (_chosen(held, request.args.get(key, "")) for key in ("old", "new"))
        old = library.load(session, older) if older else None
        new = library.load(session, newer) if newer else None
    found = definition_differences.differences(old, new) if old and new else ()
    return render_template(
        "workshop/compare.html", shelf=held, old=older, new=newer, rows=diff_words.rows(found),
        both=bool(old and new), terms=definition_words,
        comparable=definition_differences.comparable(old, new) if old and new else None,
    )


def _chosen(held: Shelf, digits: str) -> Edition | None:
    return next((each for each in held.editions if digits and each.content.startswith(digits)), None)


def _name() -> str:
    who = auth.viewer()
    assert who is not None  # noqa: S101  # the route requires an action; tells the type checker
    return who.name
