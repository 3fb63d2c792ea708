"""`flask audit …`: the trail of who did what: verify it, list it, write it to a file."""

from __future__ import annotations

import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup

from app import keys, messages, trail
from app.cli import listing, refusing
from app.db import reading, transaction
from app.exports import trail as files
from app.files import write_whole
from app.settings import Settings
from surveys import audit
from surveys.audit import Mark, Query, Verdict
from surveys.errors import Refusal
from surveys.store import audit as store

group = AppGroup("audit", help="Nhật ký: kiểm tra tính toàn vẹn, liệt kê, xuất tệp.")

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@group.command("verify", help=(
    "Kiểm tra toàn bộ nhật ký; in mốc cuối để giữ ở nơi khác. Mã thoát 1 và chỗ sai đầu tiên nếu nhật ký không còn "
    "nguyên vẹn. / Verify the whole trail; prints its head, to be kept elsewhere."
))
@click.option("--mark", "typed", help="Mốc đã giữ (SỐ:MÃ) phải còn trong nhật ký. / A mark kept earlier.")
@refusing
def verify(typed: str | None) -> None:
    kept = trail.remembered(_settings())
    for mark in dict.fromkeys((kept, None if typed is None else _mark(typed))):
        verdict = _verdict(mark)
    if kept is None and typed is None and verdict.checked:
        _say("audit_unwitnessed", seq=verdict.checked)
        sys.exit(1)
    _say("audit_holds", count=verdict.checked, mark=trail.spelt((verdict.checked, verdict.digest)))


@group.command("take-mark", help=(
    "Sau khi khôi phục cơ sở dữ liệu từ bản sao lưu: kiểm tra nhật ký rồi nhận mốc cuối của nó thay mốc đang giữ. "
    "Việc này được ghi vào nhật ký. / After a restore: verify the trail and keep its head as the mark from now on."
))
@click.option("--reason", required=True, help="Lý do, ví dụ: khôi phục bản sao lưu ngày 20/11/2026. / Why.")
@refusing
def take_mark(reason: str) -> None:
    verdict, kept = _verdict(None), trail.remembered(_settings())
    now = trail.spelt((verdict.checked, verdict.digest))
    with transaction() as session:
        audit.note(session, "audit.mark_taken", "audit:trail", {"mark": kept and trail.spelt(kept)},
                   {"mark": now, "reason": reason.strip()[:200]})
        taken: Mark = session.info["audit_mark"]
    trail.put(_settings(), taken)
    _say("audit_mark_taken", mark=trail.spelt(taken))


def _verdict(mark: Mark | None) -> Verdict:
    """Of the whole trail; says where it is broken and ends the command."""
    with reading() as session:
        found = audit.verified(keys.audit(), store.entries(session), store.head(session), kept=mark)
    if found.broken is not None:
        _say(found.broken.code, seq=found.broken.seq)
        sys.exit(1)
    return found


def _mark(typed: str) -> Mark:
    try:
        return trail.read(typed)
    except ValueError:
        raise Refusal("audit_mark_malformed") from None


def _say(code: str, **details: object) -> None:
    for language in ("vi", "en") if _settings().language == "vi" else ("en", "vi"):
        click.echo(messages.sentence(code, details, language))


@group.command("list", help="Liệt kê nhật ký, mục mới nhất trước. / List the trail, the newest first.")
@click.option("--actor", default="", help="Người thực hiện. / Who.")
@click.option("--action", default="", help="Mã việc, ví dụ wave.opened. / Action.")
@click.option("--subject", default="", help="Đối tượng hoặc phần đầu của nó. / Subject, or how it begins.")
@click.option("--from", "start", type=_DAY, help="Từ ngày. / First day.")
@click.option("--to", "end", type=_DAY, help="Đến hết ngày. / Last day.")
@click.option("--most", default=50, show_default=True, help="Số mục nhiều nhất. / At most so many.")
@click.option("--json", "as_json", is_flag=True, help="JSON.")
@refusing
def list_(
    actor: str, action: str, subject: str, start: datetime | None, end: datetime | None, most: int, as_json: bool
) -> None:
    query = Query(actor, action, subject, _day(start), _day(end))
    zone = _zone()
    with transaction() as session:
        found = store.page(session, query, zone, None, before=None, most=most)
        audit.note(session, "audit.read", "audit:trail", None, asked(query))
    listing([
        {"seq": entry.seq, "time": datetime.fromtimestamp(entry.at, zone).isoformat(), "actor": entry.actor,
         "action": entry.action, "subject": entry.subject, "before": entry.before, "after": entry.after}
        for entry in found
    ], as_json)


@group.command("export", help="Ghi toàn bộ nhật ký ra tệp. / Write the whole trail to a file.")
@click.option("--format", "form", type=click.Choice(list(files.FORMATS)), required=True, help="Định dạng của tệp.")
@click.option("--out", required=True, help="Tệp kết quả; dấu '-' để in ra màn hình.")
@refusing
def export(form: str, out: str) -> None:
    with transaction() as session:
        head = store.head(session)
        mark = (head[0], head[1]) if head else (0, audit.START)
        content = files.FORMATS[form][1](store.entries(session), mark, _zone())
        audit.note(session, "audit.exported", "audit:trail", None, {"format": form, "entries": mark[0]})
    write_whole(out, content, 0o600)
    click.echo(trail.spelt(mark), err=True)


def asked(query: Query) -> dict[str, object]:
    """The filters that were set, as the trail keeps them."""
    return {key: value for key, value in vars(query).items() if value}


def _day(typed: datetime | None) -> date | None:
    return None if typed is None else typed.date()


def _zone() -> ZoneInfo:
    return ZoneInfo(_settings().timezone)


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
