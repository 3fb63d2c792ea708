"""What the doctor finds, and under the same code with `_mend` what to do about it."""

SENTENCES: dict[str, tuple[str, str]] = {
    "doctor_sound": ("Không thấy điều gì bất thường.", "Nothing is wrong."),
    # ------------------------------------------------------------ SQLite
    "doctor_sqlite_in_memory": (
        "Cơ sở dữ liệu nằm trong bộ nhớ: ý kiến mất khi chương trình dừng.",
        "The database is in memory: answers are gone when the program stops.",
    ),
    "doctor_sqlite_in_memory_mend": (
        "Đặt HAILONG_DATABASE_URL tới một tệp, hoặc bỏ trống.", "Let HAILONG_DATABASE_URL name a file, or unset it.",
    ),
    "doctor_sqlite_withdrawn": (
        "SQLite {version} là bản đã bị thu hồi.", "SQLite {version} was withdrawn by its makers.",
    ),
    "doctor_sqlite_withdrawn_mend": (
        "Dùng SQLite từ 3.51.3, trừ 3.52.0.", "Use SQLite 3.51.3 or newer, but not 3.52.0.",
    ),
    "doctor_sqlite_unlocked": (
        "SQLite {version} có lỗi có thể làm hỏng dữ liệu khi nhiều tiến trình cùng ghi, và khóa tệp trong {folder} "
        "không ngăn được tiến trình khác.",
        "SQLite {version} has a bug that can corrupt data when several processes write, and a file lock in {folder} "
        "does not keep another process out.",
    ),
    "doctor_sqlite_unlocked_mend": (
        "Đặt HAILONG_STATE trên ổ đĩa của chính máy này (ext4, xfs), hoặc chuyển sang PostgreSQL: flask db move.",
        "Put HAILONG_STATE on a disk of this very machine (ext4, xfs), or move to PostgreSQL: flask db move.",
    ),
    "doctor_lock_not_held": (
        "Khóa tệp trong {folder} không ngăn được tiến trình khác: các tiến trình ghi sẽ vướng nhau.",
        "A file lock in {folder} does not keep another process out: those who write will get into each other's way.",
    ),
    "doctor_lock_not_held_mend": (
        "Đặt HAILONG_STATE trên ổ đĩa của chính máy này.", "Put HAILONG_STATE on a disk of this very machine.",
    ),
    "doctor_sqlite_on_network": (
        "{folder} nằm trên hệ tập tin mạng ({kind}); SQLite không bảo đảm được dữ liệu ở đó.",
        "{folder} lies on a network file system ({kind}), where SQLite cannot vouch for data.",
    ),
    "doctor_sqlite_on_network_mend": (
        "Đặt dữ liệu trên ổ đĩa của chính máy này, hoặc chuyển sang PostgreSQL: flask db move.",
        "Keep the data on a disk of this very machine, or move to PostgreSQL: flask db move.",
    ),
    "doctor_sqlite_without_wal": (
        "SQLite không mở được nhật ký ghi trước (WAL), chỉ có {mode}: mất điện có thể mất ý kiến đã xác nhận.",
        "SQLite cannot keep a write-ahead log here, only {mode}: a power cut may take acknowledged answers.",
    ),
    "doctor_sqlite_without_wal_mend": (
        "Đặt cơ sở dữ liệu trên ổ đĩa của chính máy này; đóng chương trình khác đang mở tệp.",
        "Keep the database on a disk of this very machine; close other programs that have the file open.",
    ),
    "doctor_sqlite_not_full": (
        "SQLite không chờ đĩa ghi xong (synchronous khác FULL): mất điện có thể mất ý kiến đã xác nhận.",
        "SQLite does not wait for the disk (synchronous is not FULL): a power cut may take acknowledged answers.",
    ),
    "doctor_sqlite_not_full_mend": (
        "Bỏ mọi thay đổi đối với app/db.py.", "Undo whatever was changed in app/db.py.",
    ),
    "doctor_database_open": (
        "Người dùng khác trên máy này đọc được {path}.", "Other users of this machine can read {path}.",
    ),
    "doctor_database_open_mend": ("chmod 600 {path}", "chmod 600 {path}"),
    "doctor_database_unwritable": ("Không ghi được vào {path}.", "{path} cannot be written to."),
    "doctor_database_unwritable_mend": (
        "Trao tệp và thư mục của nó cho người dùng chạy chương trình (chown).",
        "Give the file and its folder to the user who runs the program (chown).",
    ),
    "doctor_state_unwritable": (
        "Không ghi được vào thư mục dữ liệu {folder} ({reason}).",
        "The state folder {folder} cannot be written to ({reason}).",
    ),
    "doctor_state_unwritable_mend": (
        "Trao thư mục cho người dùng chạy chương trình (chown), hoặc giải phóng đĩa.",
        "Give the folder to the user who runs the program (chown), or free the disk.",
    ),
    # ------------------------------------------------------------ both engines
    "doctor_database_away": (
        "Không hỏi được cơ sở dữ liệu: {reason}", "The database could not be asked: {reason}",
    ),
    "doctor_database_away_mend": (
        "Kiểm tra HAILONG_DATABASE_URL và máy chủ cơ sở dữ liệu (systemctl status postgresql).",
        "Look at HAILONG_DATABASE_URL and at the database server (systemctl status postgresql).",
    ),
    "doctor_database_corrupt": ("Cơ sở dữ liệu bị hỏng: {reason}", "The database is damaged: {reason}"),
    "doctor_database_corrupt_mend": (
        "Dừng máy chủ, giữ nguyên các tệp, kiểm tra đĩa, rồi khôi phục: flask backup restore.",
        "Stop the server, keep the files as they are, check the disk, then: flask backup restore.",
    ),
    "doctor_references_torn": (
        "Bảng {table} có dòng chỉ tới dòng không còn.", "Rows of the table {table} refer to rows that are gone.",
    ),
    "doctor_references_torn_mend": (
        "Có người đã sửa cơ sở dữ liệu bằng tay: khôi phục từ bản sao lưu, hoặc hỏi người quản trị.",
        "Somebody changed the database by hand: restore a backup, or ask who administers it.",
    ),
    "doctor_index_invalid": ("Chỉ mục hỏng: {indexes}.", "Invalid indexes: {indexes}."),
    "doctor_index_invalid_mend": ("REINDEX INDEX CONCURRENTLY …", "REINDEX INDEX CONCURRENTLY …"),
    # ------------------------------------------------------------ PostgreSQL
    "doctor_postgresql_fsync_off": (
        "PostgreSQL chạy với fsync=off: mất điện có thể mất mọi dữ liệu.",
        "PostgreSQL runs with fsync=off: a power cut may take everything.",
    ),
    "doctor_postgresql_fsync_off_mend": (
        "ALTER SYSTEM RESET fsync; SELECT pg_reload_conf();", "ALTER SYSTEM RESET fsync; SELECT pg_reload_conf();",
    ),
    "doctor_postgresql_pages_off": (
        "PostgreSQL chạy với full_page_writes=off: mất điện có thể làm hỏng dữ liệu.",
        "PostgreSQL runs with full_page_writes=off: a power cut may damage data.",
    ),
    "doctor_postgresql_pages_off_mend": (
        "ALTER SYSTEM RESET full_page_writes; SELECT pg_reload_conf(); (trừ khi hệ tập tin ghi trang nguyên vẹn).",
        "ALTER SYSTEM RESET full_page_writes; SELECT pg_reload_conf(); (unless the file system writes whole pages).",
    ),
    "doctor_postgresql_commit_not_durable": (
        "Kết nối đòi synchronous_commit=on mà vẫn nhận {value}: ý kiến được xác nhận trước khi ghi xong.",
        "synchronous_commit=on was asked for and {value} given: answers are acknowledged before they are written.",
    ),
    "doctor_postgresql_commit_not_durable_mend": (
        "Tìm ai đặt lại: pgbouncer (ignore_startup_parameters), ALTER ROLE, ALTER DATABASE.",
        "Find who sets it: pgbouncer (ignore_startup_parameters), ALTER ROLE, ALTER DATABASE.",
    ),
    "doctor_postgresql_read_only": (
        "Máy chủ PostgreSQL này chỉ cho đọc (bản sao, hoặc đang phục hồi).",
        "This PostgreSQL server is read-only (a replica, or recovering).",
    ),
    "doctor_postgresql_read_only_mend": (
        "Trỏ HAILONG_DATABASE_URL tới máy chủ chính.", "Let HAILONG_DATABASE_URL name the primary server.",
    ),
    "doctor_postgresql_without_checksums": (
        "PostgreSQL không có mã kiểm tra trang: đĩa hỏng ngầm sẽ không bị phát hiện.",
        "PostgreSQL keeps no page checksums: silent damage of the disk goes unnoticed.",
    ),
    "doctor_postgresql_without_checksums_mend": (
        "Dừng PostgreSQL rồi chạy pg_checksums --enable.", "Stop PostgreSQL, then run pg_checksums --enable.",
    ),
    "doctor_postgresql_old": ("PostgreSQL {version} quá cũ.", "PostgreSQL {version} is too old."),
    "doctor_postgresql_old_mend": ("Cần PostgreSQL từ 15.", "PostgreSQL 15 or newer is needed."),
    "doctor_connections_too_few": (
        "{workers} tiến trình × {threads} luồng cần {needed} kết nối; cơ sở dữ liệu chỉ cho {free}.",
        "{workers} workers × {threads} threads need {needed} connections; the database allows {free}.",
    ),
    "doctor_connections_too_few_mend": (
        "Đặt HAILONG_THREADS={fitting}, hoặc tăng max_connections (và giới hạn của tài khoản) trong PostgreSQL.",
        "Set HAILONG_THREADS={fitting}, or raise max_connections (and the role's limit) in PostgreSQL.",
    ),
    "doctor_connections_tight": (
        "Kết nối vừa đủ: {needed} trên {free}; khi thay tiến trình cũ bằng mới có thể thiếu trong chốc lát.",
        "Connections just fit: {needed} of {free}; while new workers replace old ones they may run short.",
    ),
    "doctor_connections_tight_mend": (
        "Tăng max_connections trong PostgreSQL, hoặc giảm HAILONG_THREADS.",
        "Raise max_connections in PostgreSQL, or lower HAILONG_THREADS.",
    ),
    # ------------------------------------------------------------ machine
    "doctor_serving_refused": ("Máy chủ sẽ từ chối khởi động: {reason}", "The server would refuse to start: {reason}"),
    "doctor_serving_refused_mend": (
        "Sửa thiết lập vừa nêu; xem docs/settings.md.", "Mend that setting; see docs/settings.md.",
    ),
    "doctor_proxy_unsaid": (
        "{address} là https nhưng HAILONG_TRUSTED_PROXIES là 0: chương trình không biết khách đến qua https.",
        "{address} is https while HAILONG_TRUSTED_PROXIES is 0: the program does not learn that visitors use https.",
    ),
    "doctor_proxy_unsaid_mend": (
        "Đặt HAILONG_TRUSTED_PROXIES=1 khi đứng sau một nginx.", "Set HAILONG_TRUSTED_PROXIES=1 behind one nginx.",
    ),
    "doctor_timezone_foreign": (
        "Ngày được tính theo múi giờ {zone}, không phải giờ Việt Nam.",
        "Days are counted in {zone}, not in Vietnam's time.",
    ),
    "doctor_timezone_foreign_mend": ("Bỏ HAILONG_TZ.", "Unset HAILONG_TZ."),
    "doctor_state_open": (
        "Người dùng khác trên máy này vào được thư mục dữ liệu {folder}.",
        "Other users of this machine can enter the state folder {folder}.",
    ),
    "doctor_state_open_mend": ("chmod 700 {folder}", "chmod 700 {folder}"),
    "doctor_key_open": (
        "Người khác đọc được khóa {path}.", "Others can read the key {path}.",
    ),
    "doctor_key_open_mend": ("chmod {mode} {path}", "chmod {mode} {path}"),
    "doctor_key_unreadable": ("Chương trình không đọc được khóa {path}.", "The program cannot read the key {path}."),
    "doctor_key_unreadable_mend": (
        "Trao tệp cho người dùng chạy chương trình (chown).", "Give the file to the user who runs the program (chown).",
    ),
    "doctor_key_missing": (
        "Mất khóa {path}: mã QR, thẻ mời, nhật ký hoặc lớp xác thực thứ hai đã phát ra sẽ không dùng được nữa.",
        "The key {path} is gone: QR codes, slips, the trail or second factors that rest on it no longer work.",
    ),
    "doctor_key_missing_mend": (
        "Dừng máy chủ và lấy lại tệp từ bản sao lưu (bản sao lưu có chứa khóa) trước khi làm việc khác.",
        "Stop the server and get the file back from a backup (backups hold the keys) before anything else.",
    ),
    "doctor_key_foreign": (
        "Khóa {path} không phải là khóa của cơ sở dữ liệu này.", "The key {path} does not belong to this database.",
    ),
    "doctor_key_foreign_mend": (
        "Lấy lại thư mục keys/ đi cùng cơ sở dữ liệu này, hoặc sửa HAILONG_DATABASE_URL / HAILONG_STATE.",
        "Get back the folder keys/ that goes with this database, or mend HAILONG_DATABASE_URL / HAILONG_STATE.",
    ),
    "doctor_disk_full": ("Đĩa chứa {folder} chỉ còn {free} MiB.", "The disk of {folder} has {free} MiB left."),
    "doctor_disk_full_mend": (
        "Chuyển bản sao lưu cũ sang nơi khác, hoặc mở rộng đĩa.", "Move old backups elsewhere, or enlarge the disk.",
    ),
    "doctor_disk_without_files": (
        "Đĩa chứa {folder} chỉ còn chỗ cho {free} tệp.", "The disk of {folder} has room for {free} more files.",
    ),
    "doctor_disk_without_files_mend": ("Xóa bớt tệp nhỏ trên đĩa đó.", "Remove small files from that disk."),
    "doctor_backup_never": ("Chưa có bản sao lưu nào.", "There is no backup yet."),
    "doctor_backup_never_mend": (
        "flask backup create; bật việc hằng ngày (deploy/README.md).",
        "flask backup create; switch the daily task on (deploy/README.md).",
    ),
    "doctor_backup_old": (
        "Bản sao lưu gần nhất là ngày {day}, {age} ngày trước.", "The last backup is of {day}, {age} days ago.",
    ),
    "doctor_backup_old_mend": (
        "flask backup create; xem vì sao việc hằng ngày không chạy (systemctl status hailong-daily).",
        "flask backup create; see why the daily task did not run (systemctl status hailong-daily).",
    ),
    "doctor_drill_old": (
        "Lần diễn tập khôi phục gần nhất: {day}.", "The last restore drill: {day}.",
    ),
    "doctor_drill_old_mend": ("flask backup drill", "flask backup drill"),
    "doctor_drill_failed": (
        "Diễn tập khôi phục ngày {day} không thành công.", "The restore drill of {day} failed.",
    ),
    "doctor_drill_failed_mend": (
        "flask backup verify; nếu hỏng, tạo bản sao lưu mới.",
        "flask backup verify; if it is damaged, make a new backup.",
    ),
    # ------------------------------------------------------------ stock
    "doctor_migrations_pending": (
        "Cơ sở dữ liệu ở phiên bản {current}, chương trình cần {head}.",
        "The database is at {current}, the program needs {head}.",
    ),
    "doctor_migrations_pending_mend": ("./hailong upgrade", "./hailong upgrade"),
    "doctor_schema_newer": (
        "Cơ sở dữ liệu ở phiên bản {current} mà chương trình này (đến {head}) không biết.",
        "The database is at {current}, which this program (up to {head}) does not know.",
    ),
    "doctor_schema_newer_mend": (
        "Dùng lại bản chương trình mới hơn đã nâng cấp cơ sở dữ liệu này.",
        "Use the newer program again, the one that upgraded this database.",
    ),
    "doctor_migration_remains": (
        "Còn sót bảng của một lần nâng cấp bị đứt: {tables}.", "Tables of an interrupted upgrade are left: {tables}.",
    ),
    "doctor_migration_remains_mend": (
        "Sao lưu, xem các bảng đó có gì, rồi xóa chúng.", "Make a backup, look what is in them, then drop them.",
    ),
    "doctor_trail_broken": (
        "Nhật ký không còn nguyên vẹn, kể từ mục {seq}.", "The audit trail does not hold, from entry {seq} on.",
    ),
    "doctor_trail_broken_mend": (
        "flask audit verify cho biết chỗ sai; báo người chịu trách nhiệm, đừng sửa.",
        "flask audit verify names the place; tell who is answerable, and change nothing.",
    ),
    "doctor_trail_unwitnessed": (
        "Mất mốc {path}: không biết nhật ký có bị đưa về trạng thái cũ hay không.",
        "The mark {path} is gone: nobody can tell whether the audit trail was set back.",
    ),
    "doctor_trail_unwitnessed_mend": (
        "So với mốc trên bản xuất gần nhất (flask audit verify --mark), rồi: flask audit take-mark.",
        "Compare the mark on the latest export (flask audit verify --mark), then: flask audit take-mark.",
    ),
    "doctor_clocks_apart": (
        "Đồng hồ của máy này và của cơ sở dữ liệu lệch nhau {seconds} giây.",
        "The clocks of this machine and of the database are {seconds} s apart.",
    ),
    "doctor_clocks_apart_mend": (
        "Bật đồng bộ giờ trên cả hai máy (timedatectl set-ntp true).",
        "Switch time synchronisation on, on both machines (timedatectl set-ntp true).",
    ),
    "doctor_clock_behind": (
        "Hôm nay là {today} theo máy này, nhưng đã có dữ liệu của ngày {day}: đồng hồ chạy lùi.",
        "This machine says {today}, but there are data of {day}: its clock is behind.",
    ),
    "doctor_clock_behind_mend": (
        "Chỉnh giờ và bật đồng bộ (timedatectl set-ntp true), rồi khởi động lại.",
        "Set the clock and synchronise it (timedatectl set-ntp true), then restart.",
    ),
    "doctor_scores_stale": (
        "Bảng số liệu của đợt {wave} là ngày {day}; hằng ngày phải có bảng mới.",
        "The score table of the wave {wave} is of {day}; there should be one each day.",
    ),
    "doctor_scores_stale_mend": ("flask scores refresh --wave {wave}", "flask scores refresh --wave {wave}"),
    "doctor_points_without_cells": (
        "{count} điểm đánh giá không có ô mẫu, nên không nhận được ý kiến: {points}.",
        "{count} points have no design cell and take no answers: {points}.",
    ),
    "doctor_points_without_cells_mend": (
        "Có người đã sửa cơ sở dữ liệu bằng tay: khôi phục bản sao lưu, hoặc tạo điểm mới và in lại áp phích.",
        "Somebody changed the database by hand: restore a backup, or create new points and print their posters.",
    ),
    "doctor_demonstration_open": (
        "Đang bật chế độ trình diễn (đăng nhập một chạm) bên cạnh số liệu thật: {waves}.",
        "Demonstration mode (one-click sign-in) is on beside real data: {waves}.",
    ),
    "doctor_demonstration_open_mend": ("Bỏ HAILONG_DEMONSTRATION.", "Unset HAILONG_DEMONSTRATION."),
    "doctor_simulated_beside_real": (
        "Có đợt khảo sát mô phỏng bên cạnh đợt thật: {waves}.", "There are simulated waves beside real ones: {waves}.",
    ),
    "doctor_simulated_beside_real_mend": (
        "Chuyển phần trình diễn sang một thư mục dữ liệu riêng (HAILONG_STATE).",
        "Keep the demonstration in a state folder of its own (HAILONG_STATE).",
    ),
}
