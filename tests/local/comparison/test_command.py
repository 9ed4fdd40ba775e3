"""`compare` ends with 0 where two sides are the same, with 1 where they differ, with 2 where it cannot tell."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from local.command_line import main
from postgres_to_s3.options.csv_dialect import PRESETS
from tests.local.comparison.exports import manifest, promised, write_export

SAME, DIFFERENT, CANNOT_TELL = 0, 1, 2
TIMESTAMP, INSTANT = "timestamp without time zone", "timestamp with time zone"


@pytest.mark.parametrize(
    ("kind", "left", "right", "outcome"),
    [
        pytest.param(TIMESTAMP, "2024-01-01 00:00:00", "2024-01-01 00:00:00 +0500", DIFFERENT, id="zone of one side"),
        pytest.param(TIMESTAMP, "2023-12-31 19:00:00", "2024-01-01 00:00:00 +0500", DIFFERENT, id="no instant"),
        pytest.param(INSTANT, "2024-01-01 00:00:00", "2024-01-01 00:00:00+00", DIFFERENT, id="instant without zone"),
        pytest.param(INSTANT, "2024-01-01 00:00:00+00", "2024-01-01 05:00:00 +0500 PKT", SAME, id="named zone"),
        pytest.param(INSTANT, "2024-01-01 00:00:00+00", "2024-01-01 00:00:00 +0000 +0000", SAME, id="zone twice"),
        pytest.param(INSTANT, "2024-01-01 00:00:00+00", "2024-01-01 00:00:00 +0000 +0500", DIFFERENT, id="two zones"),
        pytest.param(INSTANT, "2024-01-01 00:00:00+05", "2024-01-01 00:00:00 +0500 UTC", DIFFERENT, id="false name"),
        pytest.param(TIMESTAMP, "2024-01-01 00:00:00.1234567", "2024-01-01 00:00:00.1234568", DIFFERENT, id="digit 7"),
        pytest.param(INSTANT, "2024-01-01 00:00:00.0000000001Z", "2024-01-01 00:00:00Z", DIFFERENT, id="digit 10"),
        pytest.param(TIMESTAMP, "2024-01-01 00:00:00.120", "2024-01-01T00:00:00.12Z", SAME, id="zeros of a second"),
        pytest.param("date", "2026-02-30", "2026-02-30", SAME, id="the same text that is no date"),
        pytest.param("date", "2026-02-30", "2026-03-02", DIFFERENT, id="no date"),
        pytest.param(TIMESTAMP, "2026-01-01 25:00", "2026-01-02 01:00", DIFFERENT, id="no hour"),
        pytest.param(INSTANT, "0001-01-01 00:00+05", "0001-01-01 00:00+05", SAME, id="before the first year"),
        pytest.param(INSTANT, "infinity", "-infinity", DIFFERENT, id="infinite times"),
        pytest.param("numeric", "[0]", "0", DIFFERENT, id="bytes that are no letters"),
        pytest.param("numeric", "[300]", "[300]", SAME, id="no bytes"),
        pytest.param("numeric", "1e1000000000", "1e1000000001", DIFFERENT, id="large exponents"),
        pytest.param("numeric", "NaN", "nan", SAME, id="no number"),
        pytest.param("numeric", "Infinity", "+Inf", SAME, id="infinite number"),
        pytest.param("numeric", "Infinity", "-Infinity", DIFFERENT, id="infinite numbers"),
        pytest.param("real", "0.1", "0.10", SAME, id="real"),
        pytest.param("double precision", "1e+20", "100000000000000000000.0", SAME, id="double precision"),
        pytest.param("double precision", "0.30000000000000004", "0.3", DIFFERENT, id="digits of a float"),
        pytest.param("double precision", "-0", "0", SAME, id="negative zero"),
        pytest.param("bigint", "9" * 60, "9" * 59 + "8", DIFFERENT, id="sixty digits"),
    ],
)
def test_values_are_compared_by_the_type_of_their_column(
    kind: str, left: str, right: str, outcome: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = [write_export(tmp_path / side, {"a": kind}, text) for side, text in (("left", left), ("right", right))]

    assert main(["compare", *map(str, sides)]) == outcome
    assert capsys.readouterr().out.splitlines()[-1] == ("SAME" if outcome == SAME else "DIFFERENT")


@pytest.mark.parametrize(
    ("kind", "comma", "point", "outcome"),
    [
        pytest.param("real", "1,5", "1.50", SAME, id="real"),
        pytest.param("double precision", "-1,5e-07", "-0.00000015", SAME, id="double precision"),
        pytest.param("numeric(20,2)", "1234,50", "1234.5", SAME, id="numeric"),
        pytest.param("numeric(20,2)", "1.234", "1.234", DIFFERENT, id="thousands are no fraction"),
        pytest.param("numeric(20,2)", '"n.a."', "n.a.", SAME, id="no number"),
    ],
)
def test_numbers_with_a_decimal_comma_are_numbers(
    kind: str, comma: str, point: str, outcome: int, tmp_path: Path
) -> None:
    left = write_export(tmp_path / "left", {"a": kind}, comma, dialect=PRESETS["excel-de"])
    right = write_export(tmp_path / "right", {"a": kind}, point)

    assert main(["compare", str(left), str(right)]) == outcome


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
