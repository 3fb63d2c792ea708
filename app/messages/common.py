"""What any page may have to say."""

SENTENCES: dict[str, tuple[str, str]] = {
    "database_unusable": (
        "Chưa dùng được cơ sở dữ liệu ({reason}). Nếu mới cài đặt, hãy chạy: flask --app wsgi db upgrade",
        "The database cannot be used ({reason}). On a new installation run: flask --app wsgi db upgrade",
    ),
    "http_bad_request": (
        "Yêu cầu gửi đến chưa đúng dạng. Ông/Bà vui lòng quay lại trang trước và thử lại.",
        "The request was not in the right form. Please go back and try again.",
    ),
    "http_forbidden": (
        "Ông/Bà không có quyền xem trang này.",
        "You may not see this page.",
    ),
    "http_not_found": (
        "Không tìm thấy trang này. Ông/Bà vui lòng kiểm tra lại địa chỉ.",
        "There is no such page. Please check the address.",
    ),
    "http_method": (
        "Trang này không nhận kiểu yêu cầu vừa gửi.",
        "This page does not take that kind of request.",
    ),
    "http_too_large": (
        "Nội dung gửi đến quá lớn nên hệ thống không nhận. Ông/Bà vui lòng rút gọn phần viết thêm.",
        "What was sent is too large to be accepted. Please shorten the written part.",
    ),
    "http_slow_down": (
        "Có quá nhiều yêu cầu trong thời gian ngắn. Ông/Bà vui lòng thử lại sau ít phút.",
        "Too many requests in a short time. Please try again in a few minutes.",
    ),
    "http_failure": (
        "Hệ thống gặp lỗi nên chưa làm được việc này. Ý kiến đang viết trên máy của Ông/Bà chưa được gửi đi.",
        "The system failed and did not do this. What you wrote on your device has not been sent.",
    ),
    "http_unavailable": (
        "Hệ thống đang bận. Ông/Bà vui lòng thử lại sau ít phút.",
        "The system is busy. Please try again in a few minutes.",
    ),
}
