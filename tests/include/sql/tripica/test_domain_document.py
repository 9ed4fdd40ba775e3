"""docs/domain.md and the scripts refer to each other, and say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.include.sql.run_scripts import ROOT
from tests.support.repository import REPO

DOCUMENT = (REPO / "docs" / "domain.md").read_text(encoding="utf-8")
SCRIPTS = sorted(ROOT.rglob("*.sql"))
PREPARE = {"000_prepare_schemas.sql"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_sections_and_oddities_that_a_script_names_exist(path: Path) -> None:
    header = re.match(r"(?:-- .*\n)+", path.read_text(encoding="utf-8"))
    assert header
    text = header[0].replace("\n-- ", " ")
    assert "docs/domain.md" in text, "no section of docs/domain.md"
    assert text.count("domain.md") == text.count("docs/domain.md"), "cites another document"
    assert not re.search(r"docs/domain\.md.*\. +[A-Za-z]", text), "a sentence behind the sections, which nobody reads"
    for reference in re.findall(r"docs/domain\.md (.*)", text):
        for section in re.findall(r"\b(\d\.\d+)\b", reference):
            assert re.search(rf"^(### |\| ){re.escape(section)} ", DOCUMENT, re.MULTILINE), f"no section {section}"
        for oddity in re.findall(r"\b([KNF]\d+)\b", reference):
            assert re.search(rf"\| (?:[KNF]\d+, )*{oddity}\b", DOCUMENT), f"no oddity {oddity}"
        for heading in re.findall(r'"(\w+)"', reference):
            assert f"\n## {heading}\n" in DOCUMENT or heading == "view", f"no section {heading}"


def test_every_build_script_of_tripica_is_named() -> None:
    names = {path.name for path in SCRIPTS if "init" in path.parts and "tripica" in path.parts} - PREPARE
    assert {name for name in names if name not in DOCUMENT} == set()


def test_scripts_that_are_named_exist() -> None:
    named = set(re.findall(r"\b(\d{3}_\w+\.sql)", DOCUMENT))
    assert named - {path.name for path in SCRIPTS} == set()


@pytest.mark.parametrize("kind", ["K", "N", "F"])
def test_every_oddity_is_explained(kind: str) -> None:
    count = {"K": 19, "N": 12, "F": 12}[kind]
    found = re.findall(rf"\b{kind}(\d+)\b", DOCUMENT)
    assert {int(number) for number in found} >= set(range(1, count + 1))


@pytest.mark.parametrize("script", ["011_fill_due_charge_types.sql", "400_collect_booking_lines.sql"])
def test_rules_kept_as_data_are_those_of_the_document(script: str) -> None:
    (path,) = [found for found in SCRIPTS if found.name == script]
    values = re.findall(r"^\('([^']+)'", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(values) in (15, 18)
    assert [value for value in values if f"`{value}`" not in DOCUMENT] == []


@pytest.mark.parametrize("system", ["bookkeeper", "bookings"])
def test_tax_accounts_are_those_of_the_document(system: str) -> None:
    script = (ROOT / "init" / system / "000_prepare_work_schema.sql").read_text(encoding="utf-8")
    in_script = {
        account: re.findall(r"\w+", codes) for account, codes in re.findall(r"\('(\w+)', array\[(.+)\]\)", script)
    }
    table = DOCUMENT[DOCUMENT.index("| account | tax codes |") : DOCUMENT.index("Other clients have no mapping")]
    rows = re.findall(r"^\| (\w+) (?:\(.+\) )?\| ([\w, ]+) \|$", table, re.MULTILINE)
    in_document = {account: codes.split(", ") for account, codes in rows if account != "account"}
    assert in_script == in_document
    assert len(in_script) == 6


def test_date_limits_of_the_amount_table_are_those_of_the_document() -> None:
    (path,) = [found for found in SCRIPTS if found.name == "410_book_charges.sql"]
    in_script = set(re.findall(r"date '(\d{4}-\d\d-\d\d)'", path.read_text(encoding="utf-8")))
    table = DOCUMENT[DOCUMENT.index("| branch |") : DOCUMENT.index("Branches 1 to 10")]
    assert set(re.findall(r"\d{4}-\d\d-\d\d", table)) == in_script
