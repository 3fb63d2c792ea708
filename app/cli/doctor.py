"""`flask doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from app import messages
from app.cli import refusing
from app.doctor.finding import Finding, Severity
from app.settings import Settings

WORDS: dict[Severity, tuple[str, str]] = {
    Severity.DANGER: ("Nguy hiểm", "Danger"),
    Severity.FAULT: ("Lỗi", "Fault"),
    Severity.WARNING: ("Cảnh báo", "Warning"),
    Severity.NOTE: ("Lưu ý", "Note"),
}
MEND = ("Khắc phục", "To mend")


@click.command("doctor", help=(
    "Khám hệ thống: điều gì sai, nặng nhẹ ra sao, khắc phục thế nào. Mã thoát 1 khi có lỗi hoặc nguy hiểm. / What is "
    "wrong, how bad it is, how to mend it. Exit code 1 for a fault or a danger."
))
@click.option("--quick", is_flag=True, help="Không đọc hết cơ sở dữ liệu và nhật ký. / Do not read everything.")
@click.option("--json", "as_json", is_flag=True, help="JSON.")
@with_appcontext
@refusing
def command(quick: bool, as_json: bool) -> None:
    from app import doctor

    found = doctor.findings(current_app._get_current_object(), quick=quick)  # type: ignore[attr-defined]  # werkzeug's proxy
    if as_json:
        click.echo(json.dumps([as_record(each) for each in found], ensure_ascii=False, indent=1))
    else:
        say(found)
    sys.exit(any(each.bad for each in found))


def as_record(found: Finding) -> dict[str, object]:
    said = {
        f"{what}_{language}": messages.sentence(f"doctor_{found.code}{ending}", found.details, language)
        for what, ending in (("what", ""), ("mend", "_mend")) for language in ("vi", "en")
    }
    return {"code": found.code, "severity": found.severity.value, "details": found.details, **said}


def say(found: list[Finding], *, err: bool = False) -> None:
    """Every finding in both languages, the installation's first."""
    settings: Settings = current_app.config["HAILONG"]
    order = ("vi", "en") if settings.language == "vi" else ("en", "vi")
    for each in found:
        for language in order:
            place = 0 if language == "vi" else 1
            what = messages.sentence(f"doctor_{each.code}", each.details, language)
            mend = messages.sentence(f"doctor_{each.code}_mend", each.details, language)
            click.echo(f"{WORDS[each.severity][place]}: {what}\n    {MEND[place]}: {mend}", err=err)
    if not found:
        for language in order:
            click.echo(messages.sentence("doctor_sound", {}, language), err=err)
