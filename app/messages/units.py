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
    "units_previewed": (
        "Xem trước, chưa lưu: {new} mới, {closed} ghi ngày hết hiệu lực, {unchanged} không đổi.",
        "Preview, nothing stored: {new} new, {closed} closed, {unchanged} unchanged.",
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
    "unit_foreign": (
        "đơn vị {unit} nằm ngoài phạm vi Ông/Bà được giao",
        "unit {unit} lies outside what you look after",
    ),
    "units_moved_on": (
        "Danh mục đơn vị đã có thay đổi khác kể từ khi xem trước; chưa lưu gì. Xin xem trước lại.",
        "The units have changed since the preview; nothing was stored. Please preview again.",
    ),
    "file_missing": ("Chưa chọn tệp, hoặc tệp rỗng.", "No file was chosen, or it is empty."),
    "upload_gone": (
        "Tệp xem trước không còn (chỉ giữ một giờ). Xin gửi lại tệp.",
        "The previewed file is gone (it is kept for one hour). Please send it again.",
    ),
    "workbook_faulty": (
        "Không đọc được bảng tính Excel này. Hãy lưu lại dạng .xlsx hoặc 'CSV UTF-8'.",
        "This Excel workbook cannot be read. Save it again as .xlsx or as 'CSV UTF-8'.",
    ),
    "workbook_large": (
        "Bảng tính quá lớn: khi mở ra vượt {most} MB hoặc quá nhiều dòng.",
        "The workbook is too large: over {most} MB unpacked, or too many rows.",
    ),
    "merger_faulty": (
        "Thay đổi này có {count} chỗ cần xem lại; chưa lưu gì.",
        "{count} places of this change need another look; nothing was stored.",
    ),
    "merger_empty": ("chưa chọn đơn vị nào", "no unit is chosen"),
    "merger_many": ("một lần chỉ được tối đa {most} đơn vị", "at most {most} units at a time"),
    "merger_day": ("chưa ghi ngày cuối cùng có hiệu lực", "the last day in force is missing"),
    "merger_not_in_force": (
        "mã {unit} không có hiệu lực vào ngày {day}", "the code {unit} is not in force on {day}",
    ),
    "merger_ends_already": (
        "đơn vị {unit} đã được ghi hết hiệu lực ngày {day}", "unit {unit} is to end on {day} already",
    ),
    "merger_whole_twice": (
        "đơn vị {unit} đã nhập toàn bộ vào một đơn vị thì không nhập tiếp vào đơn vị khác; hãy chọn 'một phần'",
        "unit {unit} goes wholly to one unit and cannot also go to another; choose 'part'",
    ),
    "merger_no_successor": (
        "chưa chọn đơn vị {unit} nhập vào đơn vị mới nào", "no successor is chosen for unit {unit}",
    ),
    "merger_follows_nobody": (
        "đơn vị mới {unit} chưa kế tiếp đơn vị nào", "the new unit {unit} follows nobody",
    ),
    "merger_below_nowhere": (
        "chưa chọn được nơi chuyển đến của các đơn vị trực thuộc {unit}",
        "the units below {unit} have no place to move to",
    ),
    "unit_correction_empty": (
        "Tên và văn bản vẫn như cũ, không có gì để sửa.", "Name and decree are as before; there is nothing to mend.",
    ),
    "unit_correction_reason": ("Xin ghi lý do sửa.", "Please say why it is mended."),
    "unit_correction_faulty": (
        "Còn {count} chỗ cần xem lại; chưa lưu gì.", "{count} places need another look; nothing was stored.",
    ),
    "unit_correction_published": (
        "Đợt khảo sát {wave} đã công bố số liệu với tên này nên không sửa tên được; nếu đơn vị đổi tên thật, "
        "hãy ghi việc đổi tên với ngày hiệu lực.",
        "Wave {wave} has published figures under this name, so the name cannot be mended; if the unit was really "
        "renamed, record the renaming with its day.",
    ),
}
