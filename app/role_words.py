"""What roles are called, and what each may do: one wording for accounts, letters, the demonstration's doors."""

from __future__ import annotations

from surveys.access import Role

ROLE_WORDS: dict[str, tuple[str, str]] = {
    "administrator": ("Quản trị hệ thống", "System administrator"),
    "province_manager": ("Quản lý khảo sát cấp tỉnh", "Province survey manager"),
    "analyst": ("Cán bộ phân tích số liệu", "Analyst"),
    "help_desk": ("Cán bộ hỗ trợ người dùng", "Help desk"),
    "auditor": ("Cán bộ kiểm tra, giám sát", "Auditor"),
    "observer": ("Đại diện đơn vị phối hợp giám sát", "Observer"),
    "issuance_officer": ("Cán bộ phát thẻ mời đánh giá", "Slip issuance officer"),
    "unit_officer": ("Cán bộ đầu mối của đơn vị", "Unit officer"),
    "entry_clerk": ("Cán bộ nhập phiếu", "Entry clerk"),
    "interviewer": ("Điều tra viên", "Interviewer"),
}
"""role -> (Vietnamese, English)"""

ROLE_TASKS: dict[str, tuple[str, str]] = {
    "administrator": (
        "Quản lý tài khoản, danh mục đơn vị; xem nhật ký. Không sửa phương pháp, không công bố số liệu.",
        "Looks after accounts and units, reads the audit trail. Changes no method, publishes no figures.",
    ),
    "province_manager": (
        "Tổ chức đợt khảo sát, soạn và duyệt phiếu hỏi, phương pháp, mục tiêu; đề nghị và xác nhận công bố.",
        "Runs waves, writes and approves questionnaires, methods and targets; proposes and confirms publication.",
    ),
    "analyst": (
        "Đọc và tải số liệu, so sánh phương pháp, soạn phiếu hỏi và phương pháp. Không duyệt, không công bố.",
        "Reads and downloads figures, compares methods, drafts definitions. Approves and publishes nothing.",
    ),
    "help_desk": (
        "Giúp người dùng đặt lại cụm mật khẩu, lớp xác thực thứ hai; xem tiến độ.",
        "Helps people to a new passphrase or second factor; sees the progress.",
    ),
    "auditor": (
        "Xem kết quả, tiến độ và toàn bộ nhật ký; kiểm tra nhật ký có bị sửa hay không. Không thay đổi gì.",
        "Sees results, progress and the whole audit trail, and verifies it. Changes nothing.",
    ),
    "observer": (
        "Mặt trận Tổ quốc, Hội Cựu chiến binh: xem số phiếu và cách làm, không xem câu trả lời.",
        "Fatherland Front, Veterans' Association: sees counts and procedures, no answers.",
    ),
    "issuance_officer": (
        "In áp phích mã QR, phát thẻ mời đánh giá cho người đã nhận kết quả; xem số thẻ đã phát, đã dùng.",
        "Prints posters, issues slips to people whose dossiers are settled; sees how many were used.",
    ),
    "unit_officer": (
        "Xem kết quả và tiến độ của đơn vị mình, in áp phích mã QR. Không xem, không nhập từng phiếu.",
        "Sees the results and progress of the own unit, prints its posters. Sees and keys no single form.",
    ),
    "entry_clerk": (
        "Nhập phiếu giấy của người dân. Không làm việc tại đơn vị được đánh giá.",
        "Keys citizens' paper forms. Does not work at a unit that is graded.",
    ),
    "interviewer": (
        "Hỏi trực tiếp người dân. Không làm việc tại đơn vị được đánh giá.",
        "Interviews citizens. Does not work at a unit that is graded.",
    ),
}
"""role -> (Vietnamese, English): what it may do, in a line or two"""


def role_word(role: Role | str, language: str = "vi") -> str:
    """What a role is called."""
    return ROLE_WORDS[str(role)][1 if language == "en" else 0]


def role_task(role: Role | str, language: str = "vi") -> str:
    """What a role may do."""
    return ROLE_TASKS[str(role)][1 if language == "en" else 0]
