"""XLSForm workbooks: what can be wrong with one, and how to mend it. The place is said before the sentence."""

SENTENCES: dict[str, tuple[str, str]] = {
    "xlsform_passed_over": (
        "hệ thống bỏ qua cột này: nội dung của nó không làm thay đổi câu hỏi",
        "this column is passed over: it changes nothing of what is asked",
    ),
    "xlsform_too_large": (
        "tệp có {bytes} byte, chỉ nhận đến {most} byte. Cách sửa: xóa hình ảnh và trang tính thừa rồi lưu "
        "lại.",
        "the file has {bytes} bytes; at most {most} are taken. To mend: delete pictures and sheets that are "
        "not needed, and save it again.",
    ),
    "xlsform_old_format": (
        "tệp Excel kiểu cũ (.xls) hoặc có mật khẩu, hệ thống không mở được. Cách sửa: mở bằng Excel, bỏ mật "
        "khẩu, lưu thành Excel Workbook (.xlsx).",
        "an old Excel file (.xls) or one with a password. To mend: open it in Excel, remove the password, "
        "save it as an Excel workbook (.xlsx).",
    ),
    "xlsform_not_workbook": (
        "tệp không phải bảng tính Excel (bắt đầu bằng {found}). Cách sửa: chọn đúng tệp .xlsx, hoặc lưu bảng "
        "tính thành .xlsx.",
        "the file is no Excel workbook (it begins with {found}). To mend: choose the .xlsx file, or save the "
        "spreadsheet as .xlsx.",
    ),
    "xlsform_no_workbook": (
        "tệp nén này không chứa bảng tính (có: {found}). Cách sửa: chọn tệp .xlsx do Excel hoặc LibreOffice "
        "lưu.",
        "the archive holds no workbook (it holds: {found}). To mend: choose an .xlsx file saved by Excel or "
        "LibreOffice.",
    ),
    "xlsform_parts": (
        "tệp có {found} phần bên trong, chỉ nhận đến {most}. Cách sửa: chép các trang survey, choices, "
        "settings sang một bảng tính mới rồi lưu.",
        "the file has {found} parts inside; at most {most} are taken. To mend: copy the sheets survey, "
        "choices and settings into a new workbook and save that.",
    ),
    "xlsform_expanded": (
        "tệp bung ra {found} MB, chỉ nhận đến {most} MB. Cách sửa: chép các trang survey, choices, settings "
        "sang một bảng tính mới rồi lưu.",
        "the file expands to {found} MB; at most {most} MB are taken. To mend: copy the sheets survey, "
        "choices and settings into a new workbook and save that.",
    ),
    "xlsform_ratio": (
        "phần {part} nén chặt bất thường, có thể là tệp phá hoại. Cách sửa: không dùng tệp này; chép nội "
        "dung sang một bảng tính mới nếu tin nguồn gửi.",
        "the part {part} is packed unusually tightly and may be meant to do harm. To mend: do not use the "
        "file; copy its content into a new workbook if you trust its sender.",
    ),
    "xlsform_macros": (
        "tệp chứa chương trình (macro). Cách sửa: lưu lại thành Excel Workbook (.xlsx) không có macro.",
        "the file holds a program (macros). To mend: save it as an Excel workbook (.xlsx) without macros.",
    ),
    "xlsform_document_type": (
        "phần {part} khai báo {found}, có thể dùng để đọc trộm tệp của máy chủ. Cách sửa: không dùng tệp "
        "này; chép nội dung sang một bảng tính mới.",
        "the part {part} declares {found}, which can be used to read files of the server. To mend: do not "
        "use the file; copy its content into a new workbook.",
    ),
    "xlsform_broken": (
        "tệp bị hỏng, không đọc được ({problem}). Cách sửa: mở bằng Excel hoặc LibreOffice và lưu lại thành "
        ".xlsx.",
        "the file is damaged and cannot be read ({problem}). To mend: open it in Excel or LibreOffice and "
        "save it as .xlsx again.",
    ),
    "xlsform_rows": (
        "trang có dữ liệu hoặc định dạng đến dòng {found}, chỉ nhận {most} dòng. Cách sửa: xóa hẳn các dòng "
        "thừa ở cuối trang.",
        "the sheet reaches row {found}; at most {most} rows are taken. To mend: delete the superfluous rows "
        "at its end.",
    ),
    "xlsform_columns": (
        "trang có quá {most} cột. Cách sửa: xóa các cột không dùng.",
        "the sheet has more than {most} columns. To mend: delete the columns that are not used.",
    ),
    "xlsform_cell": (
        "ô chứa “{found}”, không phải chữ hay số. Cách sửa: gõ nội dung của ô dưới dạng chữ (định dạng Text).",
        "the cell holds “{found}”, which is no text or number. To mend: type its content as text (format "
        "Text).",
    ),
    "xlsform_formula": (
        "ô chứa công thức “{found}”. Cách sửa: chép ô rồi dán lại dưới dạng giá trị (Paste Values).",
        "the cell holds the formula “{found}”. To mend: copy it and paste it as a value.",
    ),
    "xlsform_cell_long": (
        "ô có {length} ký tự, chỉ nhận đến {most}. Cách sửa: rút ngắn nội dung của ô.",
        "the cell has {length} characters; at most {most} are taken. To mend: shorten its content.",
    ),
    "xlsform_sheet_missing": (
        "bảng tính thiếu trang này. Cách sửa: thêm một trang tính có đúng tên này.",
        "the workbook lacks this sheet. To mend: add a sheet of exactly this name.",
    ),
    "xlsform_sheet_empty": (
        "trang không có câu hỏi nào. Cách sửa: ghi mỗi câu hỏi một dòng dưới dòng tiêu đề.",
        "the sheet has no question. To mend: write a row for each question below the header.",
    ),
    "xlsform_sheet_unsupported": (
        "trang này chứa nội dung mà hệ thống không dùng được. Cách sửa: chuyển lựa chọn sang trang choices, "
        "rồi xóa trang này.",
        "the sheet holds what cannot be used here. To mend: move choices to the sheet choices and delete "
        "this sheet.",
    ),
    "xlsform_settings_empty": (
        "trang không có dòng nào dưới tiêu đề. Cách sửa: ghi form_title, form_id và kind vào dòng 2.",
        "the sheet has no row below its header. To mend: write form_title, form_id and kind into row 2.",
    ),
    "xlsform_settings_rows": (
        "trang settings có hơn một dòng. Cách sửa: giữ một dòng, xóa các dòng còn lại.",
        "the sheet settings has more than one row. To mend: keep one row and delete the others.",
    ),
    "xlsform_kind": (
        "chưa biết phiếu thuộc loại nào. Cách sửa: thêm cột kind với giá trị transaction, household hoặc "
        "counter.",
        "the kind of questionnaire is not given. To mend: add a column kind with transaction, household or "
        "counter.",
    ),
    "xlsform_column_missing": (
        "thiếu cột này ở dòng tiêu đề. Cách sửa: thêm cột có đúng tên này vào dòng tiêu đề.",
        "the header lacks this column. To mend: add a column of exactly this name to the header.",
    ),
    "xlsform_column_unknown": (
        "hệ thống không dùng được cột này. Cách sửa: xóa cột, hoặc đổi tên thành một trong: {known}.",
        "the column cannot be used here. To mend: delete it, or rename it to one of: {known}.",
    ),
    "xlsform_header_empty": (
        "cột có nội dung nhưng không có tên ở dòng tiêu đề. Cách sửa: đặt tên cột, hoặc xóa nội dung của cột.",
        "the column has content and no name in the header. To mend: name it, or delete its content.",
    ),
    "xlsform_header_twice": (
        "hai cột cùng một nghĩa (cột kia: {other}). Cách sửa: xóa một trong hai cột.",
        "two columns mean the same (the other: {other}). To mend: delete one of them.",
    ),
    "xlsform_language": (
        "không nhận ngôn ngữ “{found}”. Cách sửa: viết Tiếng Việt (vi) hoặc English (en) sau dấu ::, hoặc "
        "xóa cột.",
        "the language “{found}” is not known. To mend: write Tiếng Việt (vi) or English (en) after the ::, "
        "or delete the column.",
    ),
    "xlsform_choice_unnamed": (
        "dòng lựa chọn thiếu giá trị ở cột này. Cách sửa: ghi tên danh sách ở list_name và mã lựa chọn ở "
        "name.",
        "the choice has no value in this column. To mend: give the list in list_name and the code in name.",
    ),
    "xlsform_choice_twice": (
        "danh sách {list} đã có lựa chọn “{found}” ở dòng {other}. Cách sửa: đổi mã, hoặc xóa một dòng.",
        "the list {list} has a choice “{found}” in row {other} already. To mend: change the code, or delete "
        "a row.",
    ),
    "xlsform_label_missing": (
        "thiếu lời văn tiếng Việt. Cách sửa: ghi lời văn vào cột label::Tiếng Việt (vi).",
        "the Vietnamese wording is missing. To mend: write it in the column label::Tiếng Việt (vi).",
    ),
    "xlsform_label_reference": (
        "lời văn chèn câu trả lời khác: “{found}”. Cách sửa: viết lời văn không có dấu ${{…}}.",
        "the wording refers to another answer: “{found}”. To mend: write it without ${{…}}.",
    ),
    "xlsform_type_missing": (
        "dòng có nội dung nhưng không có loại câu hỏi. Cách sửa: ghi loại: select_one, select_multiple, "
        "text, note, begin_group hoặc end_group.",
        "the row has content and no type. To mend: give a type: select_one, select_multiple, text, note, "
        "begin_group or end_group.",
    ),
    "xlsform_type": (
        "không dùng được loại “{found}”. Cách sửa: đổi thành select_one, select_multiple, text hoặc note, "
        "hoặc xóa dòng.",
        "the type “{found}” cannot be used here. To mend: change it to select_one, select_multiple, text or "
        "note, or delete the row.",
    ),
    "xlsform_list_missing": (
        "“{found}” chưa ghi danh sách lựa chọn. Cách sửa: ghi tên danh sách sau loại, ví dụ select_one "
        "muc_do.",
        "“{found}” names no list of choices. To mend: write the list after the type, for example select_one "
        "yesno.",
    ),
    "xlsform_list_unknown": (
        "trang choices không có danh sách “{found}”. Cách sửa: dùng một danh sách đã có ({known}), hoặc thêm "
        "danh sách này vào trang choices.",
        "the sheet choices has no list “{found}”. To mend: use one that is there ({known}), or add it to the "
        "sheet choices.",
    ),
    "xlsform_or_other": (
        "“{found}”: không dùng được or_other. Cách sửa: thêm lựa chọn “Khác” vào trang choices và bỏ "
        "or_other.",
        "“{found}”: or_other cannot be used here. To mend: add a choice “Other” to the sheet choices and "
        "remove or_other.",
    ),
    "xlsform_role": (
        "không nhận vai trò “{found}”. Cách sửa: ghi scale cho câu theo thang mức độ hài lòng, để trống cho "
        "câu khác.",
        "the role “{found}” is not known. To mend: write scale for a question on a scale of satisfaction, "
        "nothing for others.",
    ),
    "xlsform_flag": (
        "“{found}” không phải có hay không. Cách sửa: ghi yes hoặc no.",
        "“{found}” is neither yes nor no. To mend: write yes or no.",
    ),
    "xlsform_length": (
        "“{found}” không phải số ký tự. Cách sửa: ghi một số nguyên, ví dụ 1000.",
        "“{found}” is no number of characters. To mend: write a whole number such as 1000.",
    ),
    "xlsform_name_missing": (
        "câu hỏi hoặc nhóm chưa có mã. Cách sửa: ghi mã vào cột name: chữ thường không dấu, chữ số, dấu gạch "
        "dưới.",
        "the question or group has no name. To mend: write one in the column name: small letters, digits, "
        "underscores.",
    ),
    "xlsform_name_twice": (
        "mã “{found}” đã dùng ở dòng {other}. Cách sửa: đổi một trong hai mã.",
        "the name “{found}” is used in row {other} already. To mend: change one of the two.",
    ),
    "xlsform_group_nested": (
        "nhóm này nằm trong nhóm bắt đầu ở dòng {other}. Cách sửa: thêm end_group trước dòng này: phiếu chỉ "
        "có một tầng nhóm.",
        "the group lies within the one that begins in row {other}. To mend: put end_group before this row: "
        "groups have one level.",
    ),
    "xlsform_group_end": (
        "end_group không có begin_group tương ứng. Cách sửa: xóa dòng này, hoặc thêm begin_group ở trên.",
        "end_group without a begin_group. To mend: delete the row, or add begin_group above.",
    ),
    "xlsform_group_open": (
        "nhóm “{found}” chưa được đóng. Cách sửa: thêm dòng end_group sau câu cuối của nhóm.",
        "the group “{found}” is not closed. To mend: add a row end_group after its last question.",
    ),
    "xlsform_group_empty": (
        "nhóm “{found}” không có câu hỏi. Cách sửa: thêm câu hỏi vào nhóm, hoặc xóa nhóm.",
        "the group “{found}” has no question. To mend: add questions to it, or delete it.",
    ),
    "xlsform_group_relevant": (
        "nhóm có điều kiện “{found}”; hệ thống chỉ đặt điều kiện cho từng câu. Cách sửa: chuyển điều kiện "
        "sang cột relevant của từng câu trong nhóm.",
        "the group has the condition “{found}”; conditions belong to questions here. To mend: move it to the "
        "column relevant of each question.",
    ),
    "xlsform_outside": (
        "câu “{found}” nằm ngoài mọi nhóm. Cách sửa: đặt câu giữa một dòng begin_group và một dòng end_group.",
        "the question “{found}” lies outside every group. To mend: put it between a row begin_group and a "
        "row end_group.",
    ),
    "xlsform_note": (
        "ghi chú “{found}” không ở đầu nhóm. Cách sửa: chuyển lên ngay dưới begin_group (mỗi nhóm một ghi "
        "chú), hoặc dùng cột hint.",
        "the note “{found}” is not the beginning of a group. To mend: move it right below begin_group (one a "
        "group), or use the column hint.",
    ),
    "xlsform_relevant": (
        "không hiểu điều kiện “{found}”. Cách sửa: viết ${{mã_câu}} = 'mã lựa chọn', nối bằng or; câu nhiều "
        "lựa chọn: selected(${{mã_câu}}, 'mã').",
        "the condition “{found}” is not understood. To mend: write ${{name}} = 'code', joined by or; for "
        "select_multiple: selected(${{name}}, 'code').",
    ),
    "xlsform_relevant_two": (
        "điều kiện dựa vào nhiều câu: {found}. Cách sửa: dựa vào một câu duy nhất.",
        "the condition rests on several questions: {found}. To mend: let it rest on one question.",
    ),
    "xlsform_not_expressible": (
        "lời văn “{found}” có dấu ${{, XLSForm sẽ hiểu là chèn câu trả lời. Cách sửa: bỏ dấu ${{ trong phiếu "
        "rồi xuất lại.",
        "the wording “{found}” has ${{, which XLSForm takes for a reference. To mend: remove ${{ from the "
        "questionnaire and export again.",
    ),
}
