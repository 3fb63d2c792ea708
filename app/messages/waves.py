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
    "wave_late_reversed": (
        "Hạn nhập phiếu giấy {late} đứng trước ngày cuối cùng nhận ý kiến {closes}.",
        "The last day for late paper {late} is before the closing day {closes}.",
    ),
    "wave_not_planned": (
        "Đợt khảo sát {wave} đang ở trạng thái {state}; chỉ sửa được kế hoạch khi chưa mở.",
        "Wave {wave} is {state}; its plan can only be changed before it opens.",
    ),
    "wave_units_in_use": (
        "Đợt khảo sát {wave} đã có điểm đánh giá, thẻ mời hoặc số hồ sơ gắn với danh mục đơn vị; không đổi tỉnh và "
        "ngày của danh mục được nữa.",
        "Points, slips or counts of wave {wave} refer to its unit tree; the province and the day of the tree cannot "
        "be changed any more.",
    ),
    "wave_not_ready": (
        "Chưa mở được đợt khảo sát {wave}: còn việc bắt buộc chưa xong, xem danh mục "
        "(flask waves checklist {wave}).",
        "Wave {wave} cannot be opened: required things are missing, see the checklist "
        "(flask waves checklist {wave}).",
    ),
    "wave_reason_missing": ("Xin ghi lý do.", "Please give a reason."),
    "wave_reason_long": ("Lý do dài quá {most} ký tự.", "The reason is longer than {most} characters."),
    "wave_closes_past": ("Ngày cuối cùng {closes} đã qua.", "The last day {closes} has passed."),
    "wave_fixed": (
        "Số liệu của đợt khảo sát {wave} đã chốt nên không đổi số hồ sơ được; sau khi công bố thì đính chính.",
        "The figures of wave {wave} are fixed, so its counts cannot change; correct them once they are published.",
    ),
    "wave_collected": (
        "Đợt khảo sát {wave} đang ở trạng thái {state}, không tạo thêm điểm đánh giá.",
        "Wave {wave} is {state}; no more points are made.",
    ),
    "wave_not_published": (
        "Đợt khảo sát {wave} đang ở trạng thái {state}; chỉ đính chính số liệu đã công bố.",
        "Wave {wave} is {state}; only published figures are corrected.",
    ),
    "wave_not_training": (
        "{wave} là đợt khảo sát thật, không xóa được phiếu nào.",
        "{wave} is a real wave; none of its answers can be deleted.",
    ),
    "wipe_not_confirmed": (
        "Mã gõ lại không khớp; xin gõ đúng {wave}.", "The code typed does not match; please type {wave}.",
    ),
    "decision_malformed": (
        "Số quyết định “{decision}” chưa đúng; xin ghi như 2160/QĐ-UBND.",
        "The decision number “{decision}” is malformed; write it like 2160/QĐ-UBND.",
    ),
    "decision_day_wrong": (
        "Ngày quyết định phải từ ngày chốt số liệu {first} đến hôm nay {last}.",
        "The day of the decision must lie between the fixing of the figures {first} and today {last}.",
    ),
    "publication_no_table": (
        "Bảng số liệu cuối cùng của đợt khảo sát {wave} chưa tính xong; xin chờ ít phút rồi thử lại.",
        "The final table of wave {wave} is not computed yet; please try again in a few minutes.",
    ),
    "publication_moved": (
        "Số liệu của đợt khảo sát {wave} không còn là số liệu đã đề nghị; xin rút và đề nghị lại.",
        "The figures of wave {wave} are no longer those that were proposed; please withdraw and propose again.",
    ),
    "correction_cells_differ": (
        "Bảng tính lại thiếu ô đã công bố ({measure} của đơn vị {unit}); đính chính phải gồm đúng những ô đã công bố.",
        "The new table lacks a published figure ({measure} of unit {unit}); a correction has the very same figures.",
    ),
    "edition_unknown": (
        "Đợt khảo sát {wave} không có bản công bố thứ {edition}.", "Wave {wave} has no edition {edition}.",
    ),
    "methods_two": (
        "Cần đúng hai phương pháp để so sánh; đã nêu {found}.", "Name two methods to compare; {found} were given.",
    ),
    "method_no_index": (
        "Bản thảo này là {kind}, không phải phương pháp tính.", "This draft is a {kind}, not an index.",
    ),
    "method_other_form": (
        "Phương pháp {index} không tính từ phiếu {questionnaire} của đợt khảo sát.",
        "Index {index} is not computed from {questionnaire}, the wave’s questionnaire.",
    ),
    "late_mode": (
        "phiếu đến muộn phải là phiếu giấy (paper), không phải {mode}", "late answers must be paper, not {mode}",
    ),
    "late_day": (
        "ngày điền phiếu {day} sau ngày cuối cùng {last}; phiếu đến muộn phải ghi ngày người dân điền phiếu",
        "filled in on {day}, after the last day {last}; late forms must give the day they were filled in",
    ),
    "choice_missing": ("Xin chọn một mục.", "Please choose one."),
    "day_missing": ("Xin ghi ngày.", "Please give a day."),
}
