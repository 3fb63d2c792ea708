"""The audit trail."""

SENTENCES: dict[str, tuple[str, str]] = {
    "audit_nobody": (
        "Không xác định được ai chịu trách nhiệm về việc này nên hệ thống không làm.",
        "Nobody answers for this, so it was not done.",
    ),
    "audit_broken": (
        "Nhật ký không còn nguyên vẹn ở mục {seq} nên hệ thống không ghi tiếp và không làm việc vừa yêu cầu. "
        "Lệnh “audit verify” cho biết chỗ sai; khóa của nhật ký nằm trong thư mục dữ liệu (keys/audit).",
        "The audit trail does not hold at entry {seq}, so nothing is appended and nothing was done. “audit verify” "
        "names the place; the trail's key is in the state folder (keys/audit).",
    ),
    "audit_holds": (
        "Nhật ký nguyên vẹn: {count} mục. Mốc cuối: {mark}",
        "The audit trail holds: {count} entries. Last mark: {mark}",
    ),
    "audit_gap": ("Mục {seq} bị thiếu.", "Entry {seq} is missing."),
    "audit_altered": ("Mục {seq} đã bị sửa hoặc bị chèn.", "Entry {seq} was altered or put in."),
    "audit_unbound": (
        "Mục {seq} không nối với mục đứng trước.", "Entry {seq} is not bound to the one before.",
    ),
    "audit_shortened": (
        "Nhật ký không khớp với mốc cuối, kể từ mục {seq}: có mục bị cắt bỏ hoặc bị thêm vào.",
        "From entry {seq} on the trail does not fit its head: entries were cut off or added.",
    ),
    "audit_head_altered": ("Mốc cuối (mục {seq}) đã bị sửa.", "The head (entry {seq}) was altered."),
    "audit_headless": ("Mốc cuối bị mất; mục sau cùng còn lại là {seq}.", "The head is gone; entry {seq} is the last."),
    "audit_set_back": (
        "Nhật ký đã bị đưa về một trạng thái cũ: mốc giữ ngoài cơ sở dữ liệu (mục {seq}) không còn trong nhật ký.",
        "The trail was set back: the mark kept outside the database (entry {seq}) is not in it.",
    ),
    "audit_unwitnessed": (
        "Mất mốc giữ ngoài cơ sở dữ liệu (keys/audit-mark), nên không biết nhật ký ({seq} mục) có bị đưa về trạng "
        "thái cũ hay không. Ông/Bà so với mốc in trên bản xuất gần nhất: “audit verify --mark”.",
        "The mark kept outside the database (keys/audit-mark) is gone, so nobody can tell whether the trail of {seq} "
        "entries was set back. Compare it with the mark on the latest export: “audit verify --mark”.",
    ),
    "audit_mark_taken": (
        "Từ nay mốc giữ ngoài cơ sở dữ liệu là {mark}; việc này đã ghi vào nhật ký.",
        "The mark kept outside the database is {mark} from now on; the trail says so.",
    ),
    "audit_mark_malformed": (
        "Mốc có dạng SỐ:MÃ, với mã gồm 64 chữ số thập lục phân.",
        "A mark reads NUMBER:DIGEST, the digest being 64 hexadecimal digits.",
    ),
    "audit_export_large": (
        "Có {count} mục, nhiều hơn {most} mục cho một tệp. Ông/Bà vui lòng chọn khoảng ngày ngắn hơn.",
        "There are {count} entries, more than the {most} of one file. Please choose fewer days.",
    ),
}
