"""A second command beside `make ui` is told where the UI is, before it touches anything."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.airflow.environment import OWN_METADATA
from local.airflow.running_ui import FILE_NAME, announced_ui
from local.command_line import main
from local.commands import run, ui
from local.errors import StackError
from local.servers.host import lock
from local.servers.host.state_directory import claim_state_dir

URL = "http://127.0.0.1:8080"
PAGE = f"{URL}/dags/billing_data_aggregator"


@pytest.fixture
def held(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory whose servers run, for a caller without an Airflow of their own."""
    for name in OWN_METADATA:
        monkeypatch.delenv(name, raising=False)
    with lock.exclusive(claim_state_dir(state_dir)):
        yield state_dir


@pytest.mark.parametrize("words", [("run",), ("airflow", "--", "dags", "test", "billing_data_aggregator")])
def test_a_run_is_refused_with_the_page_on_which_it_can_be_triggered(
    held: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    with announced_ui(held), announced_ui(held, URL):
        before = sorted(held.iterdir())
        code = main([words[0], "--state-dir", str(held), *words[1:]])
        assert sorted(held.iterdir()) == before

    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert f"Airflow is running: {PAGE}." in shown.err
    assert "Trigger the run there, or end that Airflow first ('make stop')." in shown.err


def test_a_second_ui_names_the_first_one(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with announced_ui(held, URL):
        assert main(["ui", "--state-dir", str(held)]) == 2

    assert capsys.readouterr().err == (f"Airflow is already running: {PAGE}. Use it, or end it first ('make stop').\n")


def test_a_ui_that_still_starts_counts_as_a_running_one(held: Path) -> None:
    with announced_ui(held), pytest.raises(StackError, match=r"process [0-9]+, which is starting"):
        run.main(argparse.Namespace(), held)


def test_what_a_killed_ui_has_left_is_no_running_one(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (held / FILE_NAME).write_text(json.dumps({"pid": 1, "url": URL}))

    with pytest.raises(StackError, match=r"The embedded stack of .* is already running"):
        ui.main(argparse.Namespace(scale=None), held)

    assert URL not in capsys.readouterr().err
