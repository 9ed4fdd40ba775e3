"""`compare` ends with 0 where two sides are the same, with 1 where they differ, with 2 where it cannot tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.command_line import main


def test_the_exit_code_tells_whether_the_sides_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.csv").write_text("id;amount\n1;19.50\n2;-\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text("id;amount\n2;-\n1;19.5\n", encoding="utf-8")
    sides = [str(tmp_path / "old.csv"), str(tmp_path / "new.csv"), "--delimiter", ";", "--null", "-"]

    assert main(["compare", *sides, "--numbers", "amount"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "SAME"
    assert main(["compare", *sides, "--key", "id"]) == 1
    shown = capsys.readouterr()
    assert "  id='1': amount left '19.50', right '19.5'" in shown.out.splitlines()
    assert shown.out.splitlines()[-1] == "DIFFERENT"
    assert f"2 rows, 2 columns: {tmp_path / 'old.csv'}" in shown.err.splitlines()


def test_what_cannot_be_read_ends_in_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path), str(tmp_path)]) == 2
    assert "expected files" in capsys.readouterr().err
    assert main(["compare", str(tmp_path), str(tmp_path), "--delimiter", "::"]) == 2
    assert "--delimiter must be one visible ASCII character" in capsys.readouterr().err
