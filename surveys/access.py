"""Who may do what, and where: one table of roles, and dated grants that reach a unit's subtree.

Nothing is allowed that `ROLES` does not name. A unit that is graded never keys, edits or sees a single answer:
no role of a graded unit has such an action, and `conflict` keeps the roles that key answers from people who
work at a graded unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from surveys.errors import NotFound, Refusal
from surveys.units import Kind, Unit, UnitTree


class Action(StrEnum):
    """What a page or command does; every route carries one. `ROLES` says who may."""

    OWN_ACCOUNT = "own_account"
    """one's own passphrase, second factor, sessions"""
    SEE_RESULTS = "see_results"
    """scores, as far as they are publishable"""
    EXPORT_RESULTS = "export_results"
    """the same figures as files"""
    SEE_PROGRESS = "see_progress"
    """counts: slips given out, answers that came in; no answer"""
    SEE_PROCEDURES = "see_procedures"
    """questionnaires, methods, targets, units in force: how it is done"""
    PRINT_POSTERS = "print_posters"
    """collection points and their posters"""
    ISSUE_SLIPS = "issue_slips"
    KEY_ANSWERS = "key_answers"
    """paper forms, interviews; never by people of a graded unit"""
    WRITE_DEFINITIONS = "write_definitions"
    APPROVE_DEFINITIONS = "approve_definitions"
    COMPARE_METHODS = "compare_methods"
    """the same answers scored under two methods"""
    MANAGE_UNITS = "manage_units"
    MANAGE_WAVES = "manage_waves"
    """create, open, close, fix; training waves"""
    PUBLISH = "publish"
    """propose or approve a publication or a correction: two persons"""
    SEE_PROPOSALS = "see_proposals"
    """what waits for a second person; who may decide on which is said by `surveys.approvals.KINDS`"""
    READ_COMMENTS = "read_comments"
    RELEASE_COMMENTS = "release_comments"
    DELETE_CONTACTS = "delete_contacts"
    MANAGE_ACCOUNTS = "manage_accounts"
    """invite, grant, disable, hand over"""
    RESET_ACCOUNTS = "reset_accounts"
    """let somebody choose a new passphrase or second factor"""
    READ_AUDIT = "read_audit"
    SEE_STATUS = "see_status"
    """how the server is: backups, disk, queues; counts only"""


class Role(StrEnum):
    """What a grant makes of a person at a unit. What each is called and told: `app.role_words`."""

    ADMINISTRATOR = "administrator"
    PROVINCE_MANAGER = "province_manager"
    ANALYST = "analyst"
    HELP_DESK = "help_desk"
    AUDITOR = "auditor"
    OBSERVER = "observer"
    """Mặt trận Tổ quốc, Hội Cựu chiến binh: sees counts and procedures, no answers"""
    ISSUANCE_OFFICER = "issuance_officer"
    UNIT_OFFICER = "unit_officer"
    ENTRY_CLERK = "entry_clerk"
    INTERVIEWER = "interviewer"


_EVERYONE = frozenset({Action.OWN_ACCOUNT, Action.SEE_PROCEDURES})
_READING = frozenset({Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.SEE_PROGRESS})

ROLES: Mapping[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: _EVERYONE | _READING | {
        Action.PRINT_POSTERS, Action.MANAGE_UNITS, Action.MANAGE_ACCOUNTS, Action.RESET_ACCOUNTS, Action.READ_AUDIT,
        Action.SEE_STATUS,
    },
    Role.PROVINCE_MANAGER: _EVERYONE | _READING | {
        Action.PRINT_POSTERS, Action.ISSUE_SLIPS, Action.WRITE_DEFINITIONS, Action.APPROVE_DEFINITIONS,
        Action.COMPARE_METHODS, Action.MANAGE_UNITS, Action.MANAGE_WAVES, Action.PUBLISH, Action.READ_COMMENTS,
        Action.RELEASE_COMMENTS, Action.DELETE_CONTACTS, Action.SEE_PROPOSALS, Action.SEE_STATUS,
    },
    Role.ANALYST: _EVERYONE | _READING | {
        Action.WRITE_DEFINITIONS, Action.COMPARE_METHODS, Action.READ_COMMENTS, Action.SEE_PROPOSALS,
    },
    Role.HELP_DESK: _EVERYONE | {Action.SEE_PROGRESS, Action.RESET_ACCOUNTS},
    Role.AUDITOR: _EVERYONE | _READING | {Action.READ_AUDIT},
    Role.OBSERVER: _EVERYONE | {Action.SEE_PROGRESS},
    Role.ISSUANCE_OFFICER: _EVERYONE | {Action.SEE_PROGRESS, Action.PRINT_POSTERS, Action.ISSUE_SLIPS},
    Role.UNIT_OFFICER: _EVERYONE | _READING | {Action.PRINT_POSTERS},
    Role.ENTRY_CLERK: _EVERYONE | {Action.KEY_ANSWERS},
    Role.INTERVIEWER: _EVERYONE | {Action.KEY_ANSWERS},
}

SECOND_FACTOR: frozenset[Role] = frozenset({
    Role.ADMINISTRATOR, Role.PROVINCE_MANAGER, Role.ANALYST, Role.HELP_DESK, Role.AUDITOR,
})
"""roles that a passphrase alone does not open"""

EVERYWHERE: frozenset[Role] = frozenset({Role.ADMINISTRATOR})
"""roles that may be granted without a unit: they reach every unit of every tree"""

SINGLE_ANSWERS: frozenset[Action] = frozenset({Action.KEY_ANSWERS, Action.READ_COMMENTS, Action.RELEASE_COMMENTS})
"""actions that touch single answers, or what one person wrote"""

AT_PROVINCES: frozenset[Role] = frozenset({
    Role.ADMINISTRATOR, Role.PROVINCE_MANAGER, Role.ANALYST, Role.HELP_DESK, Role.AUDITOR,
})
"""roles that stand outside the units that are graded: granted at a province or above"""

GRADED: frozenset[Kind] = frozenset({Kind.COMMUNE, Kind.DISTRICT, Kind.DEPARTMENT, Kind.CENTRE, Kind.COUNTER})
"""kinds of unit that the answers grade"""

WHOLE: frozenset[Kind] = frozenset({Kind.PROVINCE, Kind.NATION})
"""kinds of unit from which the whole installation is looked after: its definitions, units, accounts"""


class AccessRefusal(Refusal):
    """The asker may not do this at all, wherever."""


@dataclass(frozen=True)
class Grant:
    """A role held at a unit for a span of days. It reaches the unit's subtree; `unit=None` reaches every unit."""

    role: Role
    unit: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    """last day, inclusive; None: until it is ended"""

    def may(self, action: Action) -> bool:
        return action in ROLES.get(self.role, frozenset())

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def reaches(self, tree: UnitTree, unit_code: str) -> bool:
        """Whether a unit of this tree lies within the grant; NotFound for a unit the tree does not have."""
        within = {tree.unit(unit_code).code, *(above.code for above in tree.ancestors(unit_code))}
        return self.unit is None or self.unit in within


@dataclass(frozen=True)
class Grants:
    """Everything that one person holds today."""

    held: tuple[Grant, ...] = ()

    @classmethod
    def of(cls, held: Iterable[Grant], day: date) -> Grants:
        """The grants in force on that day."""
        return cls(tuple(grant for grant in held if grant.in_force(day)))

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.held)

    def may(self, action: Action) -> bool:
        return any(grant.may(action) for grant in self.held)

    def reaches(self, action: Action, tree: UnitTree, unit_code: str) -> bool:
        """Whether a grant with the action reaches the unit; NotFound for a unit the tree does not have."""
        tree.unit(unit_code)
        return any(grant.may(action) and grant.reaches(tree, unit_code) for grant in self.held)

    def anywhere(self, action: Action) -> bool:
        """Whether a grant with the action reaches every unit of every tree."""
        return any(grant.may(action) and grant.unit is None for grant in self.held)

    def province_wide(self, action: Action, tree: UnitTree) -> bool:
        """Whether the action is held at a province, above, or everywhere: what concerns the whole installation."""
        return any(
            unit is None or (unit in tree and tree.unit(unit).kind in WHOLE) for unit in self.units(action)
        )

    def units(self, action: Action) -> frozenset[str | None]:
        """Codes of the units at which the action is held; None stands for everywhere."""
        return frozenset(grant.unit for grant in self.held if grant.may(action))


def require(grants: Grants, action: Action, tree: UnitTree, unit_code: str) -> None:
    """Pass, or refuse.

    Raises AccessRefusal("access_denied") when no role of theirs may, and NotFound("unit_unknown") when the unit
    lies outside every grant: whoever asks for a foreign unit learns nothing, not even that it exists.
    """
    if not grants.may(action):
        raise AccessRefusal("access_denied", action=action.value)
    if not grants.reaches(action, tree, unit_code):
        raise NotFound("unit_unknown", unit=unit_code)


def tops(grants: Grants, action: Action, tree: UnitTree, unit_code: str) -> tuple[str, ...]:
    """The highest units at or below `unit_code` that the action reaches, in the tree's order.

    The unit itself for who stands at it or above; the granted units for who stands below; () for who stands
    elsewhere.
    """
    if grants.reaches(action, tree, unit_code):
        return (unit_code,)
    held = grants.units(action)
    found: list[str] = []
    for unit in tree.subtree(unit_code):
        if unit.code in held and not any(above.code in found for above in tree.ancestors(unit.code)):
            found.append(unit.code)
    return tuple(found)


def top(grants: Grants, action: Action, tree: UnitTree, unit_code: str) -> str | None:
    """The first of `tops`: where such a person starts reading; None for who stands elsewhere."""
    return next(iter(tops(grants, action, tree, unit_code)), None)


def conflict(role: Role, workplace: Unit | None) -> str | None:
    """Code of the reason why somebody who works there may not hold the role, or None.

    Answers grade the unit that people work at, so whoever works at a graded unit neither keys nor sees single
    ones, there or elsewhere: colleagues would do each other the favour. A department keys none either; but one
    of them conducts the survey, so its people may read comments, only never those about their own department
    (`surveys.comments`).
    """
    if workplace is None or workplace.kind not in GRADED:
        return None
    kept_from = SINGLE_ANSWERS - _OF_DEPARTMENTS if workplace.kind is Kind.DEPARTMENT else SINGLE_ANSWERS
    return "grant_graded" if ROLES[role] & kept_from else None


OF_OWN_PEOPLE: frozenset[Role] = frozenset({Role.UNIT_OFFICER, Role.ISSUANCE_OFFICER})
"""roles that a unit's own people hold there: such a grant says where its holder works, whatever the account says"""


def clash(one: Grant, other: Grant, tree: UnitTree) -> Unit | None:
    """The graded unit for which one person may not hold both at the same time, or None."""
    if _apart(one, other):
        return None
    for own, beside in ((one, other), (other, one)):
        if own.role in OF_OWN_PEOPLE and own.unit is not None and own.unit in tree:
            at = tree.unit(own.unit)
            if conflict(beside.role, at):
                return at
    return None


def _apart(one: Grant, other: Grant) -> bool:
    """No day is common to both."""
    return any(
        first.valid_to is not None and second.valid_from is not None and first.valid_to < second.valid_from
        for first, second in ((one, other), (other, one))
    )


_OF_DEPARTMENTS = frozenset({Action.READ_COMMENTS, Action.RELEASE_COMMENTS})


def misplaced(role: Role, unit: Unit | None) -> str | None:
    """Code of the reason why the role may not be granted at that unit (None: everywhere), or None."""
    if unit is None:
        return None if role in EVERYWHERE else "grant_unit_missing"
    return "grant_province" if role in AT_PROVINCES and unit.kind not in WHOLE else None
