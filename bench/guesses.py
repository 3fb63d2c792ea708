"""Log-in guesses from one address and from many: none succeeds, and the owner still gets in meanwhile.

The clock of the delays is put forward instead of slept on: ten guesses a second. Argon2id runs with its real cost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from app import patience, security
from bench import _ground
from surveys import passphrases
from surveys.access import Grant, Role
from surveys.store import accounts

NAME, PASSPHRASE = "quan.tri", "mưa phùn tháng giêng"
HOME = "10.20.0.5"
"""from where the owner has signed in before"""
PER_SECOND = 10
OWNER_EVERY = 50
"""guesses between two sign-ins of the owner"""


@dataclass
class Tally:
    guesses: int = 0
    tried: int = 0
    """guesses that were compared with the passphrase at all; the others were told to wait"""
    succeeded: int = 0
    owner: int = 0
    """sign-ins of the owner"""
    owner_refused: int = 0


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def attack(app: Flask, guesses: int) -> Tally:
    """Alternately from one address and from ever new ones, at the passphrase of one account.

    app: with one account, `owner(app)`.
    """
    clock, before = Clock(), patience.clock
    patience.clock = clock
    try:
        return _attack(app, guesses, clock)
    finally:
        patience.clock = before


def _attack(app: Flask, guesses: int, clock: Clock) -> Tally:
    tally = Tally()
    sign_in(app, HOME, PASSPHRASE)  # the network becomes known
    guesser, token = _form(app)
    for number in range(guesses):
        clock.now += 1 / PER_SECOND
        address = "203.0.113.9" if number % 2 else f"198.18.{number // 256 % 256}.{number % 256}"
        fields = {"csrf_token": token, "name": NAME, "passphrase": f"mưa phùn tháng {number}"}
        reply = guesser.post("/account/sign-in", data=fields, environ_overrides={"REMOTE_ADDR": address})
        tally.guesses += 1
        tally.tried += reply.status_code != 429
        tally.succeeded += reply.status_code == 303
        if number % OWNER_EVERY == OWNER_EVERY - 1:
            let_in = sign_in(app, HOME, PASSPHRASE)
            tally.owner += let_in
            tally.owner_refused += not let_in
    return tally


def sign_in(app: Flask, address: str, passphrase: str) -> bool:
    """Passphrase and, where the account has one, second factor; whether the person is in."""
    client, token = _form(app)
    at = {"REMOTE_ADDR": address}
    fields = {"csrf_token": token, "name": NAME, "passphrase": passphrase}
    reply = client.post("/account/sign-in", data=fields, environ_overrides=at)
    if reply.status_code != 303:
        return False
    if reply.headers["Location"].endswith("/second-factor"):
        kept = _forget_step(app)
        page = client.get("/account/second-factor", environ_overrides=at)
        code = security.current_code(app.config["HAILONG"], kept)
        fields = {"csrf_token": _token(page.text), "code": code}
        reply = client.post("/account/second-factor", data=fields, environ_overrides=at)
    return reply.status_code == 303 and client.get("/account/", environ_overrides=at).status_code == 200


def _forget_step(app: Flask) -> str:
    """Half a minute passes in no time: the code used last may be used again. Returns the encrypted secret."""
    from app.db import transaction

    with app.app_context(), transaction() as session:
        account = accounts.by_name(session, NAME)
        assert account is not None
        assert account.second_factor is not None
        accounts.change(session, account.id, second_factor_last=None)
        return account.second_factor


def guess_codes(app: Flask, guesses: int) -> Tally:
    """The same for six digits, by somebody who knows the passphrase."""
    clock, before = Clock(), patience.clock
    clock.now += 3 * patience.FORGET  # nothing of an attack before counts any more
    patience.clock = clock
    tally = Tally()
    try:
        sign_in(app, HOME, PASSPHRASE)
        client, token = _form(app)
        fields = {"csrf_token": token, "name": NAME, "passphrase": PASSPHRASE}
        client.post("/account/sign-in", data=fields, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
        token = _token(client.get("/account/second-factor").text)
        for number in range(guesses):
            clock.now += 1 / PER_SECOND
            address = f"198.18.{number // 256 % 256}.{number % 256}"
            reply = client.post(
                "/account/second-factor", data={"csrf_token": token, "code": f"{number * 7919 % 1000000:06}"},
                environ_overrides={"REMOTE_ADDR": address},
            )
            tally.guesses += 1
            tally.tried += reply.status_code != 429
            tally.succeeded += reply.status_code == 303
            if number % OWNER_EVERY == OWNER_EVERY - 1:
                let_in = sign_in(app, HOME, PASSPHRASE)
                tally.owner += let_in
                tally.owner_refused += not let_in
    finally:
        patience.clock = before
    return tally


def owner(app: Flask, role: Role = Role.ADMINISTRATOR, unit: str | None = None) -> None:
    """The account that is guessed at, with a second factor."""
    from app.db import transaction

    with app.app_context(), transaction() as session:
        account = accounts.add(session, NAME, passphrases.hashed(PASSPHRASE), Grant(role, unit))
        accounts.change(session, account.id, second_factor=security.new_secret(app.config["HAILONG"]))


def _form(app: Flask) -> tuple[FlaskClient, str]:
    client = app.test_client()
    return client, _token(client.get("/account/sign-in").text)


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def run(*, quick: bool) -> dict[str, object]:
    with _ground.sqlite() as app:
        owner(app)
        began = time.perf_counter()
        words = attack(app, 1_000 if quick else 10_000)
        seconds = time.perf_counter() - began
        digits = guess_codes(app, 200 if quick else 2_000)
    held = words.succeeded == digits.succeeded == words.owner_refused == digits.owner_refused == 0
    return {
        "passphrases": vars(words), "codes": vars(digits), "seconds": round(seconds, 1),
        "guesses_a_second": round(words.guesses / seconds), "ceiling": "0 succeed, owner never refused", "held": held,
    }
