"""The second factor of staff: Flask-Security's TOTP over our accounts.

Flask-Security encrypts the secrets with a key that the database does not hold and knows the window; what it leaves to
its users is done here: each code works once. It is imported at the first use: pages that need no second factor never
carry it.
"""

from __future__ import annotations

import functools
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import Settings, private_file

ISSUER = "Hai Long"
"""what an authenticator app shows; apps disagree about accents"""
WINDOW = 30
"""seconds before and after: the code before, this one, the next"""


@dataclass
class _Holder:
    """What Flask-Security calls the user: it is asked for the step used last, and told the one that fits."""

    last: int | None
    step: int | None = None


def new_secret(settings: Settings) -> str:
    """A fresh secret, encrypted: fit for the database and for a cookie."""
    kept: str = _totp(settings).generate_totp_secret()
    return kept


def step_of(settings: Settings, kept: str, code: str, last: int | None) -> int | None:
    """The time step of a code that fits now; None: wrong, too old, or used already."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    holder = _Holder(last)
    return holder.step if _totp(settings).verify_totp(digits, kept, holder, window=WINDOW) else None


def typed_key(settings: Settings, kept: str) -> str:
    """The secret as a person types it into the app: groups of four."""
    key: str = _totp(settings).get_totp_b32_key(kept)
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def address(settings: Settings, kept: str, name: str) -> str:
    """otpauth://…: what the QR code of the enrolment page says."""
    said: str = _totp(settings).get_totp_uri(name, kept)
    return said


def current_code(settings: Settings, kept: str) -> str:
    """What the app shows now."""
    code: str = _totp(settings).generate_totp_password(kept)
    return code


def _totp(settings: Settings) -> Any:
    return _factory(settings.keys / "second-factor")


@functools.lru_cache(maxsize=8)
def _factory(path: Path) -> Any:
    from flask_security.totp import Totp

    class OnceOnly(Totp):
        def get_last_counter(self, user: Any) -> int | None:
            last: int | None = user.last
            return last

        def set_last_counter(self, user: Any, tmatch: Any) -> None:
            user.step = tmatch.counter

    key = private_file(path, lambda: secrets.token_hex(32).encode()).decode()
    return OnceOnly({"1": key}, ISSUER)
