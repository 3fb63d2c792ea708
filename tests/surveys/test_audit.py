"""The audit trail: written with the change, never rewritten, and any one tampered row is found."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from surveys import audit
from surveys.audit import START, Break, Entry, head_seal, sealed
from surveys.errors import Refusal
from surveys.store import audit as store

KEY = bytes(range(32))
MUTATIONS = 10_000
Head = tuple[int, bytes, bytes]


def trail(count: int, key: bytes = KEY, previous: bytes = START) -> list[Entry]:
    found: list[Entry] = []
    for seq in range(1, count + 1):
        told = (1_790_000_000 + seq, f"can.bo{seq % 3}", "wave.opened", f"wave:W{seq}", "44" if seq % 2 else None,
                None if seq % 4 else '{"state":"planned"}', '{"state":"open"}')
        digest = sealed(key, seq, *told, previous)
        found.append(Entry(seq, *told, previous, digest))
        previous = digest
    return found


def head_of(entries: list[Entry], key: bytes = KEY) -> Head:
    seq, digest = (entries[-1].seq, entries[-1].digest) if entries else (0, START)
    return seq, digest, head_seal(key, seq, digest)


def broken(entries: list[Entry], head: Head | None) -> Break | None:
    return audit.verified(KEY, entries, head).broken


def _other_text(rng: random.Random, value: str | None) -> str | None:
    choices = [None, "", "x", "{}", "null", (value or "") + " ", (value or "x")[:-1], (value or "").upper()]
    return rng.choice([choice for choice in choices if choice != value])


def _other_bytes(rng: random.Random, value: bytes) -> bytes:
    at = rng.randrange(len(value))
    return value[:at] + bytes([value[at] ^ 1 << rng.randrange(8)]) + value[at + 1:]


def _altered(rng: random.Random, entry: Entry) -> Entry:
    """One field of one row, the digest left or made anew without the key."""
    field = rng.choice(["seq", "at", "actor", "action", "subject", "province", "before", "after", "previous", "digest"])
    value = getattr(entry, field)
    if field in {"seq", "at"}:
        changed = replace(entry, **{field: value + rng.choice([-1, 1, 7])})
    elif isinstance(value, bytes):
        changed = replace(entry, **{field: _other_bytes(rng, value)})
    else:
        new = _other_text(rng, value)
        changed = replace(entry, **{field: new if field in {"province", "before", "after"} else new or "?"})
    return changed if rng.random() < 0.5 or field == "digest" else _resealed(changed, rng.randbytes(32))


def _resealed(entry: Entry, key: bytes) -> Entry:
    digest = sealed(key, entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.province, entry.before,
                    entry.after, entry.previous)
    return replace(entry, digest=digest)


def _mutated(rng: random.Random, entries: list[Entry], head: Head) -> tuple[list[Entry], Head | None]:
    rows, at = list(entries), rng.randrange(len(entries))
    match rng.choice(["alter", "alter", "alter", "delete", "insert", "swap", "cut", "head", "rechain", "no head"]):
        case "alter":
            rows[at] = _altered(rng, rows[at])
            rows.sort(key=lambda entry: entry.seq)
        case "delete":
            del rows[at]
        case "insert":
            made = _resealed(replace(rows[at], seq=rng.choice([0, rows[at].seq, len(rows) + 1]), actor="x"), bytes(32))
            rows.append(replace(made, previous=rng.choice([made.previous, rows[-1].digest])))
            rows.sort(key=lambda entry: entry.seq)
        case "swap":  # two rows exchange what they tell
            other = rng.choice([place for place in range(len(rows)) if place != at])
            rows[at], rows[other] = (replace(rows[other], seq=rows[at].seq), replace(rows[at], seq=rows[other].seq))
        case "cut":
            rows = rows[:-rng.randint(1, len(rows))]
            if rng.random() < 0.5:  # with a head made to fit, without the key
                head = (*head_of(rows)[:2], rng.choice([head[2], rng.randbytes(32)]))
        case "head":
            place = rng.randrange(3)
            parts: list[int | bytes] = [*head]
            parts[place] = head[0] + rng.choice([-1, 1]) if place == 0 else _other_bytes(rng, head[place])  # type: ignore[arg-type]
            head = (parts[0], parts[1], parts[2])  # type: ignore[assignment]
        case "rechain":  # everything from a row on, made anew under another key
            key, previous = rng.randbytes(32), rows[at].previous
            rows[at] = replace(rows[at], actor="x")
            for place in range(at, len(rows)):
                rows[place] = _resealed(replace(rows[place], previous=previous), key)
                previous = rows[place].digest
            head = head_of(rows, key)
        case _:
            return rows, None
    return rows, head


def test_any_tampering_with_any_one_row_is_found():
    rng = random.Random(20261124)
    entries = trail(12)
    head = head_of(entries)
    assert broken(entries, head) is None
    missed = tried = 0
    while tried < MUTATIONS:
        rows, changed = _mutated(rng, entries, head)
        if (rows, changed) == (entries, head):
            continue  # swapped a row with its like: nothing was changed
        tried += 1
        missed += broken(rows, changed) is None
    assert missed == 0


@pytest.mark.parametrize("code, rows", [
    ("audit_gap", [0, 2]), ("audit_shortened", [0, 1]), ("audit_headless", None),
])
def test_the_place_of_a_break_is_named(code: str, rows: list[int] | None):
    entries = trail(3)
    kept = entries if rows is None else [entries[at] for at in rows]
    found = broken(kept, None if rows is None else head_of(entries))
    assert found == Break(code, {"audit_gap": 2, "audit_shortened": 3, "audit_headless": 3}[code])


def test_a_trail_set_back_with_its_head_does_not_fit_a_mark_kept_elsewhere():
    entries = trail(9)
    mark = (9, entries[-1].digest)
    assert audit.verified(KEY, entries, head_of(entries), kept=mark).broken is None
    assert audit.verified(KEY, entries, head_of(entries), kept=(4, entries[3].digest)).broken is None
    for earlier in (entries[:5], []):
        assert broken(earlier, head_of(earlier)) is None
        found = audit.verified(KEY, earlier, head_of(earlier), kept=mark).broken
        assert found is not None
        assert found.code == "audit_set_back"
    other = [*entries[:8], _resealed(replace(entries[8], actor="x"), KEY)]
    assert audit.verified(KEY, other, head_of(other), kept=mark).broken == Break("audit_set_back", 9)


def test_a_bounded_look_says_that_it_did_not_see_the_end():
    entries = trail(2500)
    verdict = audit.verified(KEY, entries, head_of(entries), enough=lambda: True)
    assert (verdict.checked, verdict.whole, verdict.broken) == (1000, False, None)
    assert audit.verified(KEY, entries, head_of(entries)).whole


def _look(session: Session, key: bytes | None = None) -> Break | None:
    session.expire_all()
    by = session.info["auditor"]
    return audit.verified(key or by.key, store.entries(session), store.head(session)).broken


def test_a_change_is_written_with_its_values(session: Session):
    audit.note(session, "wave.opened", "wave:W1", {"state": "planned"}, {"state": "open", "ngày": None})
    (entry,) = store.entries(session)
    assert (entry.seq, entry.actor, entry.before) == (1, "test", '{"state":"planned"}')
    assert entry.after == '{"ngày":null,"state":"open"}'
    assert _look(session) is None


def test_what_is_rolled_back_leaves_no_entry(session: Session):
    audit.note(session, "wave.opened", "wave:W1")
    session.commit()
    audit.note(session, "wave.closed", "wave:W1")
    session.rollback()
    audit.note(session, "wave.fixed", "wave:W1")
    session.commit()
    assert [(entry.seq, entry.action) for entry in store.entries(session)] == [(1, "wave.opened"), (2, "wave.fixed")]
    assert _look(session) is None


def test_what_nobody_answers_for_is_refused(session: Session):
    session.info.clear()
    with pytest.raises(Refusal, match="audit_nobody"):
        audit.note(session, "wave.opened", "wave:W1")


@pytest.mark.parametrize("statement", [
    "update audit set actor = 'x'", "update audit set digest = digest where seq = 2", "delete from audit",
    "delete from audit where seq = 3",
])
def test_the_database_refuses_to_rewrite_the_trail(session: Session, statement: str):
    for number in range(3):
        audit.note(session, "wave.opened", f"wave:W{number}")
    session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    session.rollback()
    assert len(list(store.entries(session))) == 3


def _without_triggers(session: Session) -> None:
    """What the database's owner can do."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("drop trigger audit_kept"))
        session.execute(text("drop trigger audit_kept_as_written"))
    else:
        session.execute(text("set local session_replication_role = replica"))


@pytest.mark.parametrize("statement, code", [
    ("update audit set actor = 'x' where seq = 3", "audit_altered"),
    ("delete from audit where seq = 3", "audit_gap"),
    ("delete from audit where seq = 5", "audit_shortened"),
    ("delete from audit", "audit_shortened"),
    ("delete from audit_head", "audit_headless"),
    ("update audit_head set seq = 4", "audit_head_altered"),
    ("update audit set previous = digest where seq = 1", "audit_unbound"),
])
def test_the_owner_of_the_database_is_found_out(session: Session, statement: str, code: str):
    for number in range(5):
        audit.note(session, "wave.opened", f"wave:W{number}")
    session.flush()
    _without_triggers(session)
    session.execute(text(statement))
    found = _look(session)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("statement", [
    "delete from audit where seq = 5", "delete from audit", "delete from audit_head", "update audit_head set seq = 4",
    "update audit_head set seal = digest",
])
def test_nothing_is_appended_that_would_make_a_forgery_fit(session: Session, statement: str):
    for number in range(5):
        audit.note(session, "wave.opened", f"wave:W{number}")
    session.flush()
    _without_triggers(session)
    session.execute(text(statement))
    session.expire_all()
    with pytest.raises(Refusal, match="audit_broken"):
        audit.note(session, "wave.closed", "wave:W1")


def test_two_who_write_at_once_leave_one_unbroken_chain(app: Flask, session: Session):
    from app.db import transaction

    key, gate, failed = session.info["auditor"].key, threading.Barrier(4), []

    def write(actor: str) -> None:
        with app.app_context():
            gate.wait()
            try:
                for number in range(10):
                    with transaction() as own:
                        own.info["auditor"] = audit.Auditor(actor, key, number)
                        audit.note(own, "wave.opened", f"wave:{actor}{number}")
            except Exception as fault:  # shown below
                failed.append(fault)

    threads = [threading.Thread(target=write, args=(f"p{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [entry.seq for entry in store.entries(session)] == list(range(1, 41))
    assert _look(session) is None


def test_an_entry_knows_the_province_it_concerns(app: Flask, session: Session, tmp_path: object):
    from tests.world import build

    build(app, tmp_path)
    for subject, province in {
        "wave:W1": "T1", "results:W1/X1": "T1", "unit:X1": "T1", "unit:U9": "U9", "unit:X9": "U9", "draft:1": None,
        "unit:none": None, "account:none": None, "proposal:9": None, "wave:": None, "nothing": None,
    }.items():
        audit.note(session, "test.noted", subject)
        (newest,) = store.page(session, audit.Query(), _utc(), None, before=None, most=1)
        assert (newest.subject, newest.province) == (subject, province)


def test_the_trail_is_searched_by_who_what_whom_and_day(session: Session):
    from datetime import date

    by = session.info["auditor"]
    for at, actor, action, subject in [
        (0, "lan", "wave.opened", "wave:W1"), (86_399, "minh", "wave.opened", "wave:W2"),
        (86_400, "lan", "unit.closed", "unit:W1"), (200_000, "lan", "wave.opened", "wave:W_2"),
    ]:
        session.info["auditor"] = replace(by, at=at, actor=actor)
        audit.note(session, action, subject)

    def found(**asked: object) -> list[int]:
        query = audit.Query(**asked)  # type: ignore[arg-type]
        seqs = [entry.seq for entry in store.page(session, query, _utc(), None, before=None, most=9)]
        assert store.count(session, query, _utc(), None) == len(seqs)
        return seqs

    assert found() == [4, 3, 2, 1]
    assert found(actor="lan", action="wave.opened") == [4, 1]
    assert found(subject="wave:W_") == [4]  # no pattern: the sign itself
    assert found(start=date(1970, 1, 2)) == [4, 3]
    assert found(end=date(1970, 1, 1)) == [2, 1]
    assert [entry.seq for entry in store.page(session, audit.Query(), _utc(), None, before=3, most=1)] == [2]


def _utc():
    from datetime import UTC

    return UTC
