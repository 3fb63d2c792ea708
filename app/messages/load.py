"""What is refused while too much is asked for at once."""

SENTENCES: dict[str, tuple[str, str]] = {
    "reading_busy": (
        "Máy chủ đang nhận nhiều ý kiến của người dân nên tạm hoãn các trang số liệu. Ông/Bà vui lòng mở lại sau"
        " ít giây.",
        "The server is taking in many answers and puts off pages with figures. Please open the page again in some"
        " seconds.",
    ),
    "export_running": (
        "Tệp trước của Ông/Bà đang được tạo. Ông/Bà vui lòng chờ tệp đó xong rồi tải tệp tiếp theo.",
        "Your last file is still being made. Please wait for it before you ask for the next one.",
    ),
}
