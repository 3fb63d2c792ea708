"""Guessing at sign-in: 200 guesses here, 10,000 in `./hailong bench guesses`."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app import patience
from app.settings import Settings
from bench import guesses
from surveys import passphrases


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id still, with the least it can do: what is counted here are tries, not seconds."""
    monkeypatch.setattr(passphrases, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passphrases._nobody.cache_clear()


def test_no_guess_succeeds_and_the_owner_gets_in_meanwhile(app: Flask):
    guesses.owner(app)
    tally = guesses.attack(app, 200)
    assert (tally.guesses, tally.succeeded) == (200, 0)
    assert tally.tried < 40  # the rest waited
    assert (tally.owner, tally.owner_refused) == (4, 0)


def test_no_code_is_guessed_by_who_knows_the_passphrase(app: Flask):
    guesses.owner(app)
    tally = guesses.guess_codes(app, 100)
    assert (tally.guesses, tally.succeeded, tally.owner_refused) == (100, 0, 0)
    assert tally.tried < 40


def test_guesses_over_many_networks_are_slowed_as_one(settings: Settings):
    for number in range(patience.FREE_EVERYWHERE + 6):
        patience.failed(settings, "a", f"10.0.0.{number}", now=1000.0)
    assert patience.wait(settings, "a", "10.9.9.9", now=1000.0) == 60.0
    assert patience.wait(settings, "b", "10.9.9.9", now=1000.0) == 0


def test_a_network_that_the_owner_came_from_does_not_wait_for_strangers(settings: Settings):
    patience.recognise(settings, "a", "10.1.1.1", now=900.0)
    for number in range(2000):
        patience.failed(settings, f"a{number % 9 or ''}", f"10.0.{number // 250}.{number % 250}", now=1000.0)
    assert patience.wait(settings, "a", "10.1.1.1", now=1000.0) == 0
    assert patience.wait(settings, "a", "10.1.1.2", now=1000.0) > 0
    assert patience.wait(settings, "b", "10.1.1.1", now=1000.0) == 0
    assert patience.wait(settings, "a", "10.1.1.1", now=900.0 + patience.KNOWN + 1) == 0  # strangers are forgotten too
    for _ in range(patience.FREE + 1):
        patience.failed(settings, "a", "10.1.1.1", now=1000.0)
    assert patience.wait(settings, "a", "10.1.1.1", now=1000.0) == 2  # but for its own failures


def test_nobody_waits_for_a_clock_that_was_years_ahead(settings: Settings):
    ahead = 1000.0 + 10 * 365 * 86400
    for _ in range(patience.FREE + 8):
        patience.failed(settings, "a", "10.1.1.1", now=ahead)
    assert patience.wait(settings, "a", "10.1.1.1", now=ahead) > 0
    assert patience.wait(settings, "a", "10.1.1.1", now=1000.0) == 0
    for _ in range(patience.FREE + 1):
        patience.failed(settings, "a", "10.1.1.1", now=1000.0)
    assert patience.wait(settings, "a", "10.1.1.1", now=1000.0) == 2  # counted anew
