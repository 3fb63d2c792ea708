"""`flask points …`: places with a shared QR code: create, list, print."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import server_day
from app.cli import listing, refusing, warn_unreachable
from app.db import reading, transaction
from app.files import write_whole
from app.prints import addresses, posters, qr
from app.settings import Settings
from surveys import audit, collection, conduct
from surveys.collection import Point
from surveys.errors import NotFound, WaveRefusal
from surveys.store import definitions
from surveys.store import waves as wave_store
from surveys.units import Kind, UnitTree
from surveys.waves import Wave

group = AppGroup("points", help="Điểm đánh giá có mã QR dùng chung: tạo, liệt kê, in áp phích.")

LONGEST_LABEL = 120


def _base() -> str:
    settings: Settings = current_app.config["HAILONG"]
    return settings.address


@group.command("create", help="Tạo điểm đánh giá (mã QR dùng chung) cho một đơn vị, hoặc cho mỗi xã, phường.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--unit", "unit_code", help="Mã đơn vị.")
@click.option("--communes", is_flag=True, help="Mỗi xã, phường, đặc khu của đợt khảo sát một điểm.")
@click.option("--label", default="", help="Tên điểm như in trên áp phích, ví dụ 'Quầy số 2'.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def create(wave_code: str, unit_code: str | None, communes: bool, label: str, as_json: bool) -> None:
    if (unit_code is None) is not communes:
        raise WaveRefusal("points_which_unit")
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise WaveRefusal("point_label_long", length=len(label), most=LONGEST_LABEL)
    with transaction() as session:
        wave = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
        units = [unit_code] if unit_code is not None else _communes(tree, wave)
        made = [collection.create_point(session, wave, tree, unit, label) for unit in units]
        points = {point.code: unit for point, unit in zip(made, units, strict=True)}
        audit.note(session, "wave.points", f"wave:{wave.code}", None, {"made": len(made), "points": points})
    listing(_rows(made, tree), as_json)


def _communes(tree: UnitTree, wave: Wave) -> list[str]:
    communes = [unit.code for unit in tree.subtree(wave.province_code) if unit.kind is Kind.COMMUNE]
    if not communes:
        raise WaveRefusal("points_no_communes", province=wave.province_code)
    return communes


def _rows(points: Sequence[Point], tree: UnitTree) -> list[dict[str, str]]:
    base = _base()
    rows = []
    for point in points:
        unit = tree.by_id(point.unit_id).code
        rows.append({
            "code": point.code, "address": addresses.of_point(base, point.code), "unit": unit,
            "unit_name": tree.full_name(unit), "label": point.label,
        })
    return rows


@group.command("list", help="Liệt kê các điểm đánh giá của một đợt khảo sát.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def list_(wave_code: str, as_json: bool) -> None:
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        rows = _rows(collection.points(session, wave), conduct.tree_of(session, wave))
    listing(rows, as_json)


@group.command("poster", help="In áp phích A4 (PDF) có mã QR: mỗi điểm đánh giá một trang.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--unit", "unit_code", help="Chỉ các điểm của đơn vị này và của các đơn vị trực thuộc.")
@click.option("--code", help="Chỉ điểm đánh giá mang mã này.")
@click.option("--out", required=True, help="Tệp PDF sẽ ghi; '-' là đầu ra chuẩn.")
@refusing
def poster(wave_code: str, unit_code: str | None, code: str | None, out: str) -> None:
    if unit_code is not None and code is not None:
        raise WaveRefusal("points_unit_and_code")
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
        chosen = _chosen(session, wave, tree, unit_code, code)
        kind = definitions.questionnaire(session, wave.questionnaire_id).kind
    pages = posters.of_points(_base(), wave, tree, kind, chosen)
    document = posters.render(pages, watermark=posters.watermark_of(wave), day=server_day())
    write_whole(out, document)
    warn_unreachable()
    if out != "-":
        click.echo(f"Đã in {len(pages)} áp phích vào {out}.")


def _chosen(
    session: Session, wave: Wave, tree: UnitTree, unit_code: str | None, code: str | None
) -> list[Point]:
    """The wave's points, or those asked for; NotFound("points_none") when there is none."""
    if code is not None:
        point = collection.point(session, code)
        if point.wave_id != wave.id:
            raise WaveRefusal("point_elsewhere", point=point.code, wave=wave.code)
        return [point]
    points = collection.points(session, wave)
    if unit_code is not None:
        within = {unit.id for unit in tree.subtree(unit_code)}
        points = [point for point in points if point.unit_id in within]
    if not points:
        raise NotFound("points_none", wave=wave.code)
    return points


@group.command("terminal-qr", help="Vẽ mã QR của một điểm đánh giá ngay trên màn hình dòng lệnh.")
@click.option("--code", help="Mã điểm đánh giá; mặc định: điểm đầu tiên của bản trình diễn.")
@refusing
def terminal_qr(code: str | None) -> None:
    with reading() as session:
        point = collection.point(session, code) if code is not None else _first_simulated(session)
    address = addresses.of_point(_base(), point.code)
    click.echo(qr.terminal(address))
    click.echo(address)


def _first_simulated(session: Session) -> Point:
    for wave in wave_store.waves(session):
        if wave.simulated and (points := collection.points(session, wave)):
            return points[0]
    raise NotFound("demonstration_missing")
