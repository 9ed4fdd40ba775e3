"""`compare` ends with 0 where two sides are the same, with 1 where they differ, with 2 where it cannot tell."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from local.command_line import main
from postgres_to_s3.options.csv_dialect import PRESETS, RFC4180, CsvDialect
from tests.local.comparison.exports import manifest, promised, write_export

SAME, DIFFERENT, CANNOT_TELL = 0, 1, 2
TIMESTAMP, INSTANT = "timestamp without time zone", "timestamp with time zone"


# Type of the column, left, right, and whether they are the same.
VALUES = {
    "zone of one side": (TIMESTAMP, "2024-01-01 00:00:00", "2024-01-01 00:00:00 +0500", DIFFERENT),
    "no instant": (TIMESTAMP, "2023-12-31 19:00:00", "2024-01-01 00:00:00 +0500", DIFFERENT),
    "instant without zone": (INSTANT, "2024-01-01 00:00:00", "2024-01-01 00:00:00+00", DIFFERENT),
    "named zone": (INSTANT, "2024-01-01 00:00:00+00", "2024-01-01 05:00:00 +0500 PKT", SAME),
    "zone twice": (INSTANT, "2024-01-01 00:00:00+00", "2024-01-01 00:00:00 +0000 +0000", SAME),
    "two zones": (INSTANT, "2024-01-01 00:00:00+00", "2024-01-01 00:00:00 +0000 +0500", DIFFERENT),
    "false name": (INSTANT, "2024-01-01 00:00:00+05", "2024-01-01 00:00:00 +0500 UTC", DIFFERENT),
    "digit 7": (TIMESTAMP, "2024-01-01 00:00:00.1234567", "2024-01-01 00:00:00.1234568", DIFFERENT),
    "digit 10": (INSTANT, "2024-01-01 00:00:00.0000000001Z", "2024-01-01 00:00:00Z", DIFFERENT),
    "zeros of a second": (TIMESTAMP, "2024-01-01 00:00:00.120", "2024-01-01T00:00:00.12Z", SAME),
    "the same text that is no date": ("date", "2026-02-30", "2026-02-30", SAME),
    "no date": ("date", "2026-02-30", "2026-03-02", DIFFERENT),
    "no hour": (TIMESTAMP, "2026-01-01 25:00", "2026-01-02 01:00", DIFFERENT),
    "before the first year": (INSTANT, "0001-01-01 00:00+05", "0001-01-01 00:00+05", SAME),
    "infinite times": (INSTANT, "infinity", "-infinity", DIFFERENT),
    "bytes that are no letters": ("numeric", "[0]", "0", DIFFERENT),
    "no bytes": ("numeric", "[300]", "[300]", SAME),
    "large exponents": ("numeric", "1e1000000000", "1e1000000001", DIFFERENT),
    "no number": ("numeric", "NaN", "nan", SAME),
    "infinite number": ("numeric", "Infinity", "+Inf", SAME),
    "infinite numbers": ("numeric", "Infinity", "-Infinity", DIFFERENT),
    "real": ("real", "0.1", "0.10", SAME),
    "double precision": ("double precision", "1e+20", "100000000000000000000.0", SAME),
    "digits of a float": ("double precision", "0.30000000000000004", "0.3", DIFFERENT),
    "negative zero": ("double precision", "-0", "0", SAME),
    "sixty digits": ("bigint", "9" * 60, "9" * 59 + "8", DIFFERENT),
    "zeros behind the point": ("numeric(20,2)", "19.50", "19.5", SAME),
    "exponent": ("numeric(20,2)", "19.5", "1.95e1", SAME),
    "sign and leading zeros": ("numeric(20,2)", "+7", "007", SAME),
    "more digits than a float has": ("numeric(20,2)", "12345678901234567890.01", "12345678901234567890.02", DIFFERENT),
    "what a float would hide": ("numeric(20,2)", "0.30000000000000004", "0.3", DIFFERENT),
    "bytes as a Go program prints them": ("numeric(20,2)", "19.50", "[49 57 46 53 48]", SAME),
    "bytes that spell another number": ("numeric(20,2)", "19.51", "[49 57 46 53 48]", DIFFERENT),
    "the same text that is no number": ("numeric(20,2)", "n/a", "n/a", SAME),
    "NULL is not zero": ("numeric(20,2)", "", "0", DIFFERENT),
    "date": ("date", "2026-01-31", "2026-01-31T00:00:00Z", SAME),
    "timestamp": (TIMESTAMP, "2026-01-31 04:05:06", "2026-01-31T04:05:06Z", SAME),
    "zone": (INSTANT, "2026-01-31 04:05:06+00", "2026-01-31T05:05:06+01:00", SAME),
    "Go": (INSTANT, "2026-01-31 04:05:06+00", "2026-01-31 04:05:06 +0000 UTC", SAME),
    "boolean": ("boolean", "t", "true", SAME),
}
COMMAS = {
    "real": ("real", "1,5", "1.50", SAME),
    "double precision": ("double precision", "-1,5e-07", "-0.00000015", SAME),
    "numeric": ("numeric(20,2)", "1234,50", "1234.5", SAME),
    "thousands are no fraction": ("numeric(20,2)", "1.234", "1.234", DIFFERENT),
    "no number": ("numeric(20,2)", '"n.a."', "n.a.", SAME),
}


@pytest.mark.parametrize(
    ("cases", "dialect"),
    [pytest.param(VALUES, RFC4180, id="decimal point"), pytest.param(COMMAS, PRESETS["excel-de"], id="decimal comma")],
)
def test_values_are_compared_by_the_type_of_their_column(
    cases: dict[str, tuple[str, str, str, int]],
    dialect: CsvDialect,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds, lefts, rights, outcomes = zip(*cases.values(), strict=True)
    types = {"id": "text", **dict(zip(cases, kinds, strict=True))}
    left = write_export(tmp_path / "left", types, dialect.delimiter.join(["1", *lefts]), dialect=dialect)
    right = write_export(tmp_path / "right", types, ",".join(["1", *rights]))

    assert main(["compare", str(left), str(right), "--key", "id", "--json"]) == DIFFERENT
    different = json.loads(capsys.readouterr().out)["by_column"]
    assert different == {case: 1 for case, outcome in zip(cases, outcomes, strict=True) if outcome == DIFFERENT}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"a\n2\n", "expected 4 bytes with SHA-256", id="another value"),
        pytest.param(b"a\n1\n2\n", "expected 4 bytes with SHA-256", id="another row"),
        pytest.param(b'a\n"1\n', "expected 4 bytes with SHA-256", id="damaged"),
        pytest.param(b"", "expected 4 bytes with SHA-256", id="empty"),
        pytest.param(None, "x_0000.csv' cannot be read: [Errno 2]", id="gone"),
    ],
)
def test_a_file_that_is_not_the_one_of_its_manifest_is_an_error(
    content: bytes | None, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "x_0000.csv").write_bytes(content)
    path = tmp_path / "x.manifest.json"
    path.write_bytes(manifest({"a": "bigint"}, promised("x_0000.csv", b"a\n1\n", 1)))

    assert main(["compare", str(path), str(path)]) == CANNOT_TELL
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b'a,b\n1,"2\n', "a quoted value has no end", id="quote"),
        pytest.param(b"a,b\n1\n", "Expected 2 columns, got 1", id="columns"),
        pytest.param(b"a,b\n1,\xff\n", "invalid UTF8 data", id="encoding"),
        pytest.param(b"\xff,b\n1,2\n", "can't decode byte 0xff", id="encoding of the header"),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_a_damaged_file_is_an_error(
    content: bytes, problem: str, is_packed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ("x.csv.gz" if is_packed else "x.csv")
    path.write_bytes(gzip.compress(content) if is_packed else content)

    assert main(["compare", str(path), str(path)]) == CANNOT_TELL
    assert f"'{path}' cannot be read: " in (said := capsys.readouterr().err)
    assert problem in said


def test_a_packed_file_that_was_cut_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n")[:-9])

    assert main(["compare", str(path), str(path)]) == CANNOT_TELL
    assert f"'{path}' cannot be read: " in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.csv").write_bytes(b"a\n1\n")

    sides = [str(tmp_path), str(tmp_path)]
    assert main(["compare", *sides, "--folder", str(tmp_path / "missing")]) == CANNOT_TELL
    assert str(tmp_path / "missing") in capsys.readouterr().err


def test_many_wide_columns_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ",".join(f"c{number}" for number in range(1500))
    row = ",".join(f"{number:050d}" for number in range(1500))
    (tmp_path / "old.csv").write_text(f"{names}\n{row}\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text(f"{names}\n{row[:-1]}x\n", encoding="utf-8")

    assert main(["compare", str(tmp_path / "old.csv"), str(tmp_path / "new.csv"), "--key", "c0"]) == DIFFERENT
    assert "  c1499  1" in capsys.readouterr().out.splitlines()


def test_the_exit_code_tells_whether_the_sides_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.csv").write_text("id;amount\n1;19.50\n2;-\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text("id;amount\n2;-\n1;19.5\n", encoding="utf-8")
    sides = [str(tmp_path / "old.csv"), str(tmp_path / "new.csv"), "--delimiter", ";", "--null", "-"]

    assert main(["compare", *sides, "--numbers", "amount"]) == SAME
    assert capsys.readouterr().out.splitlines()[-1] == "SAME"
    assert main(["compare", *sides, "--key", "id"]) == DIFFERENT
    shown = capsys.readouterr()
    assert "  id='1': amount left '19.50', right '19.5'" in shown.out.splitlines()
    assert shown.out.splitlines()[-1] == "DIFFERENT"
    assert f"2 rows, 2 columns: {tmp_path / 'old.csv'}" in shown.err.splitlines()


def test_what_cannot_be_read_ends_in_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path), str(tmp_path)]) == CANNOT_TELL
    assert "expected files" in capsys.readouterr().err
    assert main(["compare", str(tmp_path), str(tmp_path), "--delimiter", "::"]) == CANNOT_TELL
    assert "--delimiter must be one visible ASCII character" in capsys.readouterr().err
