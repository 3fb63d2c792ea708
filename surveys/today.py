"""What is due today, and for whom: read from the state of waves, proposals, drafts, accounts and units.

Everything here is a reminder: it changes nothing, and whoever may not do a thing is not reminded of it. The words
for a code are the page's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from surveys import access, approvals, conduct
from surveys.access import Action, Grants, Role
from surveys.approvals import Proposal
from surveys.conduct import Standing
from surveys.score_fields import Record
from surveys.store import accounts, drafts, scores
from surveys.store import approvals as approval_store
from surveys.store import audit as audit_store
from surveys.store import units as unit_store
from surveys.store import waves as wave_store
from surveys.units import Kind, UnitTree
from surveys.waves import State, Wave

SOON = 14
"""days before something is called due"""
VERIFY_EVERY = 7
"""days after which the audit trail should be looked through again"""
TWO = 2
"""managers, at the least: nobody confirms what he proposed himself"""
REMEMBERED = 14
"""days for which a rejection is shown to whoever proposed"""


@dataclass(frozen=True)
class Task:
    """One reminder."""

    code: str
    """'wave_fix', 'proposal_waits', …"""
    place: str
    """key of the page on which it is done"""
    at: Mapping[str, object] = field(default_factory=dict)
    """what the page's address needs"""
    subject: str = ""
    """what it is about, as people call it; '' where the code says it all"""
    days: int | None = None
    """days that are left; 0: today; below 0: late by as many"""
    count: int | None = None

    @property
    def late(self) -> bool:
        return self.days is not None and self.days < 0


@dataclass(frozen=True)
class Next:
    """The nearest day in the calendar of the waves in reach."""

    code: str
    """'wave_opens', 'wave_closes', 'wave_late'"""
    subject: str
    day: date


def due(session: Session, grants: Grants, actor: str, today: date) -> tuple[Task, ...]:
    """Reminders for one person, what is late or soon first.

    actor: name of the account, as proposals and drafts have it.
    """
    waiting = approval_store.waiting(session)
    found = [
        *_waves(session, grants, today, waiting), *_proposals(session, grants, actor, today, waiting),
        *_drafts(session, grants, actor), *_accounts(session, grants, today), *_trail(session, grants, today),
    ]
    return tuple(sorted(found, key=lambda task: SOON if task.days is None else task.days))


def upcoming(session: Session, grants: Grants, today: date) -> Next | None:
    """The nearest day ahead on which a wave opens, or stops taking answers or late paper; None: nothing planned."""
    days = [
        Next(code, wave.title, day)
        for wave, _ in _in_reach(session, grants, Action.SEE_PROGRESS)
        for code, day, state in (
            ("wave_opens", wave.opens, State.PLANNED), ("wave_closes", wave.closes, State.OPEN),
            ("wave_late", wave.late_until, State.CLOSED),
        )
        if day is not None and day >= today and wave.state is state
    ]
    return min(days, key=lambda each: each.day, default=None)


# ---- waves


def _in_reach(session: Session, grants: Grants, action: Action) -> list[tuple[Wave, UnitTree]]:
    """Waves of whose tree the grants reach some part, the newest first."""
    if not grants.may(action):
        return []
    found = []
    for wave in wave_store.waves(session):
        tree = conduct.tree_of(session, wave)
        if access.top(grants, action, tree, wave.province_code) is not None:
            found.append((wave, tree))
    return found


def _waves(session: Session, grants: Grants, today: date, waiting: list[Proposal]) -> Iterator[Task]:
    proposed = {each.subject for each in waiting if each.kind in {"publication", "correction"}}
    for wave, tree in _in_reach(session, grants, Action.SEE_PROGRESS):
        if grants.reaches(Action.MANAGE_WAVES, tree, wave.province_code):
            yield from _steps(session, wave, today)
        ready = wave.state is State.FIXED and not wave.training and f"wave:{wave.code}" not in proposed
        if ready and grants.reaches(Action.PUBLISH, tree, wave.province_code):
            yield _task(wave, "wave_publish")
        collecting = wave.state is State.OPEN and grants.may(Action.SEE_RESULTS)
        if collecting and (silent := _silent(session, wave, tree, grants)):
            yield _task(wave, "units_silent", "progress", count=silent)
    if grants.may(Action.MANAGE_WAVES) and not _in_reach(session, grants, Action.MANAGE_WAVES):
        yield Task("wave_none", "new_wave")
    for wave, _ in _in_reach(session, grants, Action.KEY_ANSWERS):
        if wave.state is State.OPEN:
            yield Task("keying_later", "", {}, wave.title)


def _task(
    wave: Wave, code: str, place: str = "wave", days: int | None = None, count: int | None = None
) -> Task:
    return Task(code, place, {"wave_code": wave.code}, wave.title, days, count)


def _steps(session: Session, wave: Wave, today: date) -> Iterator[Task]:
    """The next step of a wave, for who runs it."""

    def left(day: date | None) -> int | None:
        return None if day is None else (day - today).days

    opens, closes, late = left(wave.opens), left(wave.closes), left(wave.late_until)
    if wave.state is State.PLANNED:
        missing = sum(check.standing is Standing.MISSING for check in conduct.checklist(session, wave, today))
        if missing:
            yield _task(wave, "wave_incomplete", days=opens, count=missing)
        elif opens is None or opens <= 0:
            yield _task(wave, "wave_open_now", days=opens)
        elif opens <= SOON:
            yield _task(wave, "wave_opens", days=opens)
    elif wave.state is State.OPEN:
        if closes is not None and closes <= SOON:
            yield _task(wave, "wave_closes" if closes >= 0 else "wave_close_now", days=closes)
    elif wave.state is State.CLOSED:
        if wave.training:
            yield _task(wave, "training_wipe")
        elif late is not None and late >= 0:
            yield _task(wave, "wave_late", days=late)
        else:
            yield _task(wave, "wave_fix")


def _silent(session: Session, wave: Wave, tree: UnitTree, grants: Grants) -> int:
    """Units within reach without an answer in the wave's table of the day; 0 where there is no table yet.

    Departments decide and seldom receive anybody: they are not counted.
    """
    table = scores.latest(session, wave)
    if table is None:
        return 0
    answered = _answered(table.records)
    tops = access.tops(grants, Action.SEE_RESULTS, tree, wave.province_code)
    within = {unit.code for code in tops for unit in tree.subtree(code)}
    return sum(
        unit.code in within and unit.code not in answered and unit.kind is not Kind.DEPARTMENT
        for unit in conduct.gathering(tree, wave)
    )


def _answered(records: Sequence[Record]) -> set[str]:
    """Units with an answer of any basis."""
    return {each["unit"] for each in records if each["measure"] == "overall" and each["n"]}


# ---- proposals and drafts


def _proposals(
    session: Session, grants: Grants, actor: str, today: date, waiting: list[Proposal]
) -> Iterator[Task]:
    mine = approvals.for_me(waiting, grants, unit_store.tree(session, today), actor) if waiting else ()
    for each in mine:
        days = (today - each.proposed).days
        yield Task(f"{each.kind}_waits", "proposal", {"id": each.id}, each.subject.partition(":")[2], count=days)
    for each in approval_store.rejected(session, actor, today - timedelta(days=REMEMBERED)):
        if each.kind != "definition":  # its draft says so, below
            yield Task("proposal_rejected", "proposal", {"id": each.id}, each.subject.partition(":")[2])


def _drafts(session: Session, grants: Grants, actor: str) -> Iterator[Task]:
    if not grants.may(Action.WRITE_DEFINITIONS):
        return
    for draft in drafts.being_written(session, actor):
        code = "draft_rejected" if draft.state == "rejected" else "draft_unfinished"
        yield Task(code, "draft", {"draft_id": draft.id}, draft.name or draft.kind)


# ---- accounts


def _accounts(session: Session, grants: Grants, today: date) -> Iterator[Task]:
    """Invitations nobody took up; rights at units that are no longer in force."""
    if not grants.may(Action.MANAGE_ACCOUNTS):
        return
    tree = unit_store.tree(session, today)
    everywhere = grants.anywhere(Action.MANAGE_ACCOUNTS)
    held = [code for code in grants.units(Action.MANAGE_ACCOUNTS) if code is not None and code in tree]
    within = {unit.code for code in held for unit in tree.subtree(code)}
    rows = accounts.lasting_grants(session, today)
    invited = {
        account for account, unit, state in rows if state == accounts.INVITED and (everywhere or unit in within)
    }
    if invited:
        yield Task("invitations_waiting", "accounts", {"state": accounts.INVITED}, count=len(invited))
    managers = accounts.holders(session, Role.PROVINCE_MANAGER, today)
    if everywhere and rows and len(managers) < TWO:  # the demonstration's doors are no accounts
        yield Task("managers_few" if managers else "managers_none", "new_account")
    strays = {unit for _, unit, _ in rows if unit is not None and unit not in tree}
    gone = _ended(session, strays, today)
    ours = {code for code, above in gone.items() if everywhere or above & set(held)}
    if number := len({account for account, unit, _ in rows if unit in ours}):
        first = min(ours)
        at = {"unit": first} if len(ours) == 1 else {}
        yield Task("grants_gone", "accounts", at, ", ".join(sorted(ours)[:5]), count=number)


def _ended(session: Session, codes: set[str], today: date) -> dict[str, set[str]]:
    """Code of a unit that ended before today -> codes of what stood above it on its last day."""
    last = unit_store.ended(session, codes, today)
    trees = {day: unit_store.tree(session, day) for day in set(last.values())}
    return {
        code: {above.code for above in trees[day].ancestors(code)} for code, day in last.items() if code in trees[day]
    }


# ---- the audit trail


def _trail(session: Session, grants: Grants, today: date) -> Iterator[Task]:
    if not grants.may(Action.READ_AUDIT):
        return
    head = audit_store.head(session)
    if head is None:
        return
    last = audit_store.latest(session, "audit.verified")
    if last is None:
        yield Task("audit_never_verified", "audit", count=head[0])
        return
    age = (today - datetime.fromtimestamp(last.at, UTC).date()).days
    if age >= VERIFY_EVERY:
        yield Task("audit_verify", "audit", days=VERIFY_EVERY - age, count=head[0] - last.seq)
