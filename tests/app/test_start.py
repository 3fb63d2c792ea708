"""`./hailong run`, from the prepared environment on: what a first and a second start do, and how it stops."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app import db
from surveys.store import waves
from tests.starting import LONGEST, Start
from tests.world import build


@pytest.mark.slow
def test_a_start_serves_stops_cleanly_and_keeps_its_data(start: Callable[..., Start]) -> None:
    first = start("--empty")
    assert '<html lang="vi"' in first.page()
    code, out, err = first.stop()
    assert (code, first.alive) == (0, False), err
    assert "Traceback" not in err
    assert re.search(r"/account/set-up\n.*([0-9A-Z]{5}-){3}[0-9A-Z]{5}\n", out)

    second = start("--empty")
    assert '<html lang="vi"' in second.page()
    code, _, err = second.stop(signal.SIGINT)
    assert (code, second.alive) == (0, False), err


@pytest.mark.slow
def test_a_taken_port_is_told_before_anything_is_touched(start: Callable[..., Start], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        refused = start(port=port)
        _, err = refused.process.communicate(timeout=LONGEST)
    assert refused.process.returncode == 1
    assert f"HAILONG_PORT={port + 1} ./hailong run" in err
    assert not (tmp_path / "state" / "start.lock").exists()


def test_a_setting_that_cannot_be_used_is_named(start: Callable[..., Start]) -> None:
    refused = start(HAILONG_PORT="eighty")
    _, err = refused.process.communicate(timeout=LONGEST)
    assert refused.process.returncode == 1
    assert "HAILONG_PORT='eighty'" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_the_demonstration_is_made_once_and_its_form_opens(start: Callable[..., Start]) -> None:
    forms = []
    for _ in range(2):
        started = start()
        assert '<html lang="vi"' in started.page()
        code, out, err = started.stop()
        assert code == 0, err
        [path] = re.findall(r"http://[^/]+(/p/\w+)", out)
        forms.append(path)
    assert forms[0] == forms[1]
    again = start("--empty")
    assert "<form" in again.page(forms[0])  # what was there stays, only its doors are shut
    _, out, _ = again.stop()
    assert "/p/" not in out


@pytest.mark.slow
def test_no_simulated_wave_beside_a_provinces_own(app: Flask, start: Callable[..., Start], tmp_path: Path) -> None:
    build(app, tmp_path)
    started = start()
    started.page()
    code, out, err = started.stop()
    assert code == 0
    assert "There are data" in err
    assert "/p/" not in out
    with app.app_context(), db.reading() as session:
        assert [wave.code for wave in waves.waves(session)] == ["W1"]
