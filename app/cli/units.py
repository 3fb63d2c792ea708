"""`flask units …`: the dated unit tree: import a file, load the national list, list, find, history."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app import messages, server_day
from app.cli import listing, refusing
from app.db import reading, transaction
from app.files import read_sheet
from app.settings import Settings
from surveys import mergers, unit_changes
from surveys.errors import NotFound
from surveys.store import units as store
from surveys.store.units import Step, Succession
from surveys.unit_changes import COLUMNS, Merge
from surveys.units import Kind, Unit

group = AppGroup("units", help="Danh mục đơn vị theo ngày hiệu lực: nhập, sáp nhập, sửa, liệt kê, tìm, xem lịch sử.")

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_PREVIEW = click.option("--preview", is_flag=True, help="Chỉ cho xem những gì sẽ thay đổi, không lưu.")
_PARTS = {"whole": "toàn bộ", "part": "một phần"}


@group.command("import", help=(
    "Nhập đơn vị từ tệp CSV (UTF-8) có các cột code,name,kind,parent,valid_from,valid_to,decree. "
    "Nhiều tệp cộng dồn với nhau; sai một chỗ thì không lưu dòng nào."
))
@click.argument("file", type=click.Path(path_type=Path))
@_PREVIEW
@refusing
def import_(file: Path, preview: bool) -> None:
    sheet, _ = read_sheet(file)
    rows = unit_changes.lines(sheet)
    if preview:
        with reading() as session:
            _show_changes(store.preview(session, rows))
        return
    with transaction() as session:
        done = store.import_units(session, rows, source=file.name)
    _say(done)


@group.command("merge", help=(
    "Sáp nhập, chia tách, đổi tên, giải thể đơn vị theo một văn bản. Đơn vị mới có hiệu lực từ ngày kế tiếp ngày "
    "cuối của đơn vị cũ. Ví dụ: units merge --unit 19246 --unit 19249 --last-day 2027-06-30 "
    "--successor '19249,Phường Lệ Thủy,commune,44' --decree 'Nghị quyết 1/2027'"
))
@click.option("--unit", "old", multiple=True, required=True, metavar="MÃ[:part]",
              help="Đơn vị hết hiệu lực; thêm ':part' nếu chỉ một phần nhập vào đơn vị mới. Lặp lại được.")
@click.option("--last-day", type=_DAY, required=True, help="Ngày cuối cùng của đơn vị cũ, dạng 2027-06-30.")
@click.option("--successor", "new", multiple=True, metavar="MÃ,TÊN,LOẠI,MÃ CẤP TRÊN", help="Đơn vị mới. Lặp lại được.")
@click.option("--move-below", "below", multiple=True, metavar="MÃ CŨ=MÃ MỚI",
              help="Các đơn vị trực thuộc đơn vị cũ chuyển sang đơn vị mới; không ghi thì cùng hết hiệu lực.")
@click.option("--decree", default="", help="Văn bản quyết định.")
@_PREVIEW
@refusing
def merge(old: tuple[str, ...], last_day: datetime, new: tuple[str, ...], below: tuple[str, ...], decree: str,
          preview: bool) -> None:
    parts = dict(each.partition(":")[::2] for each in old)
    if strange := [part for part in parts.values() if part not in {"", "part"}]:
        raise click.UsageError(f"--unit: {strange[0]}")
    cells = [next(csv.reader([each])) for each in new]
    if any(len(each) != len(mergers.Successor.__match_args__) for each in cells):
        raise click.UsageError("--successor cần đủ: mã,tên,loại,mã cấp trên.")
    split = len(cells) > 1
    plan = mergers.Plan(
        tuple(parts), last_day.date(), tuple(mergers.Successor(*each) for each in cells),
        {(code, place): mergers.PART if part or split else mergers.WHOLE
         for code, part in parts.items() for place in range(len(cells))},
        dict(each.partition("=")[::2] for each in below), decree,
    )
    if preview:
        with reading() as session:
            _show_changes(store.preview_merger(session, plan).merge)
        return
    with transaction() as session:
        done = store.succeed(session, plan)
    _say(done.merge)


@group.command("correct", help="Sửa tên hoặc văn bản ghi sai của một đơn vị. Đổi tên thật thì dùng merge.")
@click.argument("code")
@click.option("--name", help="Tên đúng. Không ghi thì giữ nguyên.")
@click.option("--decree", help="Văn bản đúng. Không ghi thì giữ nguyên.")
@click.option("--from", "valid_from", type=_DAY, help="Ngày đầu của lần ghi cần sửa. Mặc định: lần ghi mới nhất.")
@click.option("--reason", required=True, help="Lý do, ghi vào nhật ký.")
@refusing
def correct(code: str, name: str | None, decree: str | None, valid_from: datetime | None, reason: str) -> None:
    with transaction() as session:
        dated = store.history(session, code)
        unit = dated[-1] if valid_from is None else next(
            (each for each in dated if each.valid_from == valid_from.date()), None)
        if unit is None:
            raise NotFound("unit_unknown", unit=code)
        after = store.correct(
            session, code, unit.valid_from, unit.name if name is None else name,
            (unit.decree or "") if decree is None else decree, reason,
        )
    _show(after, Succession((), ()))


def _show_changes(merge: Merge) -> None:
    """What would change: '+' new, '-' closed; nothing is stored."""
    for sign, units in (("+", merge.new), ("-", merge.closed)):
        for unit in units:
            span = f"{_known(unit.valid_from) or '…'} – {unit.valid_to or '…'}"
            click.echo(f"{sign} {unit.code}  {unit.name}  {unit.kind.value}  {unit.parent or '-'}  {span}")
    counts = {"new": len(merge.new), "closed": len(merge.closed), "unchanged": len(merge.unchanged)}
    settings: Settings = current_app.config["HAILONG"]
    click.echo(messages.sentence("units_previewed", counts, settings.language))


@group.command("load-national", help=(
    "Nạp danh mục cả nước kèm theo phần mềm (34 tỉnh, thành phố; 3.321 xã, phường, đặc khu). "
    "Chạy lại không làm thay đổi gì."
))
@refusing
def load_national() -> None:
    with transaction() as session:
        done = store.load_national(session)
    _say(done)


def _say(done: Merge) -> None:
    settings: Settings = current_app.config["HAILONG"]
    counts = {"new": len(done.new), "closed": len(done.closed), "unchanged": len(done.unchanged)}
    click.echo(messages.sentence("units_imported", counts, settings.language))


@group.command("list", help="Liệt kê đơn vị có hiệu lực trong một ngày, cấp trên trước cấp dưới.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Chỉ lấy một loại đơn vị.")
@click.option("--parent", help="Chỉ lấy đơn vị trực thuộc ngay đơn vị mang mã này.")
@click.option("--day", type=_DAY, help="Ngày xem, dạng 2025-06-30. Mặc định: hôm nay.")
@click.option("--all", "every", is_flag=True, help="Mọi đơn vị đã lưu, kể cả đơn vị đã hết hiệu lực.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def list_(kind: str | None, parent: str | None, day: datetime | None, every: bool, as_json: bool) -> None:
    if every and day:
        raise click.UsageError("--all và --day không dùng cùng nhau.")
    with reading() as session:
        found: Sequence[Unit]
        if every:
            found = [unit for unit in store.units(session) if parent is None or unit.parent == parent]
        else:
            tree = store.tree(session, _day(day))
            found = tree.children(parent) if parent is not None else tree.units
    listing([_cells(unit) for unit in found if kind is None or unit.kind == kind], as_json)


@group.command("find", help="Tìm đơn vị theo tên (có dấu hay không dấu đều được) hoặc theo mã.")
@click.argument("text", nargs=-1, required=True)
@click.option("--day", type=_DAY, help="Ngày xem, dạng 2025-06-30. Mặc định: hôm nay.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def find(text: tuple[str, ...], day: datetime | None, as_json: bool) -> None:
    with reading() as session:
        tree = store.tree(session, _day(day))
    found = tree.find(" ".join(text))
    listing(
        [{"code": unit.code, "kind": unit.kind.value, "name": tree.full_name(unit.code)} for unit in found],
        as_json,
    )


@group.command("history", help="Các lần thay đổi của một mã đơn vị, đơn vị đi trước và đơn vị kế tiếp.")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def history(code: str, as_json: bool) -> None:
    with reading() as session:
        dated = store.history(session, code)
        steps = [store.succession(session, code, unit.valid_from) for unit in dated]
    if not as_json:
        for unit, step in zip(dated, steps, strict=True):
            _show(unit, step)
        return
    listing(
        [
            {
                **_cells(unit),
                "predecessors": [_step(found) for found in step.predecessors],
                "successors": [_step(found) for found in step.successors],
            }
            for unit, step in zip(dated, steps, strict=True)
        ],
        as_json,
    )


def _show(unit: Unit, steps: Succession) -> None:
    span = f"từ {_known(unit.valid_from) or 'trước'} đến {unit.valid_to or 'nay'}"
    click.echo(f"{unit.code}  {unit.name}  {span}" + (f"  ({unit.decree})" if unit.decree else ""))
    for sign, found in (("←", steps.predecessors), ("→", steps.successors)):
        for step in found:
            said = f"    {sign} {step.unit.code}  {step.unit.name}  {_PARTS[step.part]}"
            click.echo(said + (f"  ({step.decree})" if step.decree else ""))


def _step(step: Step) -> dict[str, object]:
    return {
        "code": step.unit.code, "valid_from": _known(step.unit.valid_from), "name": step.unit.name,
        "part": step.part, "decree": step.decree,
    }


def _day(given: datetime | None) -> date:
    return given.date() if given else server_day()


def _cells(unit: Unit) -> dict[str, object]:
    """The unit in the columns of the file it came from; a first day before our records is null."""
    cells = {column: getattr(unit, column) for column in COLUMNS}
    return cells | {"kind": unit.kind.value, "valid_from": _known(unit.valid_from)}


def _known(day: date) -> date | None:
    return None if day == date.min else day
