"""Drafts of definitions: their content by forms and as text, what is wrong, what changes, how it will look, approval.

Every save is one POST that works without scripts. It carries the revision that its writer saw: where somebody else
saved meanwhile nothing is stored, and what was typed stays on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import auth, definition_words, diff_words, errors, messages, server_day
from app.auth import requires
from app.db import reading, transaction
from app.definition_forms import indexes, parts, places, raw, sounds, translations
from app.definition_forms.parts import Part
from app.language import current
from app.language import translate as _
from app.uploads import takes_files, takes_long_forms
from app.views import workshop
from app.views.workshop import bp
from surveys import approvals, definition_differences, drafts, recordings
from surveys.access import Action
from surveys.approvals import Proposal
from surveys.definition_text import to_toml
from surveys.definitions import MAX_BYTES
from surveys.drafts import Draft
from surveys.errors import DefinitionRefusal, Fault, NotFound, Refusal
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.xlsform import writing as xlsform_writing

CONFLICT = "draft_changed_meanwhile"
LONG = {"fields": 4000, "text": MAX_BYTES}
SOUNDS = 8 * 1024 * 1024
"""bytes of one sending of recordings"""


@dataclass(frozen=True)
class Scene:
    """A draft as its pages need it."""

    draft: Draft
    raw: raw.Raw | None
    """its tables; None where the text is no TOML"""
    faults: tuple[Fault, ...]
    outcome: drafts.Definition | None
    """what adopting it would store; None while it is faulty or rests on another draft"""
    before: drafts.Definition | None
    """the version in force that it would replace"""
    proposal: Proposal | None
    whole: parts.Whole
    """what its forms read besides: see `parts.part`"""

    @property
    def questionnaire(self) -> Questionnaire | None:
        """What can be previewed."""
        return self.outcome if isinstance(self.outcome, Questionnaire) else None


def _scene(session: Session, draft_id: int) -> Scene:
    workshop.require_whole(session)
    found = drafts.draft(session, draft_id)
    outcome, faults = _judged(session, found)
    waiting = [each for each in approvals.waiting(session) if each.subject == f"draft:{draft_id}"] \
        if found.state == "proposed" else []
    tables = raw.parse(found.content)
    before = drafts.replaced(session, found) if found.name else None
    return Scene(found, tables, faults, outcome, before, waiting[0] if waiting else None,
                 _whole(session, found, tables or {}))


Judged = tuple[drafts.Definition | None, tuple[Fault, ...]]
KEPT = 64
"""drafts whose outcome a worker remembers: a writer opens page after page of the same text"""


def _judged(session: Session, draft: Draft) -> Judged:
    """What adopting the draft would store, and its faults; checked once per text and state of everything else.

    A faulty index is checked each time: its questionnaire may be another draft.
    """
    key = (draft.kind, draft.name, draft.digest, drafts.standing(session))
    kept: dict[object, Judged] = current_app.extensions.setdefault("judged_drafts", {})
    if (known := kept.get(key)) is not None:
        return known
    judged: Judged
    try:
        judged = (drafts.resolved(session, draft), ())
    except DefinitionRefusal:
        judged = (None, drafts.faults(session, draft))
    if judged[0] is not None or draft.kind != "index":
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = judged
    return judged


def _whole(session: Session, draft: Draft, tables: raw.Raw) -> parts.Whole:
    if draft.kind == "index":
        name = raw.word(tables, "questionnaire")
        return definitions.current(session, name) or _coming(session, name)
    if draft.kind == "targets":
        return definitions.current_index(session, draft.name)
    if draft.kind in ("translation", "recordings"):
        return definitions.current(session, draft.name)
    return None


def _coming(session: Session, name: str) -> Questionnaire | None:
    """A questionnaire that is itself a draft without a fault."""
    for draft in drafts.drafts(session):
        if draft.kind == "questionnaire" and draft.name == name:
            try:
                found = drafts.resolved(session, draft)
            except DefinitionRefusal:
                continue
            if isinstance(found, Questionnaire):
                return found
    return None


def _page(
    template: str, scene: Scene, tab: str, *, problems: Sequence[tuple[str, str]] = (), status: int = 200,
    **more: Any,
) -> ResponseReturnValue:
    draft = scene.draft
    page = render_template(
        f"workshop/{template}.html", scene=scene, work=draft, tab=tab, problems=problems, terms=definition_words,
        faults=[(line.link, line.sentence) for line in _fault_lines(scene)], editable=draft.open,
        own=scene.proposal is not None and approvals.same_person(scene.proposal.proposed_by, _name()), **more,
    )
    return page, status


@dataclass(frozen=True)
class FaultLine:
    """A fault as a page shows it."""

    link: str
    """address of the field that mends it; '' while the draft is locked"""
    place: str
    """'Câu f3 (dòng 70)'"""
    said: str

    @property
    def sentence(self) -> str:
        return f"{self.place}: {self.said}" if self.place else self.said

    def field_of(self, page: str) -> str | None:
        """Id of the field where that page mends it, '' where it is the page as a whole; None: another page does."""
        path, _hash, anchor = self.link.partition("#")
        return anchor if path == page else None


def _fault_line(scene: Scene, fault: Fault) -> FaultLine:
    draft = scene.draft
    path = fault.column or ""
    part, anchor = places.place(draft.kind, scene.raw, path)
    if draft.kind == "translation":
        part, anchor = _part_of_words(scene, path)
    elif draft.kind == "recordings" and isinstance(scene.whole, Questionnaire):
        part, anchor = "recordings", ""
    said = messages.sentence(fault.code, fault.details, current())
    place = _place_said(scene, part) or (_("mục {what}", what=path) if path else "")
    if fault.row is not None:
        place = _("{place} (dòng {n})", place=place, n=fault.row) if place else _("dòng {n}", n=fault.row)
    place = place[:1].upper() + place[1:]
    if not draft.open:
        return FaultLine("", place, said)
    if part:
        return FaultLine(url_for("workshop.part", draft_id=draft.id, part=part, _anchor=anchor or None), place, said)
    return FaultLine(url_for("workshop.text", draft_id=draft.id, _anchor="toml"), place, said)


def _fault_lines(scene: Scene) -> list[FaultLine]:
    return [_fault_line(scene, fault) for fault in scene.faults]


def _place_said(scene: Scene, part: str) -> str:
    """'câu f3', 'phần II', 'tiêu chí I', 'mục tiêu'; '' where only the text shows the place."""
    word, _dash, rest = part.partition("-")
    if not part or scene.raw is None:
        return ""
    if word == "scale":
        return _("thang {what}", what=rest)
    try:
        fields = parts.part(scene.draft.kind, scene.raw, part, scene.whole).fields
    except LookupError:
        return ""
    if word in ("question", "section", "criterion"):
        said = {"question": _("câu {what}", what=fields.get("id")), "section": _("phần {what}", what=fields.get("id")),
                "criterion": _("tiêu chí {what}", what=fields.get("key"))}
        return said[word]
    shape = {"head": "questionnaire" if scene.draft.kind == "questionnaire" else "index"}.get(word, word)
    return _part_title(shape)


def _part_of_words(scene: Scene, path: str) -> tuple[str, str]:
    if not isinstance(scene.whole, Questionnaire) or scene.raw is None:
        return places.TEXT
    for name in translations.parts(scene.whole):
        section = int(name.split("-")[1]) if "-" in name else None
        for number, line in enumerate(translations.lines(scene.raw, scene.whole, section)):
            if ".".join(line.path) == path:
                return name, f"line_{number}"
    return places.TEXT


# ---- the content

@bp.get("/drafts/<int(max=2147483647):draft_id>/")
@requires(Action.WRITE_DEFINITIONS)
def draft(draft_id: int) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    return _content(scene)


def _content(
    scene: Scene, problems: Sequence[tuple[str, str]] = (), status: int = 200, reason: str | None = None
) -> ResponseReturnValue:
    tables, draft = scene.raw, scene.draft
    left = [
        (name, *translations.left(tables, scene.whole, int(name.split("-")[1]) if "-" in name else None))
        for name in translations.parts(scene.whole)
    ] if draft.kind == "translation" and isinstance(scene.whole, Questionnaire) and tables is not None else []
    listed = workshop.contents(draft.kind, tables or {})
    return _page("draft", scene, "content", problems=problems, status=status, left=left, raw=tables or {},
                 reason=draft.note if reason is None else reason, **listed)


@bp.get("/drafts/<int(max=2147483647):draft_id>/parts/<part>")
@requires(Action.WRITE_DEFINITIONS)
def part(draft_id: int, part: str) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    opened = _opened(scene, part)
    return _part_page(scene, part, opened, opened.fields)


def _opened(scene: Scene, name: str) -> Part:
    try:
        if scene.raw is None or not scene.draft.open:
            raise LookupError
        return parts.part(scene.draft.kind, scene.raw, name, scene.whole)
    except LookupError:
        raise NotFound("draft_part_gone") from None


def _part_page(
    scene: Scene, name: str, opened: Part, fields: Mapping[str, str], problems: Sequence[tuple[str, str]] = (),
    status: int = 200, saved: bool = False,
) -> ResponseReturnValue:
    here = url_for("workshop.part", draft_id=scene.draft.id, part=name)
    beside: dict[str, str] = {}
    for line in _fault_lines(scene):
        if anchor := line.field_of(here):
            beside.setdefault(anchor, line.said)
    for anchor, said in problems:
        if anchor:
            beside.setdefault(anchor, said)
    return _page("part", scene, "content", problems=problems, status=status, part=name, shape=opened.template,
                 f=fields, wrong=beside, part_title=_part_title(opened.template), saved=saved,
                 **{**opened.shown, **_lists(opened, fields)})


def _part_title(template: str) -> str:
    return {
        "questionnaire": _("Phần chung của phiếu"), "section": _("Phần của phiếu"), "question": _("Câu hỏi"),
        "scale": _("Thang dùng chung"), "index": _("Cách tính"), "criterion": _("Sửa tiêu chí"),
        "targets": _("Mục tiêu"), "attribution": _("Nơi tiếp nhận, nơi giải quyết"),
        "fields": _("Danh mục lĩnh vực"), "words": _("Dịch"), "recordings": _("Bản ghi âm"),
    }[template]


def _lists(opened: Part, fields: Mapping[str, str]) -> dict[str, object]:
    """What the selects of a form offer; a value that is on no list stays in sight."""
    if opened.template == "index":
        return {"intervals": {
            key: [(method, definition_words.METHODS[method]) for method in methods]
            for key, methods in indexes.INTERVALS.items()
        }}
    if opened.template == "recordings":
        return {"sounds_in": _sounds_in(tuple(opened.shown["languages"]))}  # type: ignore[arg-type]  # as parts says
    if opened.template != "question":
        return {}
    scales: dict[str, int] = dict(opened.shown["scales"])  # type: ignore[call-overload]  # name -> options
    earlier: list[tuple[str, str]] = list(opened.shown["earlier"])  # type: ignore[call-overload]  # (id, wording)
    scale_choices = [("", _("Lựa chọn riêng, ở bảng dưới"))]
    scale_choices += [(name, _("{name} ({n} lựa chọn)", name=name, n=count)) for name, count in scales.items()]
    earlier_choices = [("", _("Luôn hỏi")), *((id, f"{id}: {text}"[:90]) for id, text in earlier)]
    relations = [
        (key, definition_words.say(definition_words.RELATIONS, key)) for key in ("", "same", "reworded", "new")
    ]
    return {
        "scale_choices": _with(scale_choices, fields.get("scale", "")),
        "earlier_choices": _with(earlier_choices, fields.get("shown_if_question", "")),
        "relation_choices": _with(relations, fields.get("lineage_relation", "")),
    }


def _sounds_in(languages: Sequence[str]) -> str:
    """The language whose recordings the page shows: one at a time, a questionnaire has hundreds."""
    asked = request.args.get("sounds", "")
    return asked if asked in languages else languages[0]


def _with(choices: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    return choices if chosen in dict(choices) else [*choices, (chosen, chosen)]


@bp.post("/drafts/<int(max=2147483647):draft_id>/parts/<part>")
@takes_long_forms(**LONG)
@requires(Action.WRITE_DEFINITIONS)
def save_part(draft_id: int, part: str) -> ResponseReturnValue:
    """Saved, faulty or not; then the draft's page, or, with something wrong in this part, the form again."""
    form = request.form.to_dict()
    with reading() as session:
        scene = _scene(session, draft_id)
    opened = _opened(scene, part)
    try:
        content = to_toml(opened.apply(form))
        _save(scene.draft, content)
    except ValueError:
        return _part_page(scene, part, opened, form, [("", _no_form())], 422)
    except Refusal as refusal:
        return _part_page(scene, part, opened, form, _told(refusal, scene.draft), _status(refusal))
    with reading() as session:
        after = _scene(session, draft_id)
    here = url_for("workshop.part", draft_id=draft_id, part=part)
    told = [(anchor, line.said) for line in _fault_lines(after) if (anchor := line.field_of(here)) is not None]
    if told:
        return _part_page(after, part, _opened(after, part), form, told, 422, saved=True)
    flash(_("Đã lưu."))
    return redirect(url_for("workshop.draft", draft_id=draft_id, _anchor=part), 303)


def _no_form() -> str:
    return _("Bản thảo có chỗ mà biểu mẫu không ghi lại được. Hãy sửa ở phần “Tệp văn bản”.")


def _save(draft: Draft, content: str) -> None:
    with transaction() as session:
        workshop.require_whole(session)
        drafts.save(session, draft.kind, content, author=_name(), today=server_day(), draft_id=draft.id,
                    revision=_revision(), note=draft.note)


def _revision() -> int | None:
    given = request.form.get("revision", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else -1


def _told(refusal: Refusal, draft: Draft) -> list[tuple[str, str]]:
    return [("", said) for said in workshop.refused(refusal)]


def _status(refusal: Refusal) -> int:
    if refusal.code == CONFLICT:
        return 409
    status = errors.status_of(refusal)
    return 422 if status == 400 else status


@bp.post("/drafts/<int(max=2147483647):draft_id>/order")
@requires(Action.WRITE_DEFINITIONS)
def order(draft_id: int) -> ResponseReturnValue:
    """Add, move or remove a section, a question, a criterion. `do`: 'add:section-0', 'up:question-0-3', …"""
    deed, _colon, at = request.form.get("do", "").partition(":")
    with reading() as session:
        scene = _scene(session, draft_id)
    try:
        if scene.raw is None:
            raise LookupError
        if deed == "add":
            changed, following = parts.grown(scene.draft.kind, scene.raw, at)
        else:
            changed, following = parts.reordered(scene.draft.kind, scene.raw, deed, at), ""
        _save(scene.draft, to_toml(changed))
    except LookupError:
        raise NotFound("draft_part_gone") from None
    except ValueError:
        return _content(scene, [("", _no_form())], 422)
    except Refusal as refusal:
        return _content(scene, _told(refusal, scene.draft), _status(refusal))
    if following:
        return redirect(url_for("workshop.part", draft_id=draft_id, part=following), 303)
    flash(_("Đã lưu."))
    return redirect(url_for("workshop.draft", draft_id=draft_id, _anchor="outline"), 303)


# ---- recordings

@bp.post("/drafts/<int(max=2147483647):draft_id>/recordings")
@takes_files(SOUNDS, fields=LONG["fields"])
@requires(Action.WRITE_DEFINITIONS)
def save_sounds(draft_id: int) -> ResponseReturnValue:
    """The sounds sent, each for the question that its field names: 'sound:vi:q1'; or one to be removed."""
    with reading() as session:
        scene = _scene(session, draft_id)
    opened = _opened(scene, "recordings")
    known = _sound_keys(scene)
    tables = scene.raw or {}
    problems = []
    try:
        with transaction() as session:
            workshop.require_whole(session)
            for field, file in request.files.items():
                language, key = field.removeprefix("sound:").split(":", 1) if field.count(":") == 2 else ("", "")
                if not file.filename or (language, key) not in known:
                    continue
                try:
                    added = recordings.add(session, file.read(), file.filename[:80], server_day())
                except DefinitionRefusal as refusal:
                    problems += [(field, said) for said in workshop.refused(refusal, f"{key}, {file.filename[:80]}")]
                    continue
                tables = sounds.with_sound(tables, language, key, added.digest)
            language, _colon, key = request.form.get("remove", "").partition(":")
            if (language, key) in known:
                tables = sounds.with_sound(tables, language, key, "")
            drafts.save(session, scene.draft.kind, to_toml(tables), author=_name(), today=server_day(),
                        draft_id=draft_id, revision=_revision(), note=scene.draft.note)
    except ValueError:
        return _part_page(scene, "recordings", opened, {}, [("", _no_form())], 422)
    except Refusal as refusal:
        return _part_page(scene, "recordings", opened, {}, _told(refusal, scene.draft), _status(refusal))
    if problems:
        with reading() as session:
            after = _scene(session, draft_id)
        return _part_page(after, "recordings", _opened(after, "recordings"), {}, problems, 422)
    flash(_("Đã lưu."))
    here = url_for("workshop.part", draft_id=draft_id, part="recordings", sounds=request.args.get("sounds", "")[:8])
    return redirect(here, 303)


def _sound_keys(scene: Scene) -> frozenset[tuple[str, str]]:
    """(language, key) of everything that may have a recording."""
    whole = scene.whole
    if not isinstance(whole, Questionnaire):
        return frozenset()
    return frozenset(
        (language, line.key) for language in whole.languages
        for question, options in sounds.lines({}, whole, language) for line in (question, *options)
    )


# ---- the text

@bp.get("/drafts/<int(max=2147483647):draft_id>/text")
@requires(Action.WRITE_DEFINITIONS)
def text(draft_id: int) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    return _page("text", scene, "text", content=scene.draft.content)


@bp.post("/drafts/<int(max=2147483647):draft_id>/text")
@takes_long_forms(**LONG)
@requires(Action.WRITE_DEFINITIONS)
def save_text(draft_id: int) -> ResponseReturnValue:
    content = request.form.get("content", "")
    return _taken(draft_id, content, content)


@bp.post("/drafts/<int(max=2147483647):draft_id>/file")
@takes_files(workshop.LARGEST)
@requires(Action.WRITE_DEFINITIONS)
def save_file(draft_id: int) -> ResponseReturnValue:
    """A file in place of the text: TOML of the draft's kind, or a workbook for a questionnaire."""
    file = request.files.get("file")
    with reading() as session:
        scene = _scene(session, draft_id)
    problem: list[tuple[str, str]] = []
    if file is None or not file.filename:
        problem = [("file", _("Chưa chọn tệp nào."))]
    else:
        try:
            kind, content = workshop.recognised(file.read(), file.filename[:80])
            if kind == scene.draft.kind:
                return _taken(draft_id, content, scene.draft.content)
            problem = [("file", _("Tệp là “{found}”, còn bản thảo này là “{known}”.",
                                  found=definition_words.say(definition_words.KINDS, kind),
                                  known=definition_words.say(definition_words.KINDS, scene.draft.kind)))]
        except Refusal as refusal:
            problem = [("file", said) for said in workshop.refused(refusal, file.filename[:80])]
    return _page("text", scene, "text", problems=problem, status=422, content=scene.draft.content)


def _taken(draft_id: int, content: str, shown: str) -> ResponseReturnValue:
    """The text kept; on a refusal the page with what was typed."""
    with reading() as session:
        scene = _scene(session, draft_id)
    try:
        _save(scene.draft, content)
    except Refusal as refusal:
        if refusal.code in ("draft_locked", "draft_finished", CONFLICT) or isinstance(refusal, DefinitionRefusal):
            return _page("text", scene, "text", problems=_told(refusal, scene.draft), status=_status(refusal),
                         content=shown)
        raise
    with reading() as session:
        after = _scene(session, draft_id)
    if after.faults:
        return _page("text", after, "text", content=after.draft.content, status=422, saved=True)
    flash(_("Đã lưu. Bản thảo không có lỗi."))
    return redirect(url_for("workshop.draft", draft_id=draft_id), 303)


@bp.get("/drafts/<int(max=2147483647):draft_id>/file.<fmt>")
@requires(Action.WRITE_DEFINITIONS)
def draft_file(draft_id: int, fmt: str) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    name = f"{scene.draft.name or scene.draft.kind}_ban-thao-{draft_id}"
    if fmt == "toml":
        return workshop.attachment(scene.draft.content.encode(), "application/toml; charset=utf-8", f"{name}.toml")
    if fmt == "xlsx" and scene.questionnaire is not None:
        return workshop.attachment(xlsform_writing.workbook(scene.questionnaire), workshop.XLSX, f"{name}.xlsx")
    raise NotFound("http_not_found")


# ---- what changes, and how it will look

@bp.get("/drafts/<int(max=2147483647):draft_id>/changes")
@requires(Action.WRITE_DEFINITIONS)
def changes(draft_id: int) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    found = definition_differences.differences(scene.before, scene.outcome) if scene.outcome else ()
    return _page(
        "changes", scene, "changes", rows=diff_words.rows(found), tally=diff_words.tally(found),
        comparable=definition_differences.comparable(scene.before, scene.outcome) if scene.outcome else None,
    )


@bp.get("/drafts/<int(max=2147483647):draft_id>/preview/")
@requires(Action.WRITE_DEFINITIONS)
def looks(draft_id: int) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    return _page("looks", scene, "looks")


@bp.get("/drafts/<int(max=2147483647):draft_id>/preview/<any(phone, kiosk):device>")
@requires(Action.WRITE_DEFINITIONS)
def preview(draft_id: int, device: str) -> ResponseReturnValue:
    here = url_for("workshop.preview", draft_id=draft_id, device=device)
    return workshop.preview_page(_previewed(draft_id), device, here, url_for("workshop.looks", draft_id=draft_id))


@bp.get("/drafts/<int(max=2147483647):draft_id>/preview/paper.pdf")
@requires(Action.WRITE_DEFINITIONS)
def draft_paper(draft_id: int) -> ResponseReturnValue:
    return workshop.paper_of(_previewed(draft_id), watermark="BẢN XEM THỬ")


def _previewed(draft_id: int) -> Questionnaire:
    with reading() as session:
        found = _scene(session, draft_id).questionnaire
    if found is None:
        raise NotFound("draft_no_preview")
    return found


# ---- approval

@bp.post("/drafts/<int(max=2147483647):draft_id>/proposal")
@requires(Action.WRITE_DEFINITIONS)
def propose(draft_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()
    with reading() as session:
        scene = _scene(session, draft_id)
    try:
        if not reason:
            raise Refusal("draft_reason_missing")
        if _revision() != scene.draft.revision:
            raise Refusal(CONFLICT, draft=draft_id, author=scene.draft.author, changed=scene.draft.changed)
        with transaction() as session:
            workshop.require_whole(session)
            drafts.propose(session, draft_id, actor=_name(), reason=reason, today=server_day())
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        place = "reason" if refusal.code in ("draft_reason_missing", "approval_words_long") else ""
        return _content(scene, [(place, said) for said in workshop.refused(refusal)], _status(refusal), reason)
    flash(_("Đã trình phê duyệt. Bản thảo được khóa cho đến khi người thứ hai quyết định."))
    return redirect(url_for("workshop.draft", draft_id=draft_id), 303)


@bp.post("/drafts/<int(max=2147483647):draft_id>/removal")
@requires(Action.WRITE_DEFINITIONS)
def discard(draft_id: int) -> ResponseReturnValue:
    with reading() as session:
        scene = _scene(session, draft_id)
    try:
        with transaction() as session:
            workshop.require_whole(session)
            drafts.discard(session, draft_id, revision=_revision())
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _content(scene, _told(refusal, scene.draft), _status(refusal))
    flash(_("Đã bỏ bản thảo."))
    return redirect(url_for("workshop.index"), 303)




def _name() -> str:
    who = auth.viewer()
    assert who is not None  # noqa: S101  # the route requires an action; tells the type checker
    return who.name
