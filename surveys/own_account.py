"""What people do to their own account: sign in, choose a passphrase, a second factor, end sessions."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy.orm import Session

from surveys import audit, codes
from surveys.access import SECOND_FACTOR, Grant, Grants, Role
from surveys.accounts import end_sessions, subject
from surveys.errors import NotFound, Refusal
from surveys.store import accounts as store
from surveys.store import sessions
from surveys.store.accounts import Account

RECOVERY_CODES = 10
RECOVERY_LENGTH = 16
"""80 bits: too many to try even for who has the digests"""


def set_up(session: Session, name: str, kept: str) -> Account:
    """The first administrator; raises Refusal("set_up_done") where there is an account."""
    if store.any_account(session):
        raise Refusal("set_up_done")
    account = store.add(session, name, kept, Grant(Role.ADMINISTRATOR))
    audit.note(session, "account.set_up", subject(account))
    return account


def needs_second_factor(grants: Grants) -> bool:
    """Whether a passphrase alone does not open these."""
    return not grants.roles.isdisjoint(SECOND_FACTOR)


def signed_in(session: Session, account: Account, now: int, device: str) -> str:
    """A new session, every factor having been shown; returns the number for the cookie."""
    number = sessions.start(session, account.id, now, device)
    audit.note(session, "account.signed_in", subject(account), after={"device": device})
    return number


def change_passphrase(session: Session, account: Account, kept: str, present: bytes | None) -> None:
    """`kept` is already hashed. Every other session ends; `present` (its digest) goes on."""
    store.change(session, account.id, passphrase=kept)
    end_sessions(session, account, but=present)
    audit.note(session, "account.passphrase_changed", subject(account))


def enrol(session: Session, account: Account, kept: str, step: int, present: bytes | None) -> list[str]:
    """A new second factor, proved by a code of that time step; returns fresh recovery codes, shown once."""
    fresh, digests = _recovery()
    store.change(session, account.id, second_factor=kept, second_factor_last=step, recovery=digests)
    end_sessions(session, account, but=present)
    audit.note(session, "account.second_factor_set", subject(account),
               before={"had": account.second_factor is not None})
    return fresh


def drop_second_factor(session: Session, account: Account, grants: Grants, present: bytes | None) -> None:
    """Do without; raises Refusal("second_factor_required") for roles that need one."""
    if needs_second_factor(grants):
        raise Refusal("second_factor_required")
    store.change(session, account.id, second_factor=None, second_factor_last=None, recovery=None)
    end_sessions(session, account, but=present)
    audit.note(session, "account.second_factor_removed", subject(account))


def new_recovery_codes(session: Session, account: Account) -> list[str]:
    """A fresh set; the one before stops working. Raises Refusal("second_factor_absent")."""
    if account.second_factor is None:
        raise Refusal("second_factor_absent")
    fresh, digests = _recovery()
    store.change(session, account.id, recovery=digests)
    audit.note(session, "account.recovery_renewed", subject(account))
    return fresh


def use_recovery_code(session: Session, account: Account, typed: str) -> int | None:
    """Spend a recovery code; returns how many are left, None where it is none of them."""
    left: list[str] = json.loads(account.recovery or "[]")
    digest = _digest(typed)
    if digest not in left:
        return None
    left.remove(digest)
    if not store.replace_recovery(session, account.id, account.recovery, json.dumps(left)):
        return None  # a request beside used one meanwhile
    audit.note(session, "account.recovery_used", subject(account), after={"left": len(left)})
    return len(left)


def codes_left(account: Account) -> int:
    """How many recovery codes are unused."""
    return len(json.loads(account.recovery or "[]"))


def _recovery() -> tuple[list[str], str]:
    fresh = [codes.draw(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    shown = ["-".join(code[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for code in fresh]
    return shown, json.dumps([_digest(code) for code in fresh])


def _digest(typed: str) -> str:
    return hashlib.sha256(b"recovery\0" + codes.normal(typed).encode("utf-8", "replace")).hexdigest()


def choose_language(session: Session, account: Account, language: str) -> None:
    """Keep the language of staff pages, 'vi' or 'en'; Refusal("language_unknown")."""
    if language not in ("vi", "en"):
        raise Refusal("language_unknown")
    if language != account.language:
        store.change(session, account.id, language=language)
        audit.note(session, "account.language_chosen", subject(account), {"language": account.language},
                   {"language": language})


def end_session(session: Session, account: Account, digest: bytes) -> None:
    """Sign one browser out; raises NotFound("session_unknown") for a session that is not one's own."""
    if not sessions.belongs(session, account.id, digest):
        raise NotFound("session_unknown")
    sessions.end(session, digest)
    audit.note(session, "account.session_ended", subject(account), after={"sessions": 1})


def end_other_sessions(session: Session, account: Account, present: bytes | None) -> None:
    """End every session of the account but the present one (digest of its number; None: all)."""
    end_sessions(session, account, but=present)
    audit.note(session, "account.session_ended", subject(account), after={"sessions": "others"})
