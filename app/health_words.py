"""The status page in words: each figure with what it means, and whether somebody has to do something."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from app.health import MEGABYTE, Backups, Figures
from app.language import translate as _
from app.metrics import Collected
from app.settings import Settings

OLD_BACKUP = 2
"""days after which a backup is late: one is made every night"""
OLD_DRILL = 35
"""days after which a restore drill is late: one is held every week"""


@dataclass(frozen=True)
class Row:
    label: str
    value: str
    ok: bool | None = None
    """None: neither good nor bad"""
    advice: str = ""
    """what to do when it is not"""


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    rows: Sequence[Row]

    @property
    def bad(self) -> int:
        return sum(row.ok is False for row in self.rows)


def groups(
    config: Settings, figures: Figures, backups: Backups | None, counted: Collected, codes: Sequence[str], free: int,
    today: date, language: str,
) -> list[Group]:
    return [
        Group("now", _("Ngay lúc này"), list(_now(config, counted, codes, language))),
        Group("store", _("Nơi lưu trữ"), list(_store(config, figures, free, language))),
        Group("backups", _("Sao lưu"), list(_backups(backups, today))),
        Group("work", _("Công việc"), list(_work(figures, language))),
        Group("counts", _("Từ khi cài đặt"), list(_counts(counted, language))),
    ]


def _now(config: Settings, counted: Collected, codes: Sequence[str], language: str) -> Iterator[Row]:
    yield Row(
        _("Tiếp nhận ý kiến"), "; ".join(_reason(code) for code in codes) if codes else _("Sẵn sàng"), not codes,
        _("Chạy lệnh “flask doctor” trên máy chủ để biết cách khắc phục."),
    )
    yield Row(_("Tiến trình phục vụ"), _("{n} trên {all}", n=counted.processes, all=config.workers),
              counted.processes >= config.workers or None)
    waiting = int(counted.gauges.get(("writer_waiting", ()), 0))
    yield Row(_("Ý kiến đang chờ ghi"), number(waiting, language), waiting < 100,
              _("Đĩa hoặc cơ sở dữ liệu đang chậm."))
    yield Row(_("Yêu cầu đang chờ"), number(int(counted.gauges.get(("requests_waiting", ()), 0)), language))
    yield Row(_("Phiên bản"), version())


def _store(config: Settings, figures: Figures, free: int, language: str) -> Iterator[Row]:
    yield Row(_("Cơ sở dữ liệu"), figures.engine)
    yield Row(_("Dung lượng cơ sở dữ liệu"), megabytes(figures.size, language))
    reserve = config.disk_reserve * MEGABYTE
    yield Row(
        _("Đĩa còn trống"), megabytes(free, language), free >= reserve,
        _("Cần ít nhất {space}: hãy giải phóng đĩa.", space=megabytes(reserve, language)),
    )


def _backups(backups: Backups | None, today: date) -> Iterator[Row]:
    if backups is None:
        yield Row(_("Sao lưu"), _("Phiên bản này chưa có chức năng sao lưu."), False,
                  _("Hãy sao lưu cơ sở dữ liệu cùng thư mục khóa bằng công cụ của đơn vị."))
        return
    yield Row(
        _("Lần sao lưu gần nhất"), _since(backups.made, today),
        backups.made is not None and (today - backups.made).days <= OLD_BACKUP,
        _("Chạy lệnh “flask backup create”; xem lịch chạy hằng ngày."),
    )
    tried = _since(backups.drilled, today)
    if backups.drilled is not None and not backups.held:
        tried = _("{when}, không khôi phục được", when=tried)
    yield Row(
        _("Lần diễn tập khôi phục gần nhất"), tried,
        backups.drilled is not None and backups.held and (today - backups.drilled).days <= OLD_DRILL,
        _("Chạy lệnh “flask backup drill”."),
    )


def _work(figures: Figures, language: str) -> Iterator[Row]:
    yield Row(_("Đợt khảo sát đang thực hiện"), number(figures.open_waves, language))
    late = figures.stale_tables
    yield Row(
        _("Bảng số liệu chưa cập nhật"), number(late, language), late == 0,
        _("Bảng số liệu được tính mỗi ngày; xem lịch chạy hằng ngày."),
    )
    yield Row(_("Việc chờ người thứ hai xác nhận"), number(figures.proposals, language))


def _counts(counted: Collected, language: str) -> Iterator[Row]:
    yield Row(_("Ý kiến đã lưu"), number(int(counted.total("answers", outcome="stored")), language))
    yield Row(_("Ý kiến gửi lại, đã có sẵn"), number(int(counted.total("answers", outcome="repeated")), language))
    failed = counted.total("failures")
    yield Row(_("Yêu cầu gặp lỗi của chương trình"), number(int(failed), language), failed == 0 or None)
    yield Row(_("Lần từ chối"), number(int(counted.total("refusals")), language))


REASONS = {
    "database_unreachable": "không kết nối được cơ sở dữ liệu",
    "database_slow": "cơ sở dữ liệu trả lời quá chậm",
    "database_read_only": "cơ sở dữ liệu chỉ cho đọc",
    "database_locked": "cơ sở dữ liệu đang bị khóa",
    "migrations_missing": "cơ sở dữ liệu chưa nâng cấp theo chương trình",
    "migrations_unknown": "cơ sở dữ liệu thuộc một phiên bản mới hơn",
    "disk_low": "đĩa sắp đầy",
    "keys_unreadable": "không đọc được khóa ký",
}


def _reason(code: str) -> str:
    return _(REASONS[code]) if code in REASONS else code


def _since(day: date | None, today: date) -> str:
    if day is None:
        return _("Chưa có lần nào")
    days = (today - day).days
    when = _("hôm nay") if days <= 0 else _("hôm qua") if days == 1 else _("cách đây {n} ngày", n=days)
    return f"{day:%d/%m/%Y}, {when}"


def number(value: int, language: str) -> str:
    said = f"{value:,}"
    return said if language == "en" else said.replace(",", ".")


def megabytes(value: int, language: str) -> str:
    if value >= 10_000 * MEGABYTE:
        return f"{number(value // (1000 * MEGABYTE), language)} GB"
    return f"{number(value // MEGABYTE, language)} MB" if value >= MEGABYTE else _("dưới 1 MB")


@lru_cache(maxsize=1)
def version() -> str:
    """Of the program."""
    try:
        return importlib.metadata.version("hailong")
    except importlib.metadata.PackageNotFoundError:  # run from its source
        text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8")
        return next(line.split('"')[1] for line in text.splitlines() if line.startswith("version"))
