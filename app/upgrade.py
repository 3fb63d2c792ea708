"""`./hailong upgrade`: a verified copy, migrations, the doctor, the server; back to before where one of them fails.

Answers keep coming while this runs: migrations go beside the old program, which serves until the new one does. So
nothing is ever put back from the copy by itself, which would take the answers of the last minute: what failed to
migrate was undone by its own transaction, and what was migrated already is led back by the migrations' own way back.

Exit codes: 0 done; 1 failed, and everything is as before; 2 wrong use; 3 done, but the server has to be restarted by
hand; 4 failed, and a person has to look.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy.exc import SQLAlchemyError

from app import cli, create_app, doctor, keys, messages, precaution, running, settings
from app.backup import swap
from app.cli.doctor import say as say_findings
from app.db import db, reading
from app.doctor import stock
from app.doctor.finding import Finding, Severity
from app.running import Server
from app.settings import Settings
from app.start import only_one_start, say
from surveys.errors import Refusal
from surveys.store import examination

DONE, AS_BEFORE, WRONG_USE, BY_HAND, STUCK = range(5)
OF_THE_SCHEMA = frozenset({
    "migrations_pending", "schema_newer", "migration_remains", "references_torn", "index_invalid", "database_away",
})
"""findings, besides dangers, after which the new schema does not stay"""
LONGEST_START, LONGEST_STOP = 90.0, 45.0
"""seconds for the new server to be ready, for the old one to finish what it was doing"""


T = TypeVar("T")


class Stopped(Exception):
    """The upgrade ends here; the exit code says how."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def main(options: list[str]) -> int:
    if unknown := [option for option in options if option not in {"--dry-run", "--no-restart"}]:
        say(f"Không hiểu: {unknown[0]}. Xem: ./hailong help upgrade",
            f"Not understood: {unknown[0]}. See: ./hailong help upgrade")
        return WRONG_USE
    try:
        config = settings.read()
        try:
            swap.finish(config)  # before a key is made where a restored one belongs
        except Refusal as refusal:  # a restore is at work
            print(messages.both(refusal), file=sys.stderr)
            return AS_BEFORE
        keys.signer_of(config)
        with only_one_start(config):
            return Upgrade(config).run(dry="--dry-run" in options, restart="--no-restart" not in options)
    except settings.SettingsFault as fault:
        say(f"Lỗi: thiết lập không dùng được: {fault}", f"Error: a setting cannot be used: {fault}")
        return AS_BEFORE
    except Stopped as stopped:
        return stopped.code


class Upgrade:
    def __init__(self, config: Settings) -> None:
        self.config = config
        self.app = create_app(config)
        self.old = ""
        """revision of the database before, '' for none"""
        self.copy: Path | None = None

    def run(self, *, dry: bool, restart: bool) -> int:
        with self.app.app_context():
            self._look(dry)
            if dry:
                return DONE
            self._copy()
            self._migrate()
            self._examine()
            db.engine.dispose()
        return self._restart() if restart else self._told_to_restart(running.found(self.config))

    # ------------------------------------------------------------ 1 look

    def _look(self, dry: bool) -> None:
        step(1, "Xem hệ thống", "Looking")
        try:
            with db.engine.connect() as connection:
                self.old, new = stock.revisions(connection)
            found = doctor.findings(self.app)
        except SQLAlchemyError as fault:
            self._refuse(f"không hỏi được cơ sở dữ liệu ({type(fault).__name__})",
                         f"the database cannot be asked ({type(fault).__name__})")
        stops = [each for each in found if each.severity is Severity.DANGER or _stops(each)]
        if stops:
            say_findings(stops, err=True)
            self._refuse("hãy khắc phục những điều trên trước khi nâng cấp",
                         "the above has to be mended before an upgrade")
        pending = self._pending()
        tell(f"Phiên bản cơ sở dữ liệu: {self.old or '–'}; chương trình cần: {new}; cần chạy: {len(pending)}",
             f"Database at {self.old or '–'}; the program needs {new}; to run: {len(pending)}")
        for line in pending:
            tell(line)
        server = running.found(self.config)
        tell("Không có máy chủ nào đang chạy." if server is None else f"Máy chủ đang chạy: tiến trình {server.pid}.",
             "No server is running." if server is None else f"The server runs as process {server.pid}.")
        if dry:
            say("Xong: chỉ xem, chưa thay đổi gì. Khi nâng cấp: sao lưu, nâng cấp, khám, khởi động lại.",
                "Done: looked only, nothing was changed. An upgrade: copy, migrate, examine, restart.")

    def _pending(self) -> list[str]:
        """The migrations to come, by their first lines."""
        walked = stock.scripts().iterate_revisions("head", self.old or "base")
        return [(script.doc or script.revision).splitlines()[0] for script in reversed(list(walked))
                if script.revision != self.old]

    # ------------------------------------------------------------ 2 copy, 3 migrate, 4 examine

    def _copy(self) -> None:
        step(2, "Sao lưu và kiểm tra bản sao", "Making a copy and verifying it")
        if not self.old:
            tell("Cơ sở dữ liệu còn trống: không có gì để sao lưu.", "The database is empty: there is nothing to copy.")
            return
        try:
            self.copy = precaution.copy(self.config, self.old)
        except Refusal as refusal:
            cli.say_refusal(refusal)
            self._refuse("không có bản sao thì không nâng cấp", "without a copy there is no upgrade")
        tell(f"Bản sao: {self.copy}", f"The copy: {self.copy}")

    def _migrate(self) -> None:
        step(3, "Nâng cấp cơ sở dữ liệu", "Migrating the database")
        try:
            db.engine.dispose()
            upgrade()
        except (Exception, SystemExit) as fault:
            tell_why(fault)
            if self._is_at(self.old):
                self._refuse("nâng cấp thất bại và đã tự hoàn lại", "the migration failed and undid itself")
            self._back_out()

    def _examine(self) -> None:
        step(4, "Khám sau nâng cấp", "Examining")
        app = create_app(self.config)
        found = doctor.findings(app)
        say_findings([each for each in found if each.severity is not Severity.NOTE], err=True)
        failed = [each for each in found if each.severity is Severity.DANGER or each.code in OF_THE_SCHEMA]
        if failed or not self._serves(app):
            self._back_out()

    def _serves(self, app: Flask) -> bool:
        """Whether the new program reads every table and shows its pages on what is there now."""
        try:
            with app.app_context(), reading() as session:
                examination.readable(session)
                point = examination.open_point(session)
            for path in ("/", *([f"/p/{point}"] if point else [])):
                status = app.test_client().get(path, base_url="http://localhost").status_code
                if status >= 500:
                    tell(f"Trang thử trả lời {status}.", f"A page answered {status}.")
                    return False
        except Exception as fault:
            tell_why(fault)
            return False
        return True

    # ------------------------------------------------------------ 5 restart

    def _restart(self) -> int:
        step(5, "Khởi động lại máy chủ", "Restarting the server")
        server = running.found(self.config)
        if server is None or server.supervised:
            return self._told_to_restart(server)
        os.kill(server.pid, signal.SIGUSR2)  # a new master beside the old one, on the same socket
        new = awaited(lambda: self._new_master(server), LONGEST_START)
        if new is None:
            self._stop_newcomer(server)
            running.keep(self.config, server)
            tell("Máy chủ mới không khởi động được; máy chủ cũ vẫn phục vụ.",
                 "The new server did not start; the old one goes on serving.")
            with self.app.app_context():
                self._back_out()
        os.kill(server.pid, signal.SIGTERM)  # it finishes what it is doing
        if awaited(lambda: None if server.alive else True, LONGEST_STOP) is None:
            tell(f"Máy chủ cũ (tiến trình {server.pid}) chưa dừng; nó sẽ dừng khi xong việc.",
                 f"The old server (process {server.pid}) has not stopped yet; it will when it is done.")
        say(f"Xong: đã nâng cấp, máy chủ mới là tiến trình {new.pid}.",
            f"Done: upgraded, the new server is process {new.pid}.")
        return DONE

    def _new_master(self, old: Server) -> Server | None:
        found = running.found(self.config)
        ready = found is not None and found.pid != old.pid and running.workers_of(found.pid) >= self.config.workers
        return found if ready else None

    def _stop_newcomer(self, old: Server) -> None:
        found = running.found(self.config)
        if found is not None and found.pid != old.pid:
            with suppress(ProcessLookupError):
                os.kill(found.pid, signal.SIGTERM)
            awaited(lambda: None if found.alive else True, LONGEST_STOP)

    def _told_to_restart(self, server: Server | None) -> int:
        if server is None:
            say("Xong: đã nâng cấp. Không có máy chủ nào đang chạy; khởi động bằng ./hailong run",
                "Done: upgraded. No server is running; start one with ./hailong run")
            return DONE
        how = {
            "systemd": "systemctl restart hailong", "container": "docker restart … / podman restart …",
        }.get(server.supervised, "./hailong upgrade")
        say(f"Đã nâng cấp; máy chủ cũ vẫn phục vụ. Hãy khởi động lại: {how}",
            f"Upgraded; the old server goes on serving. Restart it: {how}")
        return BY_HAND

    # ------------------------------------------------------------ back

    def _back_out(self) -> NoReturn:
        """Lead the schema back; answers that came meanwhile stay."""
        say("Đang hoàn lại…", "Backing out…")
        try:
            db.engine.dispose()
            if not self._is_at(self.old):
                downgrade(revision=self.old or "base")
        except (Exception, SystemExit) as fault:
            tell_why(fault)
        if self._is_at(self.old):
            self._refuse("nâng cấp không thành", "the upgrade did not succeed")
        where = self.copy or "–"
        say(f"Lỗi: không hoàn lại được. Máy chủ cũ có thể vẫn phục vụ. Bản sao trước nâng cấp: {where}. Dừng máy chủ"
            " rồi khôi phục từ bản sao đó (docs/operations-upgrade.md).",
            f"Error: it could not be backed out. The old server may still serve. The copy of before: {where}. Stop the"
            " server, then restore that copy (docs/operations-upgrade.md).")
        raise Stopped(STUCK)

    def _is_at(self, revision: str) -> bool:
        try:
            with db.engine.connect() as connection:
                return stock.revisions(connection)[0] == revision
        except SQLAlchemyError:
            return False

    def _refuse(self, vi: str, en: str) -> NoReturn:
        say(f"Lỗi: {vi}. Cơ sở dữ liệu và máy chủ vẫn như trước. Muốn dùng lại mã nguồn cũ: git checkout …",
            f"Error: {en}. Database and server are as before. For the old program's files: git checkout …")
        raise Stopped(AS_BEFORE)


def _stops(found: Finding) -> bool:
    return found.code in {"schema_newer", "disk_full", "database_unwritable", "state_unwritable", "references_torn",
                          "database_away"} and found.bad


def awaited(look: Callable[[], T | None], longest: float) -> T | None:
    """What `look` finds, as soon as it finds something."""
    last = time.monotonic() + longest
    while (found := look()) is None and time.monotonic() < last:
        time.sleep(0.2)
    return found


def step(number: int, vi: str, en: str) -> None:
    say(f"[{number}/5] {vi}…", f"[{number}/5] {en}…")


def tell(vi: str, en: str | None = None) -> None:
    print(f"      {vi}", *([f"      {en}"] if en else []), sep="\n", file=sys.stderr, flush=True)


def tell_why(fault: BaseException) -> None:
    """What went wrong, in the program's words; a database's message may quote a row, so only its kind and place."""
    lines = traceback.format_tb(fault.__traceback__)
    tell("".join(lines[-1:]).strip() + f": {type(fault).__name__}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
