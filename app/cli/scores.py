"""`flask scores …`: export the scores of a wave, and compute the table that people see."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app import server_day
from app.cli import refusing
from app.db import reading, transaction
from app.exports import FORMATS
from app.files import write_whole
from surveys import scores
from surveys.captions import captions
from surveys.store import order
from surveys.store import scores as score_store
from surveys.store import waves as wave_store

group = AppGroup("scores", help="Kết quả: xuất số liệu, tính lại bảng số liệu hiển thị.")


@group.command("export", help="Xuất kết quả của một đợt khảo sát, mỗi dòng một đơn vị và một chỉ tiêu.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), required=True, help="Định dạng của tệp.")
@click.option("--out", required=True, help="Tệp kết quả; dấu '-' để in ra màn hình.")
@click.option("--unit", "unit_code", help="Chỉ đơn vị này và các đơn vị trực thuộc.")
@click.option("--public", is_flag=True, help="Chỉ giữ những số liệu được phép công bố.")
@refusing
def export(wave_code: str, form: str, out: str, unit_code: str | None, public: bool) -> None:
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        records = scores.records(session, wave, unit_code)
        about = captions(session, wave, server_day())
    if public:
        records = [record for record in records if record["publishable"]]
    write_whole(out, FORMATS[form](records, about))
    click.echo(f"Đã xuất {len(records)} dòng kết quả của đợt khảo sát {wave.code}.", err=True)


@group.command("refresh", help="Tính và lưu bảng số liệu mà người xem thấy hôm nay; mỗi ngày một lần.")
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--force", is_flag=True, help="Tính lại dù hôm nay đã tính.")
@refusing
def refresh(wave_code: str, force: bool) -> None:
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        table = scores.moved(session, wave, server_day(), force=force)
    with transaction() as session:
        order.forget_order(session, server_day())  # the one thing that runs every day
        score_store.save(session, wave, table.day, table.records)
    click.echo(f"Đã tính bảng số liệu ngày {table.day:%d/%m/%Y} của đợt khảo sát {wave.code}.")
