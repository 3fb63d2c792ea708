"""Answers: what a citizen may be told, and what an import may be told."""

SENTENCES: dict[str, tuple[str, str]] = {
    "answers_faulty": (
        "Còn chỗ cần Ông/Bà xem lại. Các câu đã trả lời vẫn được giữ nguyên.",
        "Some places need another look. Everything you have answered is kept.",
    ),
    "answer_conflict": (
        "Ý kiến này đã được gửi trước đó với nội dung khác. Hệ thống giữ ý kiến gửi lần đầu.",
        "This answer was sent before with other content. The first one stands.",
    ),
    "busy": (
        "Hệ thống đang có nhiều người gửi cùng lúc nên chưa nhận được ý kiến. Ông/Bà vui lòng gửi lại sau ít giây.",
        "Many people are sending at this moment, and your answer was not taken yet. Please send it again in a few "
        "seconds.",
    ),
    "storage_failed": (
        "Hệ thống tạm thời chưa lưu được ý kiến. Ông/Bà vui lòng gửi lại sau ít phút; gửi nhiều lần vẫn chỉ tính một.",
        "Your answer could not be stored for the moment. Please send it again in a few minutes; however often it is "
        "sent, it counts once.",
    ),
    "storage_full": (
        "Máy chủ tạm hết chỗ lưu nên chưa nhận được ý kiến. Ông/Bà vui lòng gửi lại sau; gửi nhiều lần vẫn chỉ tính "
        "một.",
        "The server has no room at the moment, and your answer was not stored. Please send it again later; however "
        "often it is sent, it counts once.",
    ),
    "token_forged": (
        "Phiếu này không phải do hệ thống phát hành hoặc đã bị thay đổi. Ông/Bà vui lòng quét lại mã và trả lời "
        "trên phiếu mới.",
        "This form was not issued by the system, or was altered. Please scan the code again and use the new form.",
    ),
    "token_expired": (
        "Phiếu này được mở quá lâu nên đã hết hạn. Ông/Bà vui lòng quét lại mã để nhận phiếu mới.",
        "This form was opened too long ago and has expired. Please scan the code again for a new one.",
    ),
    "id_malformed": (
        "Phiếu gửi đến thiếu mã nhận dạng của lần gửi nên không nhận được. Ông/Bà vui lòng quét lại mã.",
        "The form lacks its sending id and cannot be accepted. Please scan the code again.",
    ),
    "form_malformed": (
        "Nội dung gửi đến không đúng dạng phiếu: {reason}.",
        "What was sent is not in the form's shape: {reason}.",
    ),
    "form_without_script": (
        "Trang chưa tải đủ nên phiếu chưa gửi được. Các câu đã trả lời vẫn được giữ; Ông/Bà vui lòng bấm gửi lại.",
        "The page had not loaded fully, so the form was not sent. Your answers are kept; please send again.",
    ),
    "field_repeated": (
        "Nội dung gửi đến có trường {field} lặp lại nên không rõ Ông/Bà chọn gì.",
        "The field {field} was sent more than once, so it is unclear what was chosen.",
    ),
    "form_too_long": (
        "Nội dung của mục {field} quá dài (giới hạn {most} ký tự). Ông/Bà vui lòng viết ngắn lại.",
        "The field {field} is too long (at most {most} characters). Please shorten it.",
    ),
    "form_foreign": (
        "Phiếu được gửi từ một trang khác nên hệ thống không nhận. Ông/Bà vui lòng quét lại mã.",
        "The form was sent from another site and is not accepted. Please scan the code again.",
    ),
    "import_faulty": (
        "Tệp có {count} chỗ sai; không lưu dòng nào.",
        "The file has {count} faults; nothing was stored.",
    ),
    "import_repeated": (
        "Tệp này đã được nhập vào đợt khảo sát {wave}; không lưu thêm dòng nào.",
        "This file is already in wave {wave}; nothing was stored.",
    ),
    "file_unreadable": ("Không đọc được tệp {path}: {reason}.", "Cannot read {path}: {reason}."),
    "file_too_large": ("Tệp dài {size} byte, quá giới hạn {most}.", "The file has {size} bytes, more than {most}."),
    "file_unwritable": ("Không ghi được tệp {path}: {reason}.", "Cannot write {path}: {reason}."),
    "column_unknown": ("không có cột này; các cột nhận được: {known}", "unknown column; columns taken: {known}"),
    "column_repeated": ("cột ghi hai lần", "the column stands twice"),
    "column_missing": ("thiếu cột bắt buộc", "a required column is missing"),
    "rows_none": ("tệp không có dòng trả lời nào", "the file has no rows"),
    "row_ragged": ("có {found} ô, cần {expected} ô", "{found} cells, expected {expected}"),
    "unit_missing": ("chưa ghi mã đơn vị", "the unit code is missing"),
    "value_unknown": ("không nhận giá trị {value}; các giá trị: {known}", "{value} is not taken; values: {known}"),
    "import_answer_unknown": (
        "giá trị {value} không thuộc các lựa chọn: {known}", "{value} is not among the choices: {known}",
    ),
    "label_malformed": (
        "nhãn dài quá {most} ký tự hoặc có ký tự điều khiển",
        "the label is longer than {most} characters or has control characters",
    ),
    "number_malformed": (
        "{value} không phải số hợp lệ (từ {least} trở lên)",
        "{value} is not a valid number (at least {least})",
    ),
    "fpc_varies": (
        "fpc phải như nhau trong tầng {stratum}; gặp các giá trị {values}",
        "fpc must be constant within stratum {stratum}; found {values}",
    ),
    "fpc_too_small": (
        "tầng {stratum} có {psus} PSU trong mẫu, nhiều hơn fpc {fpc}",
        "stratum {stratum} has {psus} PSUs in the sample, more than its fpc {fpc}",
    ),
    "day_malformed": ("{value} không phải ngày dạng 2026-07-31", "{value} is not a day like 2026-07-31"),
    "day_outside": ("ngày {day} nằm ngoài khoảng nhận (đến {last})", "day {day} is not taken (last: {last})"),
    "day_unreadable": (
        "“{value}” không phải một ngày có thật; hãy viết như 31/07/2026.",
        "“{value}” is no day of the calendar; write it as 31/07/2026.",
    ),
}
