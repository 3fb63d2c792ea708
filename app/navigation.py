"""Where a signed-in person can go: one table, by action."""

from __future__ import annotations

from flask import current_app, request, url_for

from app import auth
from app.language import translate

PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("home.index", "Việc hôm nay", ("own_account",)),
    ("results.index", "Kết quả", ("see_results",)),
    ("field.index", "Áp phích mã QR", ("print_posters",)),
    ("waves.index", "Đợt khảo sát", ("manage_waves", "see_progress")),
    ("workshop.index", "Phiếu hỏi và phương pháp", ("see_procedures",)),
    ("units.index", "Đơn vị", ("see_procedures",)),
    ("approvals.index", "Chờ xác nhận", ("approve_definitions", "publish", "release_comments")),
    ("comments.index", "Ý kiến góp ý", ("read_comments",)),
    ("accounts.index", "Tài khoản", ("manage_accounts", "reset_accounts")),
    ("audit.index", "Nhật ký", ("read_audit",)),
)
"""(endpoint, label in Vietnamese, actions of which one is enough)"""


def staff_navigation() -> list[tuple[str, str, bool]]:
    """(address, label, whether this is the page's part) of every place the viewer may go."""
    if auth.viewer() is None:
        return []
    return [
        (url_for(endpoint), translate(label), request.blueprint == endpoint.split(".")[0])
        for endpoint, label, actions in PLACES
        if endpoint in current_app.view_functions and any(auth.can(action) for action in actions)
    ]
