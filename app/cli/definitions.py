"""`flask definitions …`: check files, draft and propose them, list what there is, show, compare, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import files as whole_files
from app import messages, server_day
from app.cli import listing, refusing
from app.db import auditor, reading, transaction
from surveys import definition_differences, definition_parts, definition_text, drafts, fields
from surveys.definition_files import faults_of
from surveys.errors import DefinitionRefusal, Fault, NotFound
from surveys.fields import FieldList
from surveys.indexes import document as index_documents
from surveys.indexes import load as index_files
from surveys.indexes.model import Criterion, IndexDefinition, ItemLeaf
from surveys.questionnaires import document as questionnaire_documents
from surveys.questionnaires import lineage
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Question, Questionnaire
from surveys.store import definitions as store
from surveys.xlsform import reading as xlsform_reading
from surveys.xlsform import writing as xlsform_writing

group = AppGroup("definitions", help="Phiếu hỏi và chỉ số: kiểm tra tệp, soạn, trình, liệt kê, xem, so sánh, xuất.")

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LABELS = {
    "questionnaire": "phiếu hỏi / questionnaire", "index": "chỉ số / index", "targets": "mục tiêu / targets",
    "fields": "lĩnh vực / fields", "translation": "bản dịch / translation", "recordings": "bản ghi âm / recordings",
}
_WHATS = ("questionnaire", "index", "fields")


@group.command("check", help="Kiểm tra tệp định nghĩa (TOML, hoặc XLSForm .xlsx). Không ghi tệp: các tệp đi kèm.")
@click.argument("files", nargs=-1, type=_FILE)
def check(files: tuple[Path, ...]) -> None:
    folders = (questionnaire_files.FOLDER, index_files.FOLDER)
    paths = files or [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    known, indexes = _in_force() if files else ({}, {})
    checked: dict[Path, tuple[str, tuple[Fault, ...]]] = {}
    contents: list[tuple[Path, str, bytes]] = []
    for path in paths:
        try:
            content = _toml(path)
        except DefinitionRefusal as refusal:
            checked[path] = ("questionnaire", refusal.faults)
            continue
        contents.append((path, drafts.kind_of(content.decode("utf-8", "replace")), content))
    # wholes first: an index given with its questionnaire is checked against that one, targets against their index
    for path, kind, content in sorted(contents, key=lambda each: _ORDER.index(each[1])):
        checked[path] = (kind, faults_of(_checking(path, kind, content, known, indexes)))
    for path in paths:
        kind, faults = checked[path]
        _report(path, _LABELS[kind], faults)
    if any(faults for _, faults in checked.values()):
        sys.exit(1)


_ORDER = ("questionnaire", "fields", "translation", "recordings", "index", "targets")


def _toml(path: Path) -> bytes:
    """The file's TOML; an XLSForm workbook is turned into it."""
    content = path.read_bytes()
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        return xlsform_reading.questionnaire_toml(content, path.name).encode()
    return content


def _in_force() -> tuple[dict[str, Questionnaire], dict[str, IndexDefinition]]:
    """Name -> version in force: of the database where there is one, else of the shipped files."""
    try:
        with reading() as session:
            questionnaires = {name: store.current(session, name) for name in store.names(session, "questionnaire")}
            indexes = {name: store.current_index(session, name) for name in store.names(session, "index")}
    except (OperationalError, ProgrammingError):
        return questionnaire_files.shipped(), index_files.shipped()
    return (
        {name: found for name, found in questionnaires.items() if found},
        {name: found for name, found in indexes.items() if found},
    )


def _checking(
    path: Path, kind: str, content: bytes, known: dict[str, Questionnaire], indexes: dict[str, IndexDefinition]
) -> Callable[[], object]:
    """Reads the file; what is good becomes known to the files after it."""

    def questionnaire() -> None:
        found = questionnaire_files.parse(content, path.name)
        if faults := lineage.problems(found, lambda name, digits: _version(known, name, digits), path.name):
            raise DefinitionRefusal("definition_faulty", faults=faults)
        known[found.name] = found

    def index() -> None:
        found = index_files.parse(content, path.name, known)
        indexes[found.name] = found

    return {
        "questionnaire": questionnaire,
        "index": index,
        "fields": lambda: fields.parse(content, path.name),
        "targets": lambda: definition_parts.with_targets(content, path.name, indexes),
        "translation": lambda: definition_parts.with_translation(content, path.name, known),
        "recordings": lambda: definition_parts.with_recordings(content, path.name, known),
    }[kind]


def _version(known: Mapping[str, Questionnaire], name: str, digits: str | None) -> Questionnaire | None:
    found = known.get(name)
    return found if found is not None and (digits is None or found.content.startswith(digits)) else None


def _report(path: Path, what: str, faults: tuple[Fault, ...]) -> None:
    if not faults:
        click.echo(f"{path.name}: {what}: tốt / good")
    for language in ("vi", "en") if faults else ():
        head = {"file": path.name, "count": len(faults)}
        click.echo(f"{'Lỗi' if language == 'vi' else 'Error'}: "
                   f"{messages.sentence('definition_faulty', head, language)}", err=True)
        for fault in faults:
            click.echo(f"  {messages.fault_sentence(fault, language)}", err=True)


@group.command("draft", help="Lưu tệp (TOML hoặc .xlsx) thành bản thảo; tệp còn lỗi vẫn lưu và lỗi được in ra.")
@click.argument("file", type=_FILE)
@click.option("--kind", type=click.Choice(drafts.KINDS), help="Loại; không ghi thì nhận theo nội dung.")
@click.option("--draft", "draft_id", type=int, help="Số bản thảo cần thay nội dung; không ghi thì tạo bản mới.")
@click.option("--note", default="", help="Thay đổi gì và vì sao, cho người thứ hai.")
@refusing
def draft(file: Path, kind: str | None, draft_id: int | None, note: str) -> None:
    text = drafts.text_of(_toml(file), file.name)
    with transaction() as session:
        saved = drafts.save(session, kind or drafts.kind_of(text), text, author=auditor().actor, today=server_day(),
                            draft_id=draft_id, note=note)
        faults = drafts.faults(session, saved)
    click.echo(json.dumps({"draft": saved.id, "kind": saved.kind, "name": saved.name, "revision": saved.revision,
                           "faults": len(faults)}, ensure_ascii=False))
    if faults:
        _report(file, _LABELS[saved.kind], faults)


@group.command("propose", help="Trình một bản thảo để người thứ hai duyệt.")
@click.argument("draft_id", type=int)
@click.option("--reason", default="", help="Lý do, cho người thứ hai.")
@refusing
def propose(draft_id: int, reason: str) -> None:
    with transaction() as session:
        proposal = drafts.propose(session, draft_id, actor=auditor().actor, reason=reason, today=server_day())
    click.echo(json.dumps({"proposal": proposal.id, "draft": draft_id}))


@group.command("list", help="Liệt kê phiếu hỏi, chỉ số, lĩnh vực: đi kèm phần mềm, đã lưu, đang soạn.")
@_AS_JSON
@refusing
def list_all(as_json: bool) -> None:
    with reading() as session:
        stored = {"questionnaire": store.versions(session), "index": store.index_versions(session),
                  "fields": store.field_versions(session)}
        in_force = {
            (what, name): found.content
            for what in _WHATS for name in store.names(session, what)
            if (found := drafts.in_force(session, what, name)) is not None
        }
        begun = drafts.drafts(session)
    shipped: Mapping[str, Mapping[str, Questionnaire | IndexDefinition]] = {
        "questionnaire": questionnaire_files.shipped(), "index": index_files.shipped(), "fields": {},
    }
    rows: list[dict[str, Any]] = []
    for what, versions in stored.items():
        contents = {definition.content for definition in shipped[what].values()}
        there = {version.content for version in versions}
        rows += [
            {"what": what, "name": v.name, "version": v.id, "content": v.content[:12], "created": v.created,
             "shipped": v.content in contents, "in_force": in_force.get((what, v.name)) == v.content, "state": ""}
            for v in versions
        ]
        rows += [
            {"what": what, "name": name, "version": None, "content": definition.content[:12], "created": None,
             "shipped": True, "in_force": in_force.get((what, name)) == definition.content, "state": ""}
            for name, definition in shipped[what].items() if definition.content not in there
        ]
    rows.sort(key=lambda row: (_WHATS.index(row["what"]), row["name"], row["version"] or 0))
    rows += [
        {"what": f"draft:{d.id}", "name": d.name, "version": None, "content": d.kind, "created": d.changed,
         "shipped": False, "in_force": False, "state": d.state}
        for d in begun
    ]
    listing(rows, as_json)


@group.command("show", help="Xem phiếu hỏi, chỉ số cùng tên đang dùng: câu hỏi, mã, câu chưa xác nhận lời văn.")
@click.argument("name")
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", help="Ngôn ngữ của câu hỏi.")
@_AS_JSON
@refusing
def show(name: str, language: str, as_json: bool) -> None:
    with reading() as session:
        questionnaire, index = store.current(session, name), store.current_index(session, name)
        listed = store.current_fields(session, name)
        if questionnaire is None and index is None and listed is None:
            raise _unknown(name, {each for what in _WHATS for each in store.names(session, what)})
    if as_json:
        documents = {
            "questionnaire": questionnaire and questionnaire_documents.to_document(questionnaire),
            "index": index and index_documents.to_document(index),
            "fields": listed and fields.to_document(listed),
        }
        click.echo(json.dumps(documents, ensure_ascii=False, indent=1))
        return
    for line in _questionnaire_lines(questionnaire, language) if questionnaire else ():
        click.echo(line)
    for line in _index_lines(index, language) if index else ():
        click.echo(line)
    for line in _field_lines(listed, language) if listed else ():
        click.echo(line)


def _unknown(name: str, known: set[str]) -> NotFound:
    return NotFound("definition_unknown", name=name[:60], known=", ".join(sorted(known)))


@group.command("diff", help="So sánh hai phiên bản: tên, tên@mã, draft:số, hoặc một tệp.")
@click.argument("old")
@click.argument("new")
@click.option("--what", type=click.Choice(_WHATS), default="questionnaire", help="Loại định nghĩa.")
@_AS_JSON
@refusing
def diff(old: str, new: str, what: str, as_json: bool) -> None:
    with reading() as session:
        known = store.Currents(session)

        def found(word: str) -> Questionnaire | IndexDefinition | FieldList:
            path = Path(word)
            if not path.is_file():
                return drafts.named(session, what, word)
            content = _toml(path)
            if what == "index":
                return index_files.parse(content, path.name, known)
            return (questionnaire_files.parse if what == "questionnaire" else fields.parse)(content, path.name)

        before, after = found(old), found(new)
    rows = [
        {"kind": each.kind, "place": each.place, "before": each.before, "after": each.after}
        for each in definition_differences.differences(before, after)
    ]
    if not as_json and (same := definition_differences.comparable(before, after)) is not None:
        click.echo("Cùng công cụ đo: số liệu so sánh được / same instrument: comparable" if same else
                   "Khác công cụ đo: không so sánh trực tiếp được / another instrument: not comparable")
    listing(rows, as_json)


@group.command("export", help="Xuất định nghĩa đang dùng (tên, tên@mã, draft:số) thành tệp.")
@click.argument("name")
@click.option("--what", type=click.Choice(_WHATS), default="questionnaire", help="Loại định nghĩa.")
@click.option("--format", "form", type=click.Choice(["toml", "xlsform"]), default="toml", help="Dạng tệp.")
@click.option("--out", default="-", help="Tệp ghi ra; '-' là màn hình.")
@refusing
def export(name: str, what: str, form: str, out: str) -> None:
    with reading() as session:
        definition = drafts.named(session, what, name)
    if form == "xlsform":
        if not isinstance(definition, Questionnaire):
            raise click.UsageError("XLSForm: --what questionnaire")
        whole_files.write_whole(out, xlsform_writing.workbook(definition))
    else:
        whole_files.write_whole(out, definition_text.written(definition).encode())


def _questionnaire_lines(questionnaire: Questionnaire, language: str) -> Iterator[str]:
    hashes = f"content {questionnaire.content[:12]}  instrument {questionnaire.instrument[:12]}"
    yield questionnaire.title.get(language, questionnaire.title["vi"])
    yield f"{questionnaire.name}  {hashes}"
    for section in questionnaire.sections:
        yield f"\n{section.id}. {section.title.get(language, section.title['vi'])}"
        if section.intro:
            yield f"   {section.intro.get(language, section.intro['vi'])}"
        for question in section.questions:
            yield from _question_lines(question, language)


def _question_lines(question: Question, language: str) -> Iterator[str]:
    marks = [question.kind] + [mark for mark, on in (
        ("required", question.required), ("sensitive", question.sensitive),
        ("0", question.skip and question.kind != "text"), ("-", question.not_applicable),
        (question.wording, question.wording == "unconfirmed"),
    ) if on]
    if question.shown_if:
        marks.append(f"shown if {question.shown_if.question} in {','.join(sorted(question.shown_if.codes))}")
    yield f"   {question.id}: {question.text.get(language, question.text['vi'])}  [{', '.join(marks)}]"
    if question.kind != "scale":
        for option in question.options:
            yield f"      {option.code} {option.text.get(language, option.text['vi'])}"


def _index_lines(index: IndexDefinition, language: str) -> Iterator[str]:
    yield f"\n{index.title.get(language, index.title['vi'])}"
    yield f"{index.name}  content {index.content[:12]}  {index.aggregation}  n ≥ {index.minimum_n}"
    yield from _criterion_lines(index.tree, language, 1)
    for target in index.targets:
        days = f"{target.valid_from} – {target.valid_to or '…'}"
        yield f"   {target.measure} {target.operator} {target.value:g}  {days}"


def _criterion_lines(criterion: Criterion, language: str, depth: int) -> Iterator[str]:
    title = criterion.title.get(language, criterion.title["vi"])
    items = " ".join(child.item for child in criterion.children if isinstance(child, ItemLeaf))
    whom = f"  → {criterion.attribution}" if criterion.attribution else ""
    yield f"{'   ' * depth}{criterion.measure}  {title}{whom}  {items}".rstrip()
    for child in criterion.children:
        if isinstance(child, Criterion):
            yield from _criterion_lines(child, language, depth + 1)


def _field_lines(listed: FieldList, language: str) -> Iterator[str]:
    yield f"\n{listed.title.get(language, listed.title['vi'])}"
    yield f"{listed.name}  content {listed.content[:12]}"
    for entry in listed.entries:
        days = f"{entry.valid_from} – {entry.valid_to or '…'}"
        said = entry.text.get(language, entry.text["vi"])
        yield f"   {entry.code}  {said}  {days}  {' '.join(entry.prefixes)}".rstrip()
