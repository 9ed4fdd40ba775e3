"""What the UI says about an export: where from, where to, how, who reads it, and what to do when it fails."""

from __future__ import annotations

from billing_aggregator.scripts.tree import System
from billing_aggregator.tasks.documentation.export_docs import describe_target, document_results

KEY = "enercity/prod/shop_results_{chunk:04d}.csv"


def system(**shape: tuple[str, ...]) -> System:
    return System("shop", (), (), "report_oibl.shop_results", {}, readers="BI and auditors", **shape)


def test_an_export_says_its_source_its_files_and_who_reads_them() -> None:
    text = document_results(system(), "billing", KEY, {})

    assert (
        "- **From** the table report_oibl.shop_results\n- **Columns** all\n- **Order** as the table was built" in text
    )
    assert "- **Read by** BI and auditors\n- **Files** s3://billing/enercity/prod/shop_results_0000.csv" in text
    assert "- **Manifest** s3://billing/enercity/prod/shop_results.manifest.json" in text
    assert "#### If it fails\n\nThe files of the last good export stay as they are" in text


def test_columns_and_order_are_those_of_the_system() -> None:
    text = document_results(system(columns=("id", "amount"), order_by=("id",)), "billing", KEY, {})

    assert "- **Columns** id, amount\n- **Order** id\n" in text


def test_the_sums_of_the_report_are_named() -> None:
    shown = System("shop", (), (), "report_oibl.shop_results", {}, amounts={"debit": "a", "open amount": "b"})

    assert "- **Sums in the report** debit, open amount\n" in document_results(shown, "billing", KEY, {})
    assert "Sums" not in document_results(system(), "billing", KEY, {})


def test_only_options_that_differ_from_the_defaults_are_shown() -> None:
    text = describe_target("billing", KEY, {"compression": "gzip", "dialect": "rfc4180", "header": None})

    assert "- **Options** compression gzip" in text.splitlines()
    assert "shop_results_0000.csv.gz" in text


def test_an_export_without_options_of_its_own_says_so() -> None:
    assert describe_target("billing", KEY, {}).endswith("- **Options** the defaults")
