"""A wave moves only forward through its states, and its target carries its sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from surveys.codes import ALPHABET, draw, is_code, normal
from surveys.errors import WaveRefusal
from surveys.origin import Basis
from surveys.waves import NEXT, State, Target, Wave, bases, moved, parse_target, require_open

WAVE = Wave(
    id=1, code="W", title="", province_code="44", units_day=date(2026, 7, 1), questionnaire_id=1, index_id=1,
    official=frozenset({Basis.SAMPLE}), target=None, target_operator=None, state=State.OPEN,
    opens=date(2026, 7, 1), closes=date(2026, 7, 31), simulated=False, created=date(2026, 6, 1),
)


@pytest.mark.parametrize("text, expected", [
    ("85", Target(0.85, ">=")), (">85", Target(0.85, ">")), (">=95", Target(0.95, ">=")),
    ("≥ 95 %", Target(0.95, ">=")), ("85,5", Target(0.855, ">=")), ("100", Target(1.0, ">=")),
])
def test_a_target_is_a_percentage_with_its_sign(text: str, expected: Target):
    assert parse_target(text) == expected


@pytest.mark.parametrize("text", ["", "tám", "0", "0.85", "-3", "101", ">100", "nan", "inf", "<85"])
def test_a_target_that_cannot_be_met_or_read_is_refused(text: str):
    with pytest.raises(WaveRefusal, match="target_malformed"):
        parse_target(text)


def test_answers_are_taken_on_the_first_and_the_last_day_and_not_beside_them():
    for day, taken in [(date(2026, 6, 30), False), (date(2026, 7, 1), True), (date(2026, 7, 31), True),
                       (date(2026, 8, 1), False)]:
        assert WAVE.takes_answers(day) is taken
    with pytest.raises(WaveRefusal, match="wave_not_open"):
        require_open(replace(WAVE, state=State.CLOSED), date(2026, 7, 2))


def test_a_published_wave_never_opens_again():
    reachable, frontier = set(), {State.PUBLISHED}
    while frontier:
        state = frontier.pop()
        reachable.add(state)
        frontier |= NEXT[state] - reachable
    assert State.OPEN not in reachable
    with pytest.raises(WaveRefusal, match="wave_wrong_state"):
        moved(replace(WAVE, state=State.PUBLISHED), State.OPEN)


def test_an_unknown_basis_is_named():
    assert bases(["sample", " Dossiers "]) == {Basis.SAMPLE, Basis.DOSSIERS}
    with pytest.raises(WaveRefusal, match="basis_unknown") as refused:
        bases(["sample", "friends"])
    assert refused.value.details["basis"] == "friends"


def test_a_code_is_read_as_it_was_meant():
    code = draw(8)
    assert is_code(code, 8)
    assert normal(f" {code[:4].lower()}-{code[4:].lower()} ") == code
    assert normal("o0iIlL") == "001111"
    assert set(draw(2000)) <= set(ALPHABET)
