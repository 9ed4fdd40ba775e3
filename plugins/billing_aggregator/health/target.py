"""What a health check looks at: a deployment's connections, bucket, keys and limits, and what its scripts need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from billing_aggregator.health.findings import Finding, warning
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.scripts.selection import select_systems
from billing_aggregator.scripts.session import session_options
from billing_aggregator.scripts.sql.outline import find_tables
from billing_aggregator.scripts.stages import ARCHIVE
from billing_aggregator.scripts.tree import ScriptTree, System, find_scripts_root, read_script_tree
from billing_aggregator.settings.settings import FOLDER_REMEDY, Settings
from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
from billing_aggregator.tasks.exports import Exports, check_keys
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.options.object_options import ObjectOptions

# The lock of a run and the results are there in any deployment.
OWN_SCHEMAS = ("report_oibl", "report_oibl_work")


@dataclass(frozen=True)
class Needs:
    """What the scripts of the selected systems need.

    :param tables_read: schema and name of each table that they read and do not make, as far as their text shows
    :param schemas_written: where they make tables, as far as their text shows
    :param manifests: by system, the key of the manifest of its results
    :param archives: by system and script, what the keys of the archive begin with
    """

    systems: tuple[str, ...]
    tables_read: tuple[tuple[str, str], ...]
    schemas_written: tuple[str, ...]
    manifests: Mapping[str, str]
    archives: Mapping[str, str]


@dataclass(frozen=True)
class HealthTarget:
    """A deployment, without secrets.

    :param dags_folder: where `include/sql` is looked for, and beside it
    :param is_daily: a scheduled run starts every day
    :param warnings: what is strange about its settings
    """

    client_id: str
    environment: str
    endpoints: Endpoints
    exports: Exports
    db_max_conns: int
    is_daily: bool
    dags_folder: Path
    scripts_dir: Path | None = None
    systems: tuple[str, ...] | None = None
    ignore_systems: tuple[str, ...] = ()
    object_arguments: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[Finding] = ()

    @classmethod
    def of(cls, settings: Settings, dags_folder: Path) -> HealthTarget:
        """That of a deployment's settings."""
        result_key, archive_key = settings.export_keys
        options = settings.export
        return cls(
            client_id=settings.client_id,
            environment=settings.environment,
            endpoints=Endpoints(
                sql_conn_id=settings.warehouse_conn_id,
                aws_conn_id=settings.aws_conn_id,
                s3_bucket=settings.s3_bucket,
                s3_prefix=settings.s3_prefix,
                script_options=session_options(settings.script_session or {}),
            ),
            exports=Exports(result_key=result_key, archive_key=archive_key, arguments=settings.export_arguments),
            db_max_conns=settings.db_max_conns,
            is_daily=settings.schedule.split()[2:] == ["*", "*", "*"],
            dags_folder=dags_folder,
            scripts_dir=settings.scripts_dir,
            systems=settings.systems,
            ignore_systems=settings.ignore_systems,
            object_arguments=ObjectOptions(sse=options.sse, kms_key_id=options.kms_key_id).arguments(),
            warnings=[warning("settings", each, FOLDER_REMEDY) for each in settings.keys_outside_folder],
        )

    def tree(self) -> ScriptTree:
        """Read the script tree.

        :raises ScriptTreeError, SettingsError: with everything that is wrong with the tree
        """
        tree = read_script_tree(find_scripts_root(self.scripts_dir, self.dags_folder), self.client_id)
        check_keys(tree, self.exports)
        return tree

    def needs(self) -> Needs:
        """Return what the scripts of the selected systems need.

        :raises ScriptTreeError, SettingsError: with everything that is wrong with the tree and the selection
        """
        tree = self.tree()
        selected = select_systems(tree, self.systems, self.ignore_systems, DEFAULT_SYSTEMS)
        return self._needs_of(tuple(system for system in tree.systems if system.name in selected))

    def _needs_of(self, systems: tuple[System, ...]) -> Needs:
        texts = [script.text for system in systems for scripts in system.scripts.values() for script in scripts]
        tables = [find_tables(text) for text in texts]
        written = {schema for each in tables for schema, _ in map(_split, each.written)} | {*OWN_SCHEMAS}
        read = {table for each in tables for table in map(_split, each.read) if table[0] not in written}
        return Needs(
            systems=tuple(system.name for system in systems),
            # A part of a name that a script fills in when it runs is not known.
            tables_read=tuple(sorted(table for table in read if "…" not in "".join(table))),
            schemas_written=tuple(sorted(written)),
            manifests={
                system.name: self._manifest(self.exports.keys_of_results(system.name, system.export))
                for system in systems
                if system.export
            },
            archives={
                f"{script.system}.{script.name}": self.exports.keys_of_archive(script, "{date}").partition("{")[0]
                for system in systems
                for script in system.stage(ARCHIVE)
            },
        )

    @staticmethod
    def _manifest(template: str) -> str:
        return ExportKeys(template, gzip=template.endswith(".gz")).manifest


def _split(table: str) -> tuple[str, str]:
    """Schema and name of a table, without the quotes of SQL."""
    schema, _, name = table.partition(".")
    return schema.strip('"'), name.strip('"')
