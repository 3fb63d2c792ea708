"""`flask waves …`: plan, open, close, fix, publish, correct, wipe; progress and checklist."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app import server_day
from app.cli import listing, refusing
from app.db import auditor, reading, transaction
from app.files import read_sheet
from surveys import conduct, publication, training
from surveys import progress as coverage
from surveys.store import definitions
from surveys.store import waves as store
from surveys.waves import bases, parse_target

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
@click.option("--training", is_flag=True, help="Đợt tập huấn: không tính vào kết quả, xóa được trong một bước.")
@click.option("--late", "late_until", type=_DAY, help="Ngày cuối cùng nhập phiếu giấy đến muộn.")
@click.option("--units-day", type=_DAY, help="Ngày của danh mục đơn vị; mặc định: ngày bắt đầu.")
@refusing
def create(
    code: str, questionnaire: str, index_name: str, province: str, target: str | None, official: str | None,
    opens: datetime | None, closes: datetime | None, title: str, training: bool, late_until: datetime | None,
    units_day: datetime | None,
) -> None:
    plan = conduct.Plan(
        code=code, questionnaire=questionnaire, index=index_name, province=province, title=title,
        official=bases(official.split(",")) if official is not None else None,
        target=parse_target(target) if target is not None else None,
        opens=_day(opens), closes=_day(closes), training=training, late_until=_day(late_until),
        units_day=_day(units_day),
    )
    with transaction() as session:
        wave = conduct.create(session, plan, server_day())
    click.echo(f"Đã tạo đợt khảo sát {wave.code}: {wave.title}.")


@group.command("edit", help="Sửa đợt khảo sát chưa mở; chỉ ghi những mục cần đổi.")
@click.argument("code")
@click.option("--questionnaire", help="Tên phiếu hỏi.")
@click.option("--index", "index_name", help="Tên chỉ số.")
@click.option("--province", help="Mã tỉnh.")
@click.option("--target", help="Mục tiêu theo phần trăm; 'none' để bỏ.")
@click.option("--official", help="Các nguồn trả lời chính thức, cách nhau dấu phẩy.")
@click.option("--opens", type=_DAY, help="Ngày bắt đầu.")
@click.option("--closes", type=_DAY, help="Ngày cuối cùng.")
@click.option("--title", help="Tên đợt khảo sát.")
@click.option("--training/--no-training", default=None, help="Đợt tập huấn.")
@click.option("--late", "late_until", type=_DAY, help="Ngày cuối cùng nhập phiếu giấy đến muộn.")
@click.option("--units-day", type=_DAY, help="Ngày của danh mục đơn vị.")
@refusing
def edit(code: str, target: str | None, official: str | None, **given: Any) -> None:
    days = {name: value.date() for name, value in given.items() if isinstance(value, datetime)}
    told = {name: value for name, value in given.items() if value is not None} | days
    if "index_name" in told:
        told["index"] = told.pop("index_name")
    if target is not None:
        told["target"] = None if target == "none" else parse_target(target)
    if official is not None:
        told["official"] = bases(official.split(","))
    with transaction() as session:
        plan = conduct.plan_of(session, store.wave(session, code))
        wave = conduct.edit(session, code, replace(plan, **told), server_day())
    click.echo(f"Đã sửa đợt khảo sát {wave.code}.")


@group.command("checklist", help="Những việc cần có trước khi mở đợt khảo sát.")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def checklist(code: str, as_json: bool) -> None:
    with reading() as session:
        checks = conduct.checklist(session, store.wave(session, code), server_day())
    listing([
        {"standing": check.standing.value, "line": check.code,
         "details": "; ".join(f"{name}={value}" for name, value in check.details.items())}
        for check in checks
    ], as_json)


@group.command("open", help="Mở đợt khảo sát để nhận ý kiến.")
@click.argument("code")
@refusing
def open_(code: str) -> None:
    with transaction() as session:
        conduct.open_(session, code, server_day())
    click.echo(f"Đã mở đợt khảo sát {code}.")


@group.command("close", help="Kết thúc thu thập của đợt khảo sát.")
@click.argument("code")
@refusing
def close(code: str) -> None:
    with transaction() as session:
        conduct.close(session, code, server_day())
    click.echo(f"Đã kết thúc thu thập đợt khảo sát {code}.")


@group.command("reopen", help="Mở lại đợt khảo sát đã kết thúc thu thập, trước khi chốt số liệu.")
@click.argument("code")
@click.option("--reason", required=True, help="Lý do mở lại.")
@click.option("--closes", type=_DAY, help="Ngày cuối cùng mới.")
@refusing
def reopen(code: str, reason: str, closes: datetime | None) -> None:
    with transaction() as session:
        conduct.reopen(session, code, reason, _day(closes), server_day())
    click.echo(f"Đã mở lại đợt khảo sát {code}.")


@group.command("late", help="Đổi ngày cuối cùng nhận ý kiến và ngày cuối cùng nhập phiếu giấy đến muộn.")
@click.argument("code")
@click.option("--until", type=_DAY, help="Ngày cuối cùng nhập phiếu giấy; bỏ trống: không nhận phiếu muộn.")
@click.option("--closes", type=_DAY, help="Ngày cuối cùng nhận ý kiến (chỉ khi đang thu thập).")
@refusing
def late(code: str, until: datetime | None, closes: datetime | None) -> None:
    with transaction() as session:
        wave = store.wave(session, code)
        conduct.extend(session, code, _day(closes) or wave.closes, _day(until), server_day())
    click.echo(f"Đã đổi ngày của đợt khảo sát {code}.")


@group.command("fix", help="Chốt số liệu: từ đây không nhận thêm phiếu, bảng số liệu không đổi nữa.")
@click.argument("code")
@refusing
def fix(code: str) -> None:
    from app.cli.scores import refreshed

    with transaction() as session:
        conduct.fix(session, code, server_day())
    table, _ = refreshed(code)
    click.echo(f"Đã chốt số liệu đợt khảo sát {code}: {len(table.records)} dòng, ngày {table.day:%d/%m/%Y}.")


@group.command("publish", help="Đề nghị công bố (hoặc đính chính) theo quyết định; người thứ hai xác nhận trên trang.")
@click.argument("code")
@click.option("--decision", required=True, help="Số quyết định, ví dụ 2160/QĐ-UBND.")
@click.option("--day", "decision_day", type=_DAY, required=True, help="Ngày của quyết định.")
@refusing
def publish(code: str, decision: str, decision_day: datetime) -> None:
    _propose(code, decision, decision_day, "")


@group.command("correct", help="Đề nghị đính chính số liệu đã công bố; tính lại trước khi đề nghị.")
@click.argument("code")
@click.option("--decision", required=True, help="Số quyết định đính chính.")
@click.option("--day", "decision_day", type=_DAY, required=True, help="Ngày của quyết định.")
@click.option("--reason", required=True, help="Lý do đính chính.")
@refusing
def correct(code: str, decision: str, decision_day: datetime, reason: str) -> None:
    from app.cli.scores import refreshed

    refreshed(code, correction=True)
    _propose(code, decision, decision_day, reason)


def _propose(code: str, decision: str, decision_day: datetime, reason: str) -> None:
    with transaction() as session:
        made = publication.propose(
            session, store.wave(session, code), decision, decision_day.date(), actor=auditor().actor,
            today=server_day(), reason=reason,
        )
    click.echo(f"Đã đề nghị (số {made.id}); cần người thứ hai xác nhận.")


@group.command("wipe", help="Xóa mọi phiếu của một đợt tập huấn để làm lại từ đầu.")
@click.argument("code")
@click.option("--confirm", "confirmed", required=True, help="Gõ lại mã đợt khảo sát.")
@click.option("--delete", "whole", is_flag=True, help="Xóa cả đợt tập huấn, điểm đánh giá và số hồ sơ.")
@refusing
def wipe(code: str, confirmed: str, whole: bool) -> None:
    with transaction() as session:
        done = training.wipe(
            session, code, confirmed=confirmed, whole=whole, actor=auditor().actor, today=server_day()
        )
    click.echo(f"Đã xóa {done.gone['response']} phiếu và {done.gone['slip']} thẻ của đợt tập huấn {code}.")


@group.command("progress", help="Tiến độ thu thập của từng đơn vị.")
@click.argument("code")
@click.option("--unit", "unit_code", help="Chỉ đơn vị này và các đơn vị trực thuộc.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def progress(code: str, unit_code: str | None, as_json: bool) -> None:
    with reading() as session:
        wave = store.wave(session, code)
        tree = conduct.tree_of(session, wave)
        found = coverage.progress(session, wave, tree, unit_code or wave.province_code, server_day())
    listing([
        {
            "unit": row.unit.code, "name": row.unit.name, "points": row.counts.points, "issued": row.counts.issued,
            "returned": row.counts.returned, "expired": row.counts.expired, "answers": row.counts.answers,
            **{basis.word: row.counts.by_basis[basis] for basis in found.bases},
            **{mode.word: row.counts.by_mode[mode] for mode in found.modes}, "population": row.counts.population,
        }
        for row in found.rows
    ], as_json)


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
                "simulated": wave.simulated, "training": wave.training, "late_until": wave.late_until,
                "fixed": wave.fixed,
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
    with reading() as session:
        wave = store.wave(session, code)
        sizes = conduct.read_populations(wave, conduct.tree_of(session, wave), sheet)
    with transaction() as session:
        wave = store.wave(session, code)
        conduct.set_populations(session, wave, conduct.tree_of(session, wave), sizes)
    click.echo(f"Đã ghi số hồ sơ của {len(sizes)} đơn vị.")
