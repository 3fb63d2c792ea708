"""The pages of the definitions workshop."""

SENTENCES: dict[str, tuple[str, str]] = {
    "definition_kind_unclear": (
        "Không nhận ra tệp {file} là phiếu hỏi, phương pháp, mục tiêu, danh mục lĩnh vực, bản dịch hay bản ghi âm. "
        "Hệ thống nhận tệp TOML và bảng tính XLSForm (.xlsx). Cách sửa: bấm “Bắt đầu từ mẫu trống”, chọn loại, rồi "
        "chép nội dung tệp vào mục “Tệp văn bản”; ở đó từng lỗi được ghi theo dòng.",
        "The file {file} is no questionnaire, method, targets, list of fields, translation or recordings. "
        "TOML files and XLSForm workbooks (.xlsx) are taken. To mend: “Begin with an empty one” of the kind you mean, "
        "and paste the file under “Text”; every fault is told there by its line.",
    ),
    "draft_part_gone": (
        "Phần này của bản thảo không còn, hoặc bản thảo đang chờ phê duyệt nên không sửa được. "
        "Ông/Bà vui lòng mở lại bản thảo.",
        "This part of the draft is gone, or the draft waits for approval and cannot be changed. "
        "Please open the draft again.",
    ),
    "draft_no_preview": (
        "Chưa xem thử được: bản thảo còn lỗi, hoặc không phải là phiếu hỏi.",
        "There is no preview: the draft has faults, or is no questionnaire.",
    ),
    "draft_reason_missing": (
        "Chưa ghi lý do. Xin ghi những gì thay đổi và vì sao, để người phê duyệt xem xét.",
        "The reason is missing. Please write what changes and why, for the person who approves it.",
    ),
}
