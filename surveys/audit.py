"""The audit trail: who did or read what, with the values before and after, in the transaction of the change.

Each entry is bound to the one before by a keyed digest, and a head names the last one: whoever changes, removes,
inserts or reorders a row without the key is found by `verified`. The key is a file beside the database's, never
in it. What a database's owner could still do is set the whole trail back to an earlier state; a head kept
elsewhere is the witness against that: the installation keeps one beside its key, and every export prints one.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from sqlalchemy.orm import Session

from surveys.errors import Refusal

START = bytes(32)
"""what the first entry is bound to"""

Values = Mapping[str, object]


@dataclass(frozen=True)
class Auditor:
    """Who is answerable for a transaction."""

    actor: str
    """account name; 'cli:<user of the machine>'; 'demo:<door>'"""
    key: bytes
    at: int
    """seconds since 1970, UTC"""


@dataclass(frozen=True)
class Entry:
    """One entry of the trail, as stored and sealed."""

    seq: int
    """from 1, without a gap"""
    at: int
    actor: str
    action: str
    """'wave.opened', 'account.invited', 'results.exported'"""
    subject: str
    """what it was done to, by its code: 'wave:QT-2026-1', 'unit:19249'"""
    province: str | None
    """code of the province it concerns; None: the whole installation"""
    before: str | None
    """canonical JSON"""
    after: str | None
    previous: bytes
    """digest of the entry before; START for the first"""
    digest: bytes


def sealed(key: bytes, seq: int, at: int, actor: str, action: str, subject: str, province: str | None,
           before: str | None, after: str | None, previous: bytes) -> bytes:
    """HMAC-SHA-256 over every field, unambiguously joined, and the digest of the entry before."""
    told = [seq, at, actor, action, subject, province, before, after]
    fields = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hmac.digest(key, previous + fields.encode("utf-8", "surrogatepass"), sha256)


def head_seal(key: bytes, seq: int, digest: bytes) -> bytes:
    """What the head row carries, so that a shortened trail cannot be given a fitting head."""
    return hmac.digest(key, b"head\0" + seq.to_bytes(8, "big") + digest, sha256)


def written(values: Values | None) -> str | None:
    """Values as they are kept: canonical JSON; days and the like as their text."""
    if values is None:
        return None
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def note(
    session: Session, action: str, subject: str, before: Values | None = None, after: Values | None = None, *,
    province: str | None = None,
) -> None:
    """Append an entry, in this very transaction; as its last act, for the trail's head is locked from here on.

    subject: 'kind:code' or 'kind:code/more'; the province that the entry concerns is found from it, unless it is
    given: what was just deleted is not found any more, and every province would read of it.
    `session.info["auditor"]` is an Auditor, or a function that gives one. Raises Refusal("audit_nobody") where
    nobody answers for the session: what cannot be recorded is not done. Refusal("audit_broken") where the end of
    the trail has been tampered with: nothing is appended that would make a forgery fit.
    """
    from surveys.store import audit as store

    given: Auditor | Callable[[], Auditor] | None = session.info.get("auditor")
    if given is None:
        raise Refusal("audit_nobody", action=action)
    auditor = given if isinstance(given, Auditor) else given()
    session.info["auditor"] = auditor
    store.append(session, auditor, action, subject[:LONGEST_SUBJECT], written(before), written(after), province)


LONGEST_SUBJECT = 200

Mark = tuple[int, bytes]
"""(seq, digest) of an entry, kept outside the database: a witness"""


@dataclass(frozen=True)
class Break:
    """Where the trail does not hold."""

    code: str
    """'audit_gap', 'audit_altered', 'audit_unbound', 'audit_shortened', 'audit_head_altered', 'audit_headless',
    'audit_set_back'; 'audit_unwitnessed' where the mark that is kept outside the database is gone"""
    seq: int


@dataclass(frozen=True)
class Verdict:
    """What a verification found."""

    checked: int
    """entries that hold, from the first"""
    digest: bytes
    """of the last of them"""
    broken: Break | None
    whole: bool
    """the trail was looked at to its end, or to its first break"""


def verified(
    key: bytes, entries: Iterable[Entry], head: tuple[int, bytes, bytes] | None, *, kept: Mark | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Verdict:
    """Whether the trail holds, and the first place where it does not.

    entries: every row in order of `seq`. head: (seq, digest of the last entry, seal), None when there is no head.
    kept: an earlier head, kept outside the database, that must still be in the trail.
    enough: asked every so often; once true, the looking ends there.
    """
    seq, previous = 0, START
    witnessed = kept is None or kept[0] == 0

    def found(code: str, at: int) -> Verdict:
        return Verdict(seq, previous, Break(code, at), True)

    for entry in entries:
        if entry.seq != seq + 1:
            return found("audit_gap", seq + 1)
        if not hmac.compare_digest(entry.previous, previous):
            return found("audit_unbound", entry.seq)
        made = sealed(key, entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.province,
                      entry.before, entry.after, previous)
        if not hmac.compare_digest(made, entry.digest):
            return found("audit_altered", entry.seq)
        if kept is not None and kept[0] == entry.seq:
            if not hmac.compare_digest(kept[1], entry.digest):
                return found("audit_set_back", entry.seq)
            witnessed = True
        seq, previous = entry.seq, entry.digest
        if seq % 1000 == 0 and enough():
            return Verdict(seq, previous, None, False)
    if head is None and seq:
        return found("audit_headless", seq)
    if head is not None and not hmac.compare_digest(head_seal(key, head[0], head[1]), head[2]):
        return found("audit_head_altered", head[0])
    if head is not None and (head[0] != seq or not hmac.compare_digest(head[1], previous)):
        return found("audit_shortened", seq + 1)
    if not witnessed:
        return found("audit_set_back", seq + 1)
    return Verdict(seq, previous, None, True)


@dataclass(frozen=True)
class Query:
    """What to look for in the trail; empty: anything."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    """the subject or how it begins"""
    start: date | None = None
    end: date | None = None
    """last day, inclusive"""
