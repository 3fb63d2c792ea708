"""`flask slips …`: issue one-use codes, count them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import AppGroup

from app import server_day
from app.cli import listing, refusing, warn_unreachable
from app.db import reading, transaction
from app.files import write_whole
from app.keys import secret
from app.prints import addresses, posters, slips
from app.settings import Settings
from surveys import collection, conduct
from surveys.store import collection as collection_store
from surveys.store import responses as response_store
from surveys.store import waves as wave_store
from surveys.waves import Wave

group = AppGroup("slips", help="Thẻ mời đánh giá (mã dùng một lần): cấp, đếm.")


@group.command("issue", help="Cấp thẻ mời đánh giá cho một đơn vị. Mã chỉ hiện ra một lần này.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--unit", "unit_code", required=True, help="Mã đơn vị phát thẻ.")
@click.option("--count", required=True, type=int, help="Số thẻ.")
@click.option("--handled-by", help="Mã cơ quan giải quyết hồ sơ, nếu khác đơn vị phát thẻ.")
@click.option("--out", help="Ghi vào tệp: .csv (mã, địa chỉ), .json, hoặc .pdf để in; '-' là màn hình.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def issue(
    wave_code: str, unit_code: str, count: int, handled_by: str | None, out: str | None, as_json: bool
) -> None:
    codes = collection.draw_slips(count)
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
    # typeset before the lock is taken: ten thousand slips take a minute, and citizens answer meanwhile
    document = _document(out, codes, wave, tree.full_name(unit_code), as_json) if out else b""
    with transaction() as session:
        wave = wave_store.wave(session, wave_code)
        collection.issue(session, wave, tree, unit_code, codes, secret(), server_day(), handled_by=handled_by)
        # written before the commit: codes that nobody could read would be dossiers without a slip
        if out:
            write_whole(out, document, mode=0o600)
    rows = _rows(codes)
    warn_unreachable()
    if not out:
        listing(rows, as_json)


def _rows(codes: Sequence[str]) -> list[dict[str, str]]:
    settings: Settings = current_app.config["HAILONG"]
    return [{"code": code, "address": addresses.of_slip(settings.address, code)} for code in codes]


def _document(out: str, codes: Sequence[str], wave: Wave, unit_name: str, as_json: bool) -> bytes:
    rows = _rows(codes)
    if out.endswith(".pdf"):
        expires = server_day() + collection.SLIP_LIFE
        printed = [slips.Slip(row["address"], unit_name, wave.title, expires) for row in rows]
        return slips.render(printed, watermark=posters.watermark_of(wave), day=server_day())
    if as_json or out.endswith(".json"):
        return json.dumps(rows, indent=1).encode()
    return "".join(["code,address\n", *[f"{row['code']},{row['address']}\n" for row in rows]]).encode()


@group.command("list", help="Số thẻ đã phát, đã dùng và số ý kiến nhận được của từng đơn vị.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def list_(wave_code: str, as_json: bool) -> None:
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        tree = conduct.tree_of(session, wave)
        counts = collection_store.slip_counts(session, wave.province_code, wave.id)
        answers = response_store.counts_by_cell(session, wave.province_code, wave.id)
        cells = {row.id: key for key, row in wave_store.cells(session, wave).items()}
    totals: dict[str, list[int]] = {}
    for cell, (issued, spent) in counts.items():
        unit = tree.by_id(cells[cell][0]).code
        total = totals.setdefault(unit, [0, 0, 0])
        for place, number in enumerate((issued, spent, answers.get(cell, 0))):
            total[place] += number
    listing(
        [
            {"unit": unit, "name": tree.unit(unit).name, "issued": issued, "spent": spent, "answers": received}
            for unit, (issued, spent, received) in sorted(totals.items())
        ],
        as_json,
    )
