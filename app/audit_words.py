"""What stands in the audit trail, in words: action -> (Vietnamese, English)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from app import numerals, wording
from app.role_words import ROLE_WORDS, role_word
from surveys.audit import Entry
from surveys.days import iso_day

WORDS: dict[str, tuple[str, str]] = {
    # the trail itself, four eyes, comments
    "audit.read": ("Xem nhật ký", "Read the audit trail"),
    "audit.exported": ("Tải nhật ký về máy", "Exported the audit trail"),
    "audit.verified": ("Kiểm tra tính toàn vẹn của nhật ký", "Verified the audit trail"),
    "audit.mark_taken": ("Nhận lại mốc sau khi khôi phục bản sao lưu", "Took the trail's mark anew after a restore"),
    "backup.created": ("Tạo bản sao lưu", "Made a backup"),
    "backup.drilled": ("Diễn tập khôi phục", "Practised a restore"),
    "backup.restored": ("Khôi phục từ bản sao lưu", "Restored from a backup"),
    "proposal.made": ("Đề nghị, chờ người thứ hai xác nhận", "Proposed, for a second person to confirm"),
    "proposal.approved": ("Xác nhận đề nghị", "Confirmed a proposal"),
    "proposal.rejected": ("Từ chối đề nghị", "Rejected a proposal"),
    "proposal.withdrawn": ("Rút đề nghị", "Withdrew a proposal"),
    "comments.read": ("Đọc ý kiến góp ý", "Read comments"),
    "comments.released": ("Công khai ý kiến góp ý cho đơn vị", "Released comments to the unit"),
    "comments.expired": ("Xóa ý kiến góp ý quá thời hạn lưu giữ", "Deleted comments past their time"),
    # accounts
    "account.set_up": ("Tạo tài khoản quản trị đầu tiên", "Created the first administrator"),
    "account.invited": ("Mời, tạo tài khoản", "Invited, account made"),
    "account.taken_up": ("Dùng mã trong thư, chọn cụm mật khẩu", "Used a letter's code, chose a passphrase"),
    "account.letter_printed": ("In thư niêm phong", "Printed a sealed letter"),
    "account.signed_in": ("Đăng nhập", "Signed in"),
    "account.reset": ("Cấp lại, thư mới", "Reset, new letter"),
    "account.granted": ("Giao vai trò", "Gave a role"),
    "account.grant_ended": ("Kết thúc vai trò", "Ended a role"),
    "account.moved": ("Đổi nơi công tác", "Changed the workplace"),
    "account.disabled": ("Đóng tài khoản", "Closed an account"),
    "account.enabled": ("Mở lại tài khoản", "Opened an account again"),
    "account.leaves": ("Ghi ngày làm việc cuối", "Noted the last working day"),
    "account.handed_over": ("Bàn giao", "Handed over"),
    "account.passphrase_changed": ("Đổi cụm mật khẩu", "Changed the own passphrase"),
    "account.second_factor_set": ("Đặt lớp xác thực thứ hai", "Set up the second factor"),
    "account.second_factor_removed": ("Tắt lớp xác thực thứ hai", "Switched the second factor off"),
    "account.recovery_renewed": ("Tạo bộ mã dự phòng mới", "Made new recovery codes"),
    "account.recovery_used": ("Dùng một mã dự phòng", "Used a recovery code"),
    "account.language_chosen": ("Chọn ngôn ngữ", "Chose a language"),
    "account.session_ended": ("Kết thúc phiên đăng nhập", "Ended a session"),
    # definitions
    "draft.begun": ("Lập bản thảo", "Began a draft"),
    "draft.changed": ("Sửa bản thảo", "Changed a draft"),
    "draft.discarded": ("Xóa bản thảo", "Discarded a draft"),
    "draft.proposed": ("Trình bản thảo", "Proposed a draft"),
    "draft.rejected": ("Trả lại bản thảo", "Sent a draft back"),
    "draft.withdrawn": ("Rút bản thảo đã trình", "Took a proposed draft back"),
    "definition.adopted": ("Duyệt phiên bản mới", "Adopted a version"),
    "recording.added": ("Tải tệp âm thanh lên", "Uploaded a sound"),
    # waves, publications
    "wave.created": ("Lập đợt khảo sát", "Created a wave"),
    "wave.edited": ("Sửa kế hoạch đợt khảo sát", "Changed the plan of a wave"),
    "wave.opened": ("Mở đợt khảo sát", "Opened a wave"),
    "wave.closed": ("Kết thúc thu thập", "Ended collection"),
    "wave.reopened": ("Mở lại đợt khảo sát", "Opened a wave again"),
    "wave.moved": ("Chuyển trạng thái đợt khảo sát", "Moved a wave on"),
    "wave.days": ("Đổi ngày của đợt khảo sát", "Changed the days of a wave"),
    "wave.fixed": ("Chốt số liệu", "Fixed the figures"),
    "wave.revised": ("Phát bản dịch mới của phiếu hỏi", "Handed out a new version of the form"),
    "wave.populations": ("Ghi số hồ sơ của các đơn vị", "Told the units’ counts"),
    "wave.points": ("Tạo điểm đánh giá", "Made points"),
    "wave.published": ("Công bố số liệu", "Published the figures"),
    "wave.corrected": ("Đính chính số liệu", "Corrected the figures"),
    "wave.wiped": ("Xóa phiếu của đợt tập huấn", "Wiped a training wave"),
    "wave.deleted": ("Xóa đợt tập huấn", "Deleted a training wave"),
    "scores.correction": ("Tính lại số liệu để đính chính", "Computed the figures anew for a correction"),
    # units
    "unit.imported": ("Nhập danh mục đơn vị từ tệp", "Imported units from a file"),
    "unit.loaded": ("Nạp danh mục đơn vị cả nước", "Loaded the national list of units"),
    "unit.succeeded": ("Sáp nhập, chia tách, đổi tên đơn vị", "Merged, split or renamed units"),
    "unit.corrected": ("Sửa tên hoặc văn bản ghi sai của đơn vị", "Corrected a unit's name or decree"),
    # results, answers
    "results.exported": ("Tải số liệu về máy", "Exported figures"),
    "answers.imported": ("Nhập phiếu từ tệp", "Imported answers from a file"),
    "slips.issued": ("Cấp thẻ mời đánh giá", "Gave out slips"),
    # the installation
    "keys.rotated": ("Đổi bộ khóa", "Rotated the keys"),
    "keys.retired": ("Thôi nhận bộ khóa cũ", "Retired old keys"),
    "database.moved": ("Chuyển sang cơ sở dữ liệu khác", "Moved to another database"),
}


def said(action: str, language: str = "vi") -> str:
    """The action in words; one without words is shown by its code rather than hidden."""
    pair = WORDS.get(action)
    return action if pair is None else pair[_place(language)]


def _place(language: str) -> int:
    return 0 if language == "vi" else 1


def choices(language: str) -> list[tuple[str, str]]:
    """(action, words) of every action, by its words."""
    return sorted(((action, pair[_place(language)]) for action, pair in WORDS.items()), key=lambda pair: pair[1])


SUBJECTS: Mapping[str, tuple[str, str]] = {
    "wave": ("Đợt khảo sát", "Wave"), "results": ("Kết quả", "Results"), "unit": ("Đơn vị", "Unit"),
    "units": ("Danh mục đơn vị", "Units"), "account": ("Tài khoản", "Account"),
    "accounts": ("Danh sách tài khoản", "Accounts"), "proposal": ("Đề nghị số", "Proposal no."),
    "comments": ("Ý kiến góp ý", "Comments"), "draft": ("Bản thảo", "Draft"),
    "definition": ("Định nghĩa", "Definition"),
    "questionnaire": ("Phiếu hỏi", "Questionnaire"), "index": ("Phương pháp tính chỉ số", "Index definition"),
    "publication": ("Bản công bố", "Publication"), "points": ("Điểm đánh giá", "Collection points"),
    "point": ("Điểm đánh giá", "Collection point"), "slips": ("Thẻ mời đánh giá", "Slips"),
    "audit": ("Nhật ký", "Audit trail"), "session": ("Phiên làm việc", "Session"),
    "letters": ("Thư niêm phong", "Sealed letters"), "responses": ("Ý kiến", "Answers"),
    "database": ("Cơ sở dữ liệu", "Database"), "keys": ("Bộ khóa", "Keys"),
}
"""kind of a subject -> words"""


def subject_said(subject: str, language: str = "vi") -> str:
    """'wave:W1/X1' -> 'Đợt khảo sát W1/X1'"""
    kind, _, code = subject.partition(":")
    pair = SUBJECTS.get(kind)
    if pair is None:
        return subject
    return pair[_place(language)] if kind == "audit" else f"{pair[_place(language)]} {code}".strip()


DOORS: Mapping[str, tuple[str, str]] = {
    "department": ("Sở Nội vụ", "Department of Home Affairs"),
    "second": ("Sở Nội vụ, người thứ hai", "Department of Home Affairs, second person"),
    "analyst": ("Sở Nội vụ, phân tích số liệu", "Department of Home Affairs, analyst"),
    "administrator": ("Quản trị hệ thống", "System administrator"), "auditor": ("Cán bộ kiểm tra", "Auditor"),
    "observer": ("Mặt trận Tổ quốc, Hội Cựu chiến binh", "Observer"), "commune": ("Cán bộ xã", "Commune officer"),
}
"""the demonstration's doors by their keys; one without words is said by its key"""


KEYS: Mapping[str, tuple[str, str]] = {
    "state": ("Trạng thái", "State"), "unit": ("Đơn vị", "Unit"), "role": ("Vai trò", "Role"),
    "title": ("Tên", "Title"), "opens": ("Ngày mở", "Opens"), "closes": ("Ngày kết thúc", "Closes"),
    "late_until": ("Nhận phiếu giấy muộn đến", "Late paper until"), "official": ("Nguồn chính thức", "Official bases"),
    "questionnaire": ("Phiếu hỏi", "Questionnaire"), "index": ("Phương pháp tính", "Method"),
    "province_code": ("Tỉnh", "Province"), "target": ("Mục tiêu", "Target"), "reason": ("Lý do", "Reason"),
    "decision": ("Số quyết định", "Decision"), "decision_day": ("Ngày quyết định", "Day of the decision"),
    "edition": ("Bản công bố thứ", "Edition"), "kind": ("Loại", "Kind"), "name": ("Tên", "Name"),
    "content": ("Mã nội dung", "Digest"), "document": ("Mã của đề nghị", "Digest of the proposal"),
    "subject": ("Đối tượng", "Subject"), "answer": ("Ý kiến", "Answer"),
    "proposed_by": ("Người đề nghị", "Proposed by"),
    "comments": ("Số ý kiến", "Comments"), "answers": ("Số phiếu", "Answers"), "slips": ("Số thẻ", "Slips"),
    "handled_by": ("Cơ quan giải quyết", "Handled by"), "format": ("Định dạng", "Format"),
    "table": ("Bảng ngày", "Table of"),
    "workplace": ("Nơi công tác", "Workplace"), "display": ("Họ tên", "Full name"), "purpose": ("Mục đích", "Purpose"),
    "until": ("Đến hết ngày", "Until"), "last_day": ("Ngày cuối", "Last day"), "file": ("Tệp", "File"),
    "decree": ("Văn bản", "Decree"), "succession": ("Kế thừa", "Succession"), "made": ("Số đã tạo", "Made"),
    "points": ("Điểm đánh giá", "Points"), "checked": ("Số mục đã kiểm tra", "Entries checked"),
    "digest": ("Mốc", "Mark"), "broken": ("Chỗ sai", "Break"), "whole": ("Kiểm tra đến hết", "Looked to the end"),
    "entries": ("Số mục", "Entries"), "proposal": ("Đề nghị số", "Proposal no."), "revision": ("Lần sửa", "Revision"),
    "actor": ("Người thực hiện", "Done by"), "action": ("Việc", "Action"), "start": ("Từ ngày", "From"),
    "end": ("Đến hết ngày", "To"), "before": ("Trước mục", "Before entry"), "training": ("Tập huấn", "Training"),
    "from": ("Từ ngày", "From"), "to": ("Đến hết ngày", "Until"), "grants": ("Vai trò", "Roles"),
    "units_day": ("Theo địa giới ngày", "Units of"), "kept_until": ("Giữ đến hết ngày", "Kept until"),
    "retired": ("Bộ khóa thôi nhận", "Keys retired"), "early": ("Trước hạn", "Before their day"),
}
"""key of a value -> words; a key without words is shown as it is"""


STATES: Mapping[str, tuple[str, str]] = {
    **wording.STATES,
    "invited": ("đã mời, chưa mở", "invited"), "active": ("đang hoạt động", "active"),
    "disabled": ("ngừng hoạt động", "closed"),
    "draft": ("đang soạn", "being written"), "proposed": ("đã trình", "proposed"), "waiting": ("đang chờ", "waiting"),
    "approved": ("đã xác nhận", "approved"), "rejected": ("đã từ chối", "rejected"),
    "withdrawn": ("đã rút", "withdrawn"),
}
"""states of waves, accounts, drafts and proposals: a state is called the same wherever it stands"""


def key_said(key: str, language: str) -> str:
    pair = KEYS.get(key)
    return key if pair is None else pair[_place(language)]


def actor_said(actor: str, language: str = "vi") -> str:
    kind, _, name = actor.partition(":")
    if kind == "demo" and name in DOORS:
        name = DOORS[name][_place(language)]
    pair = {"cli": ("dòng lệnh", "command line"), "demo": ("vai trình diễn", "demonstration")}.get(kind)
    return f"{name} ({pair[_place(language)]})" if pair and name else actor


@dataclass(frozen=True)
class Change:
    """One value of an entry, before and after; '' where there was none."""

    key: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """An entry as a page shows it."""

    seq: int
    time: str
    actor: str
    action: str
    subject: str
    changes: tuple[Change, ...]
    both: bool
    """there are values before and after"""
    after: Mapping[str, object]


def told(entry: Entry, zone: tzinfo, language: str) -> Told:
    before, after = _values(entry.before), _values(entry.after)
    changes = tuple(
        Change(key_said(key, language), _text(before.get(key), language, key), _text(after.get(key), language, key))
        for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)
    )
    return Told(
        entry.seq, datetime.fromtimestamp(entry.at, zone).strftime("%d/%m/%Y %H:%M:%S"),
        actor_said(entry.actor, language), said(entry.action, language), subject_said(entry.subject, language), changes,
        bool(before), after,
    )


def _values(written: str | None) -> dict[str, object]:
    found = json.loads(written) if written else {}
    return found if isinstance(found, dict) else {"": found}


def _text(value: object, language: str, key: str = "") -> str:
    """A value as it is read: days, states and roles in words, other texts bare, lists by commas."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _word(value, language, key)
    if isinstance(value, bool):
        return (("không", "có"), ("no", "yes"))[_place(language)][value]
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(_text(each, language, key) for each in value)
    if isinstance(value, list):
        return "; ".join(_text(each, language, key) for each in value)
    if isinstance(value, dict):
        told = ((name, _text(each, language, name)) for name, each in value.items())
        return ", ".join(f"{key_said(name, language)}: {said}" for name, said in told if said)
    return json.dumps(value, ensure_ascii=False)


def _word(text: str, language: str, key: str) -> str:
    if key == "state" and text in STATES:
        return STATES[text][_place(language)]
    if key == "role" and text in ROLE_WORDS:
        return role_word(text, language)
    try:
        return numerals.day(iso_day(text))
    except ValueError:
        return text
