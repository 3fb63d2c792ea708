"""Epochs: the first begins with the installation, each next one with a restore."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.store.tables import EpochRow


@dataclass(frozen=True)
class Epoch:
    number: int
    salt: str
    """random: two restores of one backup begin two epochs"""

    @property
    def mark(self) -> str:
        return f"{self.number}-{self.salt}" if self.salt else str(self.number)


FIRST = Epoch(1, "")


def current(session: Session) -> Epoch:
    row = session.scalar(select(EpochRow).order_by(EpochRow.number.desc()).limit(1))
    return FIRST if row is None else Epoch(row.number, row.salt)


def begin(session: Session, today: date) -> Epoch:
    """The next epoch, from here on."""
    begun = Epoch(current(session).number + 1, secrets.token_hex(4))
    session.add(EpochRow(number=begun.number, salt=begun.salt, day=today))
    session.flush()
    return begun
