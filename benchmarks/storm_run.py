"""`make storms`: exports while neighbours change the source; exit code 1 if anything wrong is published."""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path

import psycopg

from benchmarks.storms import GROUP, STORMS, Storm
from local.servers.stack import BUCKET, Stack
from local.servers.start import running_stack
from postgres_to_s3.errors import TransientError
from postgres_to_s3.export import run_export
from postgres_to_s3.manifest import Run
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.plan import Source
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.s3.bucket_publication import BucketPublication

DRIVERS = ("psycopg2", "psycopg")
PAUSES = (0.2, 0.4)
# How long a neighbour rests between two changes, at most.
CALM_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every storm with both drivers and print what came of it."""
    parser = argparse.ArgumentParser(prog="make storms", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each storm lasts at least")
    parser.add_argument("--exports", type=int, default=0, help="end each storm after so many exports")
    names = [storm.name for storm in STORMS]
    parser.add_argument("--storms", nargs="+", choices=names, default=names, help="which ones, all without it")
    options = parser.parse_args(arguments)
    problems = 0
    with tempfile.TemporaryDirectory(prefix="billing-storms-") as folder:
        Path(folder).chmod(0o711)
        with running_stack(Path(folder) / "stack", ephemeral=True) as stack:
            print(f"PostgreSQL {stack.postgres_version}: exports published, attempts refused, exports given up, wrong")
            for storm in (storm for storm in STORMS if storm.name in options.storms):
                for driver in DRIVERS:
                    found = _weather(stack, storm, driver, options.seconds, options.exports)
                    is_bad = _is_bad(storm, found)
                    problems += is_bad
                    print(
                        f"{storm.name:8} {driver:9} {found['published']:5} {found['refused']:5} {found['given up']:5}"
                        f" {found['wrong']:5}{'  <- not as promised' if is_bad else ''}",
                        flush=True,
                    )
    return 1 if problems else 0


def _is_bad(storm: Storm, found: Counter[str]) -> bool:
    too_few = found["published"] <= found["given up"]
    return bool(found["wrong"] or too_few or (storm.is_harmless and found["refused"]))


def _weather(stack: Stack, storm: Storm, driver: str, seconds: float, exports: int) -> Counter[str]:
    """Export while the storm lasts; how often it ended in which way."""
    with closing(psycopg.connect(stack.admin_dsn(), autocommit=True)) as admin:
        admin.execute("drop schema if exists report_oibl cascade; create schema report_oibl")
        admin.execute(f"drop role if exists {GROUP}; create role {GROUP}")
        admin.execute(storm.before)
        found: Counter[str] = Counter()
        deadline = time.monotonic() + seconds
        with _neighbour(stack, storm):
            while time.monotonic() < deadline and not 0 < exports <= found["published"] + found["given up"]:
                found += _export(stack, storm, driver)
        admin.execute(f"drop schema report_oibl cascade; drop owned by {GROUP}; drop role {GROUP}")
    return found


def _export(stack: Stack, storm: Storm, driver: str) -> Counter[str]:
    """Export once, with retries as Airflow makes them."""
    connect = import_module(driver).connect
    refused = 0
    for pause in (*PAUSES, 0.0):
        keys = ExportKeys("storm/orders_{chunk:04d}.csv", gzip=False)
        publication = BucketPublication(stack.s3_client(), BUCKET, keys, threads=2)
        source = Source(sql=storm.sql) if storm.sql else Source(table="report_oibl.orders")
        try:
            run_export(
                lambda: Session(connect(stack.dsn())), publication, source, ExportOptions(), Run("d", "r", "t", 1)
            )
        except TransientError:
            refused += 1
            time.sleep(pause)
        else:
            is_right = _published(stack) in [sorted(map(str, values)) for values in storm.right]
            return Counter(published=1, refused=refused, wrong=0 if is_right else 1)
    return Counter({"refused": refused, "given up": 1})


def _published(stack: Stack) -> list[str]:
    client = stack.s3_client()
    manifest = json.loads(client.get_object(Bucket=BUCKET, Key="storm/orders.manifest.json")["Body"].read())
    rows: list[str] = []
    for file in manifest["files"]:
        text = client.get_object(Bucket=BUCKET, Key=file["key"])["Body"].read().decode()
        rows += [row[0] for row in list(csv.reader(io.StringIO(text)))[1:]]
    return sorted(rows)


@contextmanager
def _neighbour(stack: Stack, storm: Storm) -> Iterator[None]:
    """Somebody who changes things until the block ends; an error of theirs is raised then."""
    has_ended = threading.Event()

    def work() -> None:
        with closing(psycopg.connect(stack.admin_dsn(), autocommit=True)) as connection:
            while not has_ended.is_set():
                for statement in storm.statements:
                    connection.execute(statement)
                    has_ended.wait(random.uniform(0, CALM_SECONDS))  # noqa: S311

    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(work)
        try:
            yield
        finally:
            has_ended.set()
        working.result()


if __name__ == "__main__":
    sys.exit(main())
