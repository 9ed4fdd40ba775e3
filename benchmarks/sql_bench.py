"""Times each init script of each system of a script tree on sample data of several sizes, as the pipeline runs it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from statistics import median
from typing import Any

import psycopg2
from psycopg2 import sql

from benchmarks.script_revisions import Revision
from benchmarks.server_cpu import ServerCpu
from billing_aggregator.scripts.selection import select_systems
from billing_aggregator.scripts.tree import Script, ScriptTree, System, read_script_tree
from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
from billing_aggregator.templates.rendering import Plain, render_script
from local.sample.loader import load_schema, load_seed
from local.servers.stack import Stack

CLIENT = "enercity"
VALUES: dict[str, Plain] = {"client_id": CLIENT, "environment": "local", "business_date": "2026-01-31"}


@dataclass(frozen=True)
class Cost:
    """What one run of a script took.

    :param seconds: from sending it to its end
    :param cpu_s: of the server's processes, parallel workers included
    :param temp_bytes: written to temporary files
    :param rows: inserted, those of the catalog included
    """

    seconds: float
    cpu_s: float
    temp_bytes: int
    rows: int


class SqlBench:
    """Times the scripts of revisions on one server.

    :param stack: the server
    :param server: its name in the tables
    :param revisions: take turns in each round
    :param rounds: how often each is run
    """

    def __init__(self, stack: Stack, server: str, revisions: Sequence[Revision], rounds: int) -> None:
        self._stack = stack
        self._server = server
        self._revisions = revisions
        self._rounds = rounds
        self._cpu = ServerCpu(stack.postgres_pid)

    def run(self, scales: Sequence[float]) -> Iterator[dict[str, Any]]:
        """Yield the medians of every script of every revision at each scale."""
        trees = [read_script_tree(revision.scripts, CLIENT) for revision in self._revisions]
        for scale in scales:
            groups = [_groups(tree) for tree in trees]
            for number in range(max(map(len, groups))):
                databases = [self._loaded(f"bench_{place}", scale) for place in range(len(trees))]
                scripts = [_init_scripts(found[number]) if number < len(found) else [] for found in groups]
                yield from self._take_turns(databases, scripts, scale)

    def _take_turns(
        self, databases: Sequence[str], scripts: Sequence[Sequence[Script]], scale: float
    ) -> Iterator[dict[str, Any]]:
        costs: list[dict[Script, list[Cost]]] = [{script: [] for script in found} for found in scripts]
        places = list(range(len(self._revisions)))
        for turn in range(self._rounds):
            for place in places if turn % 2 == 0 else reversed(places):
                for script in scripts[place]:
                    costs[place][script].append(self._run(databases[place], script, self._revisions[place]))
        for place, revision in enumerate(self._revisions):
            for script, found in costs[place].items():
                cost = {name: median(values) for name, values in _columns(found).items()}
                key = {"server": self._server, "scale": scale, "revision": revision.name}
                print(f"{self._server} scale {scale:<5g} {revision.name or 'this':10} {script.system:12}", end=" ")
                print(f"{script.name:36} {cost['seconds']:7.2f} s {cost['cpu_s']:7.2f} s CPU", flush=True)
                yield key | {"system": script.system, "script": script.name, "rounds": self._rounds} | cost

    def _run(self, database: str, script: Script, revision: Revision) -> Cost:
        statement = render_script(script.text, VALUES)
        temp_before, rows_before = self._written(database)
        cpu_before = self._cpu.settled_seconds()
        dsn = self._stack.dsn(database)
        with closing(psycopg2.connect(dsn, options=revision.session_options)) as connection:
            connection.autocommit = True
            started = time.perf_counter()
            connection.cursor().execute(statement)
            seconds = time.perf_counter() - started
        cpu = self._cpu.settled_seconds() - cpu_before
        temp, rows = self._written(database)
        return Cost(round(seconds, 4), round(cpu, 4), temp - temp_before, rows - rows_before)

    def _written(self, database: str) -> tuple[int, int]:
        query = "select temp_bytes, tup_inserted from pg_stat_database where datname = %s"
        with closing(psycopg2.connect(self._stack.admin_dsn("postgres"))) as connection, connection.cursor() as cursor:
            cursor.execute(query, (database,))
            temp_bytes, rows = cursor.fetchone() or (0, 0)
            return int(temp_bytes), int(rows)

    def _loaded(self, database: str, scale: float) -> str:
        """A new database with the sample."""
        with closing(psycopg2.connect(self._stack.admin_dsn("postgres"))) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            name = sql.Identifier(database)
            cursor.execute(sql.SQL("drop database if exists {} with (force)").format(name))
            cursor.execute(sql.SQL("create database {} template template0").format(name))
            # What runs beside the scripts would count as theirs.
            cursor.execute("alter system set autovacuum = off")
            cursor.execute("select pg_reload_conf()")
        load_schema(self._stack.admin_dsn(database))
        load_seed(self._stack.admin_dsn(database), scale)
        return database


def _columns(costs: Sequence[Cost]) -> dict[str, list[float]]:
    rows = [asdict(cost) for cost in costs]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _init_scripts(systems: Sequence[System]) -> list[Script]:
    return [script for system in systems for script in system.stage("init")]


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
