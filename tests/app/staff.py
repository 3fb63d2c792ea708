"""Signing in and sending forms, for tests of staff pages."""

from __future__ import annotations

import re
import time

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import passphrases
from surveys.access import Grant, Role
from surveys.store import accounts

PASSPHRASE = "mưa phùn tháng giêng"


def add_account(client: FlaskClient, name: str = "quan.tri", grant: Grant | None = None) -> accounts.Account:
    from app.db import transaction

    with client.application.app_context(), transaction() as session:
        kept = passphrases.hashed(PASSPHRASE)
        return accounts.add(session, name, kept, grant or Grant(Role.ADMINISTRATOR))


def sign_in(client: FlaskClient, role: Role = Role.ADMINISTRATOR, unit: str | None = None) -> None:
    """A fresh session of a new account, without the pages."""
    from app.auth import _mark

    account = add_account(client, f"{role.value}.{unit or 'all'}".lower(), Grant(role, unit))
    now = int(time.time())
    with client.session_transaction() as session:
        session["staff"] = {"since": now, "seen": now, "account": account.id, "mark": _mark(account)}


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, "the page has no form of ours"
    return found[1]


def send(client: FlaskClient, path: str, fields: dict[str, str], form_at: str | None = None) -> TestResponse:
    """Open the page with the form, then send it."""
    return client.post(path, data={"csrf_token": token(client.get(form_at or path)), **fields})
