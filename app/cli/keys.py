"""`flask keys …`: rotate the keys of this installation, list them, retire old ones."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import click
from flask import current_app
from flask.cli import AppGroup

from app import keyring, messages, server_day
from app.cli import listing, refusing
from app.db import transaction
from app.settings import Settings
from surveys import audit

group = AppGroup("keys", help="Bộ khóa: đổi, liệt kê, bỏ bộ cũ.")

SHOWN = 12
"""characters of a fingerprint"""


@group.command("list", help="Liệt kê các bộ khóa, bộ đang ký trước. / List the generations of keys, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="In dạng JSON.")
@refusing
def list_(as_json: bool) -> None:
    ring = keyring.of(_settings())
    living = ring.living()
    rows = []
    for at, each in enumerate(ring.all()):
        state = "signs" if not at else "believed" if each in living else "over"
        said = messages.sentence(f"keys_state_{state}", {}, _settings().language)
        x = each.signer.public_jwk["x"].encode()
        rows.append({
            "number": each.number, "state": state if as_json else said, "made": each.made, "until": each.until,
            "fingerprint": hashlib.sha256(x).hexdigest()[:SHOWN],  # of the public key that acknowledgements verify with
        })
    listing(rows, as_json)


@group.command("rotate", help=(
    "Đổi khóa trong khi hệ thống vẫn phục vụ: bộ mới ký, bộ cũ vẫn được nhận trong HAILONG_KEY_LIFE ngày. / Rotate the "
    "keys while citizens answer: the new ones sign, the old are believed for HAILONG_KEY_LIFE days."
))
@refusing
def rotate() -> None:
    settings, today = _settings(), server_day()
    until = today + timedelta(days=settings.key_life)
    with transaction() as session:
        made = keyring.rotate(settings, today)
        audit.note(session, "keys.rotated", f"keys:{made.number}", None, {"until": until})
    _say("keys_rotated", number=made.number, until=until)


@group.command("retire", help=(
    "Không nhận gì của bộ khóa NUMBER và các bộ trước đó nữa. / Take nothing made with keys NUMBER, or with earlier "
    "ones, any more."
))
@click.argument("number", type=click.IntRange(min=1))
@click.option("--early", is_flag=True, help="Dù chưa hết hạn (khóa bị lộ). / Though they are not over (a leak).")
@refusing
def retire(number: int, early: bool) -> None:
    with transaction() as session:
        gone = keyring.retire(_settings(), number, early=early)
        audit.note(session, "keys.retired", f"keys:{number}", None, {"retired": gone, "early": early})
    _say("keys_retired", number=number)


def _say(code: str, **details: object) -> None:
    for language in ("vi", "en") if _settings().language == "vi" else ("en", "vi"):
        click.echo(messages.sentence(code, details, language))


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found
