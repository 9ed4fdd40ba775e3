"""Imports go one way, from the DAG files down to the errors; the arrows of docs/architecture.md are these."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PACKAGE = "billing_aggregator"
GRAPH = {
    "errors": {"driver_errors"},
    "driver_errors": set(),
    "documented_variables": set(),
    "environment_reader": {"documented_variables", "errors"},
    "export_settings": {"environment_reader", "export_arguments", "export_keys"},
    "settings": {"documented_variables", "environment_reader", "export_keys", "export_settings"},
    "script_text": set(),
    "script_folders": {"systems_file"},
    "systems_file": set(),
    "script_tree": {"documented_variables", "errors", "script_folders", "script_text", "systems_file"},
    "run_params": {"errors"},
    "csv_dialect": {"errors"},
    "export_keys": set(),
    "export_options": {"csv_dialect"},
    "object_options": set(),
    "export_arguments": {"csv_dialect", "export_keys", "export_options", "object_options"},
    "manifest": {"csv_dialect"},
    "csv_totals": {"copy_stream", "csv_dialect", "manifest"},
    "verification": {"csv_dialect", "csv_totals", "manifest"},
    "verify_export": {"errors", "task_verdict", "verification"},
    "export_summary": {"export_keys", "manifest"},
    "warehouse_session": {"driver_errors", "errors"},
    "copy_messages": set(),
    "flat_memory": set(),
    "progress": set(),
    "copy_stream": {"copy_messages", "errors", "manifest", "progress", "warehouse_session"},
    "table_chunks": {"warehouse_session"},
    "parallel_copy": {"warehouse_session"},
    "chunk_copy": {
        "copy_stream",
        "csv_totals",
        "dry_run",
        "errors",
        "export_options",
        "export_query",
        "gzip_file",
        "manifest",
        "progress",
        "publication",
        "table_chunks",
    },
    "interruptible": {"errors"},
    "gzip_file": {"copy_stream"},
    "export_query": {"csv_dialect", "errors", "manifest"},
    "schema_change": {"errors", "manifest"},
    "bucket_requests": {"errors"},
    "upload": {"manifest"},
    "publication": {"bucket_requests", "errors", "export_keys", "manifest", "object_options", "upload"},
    "dry_run": {"export_keys", "manifest", "upload"},
    "task_verdict": {"errors"},
    "export": {
        "chunk_copy",
        "copy_stream",
        "dry_run",
        "errors",
        "export_options",
        "export_query",
        "flat_memory",
        "manifest",
        "parallel_copy",
        "publication",
        "schema_change",
        "table_chunks",
        "warehouse_session",
    },
    "s3_objects_link": set(),
    "chunked_sql_to_s3": {
        "dry_run",
        "errors",
        "export",
        "export_arguments",
        "export_options",
        "export_summary",
        "interruptible",
        "manifest",
        "publication",
        "s3_objects_link",
        "task_verdict",
    },
    "warehouse_scripts": {"errors", "interruptible", "task_verdict"},
    "preflight": {"task_verdict"},
    "run_report": set(),
    "pipeline_exports": {"errors", "export_keys", "script_tree"},
    "pipeline": {
        "chunked_sql_to_s3",
        "pipeline_exports",
        "preflight",
        "run_params",
        "run_report",
        "script_tree",
        "task_verdict",
        "verify_export",
        "warehouse_scripts",
    },
}
KNOW_AIRFLOW = {
    "task_verdict",
    "s3_objects_link",
    "chunked_sql_to_s3",
    "verify_export",
    "warehouse_scripts",
    "preflight",
    "run_report",
    "pipeline",
}
MODULES = sorted((REPO / "plugins" / PACKAGE).glob("*.py"))
DAG_FILES = sorted((REPO / "dags").glob("*.py"))


def imported_names(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            found |= {f"{PACKAGE}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def package_imports(file: Path) -> set[str]:
    return {name.split(".")[1] for name in imported_names(file) if name.startswith(f"{PACKAGE}.")}


def test_every_module_has_its_place_in_the_graph() -> None:
    assert {module.stem for module in MODULES} - {"__init__"} == set(GRAPH)


@pytest.mark.parametrize("module", [module for module in MODULES if module.stem != "__init__"], ids=lambda m: m.stem)
def test_a_module_imports_only_what_the_graph_allows(module: Path) -> None:
    assert package_imports(module) <= GRAPH[module.stem]


def test_the_graph_has_no_cycle() -> None:
    open_modules = dict(GRAPH)
    while open_modules:
        leaves = {name for name, needs in open_modules.items() if not needs & set(open_modules)}
        assert leaves, f"these modules import each other in a circle: {sorted(open_modules)}"
        open_modules = {name: needs for name, needs in open_modules.items() if name not in leaves}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_only_the_modules_of_the_upper_layer_know_airflow(module: Path) -> None:
    knows = any(name.split(".")[0] == "airflow" for name in imported_names(module))

    assert knows <= (module.stem in KNOW_AIRFLOW)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_only_dag_files_read_settings(module: Path) -> None:
    assert "settings" not in package_imports(module)


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda f: f.stem)
def test_a_dag_file_imports_no_other_dag_file(file: Path) -> None:
    names = {dag.stem for dag in DAG_FILES}

    assert not names & {name.split(".")[0] for name in imported_names(file)}


@pytest.mark.parametrize("file", [*MODULES, *DAG_FILES], ids=lambda f: f.stem)
def test_nothing_reaches_for_the_metadata_database(file: Path) -> None:
    forbidden = ("airflow.models", "airflow.settings", "airflow.utils.session", "airflow.utils.db")

    assert not [name for name in imported_names(file) if name.startswith(forbidden)]
