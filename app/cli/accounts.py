"""flask accounts: the set-up code of a fresh installation, who may sign in, and where."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app import account_letters, cli, messages, server_day, set_up
from app.account_columns import COLUMNS
from app.db import reading, transaction
from app.role_words import ROLE_WORDS
from surveys import account_lists, passphrases
from surveys import accounts as domain
from surveys.access import Grant, Role
from surveys.accounts import By, Issued, NewAccount
from surveys.errors import Refusal
from surveys.store import accounts

group = AppGroup("accounts", help="Tài khoản cán bộ. / Accounts of staff.")

ROLES = click.Choice([role.value for role in Role])
DAY = click.DateTime(["%Y-%m-%d"])
UNIT = "Mã đơn vị; gồm cả đơn vị trực thuộc. / Unit code; reaches the units below."


def _by() -> By:
    return domain.operator(f"cli:{getpass.getuser()}")


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


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
    """Liệt kê tài khoản và vai trò, mỗi vai trò một dòng. / List accounts, a line for each grant."""
    with reading() as session:
        rows = [
            {"name": each.name, "display": each.display, "workplace": each.workplace, "state": each.state,
             "last_day": each.last_day, "second_factor": each.second_factor is not None, **grant}
            for each in accounts.accounts(session)
            for grant in [_grant(held) for held in accounts.held_by(session, each.id)] or [_grant(None)]
        ]
    cli.listing(rows, as_json)


def _grant(held: accounts.Held | None) -> dict[str, object]:
    if held is None:
        return {"grant": None, "role": None, "unit": None, "valid_from": None, "valid_to": None}
    grant = held.grant
    return {"grant": held.id, "role": grant.role.value, "unit": grant.unit, "valid_from": grant.valid_from,
            "valid_to": grant.valid_to}


@group.command("add")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--unit", "unit_code", help=UNIT)
@click.option("--display", default="", help="Họ và tên. / Full name.")
@click.option("--workplace", help="Mã đơn vị nơi công tác. / Unit code of the workplace.")
@click.option("--from", "first", type=DAY, help="Ngày đầu. / First day.")
@click.option("--to", "last", type=DAY, help="Ngày cuối. / Last day.")
@click.option("--letter", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="Ghi thư niêm phong (PDF) thay vì hỏi cụm mật khẩu. / Write a letter, ask for no passphrase.")
@click.option("--passphrase", help="Cụm mật khẩu; không có thì hỏi trên màn hình. / Asked for where not given.")
@cli.refusing
def add(name: str, role: str, unit_code: str | None, display: str, workplace: str | None, first: datetime | None,
        last: datetime | None, letter: Path | None, passphrase: str | None) -> None:
    """Thêm một tài khoản, với cụm mật khẩu hoặc thư. / Add an account, with a passphrase or a letter."""
    if not accounts.is_name(accounts.normal(name)):
        raise Refusal("account_name_malformed")
    if unit_code is None and role != Role.ADMINISTRATOR:
        raise Refusal("account_unit_missing", role=role)
    held = Grant(Role(role), unit_code, _day(first), _day(last))
    new = NewAccount(name, display or accounts.normal(name), workplace, (held,))
    if letter is not None:
        with transaction() as session:
            issued = domain.invite(session, _by(), new, server_day())
            content = account_letters.pdf(session, [issued], server_day())
        _write(letter, content)
        return
    passphrase = passphrase or click.prompt("Cụm mật khẩu / Passphrase", hide_input=True, confirmation_prompt=True)
    if fault := passphrases.problem(passphrase, name, display):
        raise Refusal(fault.code, faults=(), **fault.details)
    kept = passphrases.hashed(passphrase)
    with transaction() as session:
        issued = domain.invite(session, _by(), new, server_day())
        domain.take_up(session, issued.code, kept, server_day())


@group.command("create-list")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--letters", required=True, type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="Tệp PDF chứa thư niêm phong, mỗi người một trang. / PDF with a sealed letter per person.")
@click.option("--dry-run", is_flag=True, help="Chỉ kiểm tra. / Check only.")
@cli.refusing
def create_list(file: Path, letters: Path, dry_run: bool) -> None:
    """Tạo tài khoản theo danh sách CSV hoặc .xlsx, tất cả hoặc không gì cả. / Accounts from a list, all or nothing."""
    words = {word: code for code, pair in ROLE_WORDS.items() for word in pair}
    asked = account_lists.accounts(account_lists.translated(account_lists.read(file.read_bytes()), COLUMNS), words)
    today = server_day()
    with reading() as session:
        faults = [*asked.faults, *domain.list_faults(session, _by(), asked.rows, today)]
    if faults:
        faults.sort(key=lambda fault: (fault.row or 0, fault.column or ""))
        raise Refusal("account_list_faulty", faults=faults, count=len(faults))
    if dry_run:
        click.echo(len(asked.rows))
        return
    with transaction() as session:
        issued: Sequence[Issued] = domain.invite_all(session, _by(), asked.rows, today)
        _write(letters, account_letters.pdf(session, issued, today))  # no account without its letter
    click.echo(len(issued))


@group.command("grant")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--unit", "unit_code", help=UNIT)
@click.option("--from", "first", type=DAY, help="Ngày đầu. / First day.")
@click.option("--to", "last", type=DAY, help="Ngày cuối. / Last day.")
@cli.refusing
def grant(name: str, role: str, unit_code: str | None, first: datetime | None, last: datetime | None) -> None:
    """Giao thêm một vai trò. / Grant one more role."""
    if unit_code is None and role != Role.ADMINISTRATOR:
        raise Refusal("account_unit_missing", role=role)
    given = Grant(Role(role), unit_code, _day(first), _day(last))
    with transaction() as session:
        domain.grant(session, _by(), name, given, server_day())


@group.command("end-grant")
@click.argument("name")
@click.argument("grant_id", type=int, metavar="GRANT")
@click.option("--on", "last", type=DAY, help="Ngày cuối (mặc định: hôm qua). / Last day (default: yesterday).")
@cli.refusing
def end_grant(name: str, grant_id: int, last: datetime | None) -> None:
    """Kết thúc một vai trò; GRANT: số trong “accounts list”. / End a grant; GRANT: its number in the list."""
    today = server_day()
    with transaction() as session:
        domain.end_grant(session, _by(), name, grant_id, _day(last) or today - timedelta(days=1), today)


@group.command("disable")
@click.argument("name")
@cli.refusing
def disable(name: str) -> None:
    """Đóng một tài khoản ngay. / Close an account at once."""
    with transaction() as session:
        domain.disable(session, _by(), name, server_day())


@group.command("reset")
@click.argument("name")
@click.option("--factor", is_flag=True, help="Cả lớp xác thực thứ hai. / The second factor too.")
@click.option("--letter", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="Ghi thư niêm phong (PDF) thay vì in mã. / Write the letter instead of printing the code.")
@cli.refusing
def reset(name: str, factor: bool, letter: Path | None) -> None:
    """Cấp lại: cụm cũ hết hiệu lực, mã mới trong thư. / The old passphrase stops working; a new code is issued."""
    today = server_day()
    with transaction() as session:
        issued = domain.renew(session, _by(), name, domain.FACTOR if factor else domain.RESET, today)
        if letter is not None:
            _write(letter, account_letters.pdf(session, [issued], today))
    if letter is None:
        click.echo(issued.code)


def _write(path: Path, content: bytes) -> None:
    """Letters hold codes: nobody else on this machine reads them."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)

