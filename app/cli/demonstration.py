"""`flask demonstration …`: the simulated wave and its known truth."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from app import demonstration, server_day
from app.cli import listing, refusing
from app.db import reading, transaction
from app.keys import secret
from app.prints import addresses
from app.settings import Settings
from surveys import conduct, scores
from surveys.store import scores as score_store

group = AppGroup("demonstration", help="Bản trình diễn: đợt khảo sát mô phỏng của tỉnh Quảng Trị.")

_SEED = click.option(
    "--seed", default=demonstration.SEED, show_default=True, type=click.IntRange(min=0),
    help="Số khởi tạo: cùng một số cho cùng một bộ số liệu.",
)


@group.command("create", help="Tạo đợt khảo sát mô phỏng và tính điểm; đã có rồi thì giữ nguyên.")
@_SEED
@refusing
def create(seed: int) -> None:
    made = None
    with transaction() as session:
        wave = demonstration.existing(session)
        if wave is None:
            made = demonstration.create(session, seed, server_day(), secret())
            wave = made.wave
        if score_store.latest(session, wave) is None:
            score_store.save(session, wave, server_day(), scores.records(session, wave))
    if made is None:
        click.echo(f"Đợt khảo sát mô phỏng {wave.code} đã có sẵn, giữ nguyên.")
        return
    settings: Settings = current_app.config["HAILONG"]
    click.echo(
        f"Đã tạo đợt khảo sát mô phỏng {wave.code}: {made.official} phiếu theo hồ sơ, "
        f"{made.monitoring} phiếu từ mã QR dùng chung, {made.points} điểm đánh giá."
    )
    click.echo("Thẻ mời dùng thử, mỗi thẻ một lần:")
    for code in made.slips:
        click.echo(f"  {addresses.of_slip(settings.address, code)}")


@group.command("truth", help="In giá trị thật của số liệu mô phỏng (tính lại, không lưu ở đâu).")
@_SEED
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON, mọi chỉ tiêu; nếu không, chỉ in chỉ số chung.")
@refusing
def truth(seed: int, as_json: bool) -> None:
    with reading() as session:
        wave = demonstration.require(session)
        tree = conduct.tree_of(session, wave)
    known = demonstration.truth(tree, seed)
    places: dict[str, list[str] | None] = {wave.province_code: None}
    places |= {place.code: [place.code] for place in known.places}
    listing(
        [
            {"unit": unit, "unit_name": tree.full_name(unit), "measure": measure, "truth": round(value, 6)}
            for unit, members in places.items()
            for measure, value in known.measures(members).items()
            if as_json or measure == "overall"
        ],
        as_json,
    )
