"""Runs the ways in turn, each right after psql, in processes of their own, and collects what they cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.bench_table import create_bench_table, table_name
from benchmarks.ways import BUCKET, WAYS, Way
from local.stack import Stack

REPO = Path(__file__).resolve().parents[1]
PACKAGES = REPO / "build" / "bench-packages"
PSQL = WAYS[0]
# Figures of one run beside those that tell which run it was.
Figures = dict[str, Any]


class ExportBench:
    """Runs ways against one stack.

    :param null_url: the S3 server that throws everything away
    """

    def __init__(self, stack: Stack, null_url: str, state_dir: Path) -> None:
        self._stack = stack
        self._null_url = null_url
        self._state_dir = state_dir
        self._server = psutil.Process(stack.postgres_pid)

    def run(self, ways: Sequence[Way], rows: int, rounds: int) -> Iterator[Figures]:
        """Yield the figures of every run, psql's before each other way's.

        A way that cannot run here is reported once and left out.
        """
        create_bench_table(self._stack.admin_dsn(), rows)
        left_out: set[str] = set()
        for number in range(rounds):
            for way in ways:
                if way == PSQL or number >= way.rounds or way.label in left_out:
                    continue
                before = self._run_once(PSQL, rows)
                found = self._run_once(way, rows)
                if before:
                    yield before
                if before and found:
                    yield found | {"paired": round(found["wall_s"] / before["wall_s"], 3)}
                else:
                    left_out.add(way.label)

    def _run_once(self, way: Way, rows: int) -> Figures | None:
        backends = self._backend_seconds()
        order = json.dumps({"way": way.label, "table": table_name(rows)})
        command = [sys.executable, "-m", "benchmarks.one_run"]
        done = subprocess.run(
            command, input=order, env=self._environment(way), cwd=REPO, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{way.label}: not available here: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")
            return None
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        self._wait_for_backends()
        found: Figures = {
            "way": way.name,
            "rows": rows,
            "connections": way.connections,
            "driver": way.driver,
            "backend_cpu_s": round(self._backend_seconds() - backends, 3),
        } | figures
        print(f"{way.label:24} {rows:>9} rows  {found['wall_s']:7.2f} s", flush=True)
        return found

    def _environment(self, way: Way) -> Mapping[str, str]:
        stack, database = self._stack, self._stack.database_environment()
        libpq = {f"PG{name}": database[f"BDA_DB_{name}"] for name in ("HOST", "PORT", "USER", "PASSWORD")}
        psql = stack.postgres_bindir / "psql"
        url = stack.s3_url if way.real_s3 else self._null_url
        paths = [str(REPO / "plugins"), str(REPO), str(PACKAGES)]
        return (
            os.environ
            | libpq
            | {
                "PGDATABASE": database["BDA_DB_NAME"],
                "BENCH_PSQL": str(psql) if psql.exists() else "psql",
                "BENCH_S3_URL": url,
                "AWS_ACCESS_KEY_ID": stack.credentials.s3_access_key,
                "AWS_SECRET_ACCESS_KEY": stack.credentials.s3_secret_key,
                "PYTHONPATH": os.pathsep.join(paths),
            }
            | self._airflow_environment(database, url)
        )

    def _airflow_environment(self, database: Mapping[str, str], url: str) -> dict[str, str]:
        names = {"host": "HOST", "port": "PORT", "login": "USER", "password": "PASSWORD", "schema": "NAME"}
        warehouse = {field: database[f"BDA_DB_{name}"] for field, name in names.items()}
        keys = self._stack.credentials
        s3 = {"login": keys.s3_access_key, "password": keys.s3_secret_key, "extra": {"endpoint_url": url}}
        return {
            "AIRFLOW_HOME": str(self._state_dir / "airflow"),
            "AIRFLOW_CONN_BENCH_WAREHOUSE": json.dumps({"conn_type": "postgres", **warehouse}),
            "AIRFLOW_CONN_BENCH_S3": json.dumps({"conn_type": "aws", **s3}),
        }

    def _backend_seconds(self) -> float:
        """CPU seconds of all server processes that have ended: the server adds them up when it sees their end."""
        times = self._server.cpu_times()
        return float(times.children_user + times.children_system)

    def _wait_for_backends(self) -> None:
        deadline = time.monotonic() + 10
        while self._backends() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _backends(self) -> list[psutil.Process]:
        """The server's children that serve a client; an ended one stays until the server has counted its time."""
        return [child for child in self._server.children() if _is_backend(child)]


def prepare_bucket(stack: Stack) -> None:
    """Create the bucket of the ways that use the real S3 server."""
    stack.s3_client().create_bucket(Bucket=BUCKET)


def _is_backend(process: psutil.Process) -> bool:
    try:
        words = " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return True
    return process.status() == psutil.STATUS_ZOMBIE or "127.0.0.1" in words
