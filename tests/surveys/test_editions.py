"""Nobody's answer can be read by subtracting yesterday's table from today's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.disclosure import PROTECTED, publishable, visible
from surveys.editions import settled

PARENT: dict[str, str | None] = {"P": None, "A": "P", "A1": "A", "A2": "A", "B": "P", "C": "P"}
BELOW = {unit: [child for child, above in PARENT.items() if above == unit] for unit in PARENT}
Counts = Mapping[str, int]
Table = Sequence[dict[str, Any]]


def record(unit: str, n: int, measure: str = "overall", flags: Sequence[str] = ()) -> dict[str, Any]:
    made = {"unit": unit, "series": "official", "measure": measure, "n": n, "estimate": 0.5, "flags": [*flags]}
    return {**made, "publishable": publishable(made)}


def table(n: Counts, **others: Counts) -> list[dict[str, Any]]:
    """n: unit -> respondents; others: measure -> the same, for further measures."""
    return [
        record(unit, of[unit], measure) for unit in PARENT for measure, of in {"overall": n, **others}.items()
    ]


def counts(listed: Table, measure: str = "overall") -> dict[str, int]:
    return {each["unit"]: each["n"] for each in listed if each["measure"] == measure}


START = {"P": 500, "A": 200, "A1": 100, "A2": 100, "B": 150, "C": 150}


def added(n: Counts, **new: int) -> dict[str, int]:
    """Newcomers at units, counted there and in every unit above."""
    found = dict(n)
    for unit, count in new.items():
        at: str | None = unit
        while at is not None:
            found[at] += count
            at = PARENT[at]
    return found


def moved(shown: Table, n: Counts) -> set[str]:
    """Units whose figures are those of today."""
    now = counts(settled(shown, table(n), PARENT))
    return {unit for unit in PARENT if now[unit] == n[unit] != counts(shown)[unit]}


def test_nine_new_answers_move_nothing_and_ten_do():
    assert moved(table(START), added(START, B=9)) == set()
    assert moved(table(START), added(START, B=10)) == {"B", "P"}


def test_people_who_count_for_two_units_are_counted_once_above_them():
    # received at B, decided at C: five people, ten answers below
    assert moved(table(START), {**START, "P": 505, "B": 155, "C": 155}) == set()


def test_a_unit_is_held_while_any_measure_shown_has_a_few_new_answers():
    shown = table(START, **{"item:q22": dict.fromkeys(PARENT, 51)})
    fresh = table(added(START, B=12), **{"item:q22": {**dict.fromkeys(PARENT, 51), "B": 52, "P": 52}})
    found = settled(shown, fresh, PARENT)
    assert counts(found, "item:q22")["B"] == 51  # 52 less 51 would be the newcomer's own answer
    assert counts(found)["B"] == START["B"]  # figures of a unit move together


def test_a_measure_that_is_hidden_holds_nothing():
    few = {unit: [record(unit, n, "item:q22", [PROTECTED])] for unit, n in dict.fromkeys(PARENT, 20).items()}
    shown = [*table(START), *(each for own in few.values() for each in own)]
    more = [record(unit, 25, "item:q22", [PROTECTED]) for unit in PARENT]
    found = settled(shown, [*table(added(START, B=12)), *more], PARENT)
    assert counts(found)["B"] == 162


def test_a_unit_is_held_while_it_moves_by_a_few_more_than_its_children():
    assert moved(table(START), added(START, B=11, C=1)) == {"B"}
    assert moved(table(START), added(START, B=11, C=9)) == {"B"}
    assert moved(table(START), added(START, B=11, A1=5, C=5)) == {"B", "P"}
    assert moved(table(START), added(START, B=11, P=1)) == {"B"}  # given at the province itself


def test_a_held_child_does_not_cover_its_moved_children():
    # A is held for A2's one answer; the province would move by twelve, of which A1 shows eleven
    assert moved(table(START), added(START, A1=11, A2=1)) == {"A1"}


def test_a_unit_held_for_days_is_measured_from_the_table_that_shows_it():
    first = settled(table(START), table(added(START, B=11, C=1)), PARENT)
    then = added(START, B=11, C=6)
    assert counts(settled(first, table(then), PARENT))["P"] == START["P"]  # 17 more, of which B shows 11
    later = added(START, B=11, C=10)
    assert counts(settled(first, table(later), PARENT)) == later


def test_what_stands_in_the_figures_above_already_moves_only_with_them():
    first = settled(table(START), table(added(START, B=9, C=9)), PARENT)
    assert counts(first) == {**START, "P": 518}
    then = added(START, B=10, C=9)
    assert counts(settled(first, table(then), PARENT)) == {**START, "P": 518}
    later = added(START, B=21, C=19)
    assert counts(settled(first, table(later), PARENT)) == later


def days_of(*new: Counts) -> list[dict[str, int]]:
    """n shown after each day of newcomers."""
    n, shown, found = dict(START), table(START), []
    for more in new:
        n = added(n, **more)
        shown = settled(shown, table(n), PARENT)
        found.append(counts(shown))
    return found


def test_a_unit_with_units_below_it_moves_only_with_the_unit_above():
    # else A would move alone by ten, and a day later its own one answer could be told from A1, A2, B and P
    some = {"A1": 5, "A2": 5, "B": 5}
    first, second = days_of(some, {**some, "A": 1})
    assert first == START
    assert second == {**START, "A1": 110, "A2": 110, "B": 160}


def test_a_few_answers_given_at_a_unit_itself_hide_behind_nobody_elses():
    some = {"A1": 5, "A2": 5, "B": 5, "C": 5}
    first, second = days_of(some, {**some, "A": 1})
    assert first == {**START, "P": 520, "A": 210}
    assert second["A"] == 210  # A2, A1, B and C may move, and would leave the one


def test_a_series_not_shown_before_is_shown_at_once():
    fresh = [*table(START), *({**each, "series": "monitoring", "n": 12} for each in table(START))]
    assert settled(table(START), fresh, PARENT) == fresh


def test_a_held_figure_that_may_no_longer_be_shown_is_hidden():
    fresh = [
        record(each["unit"], each["n"], flags=[PROTECTED] if each["unit"] == "B" else [])
        for each in table(added(START, B=5))
    ]
    (held,) = [each for each in settled(table(START), fresh, PARENT) if each["unit"] == "B"]
    assert (held["n"], held["flags"], held["publishable"]) == (150, [PROTECTED], False)


# ---- somebody who keeps every table and subtracts


@dataclass
class Reader:
    """Every table ever shown, and (which the reader does not know) how many answered where on which day."""

    came: list[dict[str, int]]
    """day -> unit -> newcomers at the unit itself; day 0: all before"""
    editions: dict[str, list[int]] = field(default_factory=lambda: {unit: [0] for unit in PARENT})
    """unit -> days whose answers its figures have held"""

    def newcomers(self, unit: str, after: int, until: int, *, below: bool = True) -> int:
        own = sum(day[unit] for day in self.came[after + 1 : until + 1])
        return own + sum(self.newcomers(child, after, until) for child in BELOW[unit]) if below else own

    def rests(self, unit: str, after: int, until: int) -> set[int]:
        """How many people of the days (after, until] can be left when the unit's moves are subtracted."""
        known = {self._clipped(unit, day, after, until) for day in self.editions[unit]} - {None}
        days = sorted(day for day in known if day is not None)
        found = self.rests_below(unit, after, until)
        for place, first in enumerate(days):
            for last in days[place + 1 :]:
                head, tail = self.rests_below(unit, after, first), self.rests_below(unit, last, until)
                found |= {one + other for one in head for other in tail}
        return found

    def _clipped(self, unit: str, day: int, after: int, until: int) -> int | None:
        """An edition from before or after serves as well while nobody came in between."""
        if day < after:
            return after if self.newcomers(unit, day, after) == 0 else None
        if day > until:
            return until if self.newcomers(unit, until, day) == 0 else None
        return day

    def waiting_below(self, unit: str, until: int) -> set[int]:
        """How many newcomers can be left when everything shown below is subtracted from the unit's figures."""
        found = {0}
        for child in BELOW[unit]:
            days = [self._clipped(child, day, 0, until) for day in self.editions[child]]
            tails = {rest for day in days if day is not None for rest in self.rests_below(child, day, until)}
            found = {one + other for one in found for other in tails}
        return found

    def rests_below(self, unit: str, after: int, until: int) -> set[int]:
        """The same without the moves of the unit itself."""
        if after == until:
            return {0}
        found = {self.newcomers(unit, after, until, below=False)}
        for child in BELOW[unit]:
            found = {one + other for one in found for other in self.rests(child, after, until)}
        return found | {self.newcomers(unit, after, until)}


leaves = st.fixed_dictionaries(dict.fromkeys(("A1", "A2", "B", "C"), st.sampled_from([0, 0, 0, 1, 2, 5, 9, 10, 14])))
parents = st.fixed_dictionaries(dict.fromkeys(("A", "P"), st.sampled_from([0, 0, 0, 0, 1, 9, 12])))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.builds(dict[str, int].__or__, leaves, parents), min_size=1, max_size=6))
def test_no_difference_of_two_editions_comes_from_a_few_people(days: list[dict[str, int]]):
    reader = Reader([dict.fromkeys(PARENT, 0)])
    n: dict[str, int] = dict(START)
    shown: Table = table(n)
    for today, came in enumerate(days, start=1):
        n = added(n, **came)
        reader.came.append(came)
        before, shown = counts(shown), settled(shown, table(n), PARENT)
        assert all(map(visible, shown))
        for unit, count in counts(shown).items():
            if count == n[unit]:
                reader.editions[unit].append(today)
            else:
                assert count == before[unit]
    for unit in PARENT:
        for first, last in pairwise(reader.editions[unit]):
            assert not few(reader.rests_below(unit, first, last)), (unit, first, last)
        for last in reader.editions[unit]:
            assert not few(reader.waiting_below(unit, last)), (unit, last)


def few(rests: Iterable[int]) -> set[int]:
    return {rest for rest in rests if 0 < rest < 10}
