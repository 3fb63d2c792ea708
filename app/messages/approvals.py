"""Four eyes."""

SENTENCES: dict[str, tuple[str, str]] = {
    "approval_unknown": (
        "Không có đề nghị này trong phạm vi của Ông/Bà.", "There is no such proposal within your reach.",
    ),
    "approval_same_person": (
        "Cần người thứ hai xác nhận: người đề nghị không tự xác nhận được đề nghị của mình.",
        "A second person has to decide: nobody confirms their own proposal.",
    ),
    "approval_decided": (
        "Đề nghị này đã được xử lý trước đó nên không còn chờ xác nhận.",
        "This proposal has been settled already and no longer waits.",
    ),
    "approval_waiting": (
        "Đã có một đề nghị cùng nội dung đang chờ xác nhận. Ông/Bà vui lòng đợi đề nghị đó được xử lý, hoặc rút lại.",
        "The same has been proposed and still waits. Please let that be settled first, or withdraw it.",
    ),
    "approval_answer_missing": (
        "Khi từ chối, Ông/Bà vui lòng ghi lý do để người đề nghị biết cần sửa gì.",
        "Please give a reason for the rejection, so that the proposer knows what to mend.",
    ),
    "approval_decision_missing": (
        "Ông/Bà vui lòng chọn xác nhận hoặc từ chối.", "Please choose to confirm or to reject.",
    ),
    "approval_words_long": (
        "Lý do dài quá {longest} ký tự. Ông/Bà vui lòng viết ngắn hơn.",
        "The text is longer than {longest} characters. Please shorten it.",
    ),
    "contacts_absent": (
        "Hệ thống không lưu danh sách liên hệ nào nên không có gì để xóa.",
        "There is no contact list in this system, so there is nothing to delete.",
    ),
}
