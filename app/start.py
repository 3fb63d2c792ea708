"""`./hailong run` between the environment and the server: database, units, demonstration, addresses.

One process does all of it and then is the server, so that a signal finds one thing to stop and a second start
is quick. `--keys` only makes the keys of the state folder.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from flask import Flask
from flask.cli import ScriptInfo
from flask_migrate import upgrade

from app import cli, create_app, db, doors, keys, messages, set_up, settings
from app.backup import swap
from app.doctor import gate
from app.prints import addresses
from app.settings import Settings
from surveys.errors import Refusal
from surveys.store import accounts, waves
from surveys.store import units as unit_store

TOP = Path(__file__).resolve().parent.parent


def main(options: list[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        config = settings.read()
        swap.finish(config)  # before a key is made where a restored one belongs
    except settings.SettingsFault as fault:
        stop_for(fault)
    except Refusal as refusal:
        sys.exit(messages.both(refusal))
    if "--keys" in options:
        keys.signer_of(config)
        return
    if "--lan" in options:
        config = on_local_network(config)
    check_port(config)
    with only_one_start(config):
        config = prepare(config, empty="--empty" in options)
    try:
        settings.check_serving(config)
        gate.check(config)
    except settings.SettingsFault as fault:
        stop_for(fault)
    os.environ |= {
        "HAILONG_BIND": config.bind,
        "HAILONG_PUBLIC_URL": config.public_url,
        "HAILONG_DEMONSTRATION": str(int(config.demonstration)),
    }
    serve()


def serve() -> NoReturn:
    """gunicorn in this very process: everything is imported already, and nothing else is left to stop."""
    from gunicorn import __main__ as program
    from gunicorn.app.wsgiapp import run

    # what gunicorn reads, and runs again when asked to replace itself; its own folder, where that program lies, holds
    # an `app` that must not be taken for ours
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(TOP), *filter(None, [os.environ.get("PYTHONPATH")])])
    sys.argv = [str(program.__file__), "--config", str(TOP / "gunicorn.conf.py"), "--chdir", str(TOP), "wsgi:app"]
    sys.exit(run())


def prepare(config: Settings, *, empty: bool) -> Settings:
    """Bring the state to where serving can begin; returns the settings to serve with."""
    keys.signer_of(config)
    app = create_app(config)
    say("Đang chuẩn bị cơ sở dữ liệu…", "Preparing the database…")
    with app.app_context():
        upgrade()
        load_units()
        with db.reading() as session:
            found = waves.waves(session)
            simulated = bool(found) and all(wave.simulated for wave in found)
            used = accounts.any_account(session) or bool(found)
    close(app)
    if "HAILONG_DEMONSTRATION" not in os.environ:
        config = replace(config, demonstration=not empty and (simulated or not used))
        if not empty and not config.demonstration:
            say("Đã có số liệu: không tạo đợt mô phỏng bên cạnh.", "There are data: no simulated wave beside them.")
    app = create_app(config)
    if config.demonstration and not simulated:
        say("Đang tạo đợt khảo sát mô phỏng…", "Making the simulated survey wave…")
        try:
            command(app, "demonstration", "create")
        except SystemExit as ended:
            if not ended.code:  # stopped by a signal
                raise
            say("Chạy tiếp, không có đợt khảo sát mô phỏng.", "Going on without the simulated wave.")
            close(app)
            app = create_app(config := replace(config, demonstration=False))
    welcome(app)
    close(app)
    return config


def close(app: Flask) -> None:
    """The server forks its workers from this process: no connection may be open then."""
    with app.app_context():
        db.db.engine.dispose()


def load_units() -> None:
    """The national list as shipped with this version; a contradicting tree of one's own stays as it is."""
    say("Đang nạp danh mục đơn vị toàn quốc…", "Loading the national list of units…")
    try:
        with db.transaction() as session:
            unit_store.load_national(session)
    except Refusal as refusal:
        cli.say_refusal(refusal)


def welcome(app: Flask) -> None:
    """Where each kind of user goes, and the code with which the first account is made."""
    config: Settings = app.config["HAILONG"]
    lines = [("Trang chủ / Home", f"{config.address}/")]
    with app.app_context(), db.reading() as session:
        shown = doors.demonstration(session) if config.demonstration else None
        first = not accounts.any_account(session)
    if shown and shown.point:
        lines.append(("Trả lời thử / Answer", addresses.of_point(config.address, shown.point.code)))
    if shown:
        lines.append(("Kết quả / Results", f"{config.address}/results/{shown.wave.code}"))
    if first:
        lines += [
            ("Thiết lập lần đầu / First set-up", f"{config.address}/account/set-up"),
            ("Mã cài đặt / One-time code", set_up.fresh_code(config)),
        ]
    lines.append(("Dữ liệu / Data", str(config.state)))
    print("\nHài Lòng")
    for name, what in lines:
        print(f"  {name + ':':<36}{what}")
    print(f"  {'Dừng / Stop:':<36}Ctrl+C\n", flush=True)
    if shown and shown.point and not config.loopback_only:
        command(app, "points", "terminal-qr", "--code", shown.point.code)


def command(app: Flask, *words: str) -> None:
    """Run one of our own `flask` commands in this process."""
    this = ScriptInfo(create_app=lambda: app)
    app.cli.main(list(words), prog_name="flask", obj=this, standalone_mode=False)


def on_local_network(config: Settings) -> Settings:
    """Listen where phones of the same network can reach; an explicit setting wins."""
    bind = config.bind
    if "HAILONG_BIND" not in os.environ:
        bind = local_address() or stop(
            "không tìm thấy địa chỉ mạng nội bộ của máy này; hãy đặt HAILONG_BIND",
            "this machine's local network address was not found; set HAILONG_BIND",
        )
    return replace(config, bind=bind, public_url=config.public_url or f"http://{bind}:{config.port}")


def local_address() -> str | None:
    """The address that other machines of the local network see; asks the routing table and sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that is nobody's
            found: str = probe.getsockname()[0]
        except OSError:
            return None
    return None if found.startswith(("127.", "0.")) else found


def check_port(config: Settings) -> None:
    family = socket.AF_INET6 if ":" in config.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.bind, config.port))
        except OSError as fault:
            stop(
                f"không mở được {config.bind}:{config.port} ({fault.strerror}). Chọn cổng khác, ví dụ:"
                f" HAILONG_PORT={config.port + 1} ./hailong run",
                f"{config.bind}:{config.port} cannot be opened ({fault.strerror}). Choose another port, e.g.:"
                f" HAILONG_PORT={config.port + 1} ./hailong run",
            )


@contextmanager
def only_one_start(config: Settings) -> Iterator[None]:
    """Two starts over one state folder prepare it one after the other."""
    config.state.mkdir(parents=True, exist_ok=True)
    with open(config.state / "start.lock", "w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Đang chờ một lần khởi động khác…", "Waiting for another start…")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def say(vi: str, en: str) -> None:
    print(f"{vi}\n  {en}", file=sys.stderr, flush=True)


def stop_for(fault: settings.SettingsFault) -> NoReturn:
    stop(f"thiết lập không dùng được: {fault}", f"a setting cannot be used: {fault}")


def stop(vi: str, en: str) -> NoReturn:
    say(f"Lỗi: {vi}", f"Error: {en}")
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
