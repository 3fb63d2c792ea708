"""The secrets of this installation, made at first need and kept in the state folder."""

from __future__ import annotations

import functools
from pathlib import Path

from flask import current_app

from app.settings import Settings, private_file
from surveys.tokens import Signer


def secret() -> bytes:
    """What page tokens, slips and import ids are keyed with."""
    key: str = current_app.config["SECRET_KEY"]
    return key.encode()


def signer() -> Signer:
    return signer_of(current_app.config["HAILONG"])


def signer_of(settings: Settings) -> Signer:
    return _signer(settings.keys / "acknowledgement.pem")


@functools.lru_cache(maxsize=8)
def _signer(path: Path) -> Signer:
    return Signer(private_file(path, Signer.fresh_pem))
