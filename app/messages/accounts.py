"""Sign-in, set-up, access."""

SENTENCES: dict[str, tuple[str, str]] = {
    "access_denied": (
        "Tài khoản của Ông/Bà không được giao quyền làm việc này.",
        "Your account has not been given the right to do this.",
    ),
    "account_above": (
        "Tài khoản {name} giữ vai trò ngoài phạm vi Ông/Bà được giao, nên việc này thuộc quản trị hệ thống.",
        "The account {name} holds a role beyond your own reach; this is for a system administrator.",
    ),
    "account_closed": (
        "Tài khoản {name} đang ngừng hoạt động. Hãy mở lại tài khoản trước.",
        "The account {name} is closed. Open it again first.",
    ),
    "account_demonstration": (
        "Vai trình diễn không có tài khoản riêng.",
        "The demonstration's parts have no account of their own.",
    ),
    "account_display_long": ("Họ và tên dài quá {most} ký tự.", "The full name is longer than {most} characters."),
    "account_display_missing": ("Chưa nhập họ và tên.", "The full name is missing."),
    "account_display_differs": (
        "Cùng tên đăng nhập {name} nhưng họ tên hoặc nơi công tác khác dòng {first}.",
        "The same sign-in name {name}, but another full name or workplace than in row {first}.",
    ),
    "account_faulty": ("Chưa tạo được tài khoản.", "The account could not be made."),
    "account_list_empty": ("Danh sách không có dòng nào.", "The list has no rows."),
    "account_list_faulty": (
        "Danh sách có {count} chỗ cần sửa; chưa tài khoản nào được tạo.",
        "The list has {count} faults; no account was made.",
    ),
    "account_list_long": (
        "Danh sách có hơn {most} dòng. Hãy chia thành nhiều tệp.",
        "The list has more than {most} rows. Split it into several files.",
    ),
    "account_list_missing": ("Chưa chọn tệp danh sách.", "No file was chosen."),
    "account_oneself": (
        "Không ai tự đổi quyền, tự cấp lại hay tự đóng tài khoản của chính mình; cần một người khác làm.",
        "Nobody changes, resets or closes the own account; another person has to.",
    ),
    "account_open": ("Tài khoản {name} đang hoạt động.", "The account {name} is open already."),
    "account_role_missing": ("Chưa chọn vai trò.", "The role is missing."),
    "account_role_unknown": ("Không có vai trò “{role}”.", "There is no role “{role}”."),
    "account_unknown": ("Không có tài khoản {name}.", "There is no account {name}."),
    "grant_beyond": (
        "Ông/Bà không giao được vai trò này: nó vượt quá quyền của chính Ông/Bà.",
        "You cannot give this role: it reaches beyond your own.",
    ),
    "grant_dates": (
        "Ngày cuối phải từ hôm nay trở đi và không trước ngày đầu.",
        "The last day must not be in the past, nor before the first.",
    ),
    "grant_graded": (
        "Người làm việc tại đơn vị được đánh giá ({unit}) không giữ vai trò nhập, hỏi hoặc xem từng câu trả lời, "
        "tại đó hay ở nơi khác.",
        "Whoever works at a unit that is graded ({unit}) holds no role that keys, asks or sees single answers, "
        "there or elsewhere.",
    ),
    "grant_workplace_closed": (
        "Nơi công tác của người này ({unit}) không còn. Ông/Bà chọn lại nơi công tác trước khi giao vai trò nhập, hỏi "
        "hoặc xem từng câu trả lời.",
        "The unit where this person works ({unit}) is no more. Choose the workplace anew before giving a role that "
        "keys, asks or sees single answers.",
    ),
    "grant_ends_already": (
        "Vai trò này đã hết hạn vào ngày {day}, không muộn hơn ngày được chọn; muốn kéo dài, hãy giao vai trò lần nữa.",
        "This grant ends on {day} already, not after the chosen day; to prolong it, give the role once more.",
    ),
    "grant_past": (
        "Ngày kết thúc không được lùi về trước hôm qua.", "The last day must not lie before yesterday."
    ),
    "grant_unknown": ("Không có vai trò đang giữ như vậy.", "There is no such grant in force."),
    "handover_nothing": (
        "Tài khoản {name} không giữ vai trò nào để bàn giao.", "The account {name} holds nothing to hand over."
    ),
    "handover_past": ("Ngày làm việc cuối không được ở quá khứ.", "The last working day must not be in the past."),
    "handover_same": ("Người nhận phải là người khác.", "The successor must be another person."),
    "handover_successor_missing": (
        "Chưa nhập tên đăng nhập của người nhận bàn giao.", "The successor's sign-in name is missing."
    ),
    "invitation_missing": ("Chưa nhập mã trong thư.", "The letter's code is missing."),
    "invitation_unusable": (
        "Mã này hiện không dùng được: gõ chưa đúng, đã dùng, đã quá hạn hoặc đã có thư mới hơn. "
        "Ông/Bà vui lòng xem lại hoặc xin cấp lại thư.",
        "This code cannot be used: mistyped, used, expired, or replaced by a newer letter.",
    ),
    "language_unknown": ("Không có ngôn ngữ này.", "There is no such language."),
    "passphrase_common": (
        "Cụm mật khẩu này (hoặc phần chính của nó) nằm trong số các mật khẩu bị thử nhiều nhất. "
        "Ông/Bà vui lòng chọn cụm khác.",
        "This passphrase, or most of it, is among those that guessers try first. Please choose another.",
    ),
    "passphrase_wrong": ("Cụm mật khẩu đang dùng chưa đúng.", "The present passphrase is wrong."),
    "second_factor_absent": (
        "Tài khoản chưa bật lớp xác thực thứ hai.", "The account has no second factor yet."
    ),
    "second_factor_missing": ("Chưa nhập mã.", "The code is missing."),
    "second_factor_required": (
        "Vai trò của Ông/Bà bắt buộc có lớp xác thực thứ hai.", "Your role needs a second factor."
    ),
    "second_factor_wrong": (
        "Mã chưa đúng, đã hết hạn hoặc đã dùng. Ông/Bà đợi ứng dụng hiện mã mới rồi nhập lại; nếu vẫn sai, "
        "xem lại giờ trên điện thoại.",
        "The code is wrong, expired or used already. Wait for the next one; if it fails again, check the phone's "
        "clock.",
    ),
    "session_unknown": ("Không có phiên đăng nhập này.", "There is no such session."),
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
    "unit_ambiguous": (
        "Có {n} đơn vị phù hợp; hãy nhập mã đơn vị. Ví dụ: {some}.",
        "{n} units fit; type the code of one. For example: {some}.",
    ),
}
