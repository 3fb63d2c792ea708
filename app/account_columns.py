"""What people call the columns of a list of accounts."""

from __future__ import annotations

COLUMNS = {
    "Tên đăng nhập": "name", "Họ và tên": "display", "Mã nơi công tác": "workplace", "Vai trò": "role",
    "Mã đơn vị": "unit", "Từ ngày": "valid_from", "Đến hết ngày": "valid_to",
}
"""what the columns of a list are called in the file to fill in -> their names; lists may use either"""
