"""docs/method-note.md says what the program does: every example is run and compared letter by letter."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tests.analysis.note import NOTE, OURS, Command, blocks, commands, in_process, through_a_shell, write_files


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.line[:60])
def test_a_command_prints_what_the_note_shows(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    if " | " in command.line:
        printed = through_a_shell(command.line, tmp_path)
    else:
        assert command.line.startswith(OURS)
        printed = in_process(command.line) + capsys.readouterr().err
    assert printed == command.prints


def test_calculations_by_hand_give_what_the_note_shows():
    """All python blocks are one session."""
    runner, reader, names = doctest.DocTestRunner(), doctest.DocTestParser(), {}
    for number, (_, content) in enumerate(blocks("python")):
        examples = reader.get_doctest(content, names, f"block {number}", str(NOTE), 0)
        assert examples.examples
        runner.run(examples, clear_globs=False)
        names = examples.globs
    assert runner.summarize().failed == 0


def test_the_hand_made_standard_error_is_the_one_printed():
    """0.061287 of the calculation in section 5 is the 6,13% of the first table."""
    by_hand = next(content for _, content in blocks("python") if "phuong_sai" in content).rstrip().rpartition("\n")[2]
    assert f"{float(by_hand):.2%}".replace(".", ",") == "6,13%"
    assert "6,13%" in commands()[0].prints


def test_the_note_holds_no_block_that_is_not_checked():
    fences = NOTE.read_text(encoding="utf-8").count("\n```")
    checked = sum(len(blocks(kind)) for kind in ("csv", "console", "python"))
    assert fences == 2 * checked
