"""`flask scores …`: export the scores of a wave, and compute the table that people see."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app import server_day
from app.cli import listing, refusing, say_refusal
from app.db import reading, transaction
from app.exports import FORMATS
from app.files import write_whole
from surveys import audit, methods, scores, side_by_side
from surveys.canonical import canonical_json
from surveys.captions import captions
from surveys.errors import Refusal, WaveRefusal
from surveys.store import order
from surveys.store import scores as score_store
from surveys.store import waves as wave_store
from surveys.store.scores import ScoreTable
from surveys.waves import State, Wave

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
    with transaction() as session:
        audit.note(session, "results.exported", f"wave:{wave.code}", None, {
            "unit": unit_code, "format": form, "public": public,
        })
    write_whole(out, FORMATS[form](records, about))
    click.echo(f"Đã xuất {len(records)} dòng kết quả của đợt khảo sát {wave.code}.", err=True)


def refreshed(wave_code: str, *, force: bool = False, correction: bool = False) -> tuple[ScoreTable, Wave]:
    """Compute the wave's table and keep it."""
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        table = scores.moved(session, wave, server_day(), force=force, correction=correction)
    with transaction() as session:
        order.forget_order(session, server_day())  # the one thing that runs every day
        score_store.save(session, wave, table.day, table.records, correction=correction)
        if correction:
            audit.note(session, "scores.correction", f"wave:{wave.code}", None, {"day": table.day})
    return table, wave


@group.command("refresh", help=(
    "Tính và lưu bảng số liệu mà người xem thấy hôm nay; mỗi ngày một lần. / Compute and keep today's score tables."
))
@click.option("--wave", "wave_code", help="Mã đợt khảo sát.")
@click.option("--all", "every", is_flag=True, help="Mọi đợt mà số liệu còn thay đổi. / Every wave that still moves.")
@click.option("--force", is_flag=True, help="Tính lại dù hôm nay đã tính (trừ số liệu đã chốt).")
@click.option("--correction", is_flag=True, help="Tính lại số liệu đã công bố để đề nghị đính chính.")
@refusing
def refresh(wave_code: str | None, every: bool, force: bool, correction: bool) -> None:
    if (wave_code is None) != every or (every and correction):
        raise click.UsageError("--wave MÃ / --wave CODE, hoặc / or --all")
    failed = False
    for code in _moving() if wave_code is None else [wave_code]:
        try:
            table, wave = refreshed(code, force=force, correction=correction)
        except Refusal as refusal:
            if not every:
                raise
            say_refusal(refusal)  # the others are computed all the same
            failed = True
            continue
        click.echo(f"Đã tính bảng số liệu ngày {table.day:%d/%m/%Y} của đợt khảo sát {wave.code}.")
    if failed:
        sys.exit(1)


def _moving() -> list[str]:
    """Codes of the waves whose table of yesterday is not the last one."""
    today = server_day()
    with reading() as session:
        taken = [wave for wave in wave_store.waves(session) if wave.state is not State.PLANNED]
        kept = {wave.code: score_store.latest(session, wave) for wave in taken}
        return [
            wave.code for wave in taken
            if (table := kept[wave.code]) is None or not score_store.lasts(session, wave, table, today)
        ]


@group.command("compare", help=(
    "Tính cùng một bộ phiếu theo hai phương pháp, để so sánh, không phải kết quả. Phương pháp: tên (bản đang dùng), "
    "tên@mã phiên bản, hoặc draft:số của bản thảo."
))
@click.option("--wave", "wave_code", required=True, help="Mã đợt khảo sát.")
@click.option("--index", "names", multiple=True, required=True, help="Phương pháp; ghi hai lần, hoặc cùng --draft.")
@click.option("--draft", type=int, help="Số của bản thảo làm phương pháp thứ hai.")
@click.option("--unit", "unit_code", help="Chỉ một đơn vị.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@click.option("--out", default="-", help="Tệp kết quả khi in dạng JSON.")
@refusing
def compare(
    wave_code: str, names: tuple[str, ...], draft: int | None, unit_code: str | None, as_json: bool, out: str
) -> None:
    both = (*names, f"{methods.DRAFT}{draft}") if draft is not None else names
    if len(both) != 2:  # one beside the other
        raise WaveRefusal("methods_two", found=len(both))
    with reading() as session:
        wave = wave_store.wave(session, wave_code)
        a, b = (methods.resolve(session, name) for name in both)
        found = side_by_side.compare(session, wave, a, b)
    kept = [record for record in found if unit_code in {None, record["unit"]}]
    if as_json:
        document = {
            "note": NOT_A_RESULT, "wave": wave.code, "day": server_day().isoformat(),
            "a": {"name": a.name, "content": a.content}, "b": {"name": b.name, "content": b.content},
            "unlike": [
                {"code": one.code, "a": one.a, "b": one.b, "items": list(one.items)} for one in methods.unlike(a, b)
            ],
            "records": kept,
        }
        write_whole(out, canonical_json(document).encode() + b"\n", 0o600)
        return
    click.echo(NOT_A_RESULT, err=True)
    columns = ("unit", "unit_name", "measure", "n_a", "estimate_a", "n_b", "estimate_b", "difference", "shown")
    listing([{name: record[name] for name in columns} for record in kept], False)


NOT_A_RESULT = "Để so sánh, không phải kết quả."
