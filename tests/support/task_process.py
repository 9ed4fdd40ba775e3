"""Runs operators in processes of their own, as Airflow's task runner does, for tests that kill them.

Airflow forks each task from a process that has everything imported. So does this one: it reads orders, one line of
JSON each, and forks a child for each of them, whose main thread hears SIGTERM and the execution timeout.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from billing_aggregator.results.system_results import SystemResults
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.script_values import ScriptValues
from billing_aggregator.scripts.tree import Script, System
from billing_aggregator.tasks.script_operators import ScriptCheckOperator, ScriptOperator
from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from tests.support.export_runner import task_context
from tests.support.repository import REPO
from tests.support.stepping_clock import SteppingClock

END_SECONDS = 30


def _of_tree(operator: Callable[..., BaseOperator], *, stage: str, sql: str, **arguments: Any) -> BaseOperator:
    """The operator of a script of a tree that holds only this one."""
    script = Script(stage, "alpha", "010_x", f"{stage}/alpha/010_x.sql", sql, "0" * 64)
    results = SystemResults(System("alpha", (), (), None, {stage: (script,)}))
    lock, values = RunLock(arguments["conn_id"], "enercity"), ScriptValues("enercity", "local")
    return operator(script=script, sql=sql, results=results, lock=lock, script_values=values, **arguments)


OPERATORS: dict[str, Callable[..., BaseOperator]] = {
    "ChunkedSqlToS3Operator": ChunkedSqlToS3Operator,
    "ScriptOperator": partial(_of_tree, ScriptOperator, stage="init"),
    "ScriptCheckOperator": partial(_of_tree, ScriptCheckOperator, stage="prechecks"),
}
MIB = 1024 * 1024
# These tasks have no Airflow that could tell it.
IDENTITY = {"AIRFLOW_VAR_BILLING_DATA_AGGREGATOR_IDENTITY_ENERCITY": "tests"}


@dataclass(frozen=True)
class Ended:
    """How a task ended.

    :param exit_code: negative: killed by this signal
    :param error: type and message of what the operator raised
    :param summary: what the operator returned
    :param seconds: how long the operator ran
    """

    exit_code: int
    error: str | None = None
    summary: dict[str, Any] | None = None
    seconds: float = 0.0


class RunningTask:
    """A task that has been started."""

    def __init__(self, pid: int, answers: Iterator[str]) -> None:
        self.pid = pid
        self._answers = answers

    def kill(self, number: int) -> None:
        """Send a signal to the task's process, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self) -> Ended:
        """Wait for the end of the task."""
        return Ended(**json.loads(next(self._answers)))


class TaskProcesses:
    """Starts tasks, one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, operator: str, arguments: dict[str, Any], **order: Any) -> RunningTask:
        """Start an operator, given its class name and arguments.

        :param order: ``environment`` added to the process's own, ``timeout`` in seconds, ``patches`` of modules
            (module, name, value), ``no_files``: writing a file fails as it does on a full disk, ``clock_back``: by so
            many seconds the clock is set back after the first few requests to S3
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"operator": operator, "arguments": arguments, **order}) + "\n")
        self._process.stdin.flush()
        return RunningTask(int(next(self._process.stdout)), self._process.stdout)


@contextmanager
def task_processes() -> Iterator[TaskProcesses]:
    """A process that tasks are forked from; ends with the block."""
    environment = os.environ | {"PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'plugins'}", **IDENTITY}
    command = [sys.executable, "-m", "tests.support.task_process"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(
        command,
        cwd=REPO,
        env=environment,
        text=True,
        start_new_session=True,
        **pipes,  # type: ignore[call-overload]
    ) as process:
        yield TaskProcesses(process)
        try:
            process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            # A test has failed before it ended its task, which would run for ever.
            os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    """Carry out one order after the other; say the process id of each, and how it ended."""
    for line in sys.stdin:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os.write(write_end, json.dumps(_carry_out(json.loads(line))).encode())
            os._exit(0)
        os.close(write_end)
        _say(str(pid))
        with os.fdopen(read_end) as report:
            text = report.read()
        _, status = os.waitpid(pid, 0)
        _say(json.dumps({"exit_code": os.waitstatus_to_exitcode(status), **json.loads(text or "{}")}))


def _carry_out(order: dict[str, Any]) -> dict[str, Any]:
    os.environ.update(order.get("environment", {}))
    for module, name, value in order.get("patches", []):
        setattr(sys.modules[module], name, value)
    if seconds := order.get("clock_back"):
        SteppingClock(seconds).install()
    operator = OPERATORS[order["operator"]](**order["arguments"])
    signal.signal(signal.SIGTERM, lambda _number, _frame: operator.on_kill())
    if order.get("no_files"):
        # The log is written to a socket in Airflow, here it may be a file.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        os.environ["TMPDIR"] = "/nowhere"
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    started = time.monotonic()
    try:
        report = {"summary": _execute(operator, order.get("timeout"))}
    except BaseException as error:
        report = {"error": f"{type(error).__name__}: {error}"}
    return {**report, "seconds": time.monotonic() - started}


def _execute(operator: Any, seconds: float | None) -> Any:
    run: Callable[[Any], Any] = operator.execute
    try:
        with timeout(seconds) if seconds else nullcontext():
            context = task_context()
            if isinstance(operator, ScriptOperator | ScriptCheckOperator):
                # As before each task of a system.
                operator.lock.claim(context)
            return run(context)
    except AirflowTaskTimeout:
        operator.on_kill()
        raise


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
