"""The package's README: its example is about ten lines, and its table knows every argument of the operator."""

from __future__ import annotations

import inspect
import re

from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from tests.support.repository import REPO

PACKAGE = REPO / "plugins" / "postgres_to_s3"
DOCUMENT = (PACKAGE / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[0]


def test_the_example_is_about_ten_lines() -> None:
    statements = [line for line in EXAMPLE.splitlines() if line and not line.startswith(("from", "import"))]

    assert len(statements) <= 10


def test_every_argument_is_documented() -> None:
    table = DOCUMENT.partition("## Arguments")[2].partition("\n## ")[0]
    arguments = set(inspect.signature(ChunkedSqlToS3Operator.__init__).parameters) - {"self", "kwargs"}

    assert [name for name in sorted(arguments) if f"`{name}`" not in table] == []


def test_links_lead_to_what_travels_with_the_folder() -> None:
    headings = {
        re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in re.findall("^#+ (.*)", DOCUMENT, re.M)
    }
    links = re.findall(r"\]\(([^)]+)\)", DOCUMENT)

    assert links
    assert [link for link in links if not (link.startswith("#") and link[1:] in headings)] == []
