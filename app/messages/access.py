"""Where roles may be granted."""

SENTENCES: dict[str, tuple[str, str]] = {
    "grant_province": (
        "Vai trò này chỉ giao ở cấp tỉnh, không giao tại đơn vị được đánh giá.",
        "This role is granted at the province only, never at a unit that is graded.",
    ),
    "grant_unit_missing": (
        "Vai trò này cần một đơn vị; chỉ quản trị hệ thống mới không cần.",
        "This role needs a unit; only the system administrator does without.",
    ),
}
