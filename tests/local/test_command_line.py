"""The command line explains itself, and wrong words are refused before anything starts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.command_line import COMMANDS, main
from tests.support.repository import REPO


def test_help_lists_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert [name for name, command in COMMANDS.items() if f"{name} " not in text or command.HELP not in text] == []
    assert re.findall(r"^  (\d+) ", text, re.MULTILINE) == ["0", "1", "2", "130"]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_each_command_says_where_its_state_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    assert ended.value.code == 0
    assert "--state-dir" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param([], "required: command", id="no command"),
        pytest.param(["walk"], "invalid choice: 'walk'", id="unknown command"),
        pytest.param(["run", "--scale", "big"], "argument --scale: invalid float value: 'big'", id="no number"),
        pytest.param(["run", "--system", "x", "--tables", "y"], "unrecognized arguments", id="unknown argument"),
    ],
)
def test_wrong_words_are_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_what_cannot_start_ends_in_exit_code_2_and_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").touch()

    assert main(["serve", "--state-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"State directory '{tmp_path}' has files that are not ours: choose another one.\n"
    )


def test_every_verb_of_the_makefile_that_starts_something_uses_the_command_line() -> None:
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")

    assert set(re.findall(r"\$\(LOCAL\) (\w+)", makefile)) == set(COMMANDS) - {"serve"}
