"""The secrets of this installation, made at first need and kept in the state folder."""

from __future__ import annotations

import functools
import secrets
from pathlib import Path

from flask import current_app

from app import keyring
from app.keyring import Generation
from app.settings import Settings, private_file
from surveys.seals import Opener
from surveys.tokens import Signer


def secret() -> bytes:
    """What page tokens, slips and notes are keyed with from now on."""
    return current().secret


def secrets_believed() -> list[bytes]:
    """What they may have been keyed with; the newest first."""
    return [each.secret for each in living()]


def current() -> Generation:
    return keyring.of(_settings()).current()


def living() -> tuple[Generation, ...]:
    return keyring.of(_settings()).living()


def of_token(token: str) -> Generation:
    """See `keyring.of_token`."""
    return keyring.of_token(_settings(), token)


def signer() -> Signer:
    return current().signer


def signer_of(settings: Settings) -> Signer:
    return keyring.of(settings).current().signer


def opener() -> Opener:
    """Opens what devices seal to this installation from now on."""
    return current().opener


def audit() -> bytes:
    """What the audit trail is sealed with; a file of its own, so that the database alone cannot rewrite it."""
    return _audit(_settings().keys / "audit")


def all_made(settings: Settings) -> None:
    """Every key exists from here on; a backup without one of them would not be whole."""
    for each in keyring.of(settings).all():
        _ = each.signer, each.opener
    keyring.import_key(settings)
    _audit(settings.keys / "audit")


def imports() -> bytes:
    """See `keyring.import_key`."""
    return keyring.import_key(_settings())


def _settings() -> Settings:
    found: Settings = current_app.config["HAILONG"]
    return found


@functools.lru_cache(maxsize=8)
def _audit(path: Path) -> bytes:
    return bytes.fromhex(private_file(path, lambda: secrets.token_hex(32).encode()).decode())
