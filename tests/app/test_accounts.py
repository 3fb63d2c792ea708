"""Looking after accounts: who may do what to whom, invitations, resets, handover, lists, letters, the trail."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from openpyxl import Workbook
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import server_day
from surveys import accounts, handover
from surveys.access import Grant, Grants, Role
from surveys.accounts import By, NewAccount
from surveys.errors import NotFound, Refusal
from surveys.store import accounts as store
from surveys.store.tables import AuditRow, DraftRow, InvitationRow, UnitRow
from tests.app import staff, wave_of_four
from tests.app.staff import PASSPHRASE, send, token

TODAY = date(2026, 11, 24)
ADMINISTRATOR = By("chief", Grants((Grant(Role.ADMINISTRATOR),)))
OF_PROVINCE = By("chief.90", Grants((Grant(Role.ADMINISTRATOR, "90"),)))
HELP = By("help.90", Grants((Grant(Role.HELP_DESK, "90"),)))
NEW_PASSPHRASE = "xe đạp xanh cũ kỹ"
CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}")


@pytest.fixture
def place(app: Flask) -> Flask:
    wave_of_four.make(app)
    return app


def new(name: str = "lan.nguyen", role: Role = Role.UNIT_OFFICER, unit: str | None = "902",
        workplace: str | None = "902", first: date | None = None, last: date | None = None) -> NewAccount:
    return NewAccount(name, "Nguyễn Thị Lan", workplace, (Grant(role, unit, first, last),))


def codes_of(refused: pytest.ExceptionInfo[Refusal]) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.column) for fault in refused.value.faults]


def actions(session: Session) -> list[str]:
    return [row.action for row in session.query(AuditRow).order_by(AuditRow.seq)]


# inviting


def test_an_invitation_opens_the_account_once(place: Flask, client: FlaskClient, session: Session):
    issued = accounts.invite(session, ADMINISTRATOR, new(), server_day())
    session.commit()
    assert CODE.fullmatch(issued.code)
    assert len(session.query(InvitationRow).one().digest) == 32  # of the code, which stands nowhere
    session.rollback()
    fields = {"code": issued.code.lower().replace("-", " "), "passphrase": NEW_PASSPHRASE, "again": NEW_PASSPHRASE}
    assert send(client, "/account/invitation", fields).headers["Location"] == "/"
    assert client.get("/account/").status_code == 200
    again = send(place.test_client(), "/account/invitation", {**fields, "passphrase": PASSPHRASE, "again": PASSPHRASE})
    assert again.status_code == 422
    signed = send(place.test_client(), "/account/sign-in", {"name": "lan.nguyen", "passphrase": NEW_PASSPHRASE})
    assert signed.status_code == 303


def test_nobody_signs_in_to_an_account_that_is_only_invited(place: Flask, client: FlaskClient, session: Session):
    accounts.invite(session, ADMINISTRATOR, new(), server_day())
    session.commit()
    for passphrase in ("", "None", PASSPHRASE):
        reply = send(client, "/account/sign-in", {"name": "lan.nguyen", "passphrase": passphrase})
        assert reply.status_code == 422


def test_a_code_ends_after_fourteen_days_with_a_newer_one_and_with_the_account(place: Flask, session: Session):
    issued = accounts.invite(session, ADMINISTRATOR, new(), TODAY)
    assert accounts.code_of(session, issued.code, TODAY + timedelta(days=14)).account.name == "lan.nguyen"
    with pytest.raises(Refusal, match="invitation_unusable"):
        accounts.code_of(session, issued.code, TODAY + timedelta(days=15))
    newer = accounts.renew(session, ADMINISTRATOR, "lan.nguyen", accounts.RESET, TODAY)
    with pytest.raises(Refusal, match="invitation_unusable"):
        accounts.code_of(session, issued.code, TODAY)
    assert newer.purpose == accounts.INVITE
    accounts.disable(session, ADMINISTRATOR, "lan.nguyen", TODAY)
    with pytest.raises(Refusal, match="invitation_unusable"):
        accounts.code_of(session, newer.code, TODAY)


def test_a_passphrase_chosen_with_a_code_may_not_rest_on_the_units_name(place, client: FlaskClient, session: Session):
    issued = accounts.invite(session, ADMINISTRATOR, new(), server_day())
    session.commit()
    weak = "Xã Lệ Thủy 2026!"
    reply = send(client, "/account/invitation", {"code": issued.code, "passphrase": weak, "again": weak})
    assert reply.status_code == 422
    assert issued.code in reply.text  # what was typed stays, but for the passphrase
    assert weak not in reply.text


@pytest.mark.parametrize("asked, fault", [
    (new(name="Lan Nguyễn"), ("account_name_malformed", "name")),
    (new(unit="999"), ("unit_unknown", "unit")),
    (new(unit="911"), ("unit_unknown", "unit")),  # another province's
    (new(unit=None), ("grant_unit_missing", "unit")),
    (new(workplace="911"), ("unit_unknown", "workplace")),
    (new(role=Role.AUDITOR, unit="902", workplace=None), ("grant_province", "unit")),
    (new(role=Role.ADMINISTRATOR, unit=None, workplace=None), ("grant_beyond", "unit")),
    (new(role=Role.ENTRY_CLERK, unit="90", workplace="902"), ("grant_graded", "role")),
    (new(first=TODAY, last=TODAY - timedelta(days=1)), ("grant_dates", "valid_to")),
])
def test_an_invitation_beyond_reach_or_rule_is_refused(place: Flask, session: Session, asked: NewAccount, fault):
    with pytest.raises(Refusal, match="account_faulty") as refused:
        accounts.invite(session, OF_PROVINCE, asked, TODAY)
    assert fault in codes_of(refused)
    assert store.accounts(session) == []


def test_a_commune_clerk_is_never_moved_into_keying_nor_a_keyer_into_a_commune(place: Flask, session: Session):
    accounts.invite(session, ADMINISTRATOR, new(), TODAY)
    with pytest.raises(Refusal, match="grant_graded"):
        accounts.grant(session, ADMINISTRATOR, "lan.nguyen", Grant(Role.INTERVIEWER, "90"), TODAY)
    accounts.invite(session, ADMINISTRATOR, new("hoi.vien", Role.INTERVIEWER, "90", workplace=None), TODAY)
    with pytest.raises(Refusal, match="grant_graded"):
        accounts.move(session, ADMINISTRATOR, "hoi.vien", "902", TODAY)
    assert store.by_name(session, "hoi.vien").workplace is None


@pytest.mark.parametrize("own", [Role.UNIT_OFFICER, Role.ISSUANCE_OFFICER])
@pytest.mark.parametrize("other, unit", [(Role.ENTRY_CLERK, "90"), (Role.INTERVIEWER, "902"), (Role.ENTRY_CLERK, "901"),
                                         (Role.ANALYST, "90"), (Role.PROVINCE_MANAGER, "90")])
def test_an_officer_of_a_commune_works_there_though_the_workplace_is_empty(
    place: Flask, session: Session, own: Role, other: Role, unit: str
):
    both = (Grant(own, "902"), Grant(other, unit))
    for held in (both, both[::-1]):
        with pytest.raises(Refusal, match="account_faulty") as refused:
            accounts.invite(session, ADMINISTRATOR, NewAccount("hai.vai", "Hai Vai", None, held), TODAY)
        assert ("grant_graded", "role") in codes_of(refused)
        accounts.invite(session, ADMINISTRATOR, NewAccount(f"mot.{held[0].role}", "Một", None, held[:1]), TODAY)
        with pytest.raises(Refusal, match="grant_graded"):
            accounts.grant(session, ADMINISTRATOR, f"mot.{held[0].role}", held[1], TODAY)


def test_one_role_may_follow_the_other_by_its_days(place: Flask, session: Session):
    accounts.invite(session, ADMINISTRATOR, new(workplace=None, last=TODAY), TODAY)
    next_day = TODAY + timedelta(days=1)
    accounts.grant(session, ADMINISTRATOR, "lan.nguyen", Grant(Role.ENTRY_CLERK, "90", next_day), TODAY)
    with pytest.raises(Refusal, match="grant_graded"):
        accounts.grant(session, ADMINISTRATOR, "lan.nguyen", Grant(Role.UNIT_OFFICER, "901"), TODAY)


def test_a_merger_makes_nobody_of_a_closed_commune_a_keyer(place: Flask, session: Session):
    accounts.invite(session, ADMINISTRATOR, new(), TODAY)
    session.execute(update(UnitRow).where(UnitRow.code == "902").values(valid_to=TODAY))
    later = TODAY + timedelta(days=1)
    with pytest.raises(Refusal, match="grant_workplace_closed"):
        accounts.grant(session, ADMINISTRATOR, "lan.nguyen", Grant(Role.ENTRY_CLERK, "90"), later)
    accounts.grant(session, ADMINISTRATOR, "lan.nguyen", Grant(Role.OBSERVER, "90"), later)


# who may do what to whom


def _people(session: Session) -> None:
    for asked in (
        new("chief.90", Role.ADMINISTRATOR, "90", None), new("help.90", Role.HELP_DESK, "90", None),
        new("manager", Role.PROVINCE_MANAGER, "90", None), new("auditor", Role.AUDITOR, "90", None),
        new("officer"), new("neighbour", Role.UNIT_OFFICER, "911", "911"),
        new("chief", Role.ADMINISTRATOR, None, None),
    ):
        issued = accounts.invite(session, By("setup", ADMINISTRATOR.grants), asked, TODAY)
        accounts.take_up(session, issued.code, "kept", TODAY)


@pytest.mark.parametrize("who, name, refusal", [
    (HELP, "officer", None), (HELP, "manager", "account_above"), (HELP, "auditor", "account_above"),
    (HELP, "chief.90", "account_above"), (HELP, "chief", "account_unknown"), (HELP, "neighbour", "account_unknown"),
    (HELP, "help.90", "account_oneself"), (HELP, "nobody", "account_unknown"),
    (OF_PROVINCE, "manager", None), (OF_PROVINCE, "help.90", None), (OF_PROVINCE, "chief.90", "account_oneself"),
    (OF_PROVINCE, "chief", "account_unknown"), (OF_PROVINCE, "neighbour", "account_unknown"),
    (ADMINISTRATOR, "chief.90", None), (ADMINISTRATOR, "neighbour", None), (ADMINISTRATOR, "chief", "account_oneself"),
])
def test_a_reset_reaches_as_far_as_the_own_grant_and_never_oneself(place, session: Session, who: By, name, refusal):
    _people(session)
    if refusal is None:
        issued = accounts.renew(session, who, name, accounts.RESET, TODAY)
        assert store.by_name(session, name).passphrase is None
        assert accounts.code_of(session, issued.code, TODAY).purpose == accounts.RESET
    else:
        with pytest.raises(Refusal) as refused:
            accounts.renew(session, who, name, accounts.RESET, TODAY)
        assert refused.value.code == refusal
        assert store.by_name(session, name) is None or store.by_name(session, name).passphrase == "kept"


def test_one_wider_grant_keeps_a_whole_account_out_of_reach(place: Flask, session: Session):
    """A help desk of one province does not reset somebody who also works for another."""
    _people(session)
    accounts.grant(session, ADMINISTRATOR, "officer", Grant(Role.UNIT_OFFICER, "911"), TODAY)
    with pytest.raises(Refusal, match="account_above"):
        accounts.renew(session, HELP, "officer", accounts.RESET, TODAY)
    [wider] = [held.id for held in store.held_by(session, store.by_name(session, "officer").id)
               if held.grant.unit == "911"]
    accounts.end_grant(session, ADMINISTRATOR, "officer", wider, TODAY - timedelta(days=1), TODAY)
    assert accounts.renew(session, HELP, "officer", accounts.RESET, TODAY)


def test_nobody_gives_roles_to_oneself_or_beyond_the_own_reach(place: Flask, session: Session):
    _people(session)
    for who, name, given, refusal in (
        (OF_PROVINCE, "chief.90", Grant(Role.PROVINCE_MANAGER, "90"), "account_oneself"),
        (OF_PROVINCE, "officer", Grant(Role.ADMINISTRATOR), "grant_beyond"),
        (OF_PROVINCE, "officer", Grant(Role.UNIT_OFFICER, "911"), "unit_unknown"),
        (HELP, "officer", Grant(Role.UNIT_OFFICER, "901"), "access_denied"),
    ):
        with pytest.raises(Refusal) as refused:
            accounts.grant(session, who, name, given, TODAY)
        assert refused.value.code == refusal
    accounts.grant(session, OF_PROVINCE, "officer", Grant(Role.ADMINISTRATOR, "90"), TODAY)


def test_a_reset_of_both_factors_takes_the_second_away(place: Flask, session: Session):
    _people(session)
    store.change(session, store.by_name(session, "manager").id, second_factor="kept", recovery="[]")
    accounts.renew(session, OF_PROVINCE, "manager", accounts.RESET, TODAY)
    session.expire_all()
    assert store.by_name(session, "manager").second_factor == "kept"
    accounts.renew(session, OF_PROVINCE, "manager", accounts.FACTOR, TODAY)
    session.expire_all()
    assert store.by_name(session, "manager").second_factor is None


def test_a_reset_signs_the_person_out_and_kills_the_old_passphrase(place, client: FlaskClient, session: Session):
    staff.add_account(client, "officer", Grant(Role.UNIT_OFFICER, "902"))
    right = {"name": "officer", "passphrase": PASSPHRASE}
    send(client, "/account/sign-in", right)
    assert client.get("/account/").status_code == 200
    accounts.renew(session, HELP, "officer", accounts.RESET, server_day())
    session.commit()
    assert client.get("/account/").status_code == 303
    assert send(client, "/account/sign-in", right).status_code == 422


# handover


def test_a_handover_ends_and_begins_on_neighbouring_days(place: Flask, session: Session):
    _people(session)
    last = TODAY + timedelta(days=7)
    session.add(DraftRow(kind="index", name="own", content="", author="officer", changed=TODAY, state="draft"))
    session.flush()
    assert [(each.kind, each.what) for each in handover.open_of(session, store.by_name(session, "officer"))] == [
        ("draft", "index:own")
    ]
    heir = NewAccount("heir", "Trần Văn Nối", "902", ())
    issued = handover.hand_over(session, OF_PROVINCE, "officer", last, heir, TODAY)
    session.expire_all()
    assert issued.account.name == "heir"
    assert store.by_name(session, "officer").held == (Grant(Role.UNIT_OFFICER, "902", None, last),)
    assert store.by_name(session, "heir").held == (Grant(Role.UNIT_OFFICER, "902", last + timedelta(days=1), None),)
    assert store.by_name(session, "officer").opens(last)
    assert not store.by_name(session, "officer").opens(last + timedelta(days=1))
    assert "account.handed_over" in actions(session)


def test_a_handover_to_somebody_who_may_not_have_the_roles_changes_nothing(place: Flask, session: Session):
    _people(session)
    accounts.invite(session, ADMINISTRATOR, new("clerk", Role.ENTRY_CLERK, "90", None), TODAY)
    session.commit()
    with pytest.raises(Refusal, match="grant_graded"):  # a commune's officer cannot take over the keying
        handover.hand_over(session, ADMINISTRATOR, "clerk", TODAY, "officer", TODAY)
    session.rollback()
    assert store.by_name(session, "clerk").last_day is None
    assert store.by_name(session, "clerk").held[0].valid_to is None


# lists


HEADER = "name,display,workplace,role,unit,valid_from,valid_to\n"


def test_a_list_makes_every_account_with_a_letter_each(place: Flask, runner: FlaskCliRunner, tmp_path):
    file, letters = tmp_path / "list.csv", tmp_path / "letters.pdf"
    rows = [f"can.bo.{n},Cán bộ số {n},902,unit_officer,902,,31/12/2030\n" for n in range(230)]
    file.write_text(HEADER + "".join(rows) + "can.bo.0,Cán bộ số 0,902,Cán bộ phát thẻ mời đánh giá,902,,\n")
    done = runner.invoke(args=["accounts", "create-list", str(file), "--letters", str(letters)])
    assert (done.exit_code, done.output.strip()) == (0, "230")
    assert len(pypdfium2.PdfDocument(letters)) == 230
    assert letters.stat().st_mode & 0o077 == 0
    listed = runner.invoke(args=["accounts", "list", "--json"]).output
    assert listed.count('"invited"') == 231  # one of them holds two roles


def test_a_list_with_faults_makes_nothing_and_names_row_and_column(place: Flask, runner: FlaskCliRunner, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text(
        HEADER + "tot,Người Tốt,902,unit_officer,902,,\n"
        "x,Tên Ngắn,902,unit_officer,902,,\n"
        "vai,Vai Lạ,902,boss,902,,\n"
        "cho,Chỗ Lạ,902,unit_officer,999,,\n"
        "ngay,Ngày Lạ,902,unit_officer,902,hôm qua,\n"
        "phieu,Nhập Phiếu,902,entry_clerk,90,,\n"
        "tot,Người Khác,902,unit_officer,901,,\n"
        "cut,Dòng Cụt,902\n",
        encoding="utf-8",
    )
    done = runner.invoke(args=["accounts", "create-list", str(file), "--letters", str(tmp_path / "l.pdf")])
    assert done.exit_code == 1
    for place_ in ("dòng 3, cột name", "dòng 4, cột role", "dòng 5, cột unit", "dòng 6, cột valid_from",
                   "dòng 7, cột role", "dòng 8, cột name", "dòng 9"):
        assert place_ in done.stderr, place_
    assert runner.invoke(args=["accounts", "list", "--json"]).output.strip() == "[]"
    assert not (tmp_path / "l.pdf").exists()


def test_the_file_to_fill_in_comes_back_with_its_own_headings_and_one_fault_a_cell(place: Flask, client: FlaskClient):
    staff.sign_in(client)
    template = client.get("/accounts/list/template.csv").text.lstrip("\ufeff")
    assert template.startswith("Tên đăng nhập,Họ và tên,Mã nơi công tác,Vai trò,Mã đơn vị,Từ ngày,Đến hết ngày")
    header = template.splitlines()[0]

    def previewed(line: str) -> str:
        sent = {"csrf_token": token(client.get("/accounts/list")), "content": f"{header}\n{line}\n"}
        return client.post("/accounts/list", data=sent).text

    assert "Tạo 1 tài khoản" in previewed("lan.nguyen,Nguyễn Thị Lan,902,Cán bộ đầu mối của đơn vị,902,,31/12/2030")
    faulty = previewed("lan.nguyen,Nguyễn Thị Lan,902,Vua,902,,31/02/2030")
    assert "cột Vai trò: Không có vai trò" in faulty
    assert "Chưa chọn vai trò" not in faulty
    assert "cột Đến hết ngày: “31/02/2030” không phải một ngày có thật; hãy viết như 31/07/2026." in faulty


def test_a_workbook_is_previewed_then_carried_out(place: Flask, client: FlaskClient):
    staff.sign_in(client)
    book = Workbook()
    book.active.append(HEADER.strip().split(","))
    role = "Cán bộ đầu mối của đơn vị"
    book.active.append(["lan.nguyen", "Nguyễn Thị Lan", 902, role, 902, None, date(2030, 12, 31)])
    content = io.BytesIO()
    book.save(content)
    form = client.get("/accounts/list")
    sent = {"csrf_token": token(form), "file": (io.BytesIO(content.getvalue()), "danh sach.xlsx")}
    preview = client.post("/accounts/list", data=sent)
    assert preview.status_code == 200
    assert "Xã Lệ Thủy" in preview.text
    with place.app_context():
        assert not CODE.search(preview.text)
    text = re.search(r'name="content" value="([^"]*)"', preview.text)[1]
    made = client.post("/accounts/list", data={"csrf_token": token(preview), "content": text, "carry_out": "1"})
    codes = re.search(r'name="codes" value="([^"]+)"', made.text)[1]
    letter = client.post("/accounts/letters.pdf", data={"csrf_token": token(made), "codes": codes})
    assert letter.mimetype == "application/pdf"
    words = pypdfium2.PdfDocument(letter.data)[0].get_textpage().get_text_range()
    assert codes.strip() in words
    assert "KÍN" in words
    assert "Nguyễn Thị Lan" in words


# pages


def test_the_form_invites_and_says_every_fault_beside_its_field(place: Flask, client: FlaskClient):
    staff.sign_in(client, Role.ADMINISTRATOR, "90")
    fields = {"name": "Lan Nguyễn", "display": "", "role": "unit_officer", "unit": "xã", "valid_to": "mai",
              "role_3": "auditor", "unit_3": "902"}
    reply = send(client, "/accounts/new", fields)
    assert reply.status_code == 422
    for field in ("name", "display", "unit", "valid_to", "unit_3"):
        assert f'id="{field}-problem"' in reply.text
    assert 'value="Lan Nguyễn"' in reply.text
    fields |= {"name": "lan.nguyen", "display": "Nguyễn Thị Lan", "unit": "le thuy", "valid_to": "2030-12-31",
               "unit_3": "90"}
    made = send(client, "/accounts/new", fields)
    assert made.status_code == 200
    assert len(CODE.findall(made.text)) >= 1
    assert made.headers["Cache-Control"] == "no-store"
    assert "lan.nguyen" in client.get("/accounts/?q=LAN").text
    assert "Xã Lệ Thủy" in client.get("/accounts/of/lan.nguyen").text


def test_the_list_takes_as_many_queries_for_230_accounts_as_for_ten(place: Flask, client: FlaskClient, session):
    from sqlalchemy import event

    from app.db import db

    staff.sign_in(client)
    taken = []
    for first, last in ((0, 10), (10, 230)):
        rows = [(n, new(f"can.bo.{n}")) for n in range(first, last)]
        accounts.invite_all(session, ADMINISTRATOR, rows, server_day())
        session.commit()
        client.get("/accounts/")
        seen: list[str] = []

        def count(*given: object, seen: list[str] = seen) -> None:
            seen.append(str(given[2]))

        with place.app_context():
            event.listen(db.engine, "before_cursor_execute", count)
        assert client.get("/accounts/?q=can").text.count("/accounts/of/can.bo") == min(last, 50)
        with place.app_context():
            event.remove(db.engine, "before_cursor_execute", count)
        taken.append(len(seen))
    assert taken[0] == taken[1] <= 12


def test_foreign_accounts_do_not_exist_and_higher_ones_show_no_buttons(place, client, session: Session):
    _people(session)
    session.commit()
    staff.sign_in(client, Role.HELP_DESK, "90")
    page = client.get("/accounts/").text
    assert "neighbour" not in page
    assert 'of/chief"' not in page
    for name in ("neighbour", "chief", "nobody"):
        assert client.get(f"/accounts/of/{name}").status_code == 404
        reply = send(client, f"/accounts/of/{name}/reset", {}, form_at="/accounts/of/officer")
        assert reply.status_code == 404
    assert "/reset" not in client.get("/accounts/of/manager").text
    assert "/reset" in client.get("/accounts/of/officer").text
    assert "/grants" not in client.get("/accounts/of/officer").text
    assert send(client, "/accounts/of/manager/reset", {}, form_at="/accounts/of/officer").status_code == 422


def test_a_reset_and_a_closing_are_asked_about_once_more(place, client: FlaskClient, session: Session):
    _people(session)
    session.commit()
    staff.sign_in(client, Role.ADMINISTRATOR)
    page = client.get("/accounts/of/officer").text
    for path in ("reset", "disable"):
        assert f'action="/accounts/of/officer/{path}"' not in page  # no button does it at once
        assert f'href="/accounts/of/officer/{path}"' in page
        asked = client.get(f"/accounts/of/officer/{path}").text
        assert f'method="post" action="/accounts/of/officer/{path}"' in asked
        assert 'href="/accounts/of/officer">Thôi' in asked
    assert 'name="purpose" value="factor"' in client.get("/accounts/of/officer/reset?purpose=factor").text
    assert not {"account.reset", "account.disabled"} & set(actions(session))  # looking did nothing
    session.rollback()
    staff.sign_in(other := place.test_client(), Role.HELP_DESK, "90")
    assert other.get("/accounts/of/manager/reset").status_code == 422  # told before the button, not after


def test_a_foreign_code_gives_no_letter(place: Flask, client: FlaskClient, session: Session):
    issued = accounts.invite(session, ADMINISTRATOR, new("neighbour", unit="911", workplace="911"), server_day())
    session.commit()
    staff.sign_in(client, Role.HELP_DESK, "90")
    form = token(client.get("/account/"))
    reply = client.post("/accounts/letters.pdf", data={"csrf_token": form, "codes": issued.code})
    assert reply.status_code == 400
    assert "account.letter_printed" not in actions(session)


def test_filters_find_by_unit_state_and_role(place: Flask, client: FlaskClient, session: Session):
    _people(session)
    session.commit()
    staff.sign_in(client)

    def found(query: str) -> set[str]:
        return set(re.findall(r'/accounts/of/([a-z.0-9]+)"', client.get(f"/accounts/?{query}").text))

    assert found("unit=902") == {"officer"}
    assert found("unit=le+thuy") == {"officer"}
    assert found("unit=90&role=unit_officer") == {"officer"}
    assert found("role=auditor") == {"auditor"}
    assert found("state=invited") == set()
    assert found("q=offi") == {"officer"}
    assert client.get("/accounts/?page=99&q=%00").status_code in {200, 400}


def test_no_code_and_no_passphrase_stands_in_the_trail(place: Flask, client: FlaskClient, session: Session):
    issued = accounts.invite(session, ADMINISTRATOR, new(), server_day())
    session.commit()
    fields = {"code": issued.code, "passphrase": NEW_PASSPHRASE, "again": NEW_PASSPHRASE}
    send(client, "/account/invitation", fields)
    session.expire_all()
    rows = session.query(AuditRow).all()
    assert {"account.invited", "account.taken_up", "account.signed_in"} <= {row.action for row in rows}
    everything = "".join(f"{row.before}{row.after}{row.subject}{row.actor}" for row in rows)
    assert issued.code not in everything
    assert issued.code.replace("-", "") not in everything
    assert NEW_PASSPHRASE not in everything


def test_every_action_of_accounts_has_words():
    from pathlib import Path

    from app.audit_words import WORDS

    said = set()
    for name in ("accounts", "own_account", "handover"):
        said |= set(re.findall(r'"(account\.[a-z_]+)"', Path(f"surveys/{name}.py").read_text(encoding="utf-8")))
    assert len(said) >= 15
    assert said <= WORDS.keys()


def test_commands_change_accounts_and_are_noted(place: Flask, runner: FlaskCliRunner, session: Session):
    def run(*words: str) -> str:
        done = runner.invoke(args=["accounts", *words])
        assert done.exit_code == 0, done.stderr
        return done.output

    run("add", "lan", "--role", "unit_officer", "--unit", "902", "--passphrase", PASSPHRASE)
    run("grant", "lan", "--role", "issuance_officer", "--unit", "902", "--to", "2030-12-31")
    [first, second] = store.held_by(session, store.by_name(session, "lan").id)
    session.rollback()
    run("end-grant", "lan", str(first.id))
    assert CODE.search(run("reset", "lan", "--factor"))
    run("disable", "lan")
    session.expire_all()
    account = store.by_name(session, "lan")
    assert account.state == store.DISABLED
    assert account.passphrase is None
    assert second.grant == Grant(Role.ISSUANCE_OFFICER, "902", None, date(2030, 12, 31))
    noted = [row for row in session.query(AuditRow) if row.actor.startswith("cli:") and "account" in row.subject]
    assert [row.action for row in noted] == [
        "account.invited", "account.taken_up", "account.granted", "account.grant_ended", "account.reset",
        "account.disabled",
    ]
    assert runner.invoke(args=["accounts", "disable", "nobody"]).exit_code == 1


def test_a_disabled_account_opens_again_only_with_a_new_code(place: Flask, session: Session):
    _people(session)
    accounts.disable(session, ADMINISTRATOR, "officer", TODAY)
    session.expire_all()
    assert not store.by_name(session, "officer").opens(TODAY)
    with pytest.raises(Refusal, match="account_closed"):
        accounts.renew(session, HELP, "officer", accounts.RESET, TODAY)
    issued = accounts.enable(session, ADMINISTRATOR, "officer", TODAY)
    session.expire_all()
    assert store.by_name(session, "officer").passphrase is None
    assert accounts.take_up(session, issued.code, "new", TODAY).opens(TODAY)


def test_the_end_of_a_grant_is_never_set_back_and_ended_ones_stay_on_record(place: Flask, session: Session):
    _people(session)
    [held] = store.held_by(session, store.by_name(session, "officer").id)
    with pytest.raises(Refusal, match="grant_past"):
        accounts.end_grant(session, OF_PROVINCE, "officer", held.id, TODAY - timedelta(days=30), TODAY)
    accounts.end_grant(session, OF_PROVINCE, "officer", held.id, TODAY + timedelta(days=9), TODAY)
    for later in (9, 10):  # nobody is signed out, and nothing is left unsaid, for what changes nothing
        with pytest.raises(Refusal, match="grant_ends_already"):
            accounts.end_grant(session, OF_PROVINCE, "officer", held.id, TODAY + timedelta(days=later), TODAY)
    accounts.end_grant(session, OF_PROVINCE, "officer", held.id, TODAY - timedelta(days=1), TODAY)
    session.expire_all()
    assert [each.grant.valid_to for each in store.held_by(session, store.by_name(session, "officer").id)] == [
        TODAY - timedelta(days=1)
    ]
    with pytest.raises(NotFound, match="grant_unknown"):
        accounts.end_grant(session, OF_PROVINCE, "officer", held.id, TODAY, TODAY)
