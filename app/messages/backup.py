"""Backups: what their commands say and refuse."""

SENTENCES: dict[str, tuple[str, str]] = {
    "backup_made": (
        "Đã sao lưu {rows} dòng dữ liệu và các khóa vào {path} ({size}, {seconds} giây). Không có cụm mật "
        "khẩu thì không "
        "ai đọc được tệp này: hãy cất cụm mật khẩu ở nơi khác.",
        "Backed up {rows} rows and the keys to {path} ({size}, {seconds} s). Without the passphrase nobody reads this "
        "file: keep the passphrase somewhere else.",
    ),
    "backup_deleted": ("Đã xóa bản cũ {path}.", "Deleted the old {path}."),
    "backup_holds": (
        "Bản sao lưu {path} nguyên vẹn: ngày {day}, {rows} dòng, {members} tệp, {engine}, lược đồ {revision}, chương "
        "trình {program}.",
        "{path} is whole: of {day}, {rows} rows, {members} files, {engine}, schema {revision}, program {program}.",
    ),
    "backup_exists": (
        "Đã có tệp {path}; hệ thống không ghi đè. Hãy chọn tên khác.",
        "{path} exists and is not replaced. Choose another name.",
    ),
    "backup_unwritable": (
        "Không tạo được bản sao lưu {path}: {reason}. Không có tệp dở dang nào để lại.",
        "The backup {path} could not be made: {reason}. No partial file was left.",
    ),
    "backup_nothing": (
        "Chưa có cơ sở dữ liệu để sao lưu. Nếu mới cài đặt, hãy chạy ./hailong run trước.",
        "There is no database to back up. On a new installation start ./hailong run first.",
    ),
    "backup_none": ("Chưa có bản sao lưu nào trong {path}.", "There is no backup in {path}."),
    "backup_keep_folder": (
        "--keep chỉ dùng khi nơi ghi là một thư mục có sẵn.", "--keep needs an existing folder as target.",
    ),
    "backup_unreadable": ("Không đọc được tệp {path}: {reason}.", "Cannot read {path}: {reason}."),
    "backup_foreign": (
        "Tệp này không phải bản sao lưu của Hài Lòng, hoặc phần đầu tệp đã hỏng.",
        "This file is no backup of Hài Lòng, or its beginning is damaged.",
    ),
    "backup_format": (
        "Bản sao lưu có định dạng mà chương trình này không biết. Hãy dùng phiên bản chương trình mới hơn.",
        "The backup has a format that this program does not know. Use a newer version of the program.",
    ),
    "backup_passphrase_wrong": (
        "Cụm mật khẩu không đúng với bản sao lưu này.", "The passphrase does not open this backup.",
    ),
    "backup_damaged": (
        "Bản sao lưu đã hỏng hoặc bị cắt bớt (ở đoạn {place}). Hãy dùng bản khác; dữ liệu hiện có chưa bị thay đổi.",
        "The backup is damaged or cut short (at part {place}). Use another one; existing data were not touched.",
    ),
    "backup_engine": (
        "Bản sao lưu này là của cơ sở dữ liệu {engine}; hãy khôi phục vào {engine} trước rồi chuyển.",
        "This backup is of a {engine} database; restore it into {engine} first, then move it.",
    ),
    "backup_newer": (
        "Bản sao lưu do chương trình {program} tạo (lược đồ {revision}), mới hơn chương trình {own} đang "
        "chạy. Hãy nâng "
        "cấp chương trình rồi khôi phục.",
        "The backup was made by program {program} (schema {revision}), which is newer than this {own}. Upgrade the "
        "program, then restore.",
    ),
    "backup_inconsistent": (
        "Dữ liệu đọc lại không khớp bản kê trong bản sao lưu ({what}). Dữ liệu hiện có chưa bị thay đổi.",
        "What was read back does not agree with the backup's own list ({what}). Existing data were not touched.",
    ),
    "backup_unloadable": (
        "Không đọc được bản sao lưu vào chỗ tạm trong {path}: {reason}. Dữ liệu hiện có chưa bị thay đổi.",
        "The backup could not be put into a scratch place in {path}: {reason}. Existing data were not touched.",
    ),
    "backup_passphrase_short": (
        "Cụm mật khẩu của bản sao lưu cần ít nhất {least} ký tự.",
        "The passphrase of a backup needs at least {least} characters.",
    ),
    "backup_passphrase_missing": (
        "Chưa có cụm mật khẩu. Hãy gõ khi được hỏi, hoặc dùng --passphrase-file hay HAILONG_BACKUP_PASSPHRASE_FILE.",
        "There is no passphrase. Type it when asked, or use --passphrase-file or HAILONG_BACKUP_PASSPHRASE_FILE.",
    ),
    "backup_busy": (
        "Đang có một lần sao lưu, diễn tập hoặc khôi phục khác. Hãy đợi lần đó xong.",
        "Another backup, drill or restore is at work. Wait until it is done.",
    ),
    "backup_passphrase_unreadable": (
        "Không đọc được tệp cụm mật khẩu {path}: {reason}.", "Cannot read the passphrase file {path}: {reason}.",
    ),
    "drill_held": (
        "Diễn tập khôi phục {path} đạt sau {seconds} giây: {rows} dòng, {entries} mục nhật ký nguyên vẹn, tính lại đợt "
        "khảo sát {wave} được {records} dòng kết quả.",
        "The drill with {path} held after {seconds} s: {rows} rows, {entries} entries of the audit trail hold, the "
        "scores of wave {wave} came to {records} records.",
    ),
    "drill_trail": (
        "Nhật ký trong bản sao lưu không còn nguyên vẹn ở mục {seq}.",
        "The audit trail in the backup does not hold at entry {seq}.",
    ),
    "server_running": (
        "Máy chủ đang chạy. Hãy dừng máy chủ rồi khôi phục; dữ liệu hiện có chưa bị thay đổi.",
        "The server is running. Stop it, then restore; existing data were not touched.",
    ),
    "restore_running": (
        "Đang khôi phục hoặc chuyển dữ liệu; chưa chạy được. Hãy chạy lại khi việc đó xong.",
        "A restore or a move of the data is running. Start again when it is done.",
    ),
    "restore_unfinished": (
        "Một lần khôi phục vừa bị ngắt giữa chừng. Hãy chạy lại lệnh này: lần chạy tới sẽ làm nốt trước.",
        "A restore was cut short just now. Run this command again: it will first finish that one.",
    ),
    "restore_filled": (
        "Ở đây đã có dữ liệu. Thêm --replace nếu muốn thay; dữ liệu hiện có sẽ được giữ lại ở chỗ khác.",
        "There are data here already. Add --replace to replace them; they will be kept aside.",
    ),
    "restore_secret": (
        "HAILONG_SECRET_KEY khác với khóa trong bản sao lưu, nên mọi thẻ và mã QR đã in sẽ không dùng được. "
        "Hãy bỏ thiết "
        "lập này (khóa trong bản sao lưu sẽ được dùng) rồi khôi phục lại.",
        "HAILONG_SECRET_KEY is not the key in the backup, so that printed slips and forms would be dead. Remove the "
        "setting (the key in the backup will be used), then restore again.",
    ),
    "restore_done": (
        "Đã khôi phục {rows} dòng của bản sao lưu ngày {day} sau {seconds} giây. Kỳ mới: {epoch}. Thiết bị "
        "của người dân "
        "sẽ tự gửi lại những ý kiến mà bản sao lưu chưa có.",
        "Restored {rows} rows of the backup of {day} in {seconds} s. New epoch: {epoch}. Citizens' devices will send "
        "again what the backup does not have.",
    ),
    "restore_aside": (
        "Dữ liệu và khóa trước đó được giữ ở {aside} (trong {state} và cạnh cơ sở dữ liệu).",
        "What was live is kept as {aside} (in {state} and beside the database).",
    ),
    "seal_unknown": (
        "Bản lưu này được khóa cho một máy chủ khác nên không mở được.",
        "This copy was sealed for another server and cannot be opened.",
    ),
    "seal_broken": ("Bản lưu gửi lại đã hỏng.", "The copy that was sent again is damaged."),
    "again_unproven": (
        "Bản lưu gửi lại không kèm xác nhận của hệ thống từ trước lần khôi phục gần nhất.",
        "The copy that was sent again carries no acknowledgement of this system from before its last restore.",
    ),
    "again_late": (
        "Số liệu của đợt khảo sát {wave} đã chốt hoặc ý kiến được nhận ngoài thời gian thu thập, nên không "
        "nhận lại được.",
        "The figures of wave {wave} are fixed, or the answer came outside its days, so it cannot be taken again.",
    ),
}
