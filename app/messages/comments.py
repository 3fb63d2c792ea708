"""Comments: reading, covering, releasing."""

SENTENCES: dict[str, tuple[str, str]] = {
    "comments_none_chosen": (
        "Chưa chọn ý kiến nào để công khai cho đơn vị.", "No comment was chosen for release.",
    ),
    "comments_too_many": (
        "Mỗi đề nghị có nhiều nhất {most} ý kiến.", "One proposal holds {most} comments at most.",
    ),
    "comments_few_answers": (
        "Đơn vị có dưới {fewest} phiếu trả lời nên không công khai ý kiến, để không ai đoán được người viết.",
        "Fewer than {fewest} people answered about this unit, so no comment is released: it would point to its writer.",
    ),
    "comments_small_batch": (
        "Trong lúc còn thu thập, mỗi lần công khai cần ít nhất {fewest} ý kiến, để không ai đoán được người vừa đến.",
        "While answers still come in, a release needs {fewest} comments at least: a single one would tell who had just "
        "been there.",
    ),
    "comments_gone": (
        "Có ý kiến không còn hoặc đã được công khai. Ông/Bà vui lòng mở lại trang và chọn lại.",
        "A comment is gone or was released meanwhile. Please open the page again and choose anew.",
    ),
    "comments_words_absent": (
        "Không tìm thấy “{words}” trong ý kiến cần che. Ông/Bà vui lòng chép đúng từ có trong ý kiến.",
        "“{words}” does not stand in the comment. Please copy the words as they are written there.",
    ),
    "comments_uncovered": (
        "Đề nghị để lộ số điện thoại, số giấy tờ, địa chỉ thư hoặc tên người nên không thực hiện được.",
        "The proposal would show a number, an address or a name, so it was not carried out.",
    ),
}
