"""Every setting, typed, with its default and its help. Read once, here, at the edge."""

from __future__ import annotations

import difflib
import ipaddress
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OTHER_NAMES = frozenset({"HAILONG_CHROMIUM"})
"""names beginning like a setting that something else reads: the tests"""
FEWEST_CHARACTERS = 10
"""different ones in a secret key: fewer is a placeholder, not a key"""
SHORTEST_KEY_LIFE = 134
"""days: a form lives 120, and the sealed copy of what was sent with it on its last day 14 more"""
HANDED_OVER = ("/run/credentials/", "/run/secrets/")
"""where systemd and containers put secrets; they decide who reads there"""


class SettingsFault(Exception):
    """A setting cannot be used; the text says which, what was found and what is expected."""


def _setting(env: str, default: object, help_vi: str, help_en: str, *, secret: bool = False) -> Any:
    metadata = {"env": env, "vi": help_vi, "en": help_en, "secret": secret}
    return field(default=default, metadata=metadata)


def _default_state() -> Path:
    # systemd hands a unit its state folder in STATE_DIRECTORY
    return Path(os.environ.get("STATE_DIRECTORY") or Path(__file__).resolve().parent.parent / "var")


@dataclass(frozen=True)
class Settings:
    state: Path = _setting(
        "HAILONG_STATE", None,
        "Thư mục dữ liệu: cơ sở dữ liệu SQLite, khóa ký, tệp tạm. Mặc định: var/ cạnh mã nguồn.",
        "State folder: SQLite database, signing keys, temporary files. Default: var/ beside the source.",
    )
    database_url: str = _setting(
        "HAILONG_DATABASE_URL", "",
        "Địa chỉ cơ sở dữ liệu; nhận cả DATABASE_URL. Mặc định: SQLite trong thư mục dữ liệu.",
        "Database address; DATABASE_URL is accepted too. Default: SQLite in the state folder.",
        secret=True,
    )
    bind: str = _setting(
        "HAILONG_BIND", "127.0.0.1",
        "Địa chỉ mạng mà máy chủ lắng nghe.",
        "Network address the server listens on.",
    )
    port: int = _setting("HAILONG_PORT", 8000, "Cổng mà máy chủ lắng nghe.", "Port the server listens on.")
    public_url: str = _setting(
        "HAILONG_PUBLIC_URL", "",
        "Địa chỉ công khai in trong mã QR, ví dụ https://hailong.quangtri.gov.vn. Mặc định: http://BIND:PORT.",
        "Public address printed into QR codes, e.g. https://hailong.quangtri.gov.vn. Default: http://BIND:PORT.",
    )
    staff_url: str = _setting(
        "HAILONG_STAFF_URL", "",
        "Địa chỉ riêng cho cán bộ, ví dụ https://canbo.hailong.quangtri.gov.vn. Mặc định: cùng địa chỉ công khai.",
        "Address of their own for staff, e.g. https://canbo.hailong.quangtri.gov.vn. Default: the public address.",
    )
    trusted_hosts: str = _setting(
        "HAILONG_TRUSTED_HOSTS", "",
        "Thêm tên máy được nhận, cách nhau bằng dấu phẩy. Mặc định: tên trong các địa chỉ trên và chính máy này.",
        "More host names to answer to, with commas. Default: those of the addresses above, and this machine.",
    )
    secret_key: str = _setting(
        "HAILONG_SECRET_KEY", "",
        "Khóa bí mật (ít nhất 32 ký tự); hoặc HAILONG_SECRET_KEY_FILE. Mặc định: tự tạo trong thư mục dữ liệu.",
        "Secret key (at least 32 characters); or HAILONG_SECRET_KEY_FILE. Default: made in the state folder.",
        secret=True,
    )
    secret_key_before: str = _setting(
        "HAILONG_SECRET_KEY_BEFORE", "",
        "Các khóa bí mật dùng trước HAILONG_SECRET_KEY hiện nay, cách nhau bằng dấu cách: vẫn nhận phiếu, thẻ cũ.",
        "Secret keys of before the present HAILONG_SECRET_KEY, with spaces: forms and slips of theirs are still taken.",
        secret=True,
    )
    key_life: int = _setting(
        "HAILONG_KEY_LIFE", 150,
        "Số ngày còn nhận phiếu, thẻ, xác nhận của bộ khóa cũ sau khi đổi khóa; ít nhất 134.",
        "Days for which forms, slips and acknowledgements of the keys before a rotation are still taken; at least 134.",
    )
    backup_folder: str = _setting(
        "HAILONG_BACKUPS", "",
        "Thư mục chứa bản sao lưu, nên ở ổ đĩa khác. Mặc định: backups/ trong thư mục dữ liệu.",
        "Folder of the backups, best on another disk. Default: backups/ in the state folder.",
    )
    backup_passphrase: str = _setting(
        "HAILONG_BACKUP_PASSPHRASE", "",
        "Cụm mật khẩu của bản sao lưu; hoặc HAILONG_BACKUP_PASSPHRASE_FILE. Mặc định: dòng lệnh hỏi.",
        "Passphrase of the backups; or HAILONG_BACKUP_PASSPHRASE_FILE. Default: the command asks.",
        secret=True,
    )
    demonstration: bool = _setting(
        "HAILONG_DEMONSTRATION", False,
        "1: bản trình diễn với số liệu mô phỏng; cho phép đăng nhập một chạm trên chính máy này.",
        "1: demonstration with simulated data; allows one-click sign-in on this very machine.",
    )
    language: str = _setting(
        "HAILONG_LANGUAGE", "vi",
        "Ngôn ngữ đứng trước trong lời của dòng lệnh: vi hoặc en.",
        "Language that comes first in what the command line says: vi or en.",
    )
    workers: int = _setting(
        "HAILONG_WORKERS", 2, "Số tiến trình phục vụ.", "Number of serving processes.",
    )
    threads: int = _setting(
        "HAILONG_THREADS", 8, "Số luồng trong mỗi tiến trình.", "Threads per process.",
    )
    quick: bool = _setting(
        "HAILONG_QUICK", True,
        "1: trả lời phiếu và ý kiến của người dân trước khi qua Flask (nhanh gấp đôi); 0: mọi yêu cầu đều qua Flask.",
        "1: citizens' forms and answers are replied to before Flask (twice as fast); 0: Flask replies to everything.",
    )
    trusted_proxies: int = _setting(
        "HAILONG_TRUSTED_PROXIES", 0,
        "Số máy chủ trung gian tin cậy đứng trước (0: không có).",
        "Number of trusted proxies in front (0: none).",
    )
    timezone: str = _setting(
        "HAILONG_TZ", "Asia/Ho_Chi_Minh",
        "Múi giờ tính ngày của máy chủ.",
        "Time zone in which the server counts days.",
    )
    log_format: str = _setting(
        "HAILONG_LOG_FORMAT", "text",
        "Dạng của nhật ký máy chủ: text (để đọc) hoặc json (mỗi dòng một đối tượng, cho hệ thống thu thập).",
        "Form of the server's log: text (to read) or json (an object a line, for a collector).",
    )
    log_level: str = _setting(
        "HAILONG_LOG_LEVEL", "warning",
        "Ghi nhật ký từ mức: debug, info (thêm mỗi yêu cầu của cán bộ, mỗi lần từ chối), warning, error.",
        "Level from which the log is written: debug, info (adds every request of staff, every refusal), warning,"
        " error.",
    )
    metrics_token: str = _setting(
        "HAILONG_METRICS_TOKEN", "",
        "Mã để máy khác đọc /metrics (Authorization: Bearer …), ít nhất 16 ký tự. Mặc định: chỉ chính máy này.",
        "Token with which another machine reads /metrics (Authorization: Bearer …), at least 16 characters. Default:"
        " only this very machine may.",
        secret=True,
    )
    disk_reserve: int = _setting(
        "HAILONG_DISK_RESERVE", 200,
        "Số MB đĩa phải còn trống; ít hơn thì /readyz báo không sẵn sàng.",
        "Megabytes of disk that must be free; below that /readyz says not ready.",
    )

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    @property
    def secrets_before(self) -> list[str]:
        return self.secret_key_before.split()

    @property
    def backups(self) -> Path:
        return Path(self.backup_folder).expanduser() if self.backup_folder else self.state / "backups"

    @property
    def write_lock(self) -> Path:
        """The one file lock that sessions, commands and backup share on SQLite."""
        return self.state / "write.lock"

    @property
    def address(self) -> str:
        """Public address without trailing slash."""
        return (self.public_url or f"http://{self.bind}:{self.port}").rstrip("/")

    @property
    def staff_address(self) -> str:
        """Address of the staff pages without trailing slash; the public one unless they have their own."""
        return (self.staff_url or self.address).rstrip("/")

    @property
    def loopback_only(self) -> bool:
        return self.bind in LOOPBACK


def described() -> list[tuple[str, str, str, str]]:
    """(environment name, default, help vi, help en) of every setting, in order."""
    return [
        (f.metadata["env"], "" if f.default in (None, "") else str(f.default), f.metadata["vi"], f.metadata["en"])
        for f in fields(Settings)
    ]


def read(environ: Mapping[str, str] | None = None, **override: object) -> Settings:
    """Settings from the environment; `override` is for tests and for the commands' own options."""
    env = os.environ if environ is None else environ
    _no_unknown(env)
    values: dict[str, object] = {}
    for f in fields(Settings):
        raw = _raw(env, f.metadata["env"], secret=f.metadata["secret"])
        if f.name == "database_url" and raw is None:
            raw = _raw(env, "DATABASE_URL", secret=True)
        if raw is not None and raw != "":
            values[f.name] = _parse(f.metadata["env"], raw, f.default)
    values.update(override)
    state = Path(str(values.get("state") or _default_state())).expanduser().resolve()
    values["state"] = state
    url = str(values.get("database_url") or f"sqlite:///{state / 'hailong.db'}")
    # 'postgres://' is what hosting panels still hand out
    values["database_url"] = "postgresql://" + url.removeprefix("postgres://") if url.startswith("postgres://") else url
    settings = Settings(**values)  # type: ignore[arg-type]  # every value was parsed by its field's type above
    _check(settings)
    return settings


def _no_unknown(env: Mapping[str, str]) -> None:
    """A misspelt setting would silently be none at all."""
    names = [f.metadata["env"] for f in fields(Settings)]
    known = OTHER_NAMES | {*names} | {f"{name}_FILE" for name in names}
    for name in sorted(env):
        if name.startswith("HAILONG_") and name not in known:
            near = difflib.get_close_matches(name, known, 1, 0)
            raise SettingsFault(f"{name}: no such setting; did you mean {near[0]}?")


def _raw(env: Mapping[str, str], name: str, *, secret: bool) -> str | None:
    """The value itself, else from NAME_FILE, else from systemd's folder of credentials."""
    path = env.get(f"{name}_FILE")
    if not path and name not in env and (folder := env.get("CREDENTIALS_DIRECTORY")):
        path = f"{folder}/{name}" if os.path.exists(f"{folder}/{name}") else None
    if not path:
        return env.get(name)
    try:
        if secret and not path.startswith(HANDED_OVER):
            _unread_by_others(Path(path), f"{name}_FILE")
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise SettingsFault(f"{name}_FILE={path}: {fault.strerror}") from fault


def _unread_by_others(path: Path, what: str) -> None:
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise SettingsFault(f"{what}: everybody on this machine can read {path}; run: chmod 600 {path}")


def _parse(name: str, raw: str, default: object) -> object:
    parsers: dict[type, Callable[[str], object]] = {bool: _boolean, int: int}
    try:
        return parsers.get(type(default), str)(raw.strip())
    except ValueError as fault:
        raise SettingsFault(f"{name}={raw!r}: expected {type(default).__name__}") from fault


def _boolean(raw: str) -> bool:
    if raw.lower() in {"1", "true", "yes", "on"}:
        return True
    if raw.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError(raw)


def _check(settings: Settings) -> None:
    if not 1 <= settings.port <= 65535:
        raise SettingsFault(f"HAILONG_PORT={settings.port}: expected 1 to 65535")
    if settings.language not in {"vi", "en"}:
        raise SettingsFault(f"HAILONG_LANGUAGE={settings.language!r}: expected vi or en")
    for name, found, known in (
        ("HAILONG_LOG_FORMAT", settings.log_format, ("text", "json")),
        ("HAILONG_LOG_LEVEL", settings.log_level, ("debug", "info", "warning", "error")),
    ):
        if found not in known:
            raise SettingsFault(f"{name}={found!r}: expected {' or '.join(known)}")
    if settings.metrics_token and len(settings.metrics_token) < 16:
        raise SettingsFault("HAILONG_METRICS_TOKEN: expected at least 16 characters")
    for name, keys in (
        ("HAILONG_SECRET_KEY", [settings.secret_key] if settings.secret_key else []),
        ("HAILONG_SECRET_KEY_BEFORE", settings.secrets_before),
    ):
        if any(len(key) < 32 for key in keys):
            raise SettingsFault(f"{name}: expected at least 32 characters")
        if any(len(set(key)) < FEWEST_CHARACTERS for key in keys):
            raise SettingsFault(f"{name}: a placeholder, not a key; leave it out and one is made")
    _check_address("HAILONG_PUBLIC_URL", settings.public_url)
    _check_address("HAILONG_STAFF_URL", settings.staff_url)
    if settings.staff_url:
        public, own = urlsplit(settings.address), urlsplit(settings.staff_url)
        if not settings.public_url or public.hostname == own.hostname or public.scheme != own.scheme:
            raise SettingsFault(
                f"HAILONG_STAFF_URL={settings.staff_url!r}: expected another host name than HAILONG_PUBLIC_URL,"
                " with the same scheme"
            )
    for name, value, least in (
        ("HAILONG_WORKERS", settings.workers, 1), ("HAILONG_THREADS", settings.threads, 1),
        ("HAILONG_TRUSTED_PROXIES", settings.trusted_proxies, 0), ("HAILONG_DISK_RESERVE", settings.disk_reserve, 0),
        ("HAILONG_KEY_LIFE", settings.key_life, SHORTEST_KEY_LIFE),
    ):
        if value < least:
            raise SettingsFault(f"{name}={value}: expected {least} or more")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsFault(f"HAILONG_TZ={settings.timezone!r}: expected one such as Asia/Ho_Chi_Minh") from None


def _check_address(name: str, address: str) -> None:
    if not address:
        return
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    if (
        parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine or parts.query
        or parts.fragment or parts.username is not None or not address.isprintable() or " " in address
    ):
        raise SettingsFault(f"{name}={address!r}: expected an address such as https://hailong.example.vn")


def check_serving(settings: Settings) -> None:
    """What the server refuses to start with, though a command may run: passphrases that cross a network in clear.

    A demonstration has no accounts to lose: `./hailong run --lan` shows one without a certificate.
    """
    if settings.demonstration:
        return
    for name, address in (("HAILONG_PUBLIC_URL", settings.address), ("HAILONG_STAFF_URL", settings.staff_address)):
        parts = urlsplit(address)
        if parts.scheme != "https" and not is_loopback(parts.hostname):
            raise SettingsFault(
                f"{name}={address!r}: outside this machine only https:// is safe (see deploy/README.md);"
                " or HAILONG_DEMONSTRATION=1 to show simulated data only"
            )


def check_debug(settings: Settings, debug: bool) -> None:
    """Flask's debugger runs whatever it is told: never where there are real data, never for another machine."""
    if debug and not (settings.demonstration and settings.loopback_only):
        raise SettingsFault("FLASK_DEBUG: only for a demonstration on this very machine; unset it")


def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def private_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """The bytes of a key file, made at first need; two processes starting together agree on one."""
    if not path.exists():
        put_private(path, make())
    return read_private(path)


def read_private(path: Path) -> bytes:
    _unread_by_others(path, path.name)
    return path.read_bytes()


def put_private(path: Path, content: bytes, *, replace: bool = False) -> bool:
    """Write a key file, whole and flushed: a power cut must not take the key of what it signed meanwhile.

    Whether it was written: without `replace` the first one wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(fresh, path)
        else:
            os.link(fresh, path)  # atomic, and the first one wins
    except FileExistsError:
        return False
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True
