"""The fixed sentences of the pages: one concept, one wording, Vietnamese first and English second.

What a questionnaire asks comes from its definition; why something was refused comes from `app.messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}

_SIMULATED = ("SỐ LIỆU MÔ PHỎNG – KHÔNG DÙNG ĐỂ BÁO CÁO", "SIMULATED DATA – NOT FOR REPORTING")
_DRAFT = ("DỰ THẢO", "DRAFT")
_TRAINING = ("ĐỢT TẬP HUẤN – KHÔNG TÍNH VÀO KẾT QUẢ", "TRAINING WAVE – NOT COUNTED IN ANY RESULT")

WORDS: dict[str, tuple[str, str]] = {
    "product": ("Hài Lòng", "Hài Lòng"),
    "product_long": ("Đo lường sự hài lòng của người dân", "Measuring citizens’ satisfaction"),
    "watermark": (f"{_SIMULATED[0]}; {_DRAFT[0]}", f"{_SIMULATED[1]}; {_DRAFT[1]}"),
    "watermark_label": ("Cảnh báo số liệu mô phỏng", "Warning: simulated data"),
    "training": _TRAINING,
    "training_label": ("Cảnh báo đợt tập huấn", "Warning: training wave"),
    "training_simulated": (f"{_TRAINING[0]}; {_SIMULATED[0]}", f"{_TRAINING[1]}; {_SIMULATED[1]}"),
    "training_simulated_label": ("Cảnh báo đợt tập huấn mô phỏng", "Warning: training wave with simulated data"),
    "draft": _DRAFT,
    "draft_label": ("Số liệu chưa công bố", "Figures not yet published"),
    "to_content": ("Đến nội dung chính", "Skip to the main content"),
    "error": ("Lỗi", "Error"),
    # start
    "form_kind": ("Lấy ý kiến người dân", "Citizens’ opinion"),
    "who_asks": ("Đơn vị lấy ý kiến", "Asked by"),
    "asked_about": ("Nơi được đánh giá", "About"),
    "purpose": (
        "Ý kiến của Ông/Bà được dùng để đo mức độ hài lòng và cải thiện việc phục vụ người dân.",
        "Your opinion is used to measure satisfaction and to improve how people are served.",
    ),
    "start_text": (
        "Ông/Bà tự nguyện trả lời. Phiếu không hỏi họ tên, số điện thoại, số định danh. "
        "Cán bộ nơi Ông/Bà làm thủ tục không xem được từng phiếu. "
        "Gửi rồi thì không rút lại được, vì không ai biết phiếu nào là của Ông/Bà.",
        "You answer of your own free will. The form does not ask for your name, telephone number or identity "
        "number. The staff of the office you dealt with cannot see single forms. "
        "Once sent, an answer cannot be taken back, because nobody knows which form is yours.",
    ),
    "start_text_slip": (
        "Sở Nội vụ biết thẻ đã được dùng, không biết Ông/Bà trả lời gì.",
        "The Department of Home Affairs knows that the slip has been used; "
        "it does not know what you answered.",
    ),
    "length": ("Gồm {sections} phần, {questions} câu.", "{sections} parts, {questions} questions."),
    # answering
    "section": ("Phần {number}/{all}", "Part {number} of {all}"),
    "question": ("Câu {number}", "Question {number}"),
    "optional": ("không bắt buộc", "optional"),
    "several": ("Có thể chọn nhiều ý.", "You may choose more than one."),
    "none_of_these": ("Không có ý nào ở trên", "None of these"),
    "skip": ("Bỏ qua câu này", "Skip this question"),
    "not_applicable": ("Không thuộc trường hợp của tôi", "Does not apply to me"),
    "sensitive": (
        "Câu này không bắt buộc, chỉ dùng để tổng hợp chung.",
        "This question is optional and is used only for overall figures.",
    ),
    "free_text": (
        "Xin đừng ghi tên, số điện thoại, địa chỉ.",
        "Please do not write names, telephone numbers or addresses.",
    ),
    "room_left": ("Còn viết được {number} ký tự.", "{number} characters left."),
    "only_if": (
        "Chỉ trả lời nếu ở câu {number} Ông/Bà chọn {choices}.",
        "Answer only if you chose {choices} at question {number}.",
    ),
    "or": (" hoặc ", " or "),
    "keys": (
        "Dùng bàn phím: đến câu hỏi bằng phím Tab rồi bấm số từ 1 đến 5 để chọn.",
        "With a keyboard: reach a question with Tab, then press 1 to 5 to choose.",
    ),
    "helped": ("Có người giúp trả lời", "Somebody helped to answer"),
    "helped_hint": (
        "Đánh dấu nếu có người đọc hộ, bấm hộ hoặc phiên dịch cho Ông/Bà.",
        "Tick this if somebody read, tapped or interpreted for you.",
    ),
    "before_sending": ("Trước khi gửi", "Before sending"),
    # buttons
    "start": ("Bắt đầu", "Start"),
    "next": ("Tiếp tục", "Continue"),
    "back": ("Quay lại", "Back"),
    "review": ("Xem lại", "Review"),
    "send": ("Gửi ý kiến", "Send"),
    "change": ("Sửa", "Change"),
    # review
    "review_title": ("Xem lại trước khi gửi", "Review before sending"),
    "review_hint": (
        "Bấm vào từng phần để xem lại các câu đã trả lời.",
        "Open a part to see what you answered.",
    ),
    "review_count": ("đã trả lời {answered}/{all} câu", "{answered} of {all} answered"),
    "not_answered": ("Chưa trả lời", "Not answered"),
    # problems
    "problems_title": (
        "Phiếu chưa gửi được, còn {number} chỗ cần xem lại",
        "Not sent yet: {number} to look at",
    ),
    "problems_here": ("Còn {number} câu chưa trả lời", "Not answered yet: {number}"),
    "nothing_lost": ("Các câu đã trả lời vẫn được giữ nguyên.", "Your answers have been kept."),
    "please_answer": (
        "Ông/Bà vui lòng chọn một ý trả lời.",
        "Please choose an answer.",
    ),
    "please_answer_or_skip": (
        "Ông/Bà vui lòng chọn một ý trả lời, hoặc chọn “Bỏ qua câu này”.",
        "Please choose an answer, or choose “Skip this question”.",
    ),
    # sending
    "sending": ("Đang gửi…", "Sending…"),
    "sent": ("Hệ thống đã nhận ý kiến. Xin cảm ơn Ông/Bà.", "Your opinion has been received. Thank you."),
    "sent_more": (
        "Trên máy này không còn lưu câu trả lời nào. Ông/Bà có thể đóng trang.",
        "No answer is kept on this device. You may close this page.",
    ),
    "sent_more_plain": ("Ông/Bà có thể đóng trang này.", "You may close this page."),
    "kept": (
        "Đã lưu trên máy này, sẽ tự gửi khi có mạng",
        "Saved on this device; it will be sent when there is a connection",
    ),
    "kept_more": (
        "Ông/Bà có thể để trang này mở, hoặc khi có mạng thì mở lại địa chỉ này trên chính máy này; "
        "phiếu sẽ được gửi đi.",
        "You may leave this page open; or open this address again on this device when there is a connection, "
        "and the form will be sent.",
    ),
    "kept_in_page": (
        "Chưa gửi được. Xin giữ trang này mở, phiếu sẽ tự gửi khi có mạng.",
        "Not sent yet. Please keep this page open; the form will be sent when there is a connection.",
    ),
    "send_now": ("Gửi lại ngay", "Send again now"),
    "kept_still": ("Chưa gửi được, máy sẽ tự thử lại.", "Not sent yet; it will be tried again."),
    "earlier_kept": (
        "Trên máy này còn một phiếu trước chưa gửi được, hệ thống đang tự gửi lại.",
        "An earlier form on this device has not been sent yet; it is being sent again.",
    ),
    "earlier_sent": (
        "Phiếu trước lưu trên máy này đã được gửi.",
        "The earlier form kept on this device has been sent.",
    ),
    "earlier_refused": (
        "Phiếu trước lưu trên máy này không được nhận: {sentence}",
        "The earlier form kept on this device was not accepted: {sentence}",
    ),
    "remove": ("Xóa khỏi máy này", "Remove from this device"),
    # refused
    "refused_title": ("Chưa thực hiện được", "This could not be done"),
    "status": ("Mã trạng thái", "Status code"),
    "error_number": ("Mã lỗi", "Error number"),
}


STATES: dict[str, tuple[str, str]] = {
    "planned": ("chưa mở", "planned"),
    "open": ("đang thu thập", "open"),
    "closed": ("kết thúc thu thập", "closed"),
    "fixed": ("chốt số liệu", "fixed"),
    "published": ("công bố", "published"),
    "corrected": ("đính chính", "corrected"),
}
"""states of a wave, as they stand within a sentence"""


@cache
def words(language: str = "vi") -> Mapping[str, str]:
    """Every fixed sentence in one language; a language without its own gets Vietnamese."""
    place = 1 if language == "en" else 0
    return {key: pair[place] for key, pair in WORDS.items()}
