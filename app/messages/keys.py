"""Generations of keys: what their commands say and refuse."""

SENTENCES: dict[str, tuple[str, str]] = {
    "keys_rotated": (
        "Bộ khóa số {number} ký từ bây giờ; không phải khởi động lại. Phiếu đang mở và thẻ đã in vẫn được nhận đến hết "
        "ngày {until}. Hãy sao lưu ngay: bản sao lưu trước đây chưa có bộ khóa này.",
        "Keys number {number} sign from now on; nothing has to be restarted. Forms that are open and slips that are "
        "printed are taken until {until}. Make a backup now: no earlier one holds these keys.",
    ),
    "keys_retired": (
        "Từ bây giờ không nhận gì của bộ khóa số {number} trở về trước.",
        "Nothing made with keys number {number} or before is taken any more.",
    ),
    "keys_outside": (
        "Khóa bí mật được đặt từ ngoài (HAILONG_SECRET_KEY). Muốn đổi: chuyển giá trị cũ sang "
        "HAILONG_SECRET_KEY_BEFORE, đặt giá trị mới, khởi động lại. Hoặc ghi giá trị đó vào tệp keys/secret (chmod "
        "600), bỏ thiết lập, rồi chạy lại lệnh này để đổi cả các khóa ký.",
        "The secret key is set from outside (HAILONG_SECRET_KEY). To change it: move the old value to "
        "HAILONG_SECRET_KEY_BEFORE, set the new one, restart. Or write the value into the file keys/secret (chmod "
        "600), leave the setting out, and run this again: the signing keys are then changed too.",
    ),
    "keys_busy": (
        "Có người khác vừa đổi khóa. Hãy xem: flask keys list",
        "Somebody else has just rotated the keys. See: flask keys list",
    ),
    "keys_unknown": (
        "Không có bộ khóa cũ số {number}; bộ đang ký thì không bỏ được. Hãy xem: flask keys list",
        "There are no former keys number {number}; those that sign cannot be retired. See: flask keys list",
    ),
    "keys_living": (
        "Phiếu, thẻ hoặc bản lưu làm bằng bộ khóa số {number} có thể còn trong tay người dân đến hết ngày {until}. "
        "Khóa bị lộ thì thêm --early: những phiếu đó sẽ bị từ chối, người dân phải quét lại mã.",
        "Forms, slips or copies made with keys number {number} may be in somebody’s hands until {until}. If the keys "
        "have leaked, add --early: those forms will be refused, and people have to scan the code again.",
    ),
    "keys_state_signs": ("đang ký", "signs"),
    "keys_state_believed": ("còn nhận", "believed"),
    "keys_state_over": ("hết hạn", "over"),
}
