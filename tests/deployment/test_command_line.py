"""`make package` and `make deploy` end in one message and an exit code."""

from __future__ import annotations

import re

import pytest

from deployment.command_line import main


def test_help_lists_the_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert "package" in text
    assert "deploy" in text
    assert re.findall(r"^  (\d+) ", text, re.MULTILINE) == ["0", "1", "2", "3"]


def test_an_environment_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["deploy", "--apply"])

    assert ended.value.code == 2
    assert "required: --environment" in capsys.readouterr().err


def test_wrong_settings_end_in_exit_code_2_and_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package", "--environment", "production"]) == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("There is no settings file '")
    assert shown.err.endswith("or choose an environment of: dev, prod, stage\n")
