"""Sign-in, set-up, access."""

SENTENCES: dict[str, tuple[str, str]] = {
    "access_denied": (
        "Tài khoản của Ông/Bà không được giao quyền làm việc này.",
        "Your account has not been given the right to do this.",
    ),
    "account_exists": (
        "Đã có tài khoản mang tên {name}.",
        "There already is an account named {name}.",
    ),
    "account_name_malformed": (
        "Tên đăng nhập gồm 3 đến 64 ký tự: chữ cái không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới.",
        "A sign-in name has 3 to 64 characters: plain letters, digits, dot, hyphen, underscore.",
    ),
    "account_name_missing": ("Chưa nhập tên đăng nhập.", "The sign-in name is missing."),
    "account_unit_missing": (
        "Vai trò {role} cần một đơn vị: thêm --unit MÃ.",
        "The role {role} needs a unit: add --unit CODE.",
    ),
    "code_missing": (
        "Chưa nhập mã. Mã in dưới hình QR trên áp phích hoặc thẻ mời.",
        "No code was given. It is printed under the QR code of the poster or slip.",
    ),
    "code_malformed": (
        "Mã trên áp phích có 8 ký tự, mã trên thẻ mời có 26 ký tự; mã vừa nhập có {length} ký tự hoặc "
        "có ký tự lạ. Ông/Bà vui lòng xem lại.",
        "A poster's code has 8 characters, a slip's 26; this one has {length}, or a strange one.",
    ),
    "passphrase_missing": ("Chưa nhập cụm mật khẩu.", "The passphrase is missing."),
    "passphrase_length": (
        "Cụm mật khẩu cần từ {shortest} đến {longest} ký tự. Nên dùng bốn, năm từ dễ nhớ, cách nhau bằng "
        "dấu cách.",
        "A passphrase needs {shortest} to {longest} characters. Four or five words are easiest to remember.",
    ),
    "passphrase_monotonous": (
        "Cụm mật khẩu lặp lại quá ít ký tự nên dễ bị đoán. Ông/Bà vui lòng chọn cụm khác.",
        "The passphrase repeats too few characters and is easily guessed. Please choose another.",
    ),
    "passphrase_guessable": (
        "Cụm mật khẩu dựa vào từ mà người ngoài sẽ thử trước tiên (tên hệ thống, tên đăng nhập, dãy phím "
        "liền nhau). Ông/Bà vui lòng chọn cụm khác.",
        "The passphrase rests on words that a guesser tries first. Please choose another.",
    ),
    "passphrase_differs": (
        "Hai lần nhập chưa giống nhau. Ông/Bà vui lòng nhập lại.",
        "The two entries differ. Please type them again.",
    ),
    "scores_absent": (
        "Đợt khảo sát {wave} chưa có bảng số liệu nào; hệ thống đang tính. Ông/Bà vui lòng thử lại sau ít phút.",
        "Wave {wave} has no table of scores yet; it is being computed. Please try again in a few minutes.",
    ),
    "sign_in_wrong": (
        "Tên đăng nhập hoặc cụm mật khẩu chưa đúng. Ông/Bà vui lòng kiểm tra bộ gõ và phím viết hoa "
        "rồi thử lại.",
        "The name or the passphrase is wrong. Please check your keyboard and try again.",
    ),
    "sign_in_wait": (
        "Đã nhập sai nhiều lần. Ông/Bà vui lòng đợi {seconds} giây rồi thử lại; tài khoản không bị khóa.",
        "Too many wrong tries. Please wait {seconds} seconds and try again; the account is not locked.",
    ),
    "set_up_code_missing": ("Chưa nhập mã cài đặt.", "The set-up code is missing."),
    "set_up_code_wrong": (
        "Mã cài đặt chưa đúng hoặc đã được thay bằng mã mới. Mã đúng là mã hệ thống in ra ở lần khởi động "
        "gần nhất.",
        "The set-up code is wrong or has been replaced. The right one was printed at the last start.",
    ),
    "set_up_code_spent": (
        "Mã cài đặt đã được dùng. Nếu chưa có tài khoản nào, lệnh “accounts setup-code” in mã mới.",
        "The set-up code has been used. If there is no account yet, “accounts setup-code” prints a new one.",
    ),
    "set_up_done": (
        "Hệ thống đã có tài khoản, nên không cần mã cài đặt nữa.",
        "There already is an account; no set-up code is needed any more.",
    ),
}
