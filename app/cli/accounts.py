"""flask accounts: the set-up code of a fresh installation, and who may sign in."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from app import cli, messages, server_day, set_up
from app.db import reading, transaction
from surveys import passphrases
from surveys.access import Grant, Role
from surveys.errors import Refusal
from surveys.store import accounts, units

group = AppGroup("accounts", help="Tài khoản cán bộ. / Accounts of staff.")


@group.command("setup-code")
@cli.refusing
def setup_code() -> None:
    """In một mã cài đặt mới, nếu chưa có tài khoản nào. / Print a fresh code, if there is no account."""
    with reading() as session:
        done = accounts.any_account(session)
    if done:
        for language in ("vi", "en"):
            click.echo(messages.sentence("set_up_done", {}, language), err=True)
        return
    click.echo(set_up.fresh_code(current_app.config["HAILONG"]))


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON.")
@cli.refusing
def list_(as_json: bool) -> None:
    """Liệt kê tài khoản. / List the accounts."""
    with reading() as session:
        found = accounts.accounts(session)
    rows = [
        {"name": each.name, "state": each.state, "role": grant.role.value, "unit": grant.unit}
        for each in found for grant in each.held
    ]
    cli.listing(rows, as_json)


@group.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--unit", "unit_code", help="Mã đơn vị; gồm cả đơn vị trực thuộc. / Unit code.")
@click.password_option("--passphrase", prompt="Cụm mật khẩu / Passphrase")
@cli.refusing
def add(name: str, role: str, unit_code: str | None, passphrase: str) -> None:
    """Thêm một tài khoản; cụm mật khẩu được hỏi trên màn hình. / Add an account; asks for its passphrase."""
    if not accounts.is_name(accounts.normal(name)):
        raise Refusal("account_name_malformed")
    if unit_code is None and role != Role.ADMINISTRATOR:
        raise Refusal("account_unit_missing", role=role)
    if fault := passphrases.problem(passphrase, name):
        raise Refusal(fault.code, faults=(), **fault.details)
    kept = passphrases.hashed(passphrase)
    with transaction() as session:
        if accounts.by_name(session, name) is not None:
            raise Refusal("account_exists", name=accounts.normal(name))
        if unit_code is not None:
            units.tree(session, server_day()).unit(unit_code)
        accounts.add(session, name, kept, Grant(Role(role), unit_code))
