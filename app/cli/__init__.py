"""`flask --app wsgi …`: one module per group of commands; this file holds what they share.

Every command: `--help`, exit code 0 or 1 (2 for wrong usage), errors in two languages naming row and column,
all or nothing. Every listing takes `--json`.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import click
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import messages
from app.prints import addresses
from app.settings import Settings
from surveys.errors import Refusal

P = ParamSpec("P")
R = TypeVar("R")

SHOWN_FAULTS = 20
"""places listed before 'and N more'"""


def refusing(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a domain refusal into clear lines on standard error and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            say_refusal(refusal)
            sys.exit(1)
        except (OperationalError, ProgrammingError) as fault:
            say_refusal(Refusal("database_unusable", reason=str(fault.orig).strip()))
            sys.exit(1)

    return wrapped


def say_refusal(refusal: Refusal) -> None:
    settings: Settings = current_app.config["HAILONG"]
    for language in ("vi", "en") if settings.language == "vi" else ("en", "vi"):
        head = "Lỗi" if language == "vi" else "Error"
        click.echo(f"{head}: {messages.refusal_sentence(refusal, language)}", err=True)
        for fault in refusal.faults[:SHOWN_FAULTS]:
            click.echo(f"  {messages.fault_sentence(fault, language)}", err=True)
        if (more := len(refusal.faults) - SHOWN_FAULTS) > 0:
            click.echo(f"  … +{more}", err=True)


def listing(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as JSON or as an aligned table."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    if not rows:
        return
    columns = list(rows[0])
    table = [columns, *[["" if row[c] is None else str(row[c]) for c in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def warn_unreachable() -> None:
    """Say on standard error what would keep a citizen's phone from opening the printed address."""
    settings: Settings = current_app.config["HAILONG"]
    for code in addresses.obstacles(settings.public_url, settings.address):
        for head, language in (("Cảnh báo", "vi"), ("Warning", "en")):
            said = messages.sentence(code, {"address": settings.address}, language)
            click.echo(f"{head}: {said}", err=True)


GROUPS: dict[str, str] = {
    "units": "Danh mục đơn vị theo ngày hiệu lực: nhập, liệt kê, tìm, xem lịch sử.",
    "definitions": "Phiếu hỏi và chỉ số: kiểm tra, liệt kê, xem.",
    "waves": "Đợt khảo sát: tạo, mở, đóng, liệt kê.",
    "points": "Điểm đánh giá có mã QR dùng chung: tạo, liệt kê, in áp phích.",
    "slips": "Thẻ mời đánh giá (mã dùng một lần): cấp, đếm.",
    "responses": "Ý kiến: nhập từ tệp, đếm.",
    "scores": "Số liệu: xuất tệp, tính bảng số liệu trong ngày.",
    "accounts": "Tài khoản cán bộ: mã cài đặt, thêm, liệt kê.",
    "audit": "Nhật ký: kiểm tra tính toàn vẹn, liệt kê, xuất tệp.",
    "comments": "Ý kiến góp ý: xóa khi hết thời hạn lưu giữ.",
    "backup": "Sao lưu: tạo, kiểm tra, khôi phục, diễn tập.",
    "keys": "Bộ khóa: đổi, liệt kê, bỏ bộ cũ.",
    "demonstration": "Bản trình diễn với số liệu mô phỏng.",
}
"""group -> its help; the module of the same name holds its commands"""


class _Later(click.Group):
    """A group whose module is imported when it is used: serving processes carry no estimation."""

    def _loaded(self) -> click.Group:
        group: click.Group = importlib.import_module(f"app.cli.{self.name}").group
        return group

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._loaded().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._loaded().get_command(ctx, cmd_name)


def register(app: Flask) -> None:
    from app.cli import doctor, move

    for name, help_text in GROUPS.items():
        app.cli.add_command(_Later(name, help=help_text))
    app.cli.add_command(doctor.command)
    app.cli.add_command(move.GROUP)
