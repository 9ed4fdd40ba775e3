"""Tests mirror the plugins folder: a module with logic has a test file, or a folder of them, of its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.repository import REPO

PLUGINS = REPO / "plugins"
TESTS = REPO / "tests" / "plugins"
EXPORT = "postgres_to_s3/operators/chunked_sql_to_s3"

# Modules that are tested through another one, because only that one shows what they do; below tests/plugins.
TESTED_THROUGH = {
    "billing_aggregator/definitions/batch_dag.py": "../dags/test_billing_data_aggregator.py",
    "billing_aggregator/definitions/each_client.py": "../dags/test_billing_data_clients.py",
    "billing_aggregator/definitions/health_dag.py": "../dags/test_billing_data_health_check.py",
    "billing_aggregator/health/checks.py": "../dags/test_billing_data_health_check.py",
    "billing_aggregator/health/target.py": "billing_aggregator/health/probes/test_rights.py",
    "billing_aggregator/outcome/airflow_versions.py": "billing_aggregator/outcome/test_late_run.py",
    "billing_aggregator/tasks/batch.py": "../dags/test_billing_data_aggregator.py",
    "billing_aggregator/tasks/build.py": "../dags/test_billing_data_aggregator.py",
    "billing_aggregator/tasks/dry_run.py": "../dags/test_runs.py",
    "billing_aggregator/tasks/export_operator.py": "../dags/test_results.py",
    "billing_aggregator/tasks/exports.py": "../dags/test_billing_data_aggregator.py",
    "billing_aggregator/tasks/script_operators.py": "../dags/test_runs.py",
    "billing_aggregator/tasks/script_rendering.py": "../dags/test_templates.py",
    "billing_aggregator/tasks/system_group.py": "../dags/test_billing_data_aggregator.py",
    "billing_aggregator/pages/words.py": "billing_aggregator/pages/test_static.py",
    "billing_aggregator/results/rules.py": "billing_aggregator/results/test_system_results.py",
    "billing_aggregator/results/run_view.py": "billing_aggregator/results/test_system_results.py",
    "billing_aggregator/results/sequence.py": "billing_aggregator/results/test_system_results.py",
    "billing_aggregator/results/stamps.py": "billing_aggregator/results/test_system_results.py",
    "billing_aggregator/run/current_run.py": "billing_aggregator/results/test_system_results.py",
    "billing_aggregator/run/tables.py": "billing_aggregator/run/test_lock.py",
    "billing_aggregator/run/endpoints.py": "../dags/test_runs.py",
    "billing_aggregator/run/warehouse.py": "billing_aggregator/run/test_lock.py",
    "billing_aggregator/templates/filters.py": "billing_aggregator/templates/test_rendering.py",
    "postgres_to_s3/export.py": EXPORT,
}


def has_logic(module: Path) -> bool:
    """Whether a function or a method of the module does anything: a Protocol's only have a docstring."""
    functions = [node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    return any(not isinstance(step, ast.Expr) for function in functions for step in function.body)


def has_tests(name: str) -> bool:
    """Whether the mirrored place holds a test file, or a folder of test files, of the module's name."""
    mirrored = (TESTS / name).with_suffix("")
    return mirrored.with_name(f"test_{mirrored.name}.py").is_file() or any(mirrored.glob("test_*.py"))


MODULES = [str(each.relative_to(PLUGINS)) for each in sorted(PLUGINS.rglob("*.py")) if has_logic(each)]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_with_logic_has_tests_of_its_name_or_is_tested_through_another(name: str) -> None:
    assert has_tests(name) or name in TESTED_THROUGH


@pytest.mark.parametrize("name", TESTED_THROUGH)
def test_an_exception_is_still_needed_and_names_tests_that_exist(name: str) -> None:
    assert name in MODULES
    assert not has_tests(name)
    assert (TESTS / TESTED_THROUGH[name]).exists()
