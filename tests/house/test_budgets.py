"""Sizes that were promised, measured as `./hailong bench` measures them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from bench import pages, storage
from bench._ground import sqlite
from tests.world import build

ANSWER = 90
"""bytes of one answer to the 22-item form on SQLite"""
PAGE = 100_000
"""bytes of everything that a citizen's phone loads, compressed"""


@pytest.mark.slow
def test_an_answer_stays_small_on_sqlite() -> None:
    with sqlite() as app:
        # of fewer answers the design cells, which a wave has however many answer, are some bytes of each
        measured = storage.measure(app, 12_000)
    assert measured["characters"] >= 22
    assert measured["bytes_per_answer"] <= ANSWER
    assert measured["bytes_per_imported_answer"] <= ANSWER


def test_a_citizens_form_stays_light(app: Flask, tmp_path: object) -> None:
    world = build(app, tmp_path)
    files = pages.weights(world.client, f"/p/{world.point}")
    assert {ending for name in files for ending in (".css", ".js", ".woff2") if ending in name} == {
        ".css", ".js", ".woff2"
    }  # what is weighed is what is loaded
    assert sum(files.values()) <= PAGE


@pytest.mark.slow
def test_a_benchmark_says_one_line_of_json_on_standard_output(root: Path) -> None:
    command = [sys.executable, "-m", "bench", "pages", "--quick"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert json.loads(line)["gzip_bytes"] > 0


def test_an_unknown_benchmark_is_refused_with_the_list(root: Path) -> None:
    command = [sys.executable, "-m", "bench", "everything"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "storage" in done.stderr
