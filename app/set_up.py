"""The one-time code that lets the first administrator in. Only its digest is kept, in the state folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from app.settings import Settings
from surveys import codes
from surveys.errors import Refusal

LENGTH = 20
"""100 bits: whoever holds the code becomes administrator"""


def _path(settings: Settings) -> Path:
    return settings.keys / "set-up-code"


def _digest(code: str) -> bytes:
    return hashlib.sha256(b"set-up code\0" + codes.normal(code).encode()).hexdigest().encode()


def fresh_code(settings: Settings) -> str:
    """A new code in groups of five; the one before stops working."""
    code = codes.draw(LENGTH)
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(_digest(code))
    os.replace(fresh, path)
    return "-".join(code[at : at + 5] for at in range(0, LENGTH, 5))


def is_code(settings: Settings, typed: str) -> bool:
    try:
        kept = _path(settings).read_bytes()
    except FileNotFoundError:
        return False
    return hmac.compare_digest(kept, _digest(typed))


def spend(settings: Settings) -> None:
    """The last step of the set-up's transaction: of two people with one code, the second finds it gone."""
    try:
        _path(settings).unlink()
    except FileNotFoundError:
        raise Refusal("set_up_code_spent") from None
