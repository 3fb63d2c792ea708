"""What the page of the day says of a reminder: code -> (Vietnamese, English), and what the link is called."""

from __future__ import annotations

from collections.abc import Mapping

from app.language import current
from surveys.today import Next, Task

Pair = tuple[str, str]

TASKS: Mapping[str, tuple[Pair, Pair]] = {
    "wave_incomplete": (
        ("Đợt khảo sát còn thiếu {count} mục trong danh sách kiểm tra trước khi mở",
         "Lines of the checklist that are missing before the wave can open: {count}"),
        ("Xem danh sách kiểm tra", "See the checklist"),
    ),
    "wave_opens": (("Đợt khảo sát sắp mở", "The wave is about to open"), ("Xem đợt khảo sát", "See the wave")),
    "wave_open_now": (
        ("Đợt khảo sát đã đủ điều kiện, chờ mở", "The wave is ready and waits to be opened"),
        ("Mở đợt khảo sát", "Open the wave"),
    ),
    "wave_closes": (
        ("Đợt khảo sát sắp kết thúc thu thập", "Collection is about to end"), ("Xem tiến độ", "See the progress"),
    ),
    "wave_close_now": (
        ("Đã hết ngày thu thập; cần ghi kết thúc thu thập", "The last day is over; collection has to be ended"),
        ("Kết thúc thu thập", "End collection"),
    ),
    "wave_late": (
        ("Còn nhận nhập phiếu giấy đến muộn", "Late paper forms may still be keyed"),
        ("Xem đợt khảo sát", "See the wave"),
    ),
    "wave_fix": (("Cần chốt số liệu", "The figures have to be fixed"), ("Chốt số liệu", "Fix the figures")),
    "wave_publish": (
        ("Số liệu đã chốt; cần đề nghị công bố", "The figures are fixed; publication has to be proposed"),
        ("Đề nghị công bố", "Propose publication"),
    ),
    "training_wipe": (
        ("Đợt tập huấn đã kết thúc; cần xóa số liệu tập huấn", "The training wave is over; its data have to be wiped"),
        ("Xem đợt tập huấn", "See the training wave"),
    ),
    "units_silent": (
        ("{count} đơn vị chưa có phiếu nào, theo bảng số liệu gần nhất",
         "Units without an answer in the latest table: {count}"),
        ("Xem tiến độ", "See the progress"),
    ),
    "keying_later": (
        ("Đợt khảo sát đang thu thập. Màn hình nhập phiếu giấy chưa có trong phiên bản này",
         "Collection is running. This version has no screen for keying paper forms yet"),
        ("", ""),
    ),
    "publication_waits": (
        ("Đề nghị công bố chờ Ông/Bà xác nhận", "A publication waits for you to confirm it"),
        ("Xem và xác nhận", "Look and confirm"),
    ),
    "correction_waits": (
        ("Đề nghị đính chính chờ Ông/Bà xác nhận", "A correction waits for you to confirm it"),
        ("Xem và xác nhận", "Look and confirm"),
    ),
    "definition_waits": (
        ("Phiếu hỏi hoặc phương pháp chờ Ông/Bà duyệt", "A definition waits for you to approve it"),
        ("Xem và xác nhận", "Look and confirm"),
    ),
    "comments_waits": (
        ("Ý kiến góp ý chờ Ông/Bà xác nhận công khai cho đơn vị", "Comments wait for you to release them"),
        ("Xem và xác nhận", "Look and confirm"),
    ),
    "contacts_waits": (
        ("Đề nghị xóa thông tin liên hệ chờ Ông/Bà xác nhận", "A deletion of contacts waits for you"),
        ("Xem và xác nhận", "Look and confirm"),
    ),
    "proposal_rejected": (
        ("Đề nghị của Ông/Bà không được xác nhận", "What you proposed was not confirmed"),
        ("Xem lý do", "See why"),
    ),
    "draft_rejected": (
        ("Bản soạn của Ông/Bà không được duyệt", "Your draft was not approved"),
        ("Xem lý do và sửa", "See why, and change it"),
    ),
    "draft_unfinished": (
        ("Bản soạn của Ông/Bà chưa gửi duyệt", "Your draft has not been handed in"), ("Soạn tiếp", "Go on writing"),
    ),
    "wave_none": (
        ("Chưa có đợt khảo sát nào", "There is no survey wave yet"), ("Lập đợt khảo sát", "Plan a wave"),
    ),
    "managers_none": (
        ("Chưa có ai quản lý khảo sát cấp tỉnh", "Nobody manages the survey of a province yet"),
        ("Mời người quản lý", "Invite a manager"),
    ),
    "managers_few": (
        ("Mới có một người quản lý khảo sát; công bố và duyệt cần hai người",
         "Only one person manages surveys; publishing and approving take two"),
        ("Mời người thứ hai", "Invite a second one"),
    ),
    "invitations_waiting": (
        ("{count} người được mời chưa mở tài khoản", "Invited people who have not opened their account: {count}"),
        ("Xem tài khoản đã mời", "See the invited accounts"),
    ),
    "grants_gone": (
        ("{count} tài khoản còn quyền tại đơn vị đã hết hiệu lực", "Accounts with rights at units that ended: {count}"),
        ("Bàn giao sang đơn vị mới", "Hand over to the new units"),
    ),
    "audit_never_verified": (
        ("Nhật ký có {count} mục, chưa kiểm tra lần nào", "The audit trail was never verified; entries: {count}"),
        ("Kiểm tra nhật ký", "Verify the trail"),
    ),
    "audit_verify": (
        ("Đến kỳ kiểm tra nhật ký; có {count} mục mới",
         "The audit trail is due for verification; new entries: {count}"),
        ("Kiểm tra nhật ký", "Verify the trail"),
    ),
}

NEXT: Mapping[str, Pair] = {
    "wave_opens": ("Ngày gần nhất: {day} mở đợt “{subject}”.", "Next: “{subject}” opens on {day}."),
    "wave_closes": (
        "Ngày gần nhất: {day} kết thúc thu thập của đợt “{subject}”.", "Next: collection of “{subject}” ends on {day}.",
    ),
    "wave_late": (
        "Ngày gần nhất: {day} hết hạn nhập phiếu giấy của đợt “{subject}”.",
        "Next: late paper of “{subject}” may be keyed until {day}.",
    ),
}


def _in(pair: Pair) -> str:
    return pair[0 if current() == "vi" else 1]


def said(task: Task) -> str:
    pair = TASKS.get(task.code)
    return task.code if pair is None else _in(pair[0]).format(count=task.count)


def action(task: Task) -> str:
    """What the link is called; '' where there is nowhere to go."""
    pair = TASKS.get(task.code)
    return "" if pair is None else _in(pair[1])


def when(task: Task) -> str:
    """'còn 3 ngày', 'hôm nay', 'quá 2 ngày'; '' where no day is set."""
    vi, days = current() == "vi", task.days
    if days is None:
        return ""
    if days == 0:
        return "hôm nay" if vi else "today"
    if days > 0:
        return f"còn {days} ngày" if vi else f"{days} day{'s' if days > 1 else ''} left"
    return f"quá {-days} ngày" if vi else f"{-days} day{'s' if days < -1 else ''} late"


def coming(found: Next) -> str:
    return _in(NEXT[found.code]).format(day=f"{found.day:%d/%m/%Y}", subject=found.subject)
