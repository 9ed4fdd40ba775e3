"""The steps of `csv_export.feature`: a result table, and the files that an export writes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from pytest_bdd import given, parsers, scenarios, then, when

from postgres_to_s3.files import progress
from tests.support.bucket import Bucket
from tests.support.export_runner import ExportRunner, export_runner
from tests.support.warehouse import Warehouse

scenarios("csv_export.feature")

TABLE = "report_oibl.tripica_results"
KEY = "enercity/local/tripica_tripica_results_{chunk:04d}.csv"
FILL = f"""
drop table if exists {TABLE};
create unlogged table {TABLE} as {{}};
alter table {TABLE} owner to billing_aggregator
"""


@dataclass
class CsvExport:
    """The exports of a scenario.

    :param files: the CSV files after each export, by key
    """

    runner: ExportRunner
    files: list[dict[str, bytes]] = field(default_factory=list)
    error: AirflowException | None = None

    def start(self, table: str = TABLE, **arguments: object) -> None:
        """Export a table."""
        self.runner.run(table=table, s3_key=KEY, **arguments)
        written = self.runner.objects()
        self.files.append({key: content for key, content in written.items() if key.endswith(".csv")})

    def file(self) -> str:
        """The text of the only file."""
        (content,) = self.files[-1].values()
        return content.decode()

    def rows(self) -> list[list[str]]:
        """The lines after the header of each file, whose values hold no line breaks."""
        return [content.decode().splitlines()[1:] for content in self.files[-1].values()]


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, bucket: Bucket) -> CsvExport:
    """Exports from an empty warehouse to an empty bucket."""
    return CsvExport(export_runner(monkeypatch, bucket, empty_warehouse.environment | bucket.environment))


@given(parsers.parse('die Tabelle "tripica_results" hat {rows:d} Zeilen'))
@when(parsers.parse("die Tabelle nur noch {rows:d} Zeile hat"))
def table_has_rows(empty_warehouse: Warehouse, rows: int) -> None:
    empty_warehouse.execute(FILL.format(f"select id from generate_series(1, {rows}) as id"))


@given('die Tabelle "tripica_results" hat eine Zeile mit diesen Werten:')
def table_has_values(empty_warehouse: Warehouse, datatable: list[list[str]]) -> None:
    columns = ", ".join(f'{expression} as "{name}"' for name, expression in datatable[1:])
    empty_warehouse.execute(FILL.format(f"select {columns}"))


@given("der Fortschritt wird nach jedem Teil gemeldet")
def progress_is_told_often(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 0.0)
    caplog.set_level("INFO")


@when("ich die Tabelle exportiere")
def export_table(export: CsvExport) -> None:
    export.start()


@when(parsers.parse("ich die Tabelle mit höchstens {rows:d} Zeilen je Datei exportiere"))
@when(parsers.parse("ich die Tabelle mit höchstens {rows:d} Zeilen je Datei noch einmal exportiere"))
def export_in_chunks(export: CsvExport, rows: int) -> None:
    export.start(max_rows_per_file=rows)


@when(parsers.parse('ich die Tabelle im Dialekt "{dialect}" exportiere'))
def export_in_dialect(export: CsvExport, dialect: str) -> None:
    export.start(dialect=dialect)


@when(parsers.parse('ich die Tabelle "{table}" zu exportieren versuche'))
def try_to_export(export: CsvExport, table: str) -> None:
    with pytest.raises(AirflowException) as raised:
        export.start(f"report_oibl.{table}")
    export.error = raised.value


@then("sollten diese Dateien geschrieben sein:")
def files_are(export: CsvExport, datatable: list[list[str]]) -> None:
    assert [[key, str(content.count(b"\n") - 1)] for key, content in export.files[-1].items()] == datatable[1:]


@then(parsers.parse('jede Datei sollte mit der Kopfzeile "{header}" beginnen'))
def files_begin_with(export: CsvExport, header: str) -> None:
    assert {content.partition(b"\n")[0].decode() for content in export.files[-1].values()} == {header}


@then("jede Zeile der Tabelle sollte genau einmal in den Dateien stehen")
def every_row_is_there(export: CsvExport, empty_warehouse: Warehouse) -> None:
    written = sorted(int(row) for rows in export.rows() for row in rows)

    assert written == [row for (row,) in empty_warehouse.rows(f"select id from {TABLE} order by id")]


@then(parsers.parse("sollten die Dateien so viele Zeilen haben: {counts}"))
def files_have_rows(export: CsvExport, counts: str) -> None:
    assert ", ".join(str(len(rows)) for rows in export.rows()) == counts


@then("sollte die Datei diesen Inhalt haben:")
def file_holds(export: CsvExport, docstring: str) -> None:
    assert export.file() == f"{docstring}\n"


@then("sollte die Datei mit der Byte-Order-Marke beginnen")
def file_begins_with_mark(export: CsvExport) -> None:
    assert export.file().startswith("\ufeff")


@then(parsers.parse("die Datei sollte die Zeile '{line}' enthalten"))
def file_has_line(export: CsvExport, line: str) -> None:
    assert line in export.file().split("\r\n")


@then("sollte das Protokoll einen Fortschritt von 100 % melden")
def progress_is_complete(caplog: pytest.LogCaptureFixture) -> None:
    assert "rows (100 %)" in caplog.text


@then(parsers.parse('das Protokoll sollte "{text}" melden'))
def log_tells(caplog: pytest.LogCaptureFixture, text: str) -> None:
    assert text in caplog.text


@then("sollte der Export sofort scheitern")
def export_fails_at_once(export: CsvExport) -> None:
    assert isinstance(export.error, AirflowFailException)


@then(parsers.parse('der Fehler sollte "{text}" enthalten'))
def error_holds(export: CsvExport, text: str) -> None:
    assert text in str(export.error)


@then("es sollten keine Dateien geschrieben sein")
def nothing_is_written(export: CsvExport) -> None:
    assert export.runner.objects() == {}


@then("sollten alle CSV-Dateien unverändert sein")
def files_are_unchanged(export: CsvExport) -> None:
    first, second = export.files

    assert first
    assert first == second
