"""The note by which `make ui` tells other commands that its scheduler is at work, and where its UI is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.airflow.environment import DAG_ID
from local.errors import StackError
from local.servers.host import lock

FILE_NAME = "ui.json"


@contextmanager
def announced_ui(state_dir: Path, url: str = "") -> Iterator[None]:
    """Within the block other commands of the checkout know of the UI.

    :param url: where it is; empty while it starts and has no address yet
    """
    file = state_dir / FILE_NAME
    file.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def require_no_second_ui(state_dir: Path) -> None:
    """Check that no other command runs the UI.

    :raises StackError: one does; names its URL
    """
    place = _running_ui(state_dir)
    if place:
        raise StackError(f"Airflow is already running: {place}. Use it, or end it first ('make stop').")


def require_no_other_scheduler(state_dir: Path) -> None:
    """Check that a run which is executed here would not be executed by the scheduler of `make ui`, too.

    :raises StackError: it runs; names its URL
    """
    place = _running_ui(state_dir)
    if place:
        raise StackError(
            f"Airflow is running: {place}. Its scheduler would execute the same run a second time, so nothing was"
            " started. Trigger the run there, or end that Airflow first ('make stop')."
        )


def _running_ui(state_dir: Path) -> str | None:
    """Where the UI is that another command runs; None when there is none. A killed command leaves its note."""
    file = state_dir / FILE_NAME
    holder = lock.holder(state_dir)
    if holder is None or not file.exists():
        return None
    note = json.loads(file.read_text(encoding="utf-8"))
    if note["pid"] != holder:
        return None
    return f"{note['url']}/dags/{DAG_ID}" if note["url"] else f"process {holder}, which is starting"
