"""`flask responses …`: take in a file of answers, count answers."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import click
from flask.cli import AppGroup

from app import server_day
from app.cli import listing, refusing
from app.db import reading, transaction
from app.files import read_sheet
from app.keys import imports
from surveys import conduct
from surveys.imports import read_batch, store_batch
from surveys.origin import Basis
from surveys.store import definitions, order
from surveys.store import responses as response_store
from surveys.store import waves as wave_store

group = AppGroup("responses", help="Ý kiến: nhập từ tệp, đếm.")


@group.command("import", help="Nhập tệp CSV các phiếu đã trả lời; sai một chỗ thì không lưu dòng nào.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát đang mở.")
@click.argument("file", type=click.Path(path_type=Path))
@refusing
def import_(wave_code: str, file: Path) -> None:
    sheet, raw = read_sheet(file)
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
        questionnaire = definitions.questionnaire(session, wave.questionnaire_id)
    batch = read_batch(wave, tree, questionnaire, sheet, server_day())
    named = f"hailong import 1|{wave.code}|{hashlib.sha256(raw).hexdigest()}"
    key = hmac.new(imports(), named.encode(), hashlib.sha256).digest()
    with transaction() as session:
        done = store_batch(session, wave_store.wave(session, wave_code), batch, key)
    click.echo(f"Đã nhập {done.responses} phiếu vào đợt khảo sát {wave.code}.")


@group.command("forget-order", help=(
    "Xóa dấu vết thứ tự gửi của các ngày đã qua (PostgreSQL; SQLite không lưu thứ tự). Chạy mỗi đêm một lần."
))
@refusing
def forget_order() -> None:
    with transaction() as session:
        done = order.forget_order(session, server_day())
    click.echo(f"Đã ghi lại {done} phiếu theo thứ tự ngẫu nhiên.")


@group.command("list", help="Số ý kiến nhận được của từng đơn vị, theo nguồn trả lời.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def list_(wave_code: str, as_json: bool) -> None:
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
        answers = response_store.counts_by_cell(session, wave.province_code, wave.id)
        cells = {row.id: key for key, row in wave_store.cells(session, wave).items()}
    totals: dict[tuple[str, str], int] = {}
    for cell, count in answers.items():
        received_at, _, basis, _, _ = cells[cell]
        key = tree.by_id(received_at).code, Basis(basis).word
        totals[key] = totals.get(key, 0) + count
    listing(
        [
            {"unit": unit, "name": tree.unit(unit).name, "basis": basis, "answers": count}
            for (unit, basis), count in sorted(totals.items())
        ],
        as_json,
    )
