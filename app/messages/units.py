"""The unit tree and the files it comes from."""

SENTENCES: dict[str, tuple[str, str]] = {
    "unit_unknown": ("Không có đơn vị mã {unit}.", "There is no unit {unit}."),
    "units_faulty": (
        "Tệp đơn vị có {count} chỗ sai; không lưu dòng nào.",
        "The unit file has {count} faults; nothing was stored.",
    ),
    "units_imported": (
        "Đã nhập danh mục đơn vị: {new} mới, {closed} ghi ngày hết hiệu lực, {unchanged} không đổi.",
        "Units imported: {new} new, {closed} closed, {unchanged} unchanged.",
    ),
    "sheet_empty": ("Tệp không có dữ liệu.", "The file is empty."),
    "sheet_not_utf8": (
        "Tệp không phải văn bản UTF-8 (dòng {line}). Trong Excel, hãy lưu lại dạng 'CSV UTF-8'.",
        "The file is not UTF-8 text (line {line}). In Excel, save it as 'CSV UTF-8'.",
    ),
    "sheet_nul": (
        "Tệp có ký tự rỗng (NUL) ở dòng {line} nên không phải tệp CSV.",
        "The file has a NUL character on line {line}, so it is not a CSV file.",
    ),
    "sheet_cell_too_large": (
        "Một ô ở dòng {line} dài quá {most} ký tự.",
        "A cell on line {line} is longer than {most} characters.",
    ),
    "sheet_malformed": (
        "Tệp CSV sai định dạng ở dòng {line} (kiểm tra dấu ngoặc kép): {reason}.",
        "The CSV file is malformed on line {line} (check the quotes): {reason}.",
    ),
    "sheet_semicolons": (
        "các cột đang ngăn bằng dấu chấm phẩy; hãy ngăn bằng dấu phẩy",
        "columns are separated by semicolons; separate them by commas",
    ),
    "unit_code_malformed": (
        "mã {value} không đúng: chỉ dùng chữ cái không dấu, chữ số, dấu chấm, gạch dưới, gạch ngang, "
        "dài 1 đến 32 ký tự",
        "the code {value} is malformed: use letters, digits, '.', '_', '-', 1 to 32 characters",
    ),
    "unit_name_missing": ("chưa ghi tên đơn vị", "the unit's name is missing"),
    "unit_text_unprintable": ("có ký tự điều khiển", "it has control characters"),
    "unit_text_long": ("dài {found} ký tự, tối đa {most}", "{found} characters long, at most {most}"),
    "unit_kind_unknown": (
        "loại {value} không nhận; các loại: {known}",
        "kind {value} is not taken; kinds: {known}",
    ),
    "unit_dates_reversed": (
        "ngày cuối {valid_to} đứng trước ngày đầu {valid_from}",
        "the last day {valid_to} is before the first day {valid_from}",
    ),
    "unit_row_repeated": (
        "mã {unit} với cùng ngày đầu đã có ở dòng {first}",
        "the code {unit} with the same first day already stands in row {first}",
    ),
    "unit_changed": (
        "đơn vị {unit} đã lưu với giá trị '{stored}', không đổi thành '{given}' được; hãy ghi ngày cuối cho "
        "đơn vị cũ và thêm một dòng có ngày đầu mới",
        "unit {unit} is stored with '{stored}' and cannot become '{given}'; give the old unit its last day "
        "and add a row with a new first day",
    ),
    "unit_overlap": (
        "mã {unit} có hai khoảng hiệu lực chồng nhau (khoảng kia: {other})",
        "two spans of the code {unit} overlap (the other: {other})",
    ),
    "unit_parent_unknown": (
        "đơn vị cấp trên {parent} không có trong tệp và trong hệ thống",
        "the parent {parent} is neither in the file nor stored",
    ),
    "unit_orphan": (
        "đơn vị cấp trên {parent} không có hiệu lực vào ngày {day}, trong thời gian hiệu lực của {unit}",
        "the parent {parent} is not in force on {day}, within the span of {unit}",
    ),
    "unit_left_alone": (
        "khi {parent} hết hiệu lực, đơn vị {unit} đã lưu không còn cấp trên từ ngày {day}",
        "once {parent} ends, the stored unit {unit} has no parent from {day}",
    ),
    "unit_in_wave": (
        "đợt khảo sát {wave} dùng danh mục ngày {day}, khi đó {unit} phải còn hiệu lực",
        "wave {wave} keeps the tree of {day}, when {unit} has to be in force",
    ),
    "unit_cycle": (
        "các đơn vị là cấp trên của nhau theo vòng: {path}",
        "units are above each other in a circle: {path}",
    ),
}
