from __future__ import annotations

from surveys.lapse import SKEW, fresh
from surveys.store.sessions import ABSOLUTE, IDLE, StaffSession

NOW = 1_800_000_000
YEARS = 10 * 365 * 86400


def test_what_was_noted_counts_for_its_time_and_not_from_a_future_that_a_wrong_clock_showed() -> None:
    assert fresh(NOW - 60, NOW, 60)
    assert not fresh(NOW - 61, NOW, 60)
    assert fresh(NOW + SKEW, NOW, 60)
    assert not fresh(NOW + YEARS, NOW, 60)


def test_a_session_begun_by_a_clock_that_was_years_ahead_does_not_last_for_years() -> None:
    def session(started: int, seen: int) -> StaffSession:
        return StaffSession(b"", 1, started, seen, "")

    assert session(NOW - ABSOLUTE, NOW - IDLE).alive(NOW)
    assert not session(NOW + YEARS, NOW + YEARS).alive(NOW)
