"""The form of a merger, split or renaming: fields -> plan, and faults of a plan -> fields.

Fields: `unit` (code, many), `last_day`, `count` of successors; then `code-i`, `name-i`, `kind-i`, `parent-i` of
each successor, `link-u-i` ('', 'whole', 'part') for the u-th unit, `below-u` ('close' or the place of a
successor), `decree`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from werkzeug.datastructures import MultiDict

from app import messages
from app.language import current
from surveys import mergers
from surveys.days import typed_day as day_of
from surveys.errors import Fault, UnitRefusal
from surveys.mergers import CLOSE, PART, WHOLE, Plan, Successor
from surveys.units import Kind, Unit, UnitTree

MOST = 10
"""successors, and units, of one form; larger changes come as a file"""
_ABOVE = frozenset({Kind.NATION, Kind.PROVINCE, Kind.DISTRICT})


@dataclass(frozen=True)
class Choice:
    """Which units, until when, how many after them."""

    old: tuple[str, ...]
    last_day: date | None
    typed_day: str
    count: int
    problems: list[tuple[str, str]]

    @property
    def complete(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Form:
    old: tuple[str, ...]
    last_day: str
    successors: tuple[Successor, ...]
    links: Mapping[tuple[int, int], str]
    """(place of the unit, place of the successor) -> '', WHOLE or PART"""
    below: Mapping[int, str]
    """place of the unit -> CLOSE or the place of a successor"""
    decree: str
    plan: Plan | None
    """None: the day or the units cannot be read"""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """every field once more, for the next step"""


def choice(args: MultiDict[str, str]) -> Choice:
    old = tuple(dict.fromkeys(code.strip()[:32] for code in args.getlist("unit") if code.strip()))
    typed = args.get("last_day", "").strip()[:20]
    day, count = _day(typed), _count(args.get("count", "1"))
    problems: list[tuple[str, str]] = []
    if not old:
        problems.append(("units", _said(Fault("merger_empty"))))
    if len(old) > MOST:
        problems.append(("units", _said(Fault("merger_many", details={"most": MOST}))))
    if day is None:
        problems.append(("last_day", _said(Fault("merger_day"))))
    return Choice(old, day, typed, count, problems)


def first(tree: UnitTree, chosen: Choice) -> Form:
    """The form of details, filled in as most changes are."""
    units = [tree.unit(code) for code in chosen.old]
    lead = units[0]
    renaming = len(units) == 1 and chosen.count == 1
    successors = tuple(
        Successor(lead.code if renaming else "", lead.name if renaming else "", lead.kind.value, lead.parent or "")
        for _ in range(chosen.count)
    )
    part = WHOLE if chosen.count == 1 else PART
    links = {(u, i): part for u in range(len(units)) for i in range(chosen.count)}
    below = dict.fromkeys(range(len(units)), "0" if chosen.count == 1 else CLOSE)
    return _form(chosen.old, chosen.typed_day, successors, links, below, "")


def read(fields: MultiDict[str, str]) -> Form:
    old = tuple(dict.fromkeys(code.strip()[:32] for code in fields.getlist("unit") if code.strip()))[:MOST]
    count = _count(fields.get("count", "0"))
    successors = tuple(
        Successor(*(fields.get(f"{name}-{i}", "").strip()[:400] for name in ("code", "name", "kind", "parent")))
        for i in range(count)
    )
    links = {
        (u, i): part for u in range(len(old)) for i in range(count)
        if (part := fields.get(f"link-{u}-{i}", "")) in {"", WHOLE, PART}
    }
    below = {u: fields.get(f"below-{u}", CLOSE)[:8] for u in range(len(old))}
    last_day, decree = fields.get("last_day", "").strip()[:20], fields.get("decree", "")[:1000]
    return _form(old, last_day, successors, links, below, decree)


def _form(
    old: tuple[str, ...], last_day: str, successors: tuple[Successor, ...], links: Mapping[tuple[int, int], str],
    below: Mapping[int, str], decree: str,
) -> Form:
    day = _day(last_day)
    plan = None
    if day is not None and old:
        plan = Plan(
            old, day, successors,
            {(old[u], i): part for (u, i), part in links.items() if part},
            {old[u]: _target(kept, successors) for u, kept in below.items()}, decree,
        )
    hidden = [*(("unit", code) for code in old), ("last_day", last_day), ("count", str(len(successors))),
              ("decree", decree)]
    for i, each in enumerate(successors):
        hidden += [(f"code-{i}", each.code), (f"name-{i}", each.name), (f"kind-{i}", each.kind),
                   (f"parent-{i}", each.parent)]
    hidden += [(f"link-{u}-{i}", part) for (u, i), part in links.items()]
    hidden += [(f"below-{u}", kept) for u, kept in below.items()]
    return Form(old, last_day, successors, links, below, decree, plan, hidden)


def _target(kept: str, successors: Sequence[Successor]) -> str:
    if kept.isdigit() and int(kept) < len(successors):
        return successors[int(kept)].code
    return kept


def problems(form: Form, tree: UnitTree, refusal: UnitRefusal, language: str) -> dict[str, list[str]]:
    """Field -> sentences. What belongs to a unit that ends, or to one below it, is said with the unit's name."""
    found: dict[str, list[str]] = {}
    lines = mergers.rows(tree, form.plan).lines if form.plan and refusal.code != "merger_faulty" else ()
    for fault in refusal.faults:
        said = messages.sentence(fault.code, fault.details, language)
        row = fault.row or 0
        place = row - len(form.old) - 1
        if 0 <= place < len(form.successors):
            column = fault.column if fault.column in {"code", "name", "kind", "parent"} else "code"
            target = f"{column}-{place}"
            if fault.column == "part":
                target = f"link-0-{place}"
        else:
            code = form.old[row - 1] if 0 < row <= len(form.old) else next(
                (line.code for line in lines if line.row == row), "")
            name = tree.unit(code).name if code in tree else code
            said = f"{name}: {said}" if name else said
            target = fault.column if fault.column in {"decree", "last_day"} else "units"
            if fault.column == "part" and 0 < row <= len(form.old) and form.successors:
                target = f"link-{row - 1}-0"
        found.setdefault(target, []).append(said)
    if not found:
        found["units"] = [messages.refusal_sentence(refusal, language)]
    return found


def parents(tree: UnitTree, form: Form) -> list[Unit]:
    """Units that a successor may belong to: what stands above the units that end, and their siblings' parents."""
    codes: dict[str, None] = {}
    for code in form.old:
        if code in tree:
            for above in tree.ancestors(code):
                codes[above.code] = None
    for each in form.successors:
        if each.parent in tree:
            codes[each.parent] = None
    return [tree.unit(code) for code in codes]


def _day(text: str) -> date | None:
    """A day of a decree; None for what is none."""
    try:
        day = day_of(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None


def _count(text: str) -> int:
    return min(int(text), MOST) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _said(fault: Fault) -> str:
    return messages.sentence(fault.code, fault.details, current())
