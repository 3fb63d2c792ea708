"""`flask db move`: everything to another database, verified. Beside Flask-Migrate's commands, which it is added to."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate.cli import db as database

from app import messages
from app.cli import listing, refusing
from app.settings import Settings
from surveys.errors import Refusal


@click.command("move", help=(
    "Chuyển toàn bộ sang cơ sở dữ liệu trống khác (SQLite → PostgreSQL hoặc ngược lại), đối chiếu từng bảng; nguồn còn "
    "nguyên. / Move everything to another, empty database, verify every table; the source stays as it is."
))
@click.option("--to", "url", help="Địa chỉ đích: postgresql://… / Address of the target.")
@click.option(
    "--to-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp chứa địa chỉ đích, khi địa chỉ có mật khẩu. / File with the address, where it holds a password.",
)
@click.option("--dry-run", is_flag=True, help="Chỉ xem có chuyển được không. / Only look whether it can be done.")
@click.option("--json", "as_json", is_flag=True, help="JSON.")
@with_appcontext
@refusing
def command(url: str | None, to_file: Path | None, dry_run: bool, as_json: bool) -> None:
    from app import moving

    address = to_file.read_text(encoding="utf-8").strip() if to_file else url
    if not address:
        raise click.UsageError("--to, --to-file")
    settings: Settings = current_app.config["HAILONG"]
    try:
        found = moving.relocate(settings, address, dry=dry_run)
    except ValueError as fault:  # no address at all
        raise Refusal("move_target_away", reason=type(fault).__name__) from None
    listing([asdict(each) for each in found], as_json)
    code = "move_possible" if dry_run else "move_done"
    for language in ("vi", "en"):
        rows = sum(each.rows for each in found)
        click.echo(messages.sentence(code, {"tables": len(found), "rows": rows}, language), err=True)


GROUP: click.Group = database
GROUP.add_command(command)
