"""Where a signed-in person can go: one table, by action; and the same page in the other language."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Flask, current_app, request, session, url_for

from app import auth, language
from app.language import translate
from app.role_words import role_task

PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("home.index", "Việc hôm nay", ("own_account",)),
    ("results.index", "Kết quả", ("see_results",)),
    ("field.index", "Áp phích mã QR", ("print_posters",)),
    ("waves.index", "Đợt khảo sát", ("manage_waves", "see_progress")),
    ("workshop.index", "Phiếu hỏi và phương pháp", ("see_procedures",)),
    ("units.index", "Đơn vị", ("see_procedures",)),
    ("approvals.index", "Chờ xác nhận", ("see_proposals",)),
    ("comments.index", "Ý kiến góp ý", ("read_comments",)),
    ("accounts.index", "Tài khoản", ("manage_accounts", "reset_accounts")),
    ("audit.index", "Nhật ký", ("read_audit",)),
    ("health.status", "Tình trạng hệ thống", ("see_status",)),
)
"""(endpoint, label in Vietnamese, actions of which one is enough)"""

PURPOSES: dict[str, str] = {
    "results.index": "Chỉ số hài lòng, khoảng tin cậy, so với mục tiêu; tải số liệu.",
    "field.index": "Áp phích khổ A4 có mã QR của từng nơi, từng quầy.",
    "waves.index": "Các đợt khảo sát: trạng thái, tiến độ thu thập, số phiếu.",
    "workshop.index": "Phiếu hỏi, phương pháp, mục tiêu: xem, và soạn nếu được giao.",
    "units.index": "Danh mục đơn vị theo ngày, sáp nhập, chia tách, đổi tên.",
    "approvals.index": "Những việc phải có người thứ hai xác nhận.",
    "comments.index": "Ý kiến viết tay của người dân, che tên trước khi chuyển đơn vị.",
    "accounts.index": "Mời, giao quyền, cấp lại, bàn giao.",
    "audit.index": "Ai đã làm gì, xem gì; kiểm tra nhật ký có bị sửa hay không.",
    "health.status": "Sao lưu, đĩa, hàng chờ: máy chủ có cần ai xử lý gì không.",
}
"""endpoint -> what one goes there for"""


def places() -> list[tuple[str, str, str]]:
    """(address, label, what for) of every place the viewer may go, but for the page of the day."""
    return [
        (url_for(endpoint), translate(label), translate(PURPOSES[endpoint]))
        for endpoint, label, actions in PLACES
        if endpoint != "home.index" and endpoint in current_app.view_functions
        and any(auth.can(action) for action in actions)
    ]


def staff_navigation() -> list[tuple[str, str, bool]]:
    """(address, label, whether this is the page's part) of every place the viewer may go."""
    if auth.viewer() is None:
        return []
    return [
        (url_for(endpoint), translate(label), request.blueprint == endpoint.split(".")[0])
        for endpoint, label, actions in PLACES
        if endpoint in current_app.view_functions and any(auth.can(action) for action in actions)
    ]


def other_language() -> str:
    """Address of this page in the other language: the same path, the same query."""
    other = "en" if language.current() == "vi" else "vi"
    rule = request.url_rule
    if rule is None or "GET" not in (rule.methods or ()):
        return url_for("home.index", lang=other)  # a reply to a sent form has no address of its own
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{quote(request.path)}?{urlencode([*kept, ('lang', other)])}"


def _keep_language() -> None:
    """What a signed-in person chose by ?lang= holds for the session."""
    asked = request.args.get("lang") if request.query_string else None
    if asked not in language.LANGUAGES or request.endpoint is None:
        return
    rule = auth.rule_of(current_app, request.endpoint)
    staff = rule is not None and (rule.action is not None or rule.form)
    if staff and auth.viewer() is not None and session.get(language.KEY) != asked:
        session[language.KEY] = asked


def register(app: Flask) -> None:
    app.jinja_env.globals.update(staff_navigation=staff_navigation, other_language=other_language, role_task=role_task)
    app.before_request(_keep_language)
