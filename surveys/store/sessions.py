"""Signed-in browsers of staff, as rows. The cookie holds a random number, the row its digest."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from surveys.lapse import SKEW, fresh
from surveys.store.accounts import Account, by_id
from surveys.store.tables import StaffSessionRow

ABSOLUTE = 12 * 3600
"""seconds from signing in"""
IDLE = 30 * 60
"""seconds from the last use"""


@dataclass(frozen=True)
class StaffSession:
    """A browser that somebody signed in with."""

    digest: bytes
    account_id: int
    started: int
    """seconds since 1970"""
    seen: int
    device: str

    def alive(self, now: float) -> bool:
        return fresh(self.started, now, ABSOLUTE) and fresh(self.seen, now, IDLE)


def digest_of(number: str) -> bytes:
    """What the table keeps of the number in the cookie: who reads the table signs in nowhere."""
    return hashlib.sha256(number.encode()).digest()


def start(session: Session, account_id: int, now: int, device: str) -> str:
    """A new session; returns the 256-bit number for the cookie. Whatever ran out before is swept away."""
    row = StaffSessionRow
    session.execute(delete(row).where(or_(row.started < now - ABSOLUTE, row.seen < now - IDLE, row.seen > now + SKEW)))
    number = secrets.token_hex(32)
    session.add(row(digest=digest_of(number), account_id=account_id, started=now, seen=now, device=device[:60]))
    session.flush()
    return number


def held(session: Session, number: str) -> tuple[StaffSession, Account] | None:
    """The session of a cookie's number, and whose it is; dead ones too: ask `alive`."""
    row = session.get(StaffSessionRow, digest_of(number))
    if row is None:
        return None
    account = by_id(session, row.account_id)
    return None if account is None else (_session(row), account)


def of(session: Session, account_id: int, now: float) -> list[StaffSession]:
    """The live sessions of an account, the one used last first."""
    row = StaffSessionRow
    rows = session.scalars(select(row).where(row.account_id == account_id).order_by(row.seen.desc(), row.digest))
    return [found for found in map(_session, rows) if found.alive(now)]


def count(session: Session, account_id: int, now: float) -> int:
    """How many sessions of the account are alive. now: seconds since 1970."""
    row = StaffSessionRow
    return session.scalar(
        select(func.count()).select_from(row).where(
            row.account_id == account_id, row.started >= int(now) - ABSOLUTE, row.seen >= int(now) - IDLE,
            row.seen <= now + SKEW,
        )
    ) or 0


def touch(session: Session, digest: bytes, now: int) -> None:
    """Note that the session was used. now: seconds since 1970."""
    session.execute(update(StaffSessionRow).where(StaffSessionRow.digest == digest).values(seen=now))


def belongs(session: Session, account_id: int, digest: bytes) -> bool:
    """Whether the session is the account's, alive or not."""
    row = StaffSessionRow
    return session.scalar(select(row.account_id).where(row.digest == digest)) == account_id


def end(session: Session, digest: bytes) -> None:
    """End one session; nothing happens where it is gone."""
    session.execute(delete(StaffSessionRow).where(StaffSessionRow.digest == digest))


def end_all(session: Session, account_id: int, but: bytes | None = None) -> None:
    """End every session of the account, but the one of this digest."""
    row = StaffSessionRow
    ended = delete(row).where(row.account_id == account_id)
    session.execute(ended if but is None else ended.where(row.digest != but))


def _session(row: StaffSessionRow) -> StaffSession:
    return StaffSession(row.digest, row.account_id, row.started, row.seen, row.device)
