"""Upgrading."""

SENTENCES: dict[str, tuple[str, str]] = {
    "upgrade_passphrase": (
        "Cần cụm mật khẩu của bản sao lưu: đặt HAILONG_BACKUP_PASSPHRASE_FILE, hoặc chạy lệnh trong cửa sổ dòng lệnh.",
        "The backup needs a passphrase: set HAILONG_BACKUP_PASSPHRASE_FILE, or run this in a terminal.",
    ),
    "upgrade_copy": (
        "Không tạo được bản sao an toàn của cơ sở dữ liệu ({reason}).",
        "No safe copy of the database could be made ({reason}).",
    ),
    "upgrade_room": ("Không đủ chỗ trống tại {folder} cho một bản sao.", "There is no room in {folder} for a copy."),
}
