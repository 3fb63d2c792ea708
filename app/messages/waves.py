"""Waves, points and slips."""

SENTENCES: dict[str, tuple[str, str]] = {
    "wave_unknown": ("Không có đợt khảo sát mã {wave}.", "There is no wave {wave}."),
    "wave_exists": ("Mã đợt khảo sát {wave} đã được dùng.", "The wave code {wave} is taken."),
    "wave_code_malformed": (
        "Mã đợt khảo sát {wave} không đúng: chỉ dùng chữ cái không dấu, chữ số, dấu chấm, gạch dưới, gạch ngang, "
        "dài 1 đến 32 ký tự.",
        "The wave code {wave} is malformed: use letters, digits, '.', '_', '-', 1 to 32 characters.",
    ),
    "wave_title_malformed": (
        "Tên đợt khảo sát dài quá {most} ký tự hoặc có ký tự điều khiển.",
        "The title of the wave is longer than {most} characters or has control characters.",
    ),
    "wave_wrong_state": (
        "Đợt khảo sát {wave} đang ở trạng thái {state} nên không chuyển sang {wanted} được.",
        "Wave {wave} is {state}; it cannot become {wanted}.",
    ),
    "wave_not_open": (
        "Đợt khảo sát này hiện không nhận ý kiến. Xin cảm ơn Ông/Bà đã quan tâm.",
        "This survey is not taking answers at present. Thank you for your interest.",
    ),
    "wave_import_closed": (
        "Đợt khảo sát {wave} đang ở trạng thái {state}; chỉ nhập được vào đợt đang thu thập.",
        "Wave {wave} is {state}; answers can only be imported into an open wave.",
    ),
    "wave_days_reversed": (
        "Ngày kết thúc {closes} đứng trước ngày bắt đầu {opens}.",
        "The closing day {closes} is before the opening day {opens}.",
    ),
    "wave_index_mismatch": (
        "Chỉ số {index} tính từ phiếu {expected}, không phải phiếu {questionnaire}.",
        "Index {index} is computed from questionnaire {expected}, not {questionnaire}.",
    ),
    "wave_not_a_province": (
        "Đơn vị {unit} không phải là tỉnh, thành phố hay đơn vị gốc.",
        "Unit {unit} is neither a province nor a root.",
    ),
    "wave_instrument_changed": (
        "Phiên bản mới của phiếu {questionnaire} đổi câu hỏi, lời hỏi hoặc thang trả lời; hãy mở một đợt mới.",
        "The new version of {questionnaire} changes questions, wording or scales; create a new wave instead.",
    ),
    "basis_unknown": (
        "Không có nguồn trả lời {basis}; các nguồn: {known}.",
        "There is no basis {basis}; the bases are {known}.",
    ),
    "official_empty": (
        "Phải nêu ít nhất một nguồn trả lời chính thức.",
        "Name at least one official basis.",
    ),
    "target_malformed": (
        "Mục tiêu {target} không đúng; hãy ghi phần trăm, ví dụ 85, >85 hoặc >=95.",
        "The target {target} is malformed; give a percentage such as 85, >85 or >=95.",
    ),
    "unit_outside": (
        "Đơn vị {unit} không thuộc địa bàn {province} của đợt khảo sát.",
        "Unit {unit} is not within {province}, which the wave covers.",
    ),
    "unit_repeated": ("đơn vị {unit} ghi hai lần", "unit {unit} stands twice"),
    "questionnaire_unknown": (
        "Không có phiếu hỏi tên {name}; các phiếu: {known}.", "There is no questionnaire {name}; there are {known}.",
    ),
    "index_unknown": ("Không có chỉ số tên {name}; các chỉ số: {known}.", "No index {name}; there are {known}."),
    "population_too_large": (
        "Số hồ sơ của đơn vị {unit} phải từ 0 đến {most}.", "The size of unit {unit} must be 0 to {most}.",
    ),
    "population_faulty": (
        "Tệp số hồ sơ có {count} chỗ sai; không lưu dòng nào.",
        "The population file has {count} faults; nothing was stored.",
    ),
    "point_unknown": (
        "Không có điểm đánh giá nào mang mã này. Ông/Bà vui lòng kiểm tra lại mã in trên bảng.",
        "No survey point has this code. Please check the code on the poster.",
    ),
    "slip_unusable": (
        "Mã này hiện không dùng được. Ông/Bà vui lòng hỏi quầy hướng dẫn.",
        "This code cannot be used at present. Please ask at the help desk.",
    ),
    "slip_cell_small": (
        "Thẻ dành riêng cho cơ quan giải quyết {handler} phải có ít nhất {least} thẻ, để không ai bị nhận ra; "
        "hãy cấp nhiều hơn hoặc bỏ tùy chọn --handled-by.",
        "Slips for the handler {handler} must be at least {least}, so that nobody can be recognised; "
        "issue more of them or leave out --handled-by.",
    ),
    "slip_count": (
        "Mỗi lần cấp từ 1 đến {most} thẻ; số yêu cầu là {count}.",
        "Between 1 and {most} slips can be issued at a time; {count} were asked for.",
    ),
}
