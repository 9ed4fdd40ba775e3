"""Times each init script of each system of the script tree on sample data of several sizes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from graphlib import TopologicalSorter
from typing import Any

import jinja2
import psycopg2
from psycopg2 import sql

from benchmarks.packages import REPO
from billing_aggregator.scripts.selection import select_systems
from billing_aggregator.scripts.tree import ScriptTree, System, read_script_tree
from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
from local.sample.loader import load_schema, load_seed
from local.servers.stack import Stack

CLIENT = "enercity"
VALUES = {"client_id": CLIENT, "environment": "local", "business_date": "2026-01-31"}


def time_scripts(stack: Stack, scales: Sequence[float]) -> Iterator[dict[str, Any]]:
    """Yield scale, system, script and seconds of every script, each in its own transaction as in the pipeline."""
    tree = read_script_tree(REPO / "include" / "sql", CLIENT)
    for place, scale in enumerate(scales):
        for number, systems in enumerate(_groups(tree)):
            database = f"bench_scripts_{place}_{number}"
            _create_database(stack, database)
            load_schema(stack.admin_dsn(database))
            load_seed(stack.admin_dsn(database), scale)
            for script in (script for system in systems for script in system.stage("init")):
                seconds = _run(stack.dsn(database), script.template)
                print(f"scale {scale:<5g} {script.system:12} {script.name:32} {seconds:7.2f} s", flush=True)
                yield {"scale": scale, "system": script.system, "script": script.name, "seconds": round(seconds, 3)}


def _groups(tree: ScriptTree) -> list[list[System]]:
    """The systems in the order they run, first those of a usual run, then what writes the same tables as them."""
    systems = {system.name: system for system in tree.systems}
    order = TopologicalSorter({name: system.after for name, system in systems.items()})
    usual = select_systems(tree, None, (), DEFAULT_SYSTEMS)
    rivals = {frozenset(pair) for pair in tree.alternatives}
    groups: list[list[System]] = []
    for name in sorted(order.static_order(), key=lambda name: name not in usual):
        fitting = (group for group in groups if not any({name, other.name} in rivals for other in group))
        group = next(fitting, None)
        if group is None:
            groups.append(group := [])
        group.append(systems[name])
    return groups


def _run(dsn: str, template: str) -> float:
    statement = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(VALUES)  # noqa: S701
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        started = time.perf_counter()
        cursor.execute(statement)
        return time.perf_counter() - started


def _create_database(stack: Stack, name: str) -> None:
    with closing(psycopg2.connect(stack.admin_dsn("postgres"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
