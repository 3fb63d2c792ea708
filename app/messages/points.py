"""Points and their posters on the command line."""

SENTENCES: dict[str, tuple[str, str]] = {
    "points_which_unit": (
        "Hãy nêu một đơn vị bằng --unit, hoặc tất cả xã, phường, đặc khu bằng --communes.",
        "Name one unit with --unit, or every commune with --communes.",
    ),
    "points_unit_and_code": (
        "Chỉ nêu một trong hai: --unit hoặc --code.",
        "Give either --unit or --code, not both.",
    ),
    "points_no_communes": (
        "Địa bàn {province} của đợt khảo sát không có đơn vị cấp xã nào.",
        "There is no commune within {province}, which the wave covers.",
    ),
    "points_none": (
        "Đợt khảo sát {wave} chưa có điểm đánh giá nào ở nơi được hỏi; hãy tạo bằng lệnh points create.",
        "Wave {wave} has no point at the place asked for; make one with points create.",
    ),
    "point_label_long": (
        "Tên điểm đánh giá dài {length} ký tự; nhiều nhất là {most}.",
        "The label has {length} characters; the most is {most}.",
    ),
    "point_elsewhere": (
        "Điểm đánh giá {point} không thuộc đợt khảo sát {wave}.",
        "Point {point} does not belong to wave {wave}.",
    ),
    "demonstration_missing": (
        "Ở đây chưa có bản trình diễn; hãy tạo bằng lệnh demonstration create.",
        "There is no demonstration here; make one with demonstration create.",
    ),
    "address_unset": (
        "HAILONG_PUBLIC_URL chưa được đặt, nên mã QR mang địa chỉ tạm {address}. Hãy đặt rồi mới in.",
        "HAILONG_PUBLIC_URL is not set, so the QR code carries the makeshift address {address}. "
        "Set it before printing.",
    ),
    "address_loopback": (
        "Địa chỉ {address} chỉ mở được trên chính máy này; điện thoại của người dân không mở được.",
        "The address {address} opens on this very machine only; a citizen's phone cannot reach it.",
    ),
    "address_private": (
        "Địa chỉ {address} chỉ mở được trong mạng nội bộ; điện thoại ngoài mạng này không mở được.",
        "The address {address} opens within the local network only; a phone elsewhere cannot reach it.",
    ),
    "address_http": (
        "Địa chỉ {address} không dùng https, nên ý kiến của người dân có thể bị đọc trộm trên đường truyền.",
        "The address {address} is not https, so answers can be read on their way.",
    ),
}
