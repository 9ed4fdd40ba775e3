"""What Airflow's UI says about the tasks around the scripts: exports, verification, preflight, dry run, report."""

from __future__ import annotations

from collections.abc import Mapping

from billing_aggregator.scripts import stages
from billing_aggregator.scripts.tree import System
from billing_aggregator.tasks.documentation.script_docs import if_it_fails, join_parts, list_facts, plain
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.keys import ExportKeys

# What the tasks do that run no script and are not the export.
PURPOSES = {
    stages.PREFLIGHT: "Proves that the run's parameters are right, the warehouse answers and the bucket may be written,"
    " before anything is touched. Takes the lock of the warehouse, and skips the tasks of systems that the run does not"
    " select.",
    stages.DRY_RUN: "Runs in a dry run only, and then in place of all systems: builds, checks and measures them in one"
    " transaction that is rolled back. Nothing changes in the warehouse or in S3; history and cleanup are left out.",
    stages.REPORT: "Always runs last. Its log lists the state of each system, the rows, files and bytes of each export,"
    " and each failure with its script. It gives the lock of the warehouse back and decides whether the run has"
    " succeeded.",
    stages.VERIFY: "Reads the exported files again and compares size, checksum, rows and sums with their manifest.",
}


def of_run_task(name: str) -> str:
    """The documentation of a task of the whole run, or of the verification of an export."""
    return join_parts(PURPOSES[name], if_it_fails(name))


def document_results(system: System, bucket: str, key: str, arguments: Mapping[str, object]) -> str:
    """The documentation of the export of a system's results.

    :param key: template of the keys of its files
    :param arguments: the options of all exports
    """
    facts = {
        "From": f"the table {plain(system.export or '')}",
        "Columns": ", ".join(map(plain, system.columns)) or "all",
        "Order": ", ".join(map(plain, system.order_by)) or "as the table was built",
        "Sums in the report": ", ".join(map(plain, system.amounts)),
        "Read by": system.readers,
    }
    return join_parts(
        "Exports the results of this system to S3 as CSV files: all of them or none.",
        list_facts(facts) + "\n" + describe_target(bucket, key, arguments),
        if_it_fails(stages.EXPORT),
    )


def describe_target(bucket: str, key: str, arguments: Mapping[str, object]) -> str:
    """Where an export writes to and how, as a list.

    :param key: template of the keys of its files
    :param arguments: the options of all exports
    """
    keys = ExportKeys(key, gzip=arguments.get("compression") == "gzip")
    facts = {
        "Files": f"{plain(f's3://{bucket}/{keys.chunk(0)}')} and so on, each of max_rows_per_file rows but the last",
        "Manifest": f"{plain(f's3://{bucket}/{keys.manifest}')}, written last: readers start there",
        "Options": _options(arguments),
    }
    return list_facts(facts)


def _options(arguments: Mapping[str, object]) -> str:
    """The options that differ from the defaults."""
    differing = [
        f"{name} {value}"
        for name, value in arguments.items()
        if name in ExportOptions.model_fields and value != ExportOptions.model_fields[name].default
    ]
    return ", ".join(differing) or "the defaults"
