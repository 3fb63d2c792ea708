"""`flask backup …`: make one, prove it, practise with it, put it back."""

from __future__ import annotations

import time
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app import messages
from app.backup import creating, drilling, loading, restoring
from app.cli import refusing
from app.settings import Settings
from surveys.errors import Refusal

group = AppGroup("backup", help="Sao lưu: tạo, kiểm tra, khôi phục, diễn tập.")

_FILE = click.argument("file", required=False, type=click.Path(path_type=Path))
_PASSPHRASE = click.option(
    "--passphrase-file", type=click.Path(path_type=Path),
    help="Tệp chứa cụm mật khẩu (dòng đầu). Không có: HAILONG_BACKUP_PASSPHRASE, hoặc hỏi. / File with the passphrase.",
)


@group.command("create", help=(
    "Sao lưu cơ sở dữ liệu và khóa vào một tệp mã hóa, trong khi hệ thống vẫn phục vụ. FILE: tệp hoặc thư mục; mặc "
    "định là thư mục backups. / Back up database and keys into one encrypted file while citizens answer."
))
@_FILE
@click.option("--keep", type=click.IntRange(min=1), help="Chỉ giữ N bản mới nhất trong thư mục. / Keep the newest N.")
@_PASSPHRASE
@refusing
def create(file: Path | None, keep: int | None, passphrase_file: Path | None) -> None:
    settings = _settings()
    target = file or _folder(settings)
    if keep and not target.is_dir():
        raise Refusal("backup_keep_folder")
    began = time.monotonic()
    made, path = creating.create(settings, target, _passphrase(settings, passphrase_file, confirm=True))
    size = path.stat().st_size
    _say("backup_made", path=path, size=_size(size), rows=made.rows, seconds=round(time.monotonic() - began, 1))
    if keep:
        for gone in creating.thin_out(target, keep):
            _say("backup_deleted", path=gone)


@group.command("verify", help=(
    "Kiểm tra từng byte của bản sao lưu; mặc định là bản mới nhất. / Prove every byte of a backup; default: the newest."
))
@_FILE
@_PASSPHRASE
@refusing
def verify(file: Path | None, passphrase_file: Path | None) -> None:
    settings = _settings()
    path = file or creating.newest(_folder(settings))
    told = loading.verify(path, _passphrase(settings, passphrase_file))
    _say("backup_holds", path=path, day=told.day, rows=told.rows, engine=told.engine, revision=told.revision,
         program=told.program, members=len(told.members))


@group.command("drill", help=(
    "Diễn tập khôi phục vào chỗ tạm rồi xóa; mặc định là bản mới nhất. / Practise a restore in a scratch place."
))
@_FILE
@_PASSPHRASE
@refusing
def drill(file: Path | None, passphrase_file: Path | None) -> None:
    settings = _settings()
    path = file or creating.newest(_folder(settings))
    done = drilling.drill(settings, path, _passphrase(settings, passphrase_file))
    _say("drill_held", path=path, rows=done.manifest.rows, entries=done.entries, seconds=done.seconds,
         wave=done.wave or "–", records=done.records)


@group.command("restore", help=(
    "Khôi phục từ bản sao lưu; dữ liệu hiện có được giữ lại ở chỗ khác. Phải dừng máy chủ trước. / Restore; what is "
    "live is kept aside. Stop the server first."
))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Cho phép thay dữ liệu hiện có. / Allow replacing existing data.")
@_PASSPHRASE
@refusing
def restore(file: Path, replace: bool, passphrase_file: Path | None) -> None:
    settings = _settings()
    began = time.monotonic()
    done = restoring.restore(settings, file, _passphrase(settings, passphrase_file), replace=replace)
    _say("restore_done", rows=done.manifest.rows, day=done.manifest.day, epoch=done.epoch,
         seconds=round(time.monotonic() - began, 1))
    if done.aside:
        _say("restore_aside", aside=done.aside, state=settings.state)


def _settings() -> Settings:
    settings: Settings = current_app.config["HAILONG"]
    return settings


def _folder(settings: Settings) -> Path:
    settings.backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    return settings.backups


def _passphrase(settings: Settings, file: Path | None, *, confirm: bool = False) -> str:
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as fault:
            reason = getattr(fault, "strerror", "UTF-8")
            raise Refusal("backup_passphrase_unreadable", path=file, reason=reason) from None
        return lines[0].strip() if lines else ""
    if settings.backup_passphrase:
        return settings.backup_passphrase
    try:
        said: str = click.prompt(
            "Cụm mật khẩu của bản sao lưu / Passphrase of the backup", hide_input=True, confirmation_prompt=confirm,
            err=True,
        )
    except click.Abort:
        raise Refusal("backup_passphrase_missing") from None
    return said


def _say(code: str, **details: object) -> None:
    for language in ("vi", "en") if _settings().language == "vi" else ("en", "vi"):
        click.echo(messages.sentence(code, details, language))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
