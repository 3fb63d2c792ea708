"""The secrets of this installation, made at first need and kept in the state folder."""

from __future__ import annotations

import functools
import secrets
from pathlib import Path

from flask import current_app

from app.settings import Settings, private_file
from surveys.seals import Opener
from surveys.tokens import Signer


def secret() -> bytes:
    """What page tokens, slips and import ids are keyed with."""
    key: str = current_app.config["SECRET_KEY"]
    return key.encode()


def signer() -> Signer:
    return signer_of(current_app.config["HAILONG"])


def signer_of(settings: Settings) -> Signer:
    return _signer(settings.keys / "acknowledgement.pem")


def audit() -> bytes:
    """What the audit trail is sealed with; a file of its own, so that the database alone cannot rewrite it."""
    settings: Settings = current_app.config["HAILONG"]
    return _audit(settings.keys / "audit")


def opener() -> Opener:
    """Opens what devices sealed to this installation."""
    settings: Settings = current_app.config["HAILONG"]
    return _opener(settings.keys / "sealing.pem")


def all_made(settings: Settings) -> None:
    """Every key exists from here on; a backup without one of them would not be whole."""
    signer_of(settings)
    _audit(settings.keys / "audit")
    _opener(settings.keys / "sealing.pem")


@functools.lru_cache(maxsize=8)
def _opener(path: Path) -> Opener:
    return Opener(private_file(path, Opener.fresh_pem))


@functools.lru_cache(maxsize=8)
def _audit(path: Path) -> bytes:
    return bytes.fromhex(private_file(path, lambda: secrets.token_hex(32).encode()).decode())


@functools.lru_cache(maxsize=8)
def _signer(path: Path) -> Signer:
    return Signer(private_file(path, Signer.fresh_pem))
