"""Parsing is cheap: Airflow parses the file again for each task, and has limits for large trees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.dags.dag_files import DAGS, SETTINGS
from tests.support.repository import REPO
from tests.support.script_files import write_file

TIMING = """
import json, runpy, sys, time
import airflow.sdk
started = time.process_time()
dag = runpy.run_path(sys.argv[1])["dag"]
parsed = time.process_time()
from airflow.serialization.serialized_objects import DagSerialization
serialising = time.process_time()
size = len(json.dumps(DagSerialization.to_dict(dag)))
print(json.dumps({"tasks": len(dag.tasks), "bytes": size, "parse_seconds": parsed - started,
    "serialise_seconds": time.process_time() - serialising}))
"""

# As scripts are: a header of several lines, tables that are read and written.
SCRIPT = """\
-- Builds the items of this step from those of the steps before, one row each, with their amounts in cents and the day
-- on which they were booked. Of several items of one day the first one counts. Safe to re-run: the table is replaced.
-- docs/domain.md 3.1 (decision table), 3.2, 6.2 K3.
create table report_oibl_work.items as
select items.id, items.amount from report_oibl_work.lines as items inner join vault.days as days on items.d = days.d;
"""


def timing(**settings: str) -> dict[str, float]:
    """CPU seconds to parse the DAG file beyond importing Airflow and to serialise the DAG, and its bytes as JSON."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **SETTINGS, **settings}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW")}
    environment["PYTHONPATH"] = str(REPO / "plugins")
    command = [sys.executable, "-c", TIMING, str(DAGS / "billing_data_aggregator.py")]
    found: dict[str, float] = json.loads(
        subprocess.check_output(command, env=environment, timeout=120).splitlines()[-1]
    )
    return found


def test_this_tree_is_parsed_in_a_fraction_of_a_second() -> None:
    found = timing()

    # Measured: 0.3 s.
    assert found["parse_seconds"] < 1.0, found


def test_a_hundred_systems_of_twenty_scripts_are_parsed_and_serialised_in_seconds(tmp_path: Path) -> None:
    systems = [f"s{number:03d}" for number in range(100)]
    for path in (f"init/{system}/{number:03d}_x.sql" for system in systems for number in range(20)):
        write_file(tmp_path, path, SCRIPT)

    found = timing(BDA_SCRIPTS_DIR=str(tmp_path), BDA_SYSTEMS=",".join(systems))

    # Measured: 2 s and 5.5 MB; with the parameters copied into each task it was 20 s and 13 MB.
    assert found["tasks"] == 100 * 21 + 3
    assert found["parse_seconds"] + found["serialise_seconds"] < 8.0, found
    assert found["bytes"] < 6e6, found
