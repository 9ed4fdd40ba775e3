"""`ui`, as its user sees it: progress, an Airflow whose first run succeeds, files, and an end without leftovers."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from local.servers.announcement import find_announced
from local.servers.host.processes import free_ports
from tests.support.checkout import Checkout
from tests.support.program import Program, started_programs
from tests.support.script_files import write_file

# Airflow starts with three large processes on whatever machine this is, and more than one test waits for that.
pytestmark = pytest.mark.timeout(600)

RUN_SECONDS = 200
# Airflow takes every value of a connection's extra for a secret, also the word "path"; no setting silences it.
UNAVOIDABLE = "Skipping masking for a secret as it's too short (<5 chars)"
EXPORTED = "exports/billing-exports/enercity/local/shop_shop_results_0000.csv"
BUILD = """
drop table if exists report_oibl.shop_results;
create table report_oibl.shop_results as select id from generate_series(1, 3) as id;
"""


def own_port() -> dict[str, str]:
    """The environment of a caller who has chosen a port; the usual one may be in use at any moment."""
    return Checkout.environment(AIRFLOW__API__PORT=str(free_ports(1)[0]))


class Ui:
    """A running `ui` command and the API of its Airflow."""

    def __init__(self, program: Program) -> None:
        self.program = program
        found = re.search(r"^Airflow is ready: http://(127\.0\.0\.1:\d+)/dags/", program.output, re.MULTILINE)
        assert found, program.output
        self.address = found.group(1)

    def call(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> dict[str, Any]:
        """One request to Airflow's API."""
        with closing(HTTPConnection(self.address, timeout=60)) as connection:
            text = None if body is None else json.dumps(body)
            verb = method or ("GET" if body is None else "POST")
            connection.request(verb, f"/api/v2{path}", text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            return json.load(answer)

    def run(self, dag_id: str, conf: dict[str, Any]) -> tuple[str, dict[str, dict[str, Any]]]:
        """Trigger a run and wait for its end: its state, and its tasks by their ids."""
        run_id = quote(self.call(f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])
        self.call(f"/dags/{dag_id}", {"is_paused": False}, "PATCH")
        deadline = time.monotonic() + RUN_SECONDS
        state = "queued"
        while state in ("queued", "running") and time.monotonic() < deadline:
            time.sleep(0.5)
            state = self.call(f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
        tasks = self.call(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
        return state, {task["task_id"]: task for task in tasks}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of one script, whose run does not take long."""
    root = tmp_path_factory.mktemp("tree") / "sql"
    write_file(root, "init/shop/010_build.sql", BUILD)
    return root


@pytest.fixture(scope="module")
def ui(loaded_checkout: Checkout, scripts: Path) -> Iterator[Ui]:
    """One `ui` for the tests of this file that do not end it."""
    with started_programs() as start:
        environment = own_port() | {"BDA_SCRIPTS_DIR": str(scripts), "BDA_SYSTEMS": "shop"}
        program = start("ui", cwd=loaded_checkout.root, environment=environment)
        program.wait_until("Ctrl-C stops it.")
        yield Ui(program)


def test_each_step_of_the_start_is_told(ui: Ui) -> None:
    steps = re.findall(r"^ +\d+ s  (?!waiting)(.+)$", ui.program.output, re.MULTILINE)

    assert "Airflow: starting" in ui.program.output
    assert steps == [
        "the API server answers",
        "it is ready for tasks",
        "the scheduler works",
        "the DAG billing_data_aggregator is loaded",
        "the UI shows it",
    ]


def test_the_first_run_after_the_start_succeeds_at_its_first_attempt(ui: Ui) -> None:
    state, tasks = ui.run("billing_data_health_check", {})

    assert state == "success"
    assert {task["try_number"] for task in tasks.values()} == {1}


def test_the_log_of_a_task_is_shown_without_what_nobody_can_act_on(ui: Ui) -> None:
    dag_id = "billing_data_health_check"
    (run,) = ui.call(f"/dags/{dag_id}/dagRuns")["dag_runs"][:1]
    path = f"/dags/{dag_id}/dagRuns/{quote(run['dag_run_id'])}/taskInstances"
    (task, *_) = ui.call(path)["task_instances"]

    lines = ui.call(f"{path}/{task['task_id']}/logs/1")["content"]

    assert "Done. Returned value was" in json.dumps(lines)
    assert {line["event"] for line in lines if line.get("level") in ("warning", "error")} <= {UNAVOIDABLE}


def test_a_run_fills_the_exports_folder(ui: Ui, checkout: Checkout) -> None:
    uri = (checkout.root / "exports" / "billing-exports").as_uri()
    assert f"Exported files:   {uri}" in ui.program.output
    assert not (checkout.root / EXPORTED).exists()

    state, _ = ui.run("billing_data_aggregator", {})

    assert state == "success"
    ui.program.wait_until(time.strftime("%H:"))
    assert (checkout.root / EXPORTED).read_text() == "id\n1\n2\n3\n"


def test_nothing_of_it_listens_beyond_this_machine(ui: Ui) -> None:
    processes = [psutil.Process(ui.program.process.pid), *ui.program.running_children()]
    listening = {
        (process.name(), connection.laddr.ip)
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert len({name for name, _ in listening}) >= 3
    assert {address for _, address in listening} == {"127.0.0.1"}


def test_a_command_in_a_second_terminal_uses_the_running_servers(ui: Ui, checkout: Checkout) -> None:
    listed = checkout.run("airflow", "--", "dags", "list-runs", "billing_data_aggregator", "--output", "plain")

    assert listed.returncode == 0, listed.stderr
    assert "success" in listed.stdout


@pytest.mark.parametrize("words", [("run",), ("ui",), ("airflow", "--", "dags", "test", "billing_data_aggregator")])
def test_what_would_be_a_second_scheduler_is_refused_with_the_address_of_the_first(
    ui: Ui, checkout: Checkout, words: tuple[str, ...]
) -> None:
    refused = checkout.run(*words)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"running: http://{ui.address}/dags/billing_data_aggregator. " in refused.stderr
    assert "'make stop'" in refused.stderr


def test_the_logs_of_its_parts_hold_no_warning(ui: Ui, checkout: Checkout) -> None:
    logs = sorted((checkout.state_dir / "logs").glob("*.log"))
    warnings = [
        line
        for log in logs
        if log.stem in ("api-server", "scheduler", "dag-processor")
        for line in log.read_text(encoding="utf-8").splitlines()
        if any(word in line for word in ("[warning", "[error", "Traceback")) and UNAVOIDABLE not in line
    ]

    assert warnings == []


def test_it_ends_with_a_clear_message_when_a_server_dies(ui: Ui, checkout: Checkout) -> None:
    stack = find_announced(checkout.state_dir)
    assert stack
    psutil.Process(stack.postgres_pid).kill()

    ui.program.wait_until("PostgreSQL")

    assert f"PostgreSQL (process {stack.postgres_pid}) has ended by itself." in ui.program.output
    assert ui.program.process.wait(timeout=60) == 1
    assert ui.program.survivors() == []


def test_a_port_that_another_program_takes_ends_the_start(loaded_checkout: Checkout) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = loaded_checkout.run("ui", AIRFLOW__API__PORT=str(taken.getsockname()[1]))

    assert refused.returncode == 1
    assert "Airflow's api-server has ended by itself" in refused.stderr
    assert "address already in use" in refused.stderr


def test_after_a_kill_nothing_lives_on(loaded_checkout: Checkout) -> None:
    with started_programs() as start:
        program = start("ui", cwd=loaded_checkout.root, environment=own_port())
        program.wait_until_children(lambda words: "LocalExecutor" in words)

        program.end(signal.SIGKILL)

        assert program.survivors() == []
        assert loaded_checkout.run("stop").stdout == "Nothing is running.\n"


def test_a_dag_that_cannot_be_imported_ends_the_start(loaded_checkout: Checkout, tmp_path: Path) -> None:
    write_file(tmp_path, "init/shop/{}.sql", "select 1;\n")

    refused = loaded_checkout.run("ui", **own_port(), BDA_SCRIPTS_DIR=str(tmp_path))

    assert refused.returncode == 2
    assert "Airflow cannot import billing_data_aggregator.py" in refused.stderr
    assert "{}.sql" in refused.stderr
