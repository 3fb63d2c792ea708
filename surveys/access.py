"""Who may do what, and where: one table of roles, and grants that reach a unit's subtree.

Nothing is allowed that `ROLES` does not name. No role here sees single answers: a unit that is graded by them
never may, and nobody else has had a reason yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveys.errors import NotFound, Refusal
from surveys.units import UnitTree


class Action(StrEnum):
    SEE_RESULTS = "see_results"
    """scores and participation counts, as far as they are publishable"""
    EXPORT_RESULTS = "export_results"
    """the same figures as files"""
    PRINT_POSTERS = "print_posters"
    """collection points and their posters"""


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    PROVINCE_MANAGER = "province_manager"
    UNIT_OFFICER = "unit_officer"


ROLES: Mapping[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: frozenset({Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.PRINT_POSTERS}),
    Role.PROVINCE_MANAGER: frozenset({Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.PRINT_POSTERS}),
    Role.UNIT_OFFICER: frozenset({Action.SEE_RESULTS, Action.EXPORT_RESULTS, Action.PRINT_POSTERS}),
}


class AccessRefusal(Refusal):
    """The asker may not do this at all, wherever."""


@dataclass(frozen=True)
class Grant:
    """A role held at a unit. It reaches the unit's subtree; `unit=None` reaches every unit of every tree."""

    role: Role
    unit: str | None = None

    def may(self, action: Action) -> bool:
        return action in ROLES.get(self.role, frozenset())

    def reaches(self, tree: UnitTree, unit_code: str) -> bool:
        """Whether a unit of this tree lies within the grant; NotFound for a unit the tree does not have."""
        within = {tree.unit(unit_code).code, *(above.code for above in tree.ancestors(unit_code))}
        return self.unit is None or self.unit in within


def require(grant: Grant, action: Action, tree: UnitTree, unit_code: str) -> None:
    """Pass, or refuse.

    Raises AccessRefusal("access_denied") when the role never may, and NotFound("unit_unknown") when the unit
    lies outside the grant: whoever asks for a foreign unit learns nothing, not even that it exists.
    """
    if not grant.may(action):
        raise AccessRefusal("access_denied", action=action.value)
    if not grant.reaches(tree, unit_code):
        raise NotFound("unit_unknown", unit=unit_code)


def top(grant: Grant, tree: UnitTree, unit_code: str) -> str | None:
    """The highest unit at or below `unit_code` that the grant reaches: where such a person starts reading.

    The unit itself for who stands at it or above, the granted unit for who stands below, None for who stands
    elsewhere.
    """
    if grant.reaches(tree, unit_code):
        return unit_code
    below = {unit.code for unit in tree.subtree(unit_code)}
    return grant.unit if grant.unit in below else None
