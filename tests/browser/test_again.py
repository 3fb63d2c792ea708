"""After a restore: what the backup did not know comes again from the device, once, from a copy nobody else reads."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Route, expect

from app import backup, writer
from app.db import db
from app.keys import opener
from surveys import resending
from tests.browser.citizen import SENT, Asking, Opener, Serve, address, answer_all, ids, send
from tests.world import build

PASSPHRASE = "mot cum mat khau dai"
COPIES = """() => new Promise((done) => {
  const asked = indexedDB.open("hailong");
  asked.onsuccess = () => {
    const base = asked.result;
    if (!base.objectStoreNames.contains("copies")) return done([]);
    const found = base.transaction("copies").objectStore("copies").getAll();
    found.onsuccess = () => {
      base.close();
      done(found.result.map((one) => ({ ...one, sealed: Array.from(one.sealed) })));
    };
  };
})"""


KEEP = """([answers, epoch]) => hailong_again.keep(
  { action: "/p/x", answers }, { day: new Date().toISOString().slice(0, 10), signature: "s", note: "n", epoch }
)"""
BUSY = {"status": 503, "content_type": "text/plain", "headers": {"Retry-After": "3"}, "body": "Busy.\n"}
"""as deploy/nginx.conf says it"""


def until(holds: Callable[[], bool]) -> None:
    """Playwright waits for no promise inside `wait_for_function`."""
    last = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.1)


def test_an_answer_that_a_restore_forgot_comes_again_exactly_once(
    serve: Serve, open_page: Opener, tmp_path: Path
) -> None:
    with serve() as server:
        world = build(server.app, tmp_path)
        place = (server, world)
        page = open_page()
        page.goto(address(place))
        answer_all(page)
        send(page)
        expect(page.get_by_role("heading", name=SENT)).to_be_visible()
        with server.app.app_context():
            settings = server.app.config["HAILONG"]
            backup.create(settings, tmp_path / "one.backup", PASSPHRASE)
        kept = ids(world)
        page.goto(address(place))
        answer_all(page, "2")
        send(page)
        expect(page.get_by_role("heading", name=SENT)).to_be_visible()
        whole = ids(world)
        assert len(whole) == 2

        copies = page.evaluate(COPIES)
        assert {(copy["epoch"], len(copy["seal"])) for copy in copies} == {("1", 64)}
        assert len(copies) == 2
        readable = json.dumps(copies) + "".join(bytes(copy["sealed"]).decode("latin-1") for copy in copies)
        for secret in ("answers", "signature", world.point, *(id.hex() for id in whole if isinstance(id, bytes))):
            assert secret not in readable

        with server.app.app_context():
            done = backup.restore(settings, tmp_path / "one.backup", PASSPHRASE, replace=True)
            db.engine.dispose()
            writer.close(server.app)
            server.app.extensions["landings"].forget()
        assert ids(world) == kept
        for _ in range(2):  # the second visit has nothing left to bring
            with page.expect_response("**/again") if _ == 0 else page.expect_response("**/p/*"):
                page.goto(address(place))
            until(lambda: {copy["epoch"] for copy in page.evaluate(COPIES)} == {done.epoch})
            assert ids(world) == whole
        assert world.rows("select count(*) from response where answers like '2%'") == [(1,)]


def test_a_copy_is_gone_after_fourteen_days(serve: Serve, open_page: Opener, tmp_path: Path) -> None:
    with serve() as server:
        place = (server, build(server.app, tmp_path, "counter-short"))
        page = open_page()
        page.goto(address(place))
        answer_all(page)
        send(page)
        expect(page.get_by_role("heading", name=SENT)).to_be_visible()
        (copy,) = page.evaluate(COPIES)
        last = datetime.fromisoformat(copy["until"]).replace(tzinfo=UTC)
        page.clock.set_fixed_time(last)
        page.goto(address(place))
        page.wait_for_timeout(1000)
        assert len(page.evaluate(COPIES)) == 1
        page.clock.set_fixed_time(last + timedelta(days=1))
        page.goto(address(place))
        until(lambda: page.evaluate(COPIES) == [])


def test_a_copy_does_not_tell_by_its_length_what_it_hides(short_form: Asking, open_page: Opener) -> None:
    server, _ = short_form
    page = open_page()
    page.goto(address(short_form))
    page.wait_for_function("() => window.hailong_again")
    letters = [{"id": f"{number:032x}", "q1": text} for number, text in enumerate(("", "4", "ế" * 1000, "x" * 3000))]
    for letter in letters:
        page.evaluate(KEEP, [letter, "1"])
    sealed = [bytes(copy["sealed"]) for copy in page.evaluate(COPIES)]
    assert len(sealed) == len(letters)
    assert len({len(each) for each in sealed}) == 1
    with server.app.app_context():
        told = [dict(resending.read(opener().opened(each)).fields) for each in sealed]
    assert sorted(told, key=lambda each: each["id"]) == letters


def test_one_copy_that_is_put_off_does_not_hold_up_the_others(short_form: Asking, open_page: Opener) -> None:
    """nginx puts off in plain words, which are no JSON; a server that goes on doing so is left alone."""
    page = open_page(errors_allowed=True)
    page.goto(address(short_form))
    page.wait_for_function("() => window.hailong_again")
    for number in range(5):
        page.evaluate(KEEP, [{"id": f"{number:032x}"}, "another"])
    asked: list[int] = []
    put_off = {0}

    def gate(route: Route) -> None:
        asked.append(len(asked))
        if asked[-1] in put_off:
            route.fulfill(**BUSY)
        else:
            route.continue_()

    def came(count: int) -> bool:
        page.wait_for_timeout(50)  # the gate is asked in here
        return len(asked) == count

    page.route("**/again", gate)
    page.goto(address(short_form))
    until(lambda: came(5))
    page.wait_for_timeout(500)
    assert len(asked) == 5
    asked.clear()
    put_off |= set(range(1, 5))
    page.goto(address(short_form))
    until(lambda: came(3))
    page.wait_for_timeout(4000)
    assert len(asked) == 3
