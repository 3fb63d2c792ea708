"""`flask comments …`: free text is kept for twelve months after a wave's closing day."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app import server_day
from app.cli import refusing
from app.db import transaction
from surveys import comments

group = AppGroup("comments", help="Ý kiến góp ý: xóa khi hết thời hạn lưu giữ.")


@group.command("expire", help=(
    "Xóa ý kiến góp ý của các đợt đã kết thúc quá 12 tháng; chạy mỗi ngày một lần. "
    "/ Delete the comments of waves that ended more than twelve months ago."
))
@refusing
def expire() -> None:
    with transaction() as session:
        gone = comments.expire(session, server_day())
    for wave, count in gone.items():
        click.echo(f"{wave}: {count}")
    every = sum(gone.values())
    click.echo(f"Đã xóa {every} ý kiến góp ý quá thời hạn. / Deleted {every} comments.", err=True)
