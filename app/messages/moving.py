"""Moving to another database."""

SENTENCES: dict[str, tuple[str, str]] = {
    "move_running": (
        "Máy chủ đang chạy: ý kiến gửi đến trong và sau khi chuyển sẽ ở lại cơ sở dữ liệu cũ. Hãy dừng máy chủ trước.",
        "The server is running: answers that arrive during and after the move would stay behind. Stop it first.",
    ),
    "move_same": (
        "Cả hai đều là SQLite: hãy dùng sao lưu và khôi phục.", "Both are SQLite: use backup and restore.",
    ),
    "move_target_away": ("Không mở được cơ sở dữ liệu đích: {reason}", "The target cannot be opened: {reason}"),
    "move_target_filled": (
        "Cơ sở dữ liệu đích đã có dữ liệu (bảng {table}); chỉ chuyển vào cơ sở dữ liệu trống.",
        "The target holds data already (table {table}); a move needs an empty one.",
    ),
    "move_schema": (
        "Hai bên khác phiên bản: nguồn {source}, đích {target}. Hãy chạy ./hailong upgrade trước.",
        "The two are at different versions: source {source}, target {target}. Run ./hailong upgrade first.",
    ),
    "move_unknown_tables": (
        "Có bảng mà chương trình không biết nên không chuyển được: {tables}.",
        "There are tables that the program does not know and could not move: {tables}.",
    ),
    "move_refused": (
        "Đích không nhận một dòng của bảng {table} ({reason}). Chưa có gì được chuyển.",
        "The target did not take a row of the table {table} ({reason}). Nothing was moved.",
    ),
    "move_differs": (
        "Bảng {table} ở đích không giống ở nguồn ({sent} dòng gửi, {arrived} dòng đến). Chưa có gì được chuyển.",
        "The table {table} arrived otherwise than it left ({sent} rows sent, {arrived} arrived). Nothing was moved.",
    ),
    "move_possible": (
        "Chuyển được: {tables} bảng, {rows} dòng. Chưa chuyển gì.", "It can be done: {tables} tables, {rows} rows. "
        "Nothing was moved.",
    ),
    "move_done": (
        "Đã chuyển và đối chiếu {tables} bảng, {rows} dòng. Nguồn còn nguyên.\n"
        "Tiếp theo: đặt HAILONG_DATABASE_URL thành địa chỉ mới, chạy flask doctor, khởi động máy chủ, rồi sao lưu.",
        "Moved and verified {tables} tables, {rows} rows. The source is as it was.\n"
        "Next: let HAILONG_DATABASE_URL name the new address, run flask doctor, start the server, make a backup.",
    ),
}
