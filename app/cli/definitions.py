"""`flask definitions …`: check files, list what there is, show one questionnaire or index."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app import messages
from app.cli import listing, refusing
from app.db import reading
from surveys.definitions import Reader
from surveys.errors import Fault, NotFound
from surveys.indexes import document as index_documents
from surveys.indexes import load as index_files
from surveys.indexes.model import Criterion, IndexDefinition, ItemLeaf
from surveys.questionnaires import document as questionnaire_documents
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Question, Questionnaire
from surveys.store import definitions as store

group = AppGroup("definitions", help="Phiếu hỏi và chỉ số: kiểm tra tệp, liệt kê, xem.")

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")


@group.command("check", help="Kiểm tra tệp định nghĩa (TOML). Không ghi tệp: kiểm tra các tệp đi kèm.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    folders = (questionnaire_files.FOLDER, index_files.FOLDER)
    paths = files or [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    contents = [(path, path.read_bytes()) for path in paths]
    known: dict[str, Questionnaire] = dict(questionnaire_files.shipped()) if files else {}
    # questionnaires first: an index given with its questionnaire is checked against that one
    checked = {}
    for path, content in contents:
        if not _is_index(content):
            checked[path] = questionnaire_files.problems(content, str(path))
            if not checked[path]:
                questionnaire = questionnaire_files.parse(content, str(path))
                known[questionnaire.name] = questionnaire
    for path, content in contents:
        if path not in checked:
            checked[path] = index_files.problems(content, str(path), known)
    for path, content in contents:
        _report(path, "chỉ số / index" if _is_index(content) else "phiếu hỏi / questionnaire", checked[path])
    if any(checked.values()):
        sys.exit(1)


def _is_index(content: bytes) -> bool:
    """An index names the questionnaire it reads; a questionnaire has sections."""
    top = Reader("").toml(content)
    return top.has("questionnaire") and not top.has("sections")


def _report(path: Path, what: str, faults: tuple[Fault, ...]) -> None:
    if not faults:
        click.echo(f"{path.name}: {what}: tốt / good")
    for language in ("vi", "en") if faults else ():
        head = {"file": path.name, "count": len(faults)}
        click.echo(f"{'Lỗi' if language == 'vi' else 'Error'}: "
                   f"{messages.sentence('definition_faulty', head, language)}", err=True)
        for fault in faults:
            click.echo(f"  {messages.fault_sentence(fault, language)}", err=True)


@group.command("list", help="Liệt kê phiếu hỏi và chỉ số: đi kèm phần mềm và đã lưu trong cơ sở dữ liệu.")
@_AS_JSON
@refusing
def list_all(as_json: bool) -> None:
    with reading() as session:
        stored = {"questionnaire": store.versions(session), "index": store.index_versions(session)}
    shipped: Mapping[str, Mapping[str, Questionnaire | IndexDefinition]] = {
        "questionnaire": questionnaire_files.shipped(), "index": index_files.shipped(),
    }
    rows: list[dict[str, Any]] = []
    for what, versions in stored.items():
        contents = {definition.content for definition in shipped[what].values()}
        there = {version.content for version in versions}
        rows += [
            {"what": what, "name": v.name, "version": v.id, "content": v.content[:12], "created": v.created,
             "shipped": v.content in contents}
            for v in versions
        ]
        rows += [
            {"what": what, "name": name, "version": None, "content": definition.content[:12], "created": None,
             "shipped": True}
            for name, definition in shipped[what].items() if definition.content not in there
        ]
    listing(sorted(rows, key=lambda row: (row["what"] == "index", row["name"], row["version"] or 0)), as_json)


@group.command("show", help="Xem phiếu hỏi và chỉ số cùng tên: câu hỏi, mã, câu chưa xác nhận lời văn.")
@click.argument("name")
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", help="Ngôn ngữ của câu hỏi.")
@_AS_JSON
@refusing
def show(name: str, language: str, as_json: bool) -> None:
    questionnaire, index = questionnaire_files.shipped().get(name), index_files.shipped().get(name)
    if questionnaire is None and index is None:
        with reading() as session:
            questionnaire, index = store.newest(session, name), store.newest_index(session, name)
    if questionnaire is None and index is None:
        known = sorted(questionnaire_files.shipped().keys() | index_files.shipped().keys())
        raise NotFound("definition_unknown", name=name[:60], known=", ".join(known))
    if as_json:
        documents = {
            "questionnaire": questionnaire and questionnaire_documents.to_document(questionnaire),
            "index": index and index_documents.to_document(index),
        }
        click.echo(json.dumps(documents, ensure_ascii=False, indent=1))
        return
    for line in _questionnaire_lines(questionnaire, language) if questionnaire else ():
        click.echo(line)
    for line in _index_lines(index, language) if index else ():
        click.echo(line)


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
