"""`flask waves …`: create, open, close, list, revise, population."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from app import server_day
from app.cli import listing, refusing
from app.db import reading, transaction
from app.files import read_sheet
from surveys import conduct
from surveys.errors import Fault, WaveRefusal
from surveys.sheets import column_faults
from surveys.store import definitions
from surveys.store import waves as store
from surveys.waves import State, bases, parse_target

group = AppGroup("waves", help="Đợt khảo sát: tạo, mở, đóng, liệt kê.")

_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


@group.command("create", help="Tạo một đợt khảo sát trên toàn địa bàn của một tỉnh.")
@click.argument("code")
@click.option("--questionnaire", required=True, help="Tên phiếu hỏi, ví dụ sipas-transaction.")
@click.option("--index", "index_name", required=True, help="Tên chỉ số, ví dụ sipas-transaction.")
@click.option("--province", required=True, help="Mã tỉnh, ví dụ 44.")
@click.option("--target", help="Mục tiêu theo phần trăm: 85 (từ 85% trở lên), '>85' (trên 85%).")
@click.option("--official", help="Các nguồn trả lời chính thức, cách nhau dấu phẩy: sample,dossiers,household,open.")
@click.option("--opens", type=_DAY, help="Ngày bắt đầu nhận ý kiến, dạng 2026-07-01.")
@click.option("--closes", type=_DAY, help="Ngày cuối cùng nhận ý kiến.")
@click.option("--title", default="", help="Tên đợt khảo sát như người dân nhìn thấy.")
@refusing
def create(
    code: str, questionnaire: str, index_name: str, province: str, target: str | None, official: str | None,
    opens: datetime | None, closes: datetime | None, title: str,
) -> None:
    plan = conduct.Plan(
        code=code, questionnaire=questionnaire, index=index_name, province=province, title=title,
        official=bases(official.split(",")) if official is not None else None,
        target=parse_target(target) if target is not None else None,
        opens=_day(opens), closes=_day(closes),
    )
    with transaction() as session:
        wave = conduct.create(session, plan, server_day())
    click.echo(f"Đã tạo đợt khảo sát {wave.code}: {wave.title}.")


def _move(code: str, state: State, done: str) -> None:
    with transaction() as session:
        wave = conduct.move(session, code, state)
    click.echo(f"{done} đợt khảo sát {wave.code}.")


@group.command("open", help="Mở đợt khảo sát để nhận ý kiến.")
@click.argument("code")
@refusing
def open_(code: str) -> None:
    _move(code, State.OPEN, "Đã mở")


@group.command("close", help="Kết thúc thu thập của đợt khảo sát.")
@click.argument("code")
@refusing
def close(code: str) -> None:
    _move(code, State.CLOSED, "Đã kết thúc thu thập")


@group.command("list", help="Liệt kê các đợt khảo sát.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def list_(as_json: bool) -> None:
    with reading() as session:
        rows = [
            {
                "code": wave.code, "title": wave.title, "province": wave.province_code,
                "questionnaire": definitions.questionnaire(session, wave.questionnaire_id).name,
                "index": definitions.index(session, wave.index_id).name, "state": wave.state.value,
                "official": ",".join(basis.word for basis in sorted(wave.official)),
                "target": None if wave.target is None else round(wave.target * 100, 6),
                "operator": wave.target_operator, "opens": wave.opens, "closes": wave.closes,
                "simulated": wave.simulated,
            }
            for wave in store.waves(session)
        ]
    listing(rows, as_json)


@group.command("revise", help="Phát bản dịch mới của phiếu hỏi; phiếu cũ trong tay người dân vẫn dùng được.")
@click.argument("code")
@refusing
def revise(code: str) -> None:
    with transaction() as session:
        wave = store.wave(session, code)
        name = definitions.questionnaire(session, wave.questionnaire_id).name
        revised = conduct.revise(session, code, conduct.newest_questionnaire(session, name), server_day())
    same = revised.questionnaire_id == wave.questionnaire_id
    click.echo("Phiếu hỏi không có gì mới." if same else f"Đã phát phiên bản mới của phiếu {name}.")


@group.command("population", help="Nhập số hồ sơ đã trả kết quả của từng đơn vị (cột unit,size) để tính quyền số.")
@click.option("--wave", "code", required=True, help="Mã đợt khảo sát.")
@click.argument("file", type=click.Path(path_type=Path))
@refusing
def population(code: str, file: Path) -> None:
    sheet, _ = read_sheet(file)
    faults = column_faults(sheet.columns, ["unit", "size"], [])
    sizes: dict[str, int] = {}
    lines: dict[str, int] = {}
    if not faults:
        unit_at, size_at = sheet.columns.index("unit"), sheet.columns.index("size")
        for line, cells in sheet.rows:
            if len(cells) != 2:
                faults.append(Fault("row_ragged", line, None, {"found": len(cells), "expected": 2}))
            elif not re.fullmatch(r"[0-9]{1,12}", cells[size_at].strip()):
                faults.append(Fault("number_malformed", line, "size", {"value": cells[size_at][:40], "least": "0"}))
            elif cells[unit_at].strip() in sizes:
                faults.append(Fault("unit_repeated", line, "unit", {"unit": cells[unit_at]}))
            else:
                sizes[cells[unit_at].strip()] = int(cells[size_at])
                lines[cells[unit_at].strip()] = line
    with reading() as session:
        wave = store.wave(session, code)
        members = {unit.code for unit in conduct.tree_of(session, wave).subtree(wave.province_code)}
    faults += [
        Fault("unit_unknown", lines[unit], "unit", {"unit": unit}) for unit in sizes if unit not in members
    ]
    if faults:
        raise WaveRefusal("population_faulty", faults=faults, count=len(faults))
    with transaction() as session:
        wave = store.wave(session, code)
        conduct.set_populations(session, wave, conduct.tree_of(session, wave), sizes)
    click.echo(f"Đã ghi số hồ sơ của {len(sizes)} đơn vị.")
