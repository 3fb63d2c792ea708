"""What the shell around all pages refuses."""

SENTENCES: dict[str, tuple[str, str]] = {
    "text_unfit": (
        "Nội dung gửi đến có ký tự không đọc được. Ông/Bà vui lòng quay lại trang trước, gõ lại phần đó và gửi lại.",
        "What was sent holds characters that cannot be read. Please go back, type that part again and send it.",
    ),
    "text_unstorable": (
        "Một ô có nội dung quá dài hoặc một số quá lớn. Ông/Bà vui lòng quay lại trang trước và rút gọn.",
        "A field is too long or a number is too large. Please go back and shorten it.",
    ),
}
