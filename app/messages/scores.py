"""Why scores are refused."""

SENTENCES: dict[str, tuple[str, str]] = {
    "scores_moved_today": (
        "Bảng số liệu của đợt khảo sát {wave} đã được tính cho ngày {day}; số liệu hiển thị mỗi ngày chỉ đổi một lần. "
        "Dùng --force nếu vẫn muốn tính lại.",
        "The scores of wave {wave} have been computed for {day}; what people see moves once a day. "
        "Use --force to compute them again.",
    ),
}
