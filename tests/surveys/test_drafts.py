"""A definition on its way: nothing typed is lost, what is proposed is locked, and exactly that is adopted."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys import approvals, drafts, recordings
from surveys.approvals import Proposal, State
from surveys.definition_starts import EXAMPLES, INDEX, QUESTIONNAIRE
from surveys.drafts import Draft
from surveys.errors import DefinitionRefusal, NotFound, Refusal
from surveys.fields import FieldList
from surveys.indexes.model import IndexDefinition
from surveys.questionnaires import load as questionnaire_files
from surveys.questionnaires.model import Questionnaire
from surveys.store import definitions
from surveys.store.tables import AuditRow, DraftRow
from tests.surveys.malformed_definitions import TRANSLATION

TODAY, LATER = date(2026, 8, 1), date(2026, 8, 2)
NAME = "phieu-mau"


def saved(session: Session, content: str = QUESTIONNAIRE, kind: str = "questionnaire", **more: object) -> Draft:
    return drafts.save(session, kind, content, author="lan", today=TODAY, **more)  # type: ignore[arg-type]


def proposed(session: Session, draft: Draft) -> Proposal:
    return drafts.propose(session, draft.id, actor="lan", reason="đợt mới", today=TODAY)


def adopted(session: Session, content: str = QUESTIONNAIRE, kind: str = "questionnaire") -> Draft:
    draft = saved(session, content, kind)
    approvals.decide(session, proposed(session, draft).id, True, actor="minh", answer="", today=LATER)
    return drafts.draft(session, draft.id)


def refused(code: str, do: object, *args: object, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        do(*args, **more)  # type: ignore[operator]
    assert caught.value.code == code
    return caught.value


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditRow.action).order_by(AuditRow.seq)))


def test_a_faulty_text_is_kept_as_it_was_typed(session: Session) -> None:
    text = 'name = "phieu-mau"\nkind = \n# đang viết dở "'
    draft = saved(session, text)
    assert (draft.content, draft.name, draft.state, draft.revision) == (text, NAME, "draft", 1)
    (fault,) = drafts.faults(session, draft)
    assert (fault.code, fault.row) == ("definition_syntax", 2)


def test_lines_from_a_form_and_what_no_database_keeps_are_made_plain(session: Session) -> None:
    assert saved(session, "a\r\nb\rc\x00\ud800").content == "a\nb\nc\ufffd?"


def test_a_name_that_no_database_holds_is_a_fault_like_any_other(session: Session) -> None:
    for kind, key in drafts.NAMED_BY.items():
        text = EXAMPLES[kind].replace(f'{key} = "{NAME}"', f'{key} = "a\\u0000b"')
        draft = saved(session, text, kind)
        assert draft.name == "a\ufffdb"
        assert key in {fault.column for fault in drafts.faults(session, draft)}


def test_two_writers_do_not_undo_each_other(session: Session) -> None:
    draft = saved(session)
    mine = QUESTIONNAIRE.replace("đủ chỗ ngồi", "nhiều chỗ ngồi")
    second = saved(session, mine, draft_id=draft.id, revision=1)
    assert second.revision == 2
    refused("draft_changed_meanwhile", saved, session, QUESTIONNAIRE + "# x\n", draft_id=draft.id, revision=1)
    refused("draft_changed_meanwhile", drafts.discard, session, draft.id, revision=1)
    assert drafts.draft(session, draft.id).content == mine


def test_saving_the_same_again_changes_nothing_and_is_not_noted(session: Session) -> None:
    draft = saved(session)
    assert saved(session, draft_id=draft.id, revision=1) == draft
    assert actions(session) == ["draft.begun"]


def test_a_draft_keeps_its_kind(session: Session) -> None:
    draft = saved(session)
    refused("draft_kind", saved, session, INDEX, "index", draft_id=draft.id)
    refused("draft_kind", saved, session, INDEX, "poll")


def test_what_is_proposed_is_locked_until_it_is_decided(session: Session) -> None:
    draft = saved(session)
    proposal = proposed(session, draft)
    refused("draft_locked", saved, session, QUESTIONNAIRE + "# x\n", draft_id=draft.id)
    refused("draft_locked", drafts.discard, session, draft.id)
    refused("draft_locked", proposed, session, draft)
    approvals.decide(session, proposal.id, False, actor="minh", answer="Sửa câu 2.", today=LATER)
    assert drafts.draft(session, draft.id).state == "rejected"
    again = saved(session, QUESTIONNAIRE + "# sửa\n", draft_id=draft.id)
    assert (again.state, again.revision) == ("draft", 2)


def test_a_proposal_taken_back_opens_the_draft_again(session: Session) -> None:
    draft = saved(session)
    approvals.withdraw(session, proposed(session, draft).id, actor="lan", today=LATER)
    assert drafts.draft(session, draft.id).state == "draft"


def test_nobody_adopts_what_they_proposed(session: Session) -> None:
    proposal = proposed(session, saved(session))
    refused("approval_same_person", approvals.decide, session, proposal.id, True, actor="lan", answer="", today=LATER)
    assert definitions.current(session, NAME) is None


def test_a_faulty_draft_is_not_proposed(session: Session) -> None:
    draft = saved(session, QUESTIONNAIRE.replace('id = "q2"', 'id = "q1"'))
    refusal = refused("definition_faulty", proposed, session, draft)
    assert [fault.code for fault in refusal.faults] == ["definition_id_twice"]
    assert drafts.draft(session, draft.id).state == "draft"


def test_what_is_adopted_is_the_text_that_was_proposed(session: Session) -> None:
    draft = saved(session)
    proposal = proposed(session, draft)
    row = session.get_one(DraftRow, draft.id)  # somebody with the database in hand
    row.content = QUESTIONNAIRE.replace("đủ chỗ ngồi", "nhiều chỗ ngồi")
    session.flush()
    refused("draft_changed_meanwhile", approvals.decide, session, proposal.id, True, actor="minh", answer="",
            today=LATER)
    assert definitions.current(session, NAME) is None


def test_adoption_stores_an_immutable_version_in_force_from_then_on(session: Session) -> None:
    draft = adopted(session)
    assert draft.state == "approved"
    found = definitions.current(session, NAME)
    assert found == questionnaire_files.parse(QUESTIONNAIRE.encode(), "x")
    refused("draft_finished", saved, session, INDEX, draft_id=draft.id)
    assert drafts.drafts(session) == ()
    assert [(a.what, a.name, a.content) for a in definitions.adoptions(session)] == [
        ("questionnaire", NAME, found.content if found else "")
    ]


def test_the_same_again_is_nothing_to_approve(session: Session) -> None:
    adopted(session)
    refused("draft_nothing_new", proposed, session, saved(session, QUESTIONNAIRE + "# chỉ thêm ghi chú\n"))


def test_a_version_seen_against_an_older_one_is_not_adopted_over_a_newer(session: Session) -> None:
    adopted(session)
    waiting = proposed(session, saved(session, QUESTIONNAIRE.replace("đủ chỗ ngồi", "nhiều chỗ ngồi")))
    adopted(session, QUESTIONNAIRE.replace("dễ tìm", "dễ thấy"))
    with pytest.raises(Refusal, match="draft_overtaken"), session.begin_nested():  # as a transaction rolls back
        approvals.decide(session, waiting.id, True, actor="minh", answer="", today=LATER)
    assert approvals.by_id(session, waiting.id).state is State.WAITING


def test_an_earlier_version_adopted_again_is_in_force_again(session: Session) -> None:
    adopted(session)
    adopted(session, QUESTIONNAIRE.replace("dễ tìm", "dễ thấy"))
    adopted(session)
    found = definitions.current(session, NAME)
    assert found is not None
    assert found.question("q2").text["vi"].endswith("dễ tìm")


def test_a_department_s_version_stands_over_a_shipped_file(session: Session) -> None:
    shipped = questionnaire_files.shipped()["counter-short"]
    definitions.publish(session, shipped, TODAY)
    text = drafts.begun_from(session, "questionnaire", "counter-short").replace("Nơi ngồi chờ và", "Chỗ ngồi và")
    assert definitions.current(session, "counter-short") == shipped
    adopted(session, text)
    own = definitions.current(session, "counter-short")
    assert own is not None
    assert own.question("f1").text["vi"] == "Chỗ ngồi và trang thiết bị"
    definitions.publish(session, shipped, TODAY)  # a wave of the shipped file changes nothing of that
    assert definitions.current(session, "counter-short") == own


def test_an_index_may_be_proposed_with_its_questionnaire_and_is_adopted_after_it(session: Session) -> None:
    form, index = saved(session), saved(session, INDEX, "index")
    assert drafts.faults(session, index) == ()
    first, second = proposed(session, form), proposed(session, index)
    refusal = refused("definition_faulty", approvals.decide, session, second.id, True, actor="minh", answer="",
                      today=LATER)
    assert {fault.code for fault in refusal.faults} == {"definition_index_questionnaire_unknown"}
    approvals.decide(session, first.id, True, actor="minh", answer="", today=LATER)
    session.expire_all()
    found = drafts.resolved(session, drafts.draft(session, index.id))
    assert isinstance(found, IndexDefinition)


def test_targets_make_a_version_of_the_index_and_leave_the_rest(session: Session) -> None:
    adopted(session)
    adopted(session, INDEX, "index")
    before = definitions.current_index(session, NAME)
    adopted(session, EXAMPLES["targets"].replace("0.85", "0.9"), "targets")
    after = definitions.current_index(session, NAME)
    assert before is not None
    assert after is not None
    assert [target.value for target in after.targets] == [0.9]
    assert (after.tree, after.scores, after.attributions) == (before.tree, before.scores, before.attributions)
    adopted(session, f'index = "{NAME}"\ntargets = []\n', "targets")
    emptied = definitions.current_index(session, NAME)
    assert emptied is not None
    assert emptied.targets == ()


def test_a_translation_and_recordings_are_the_same_instrument(session: Session) -> None:
    adopted(session)
    before = definitions.current(session, NAME)
    adopted(session, TRANSLATION, "translation")
    translated = definitions.current(session, NAME)
    sound = recordings.add(session, b"ID3" + bytes(50), "q1.mp3", TODAY)
    adopted(session, f'questionnaire = "{NAME}"\n[recordings.vi]\nq1 = "{sound.digest}"\n', "recordings")
    spoken = definitions.current(session, NAME)
    assert before is not None
    assert translated is not None
    assert spoken is not None
    assert len({before.content, translated.content, spoken.content}) == 3
    assert before.instrument == translated.instrument == spoken.instrument
    assert translated.languages == ("vi", "en")
    assert translated.question("q1").options[4].text["en"] == "Very satisfied"
    assert spoken.recordings == {"vi": {"q1": sound.digest}}
    assert spoken.question("q1").text["en"] == "Enough seats"
    stored = definitions.newest(session, NAME)
    assert stored == spoken


def test_a_recording_that_nobody_uploaded_is_a_fault(session: Session) -> None:
    adopted(session)
    text = f'questionnaire = "{NAME}"\n[recordings.vi]\nq1 = "{"0" * 64}"\n'
    (fault,) = drafts.faults(session, saved(session, text, "recordings"))
    assert (fault.code, fault.column, fault.row) == ("definition_recording_unknown", "recordings.vi.q1", 3)


def test_a_list_of_fields_is_adopted(session: Session) -> None:
    adopted(session, EXAMPLES["fields"], "fields")
    found = definitions.current_fields(session, NAME)
    assert isinstance(found, FieldList)
    assert found.of("HT.001", date(2026, 1, 1)) == found.entries[0]
    assert found.of("XX.001", date(2026, 1, 1)) is None
    assert found.on(date(2020, 1, 1)) == ()
    assert definitions.names(session, "fields") == (NAME,)


@pytest.mark.parametrize("kind", drafts.KINDS)
def test_a_new_draft_starts_from_what_is_in_force_else_from_an_example(session: Session, kind: str) -> None:
    assert drafts.begun_from(session, kind, "") == EXAMPLES[kind]
    assert '"mot-phieu-moi"' in drafts.begun_from(session, kind, "mot-phieu-moi")
    if kind == "fields":
        return
    text = drafts.begun_from(session, kind, "sipas-transaction")
    draft = saved(session, text, kind)
    assert drafts.faults(session, draft) == ()
    refused("draft_nothing_new", proposed, session, draft)


def test_the_kind_of_a_text_is_told_from_its_keys(session: Session) -> None:
    for kind, text in EXAMPLES.items():
        assert drafts.kind_of(text) == kind
    assert drafts.kind_of("= broken") == "questionnaire"


def test_versions_are_found_by_name_by_content_and_as_drafts(session: Session) -> None:
    adopted(session)
    first = definitions.current(session, NAME)
    adopted(session, QUESTIONNAIRE.replace("dễ tìm", "dễ thấy"))
    draft = saved(session, QUESTIONNAIRE.replace("dễ tìm", "dễ vào"))
    assert isinstance(first, Questionnaire)
    assert drafts.named(session, "questionnaire", f"{NAME}@{first.content[:12]}") == first
    assert drafts.named(session, "questionnaire", NAME) == definitions.current(session, NAME)
    found = drafts.named(session, "questionnaire", f"draft:{draft.id}")
    assert isinstance(found, Questionnaire)
    assert found.question("q2").text["vi"].endswith("dễ vào")
    for word in ("nobody", f"{NAME}@ffffffff", "draft:99", f"{NAME}@%"):
        with pytest.raises(NotFound):
            drafts.named(session, "questionnaire", word)
    with pytest.raises(NotFound):
        drafts.named(session, "index", f"draft:{draft.id}")


def test_every_step_is_noted_without_the_text_itself(session: Session) -> None:
    adopted(session)
    drafts.discard(session, saved(session, QUESTIONNAIRE + "# x\n").id)
    assert actions(session) == [
        "draft.begun", "proposal.made", "draft.proposed", "definition.adopted", "proposal.approved", "draft.begun",
        "draft.discarded",
    ]
    written = session.scalars(select(AuditRow.after)).all()
    assert not any("chỗ ngồi" in (text or "") for text in written)


def test_a_discarded_draft_is_gone(session: Session) -> None:
    draft = saved(session)
    drafts.discard(session, draft.id, revision=1)
    refused("draft_unknown", drafts.draft, session, draft.id)
    refused("draft_unknown", drafts.draft, session, 2**40)


def test_an_upload_is_decoded_or_refused_with_its_line(session: Session) -> None:
    assert drafts.text_of(b"\xef\xbb\xbfname = 1", "f.toml") == "name = 1"
    with pytest.raises(DefinitionRefusal) as caught:
        drafts.text_of("a\nPhiếu".encode("utf-16"), "f.toml")
    assert caught.value.faults[0].code == "definition_not_utf8"
