"""Signing in and sending forms, for tests of staff pages."""

from __future__ import annotations

import re
import time

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import passphrases
from surveys.access import Grant, Role
from surveys.store import accounts, sessions

PASSPHRASE = "mưa phùn tháng giêng"


def add_account(client: FlaskClient, name: str = "quan.tri", grant: Grant | None = None) -> accounts.Account:
    from app.db import transaction

    with client.application.app_context(), transaction() as session:
        kept = passphrases.hashed(PASSPHRASE)
        return accounts.add(session, name, kept, grant or Grant(Role.ADMINISTRATOR))


def sign_in(client: FlaskClient, role: Role = Role.ADMINISTRATOR, unit: str | None = None) -> None:
    """A fresh session of a new account, without the pages; the second factor counts as shown."""
    from app.db import transaction

    with client.application.app_context(), transaction() as session:
        name = f"{role.value}.{unit or 'all'}".lower()
        account = accounts.add(session, name, "not a hash: nobody signs in with it", Grant(role, unit))
        accounts.change(session, account.id, second_factor="set up, as far as the pages know")
        number = sessions.start(session, account.id, int(time.time()), "")
    with client.session_transaction() as cookie:
        cookie["staff"] = number


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, "the page has no form of ours"
    return found[1]


def send(client: FlaskClient, path: str, fields: dict[str, str], form_at: str | None = None) -> TestResponse:
    """Open the page with the form, then send it."""
    return client.post(path, data={"csrf_token": token(client.get(form_at or path)), **fields})


def enrol(client: FlaskClient) -> TestResponse:
    """Set up the second factor on the page that asks for it, and send the code that an app would show."""
    from app import security

    page = client.get("/account/enrol")
    with client.session_transaction() as session:
        kept = session["enrolling"]
    code = security.current_code(client.application.config["HAILONG"], kept)
    return client.post("/account/enrol", data={"csrf_token": token(page), "code": code})
