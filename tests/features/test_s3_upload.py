"""The steps of `s3_upload.feature`: an S3 server that is disturbed, refuses, or knows nobody but a role."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from pytest_bdd import given, parsers, scenarios, then, when

from local.servers.stack import Stack
from tests.features.role_credentials import VARIABLE, RoleCredentials, role_credentials
from tests.support.bucket import Bucket
from tests.support.export_runner import ExportRunner, export_runner
from tests.support.s3_proxy import Fault, S3Proxy, s3_proxy
from tests.support.warehouse import Warehouse

scenarios("s3_upload.feature")

PREFIX = "enercity/prod/tripica_tripica_results"
PART = "UploadPart"


@dataclass
class Uploads:
    """The uploads of a scenario.

    :param environment: `BDA_*` variables that say how the exports reach the warehouse and S3
    :param before: every object before the last upload
    :param seen: what was in the bucket whenever the scenario looked
    """

    monkeypatch: pytest.MonkeyPatch
    bucket: Bucket
    environment: dict[str, str]
    before: dict[str, bytes] = field(default_factory=dict)
    seen: list[list[str]] = field(default_factory=list)
    error: AirflowException | None = None

    def start(self, rows: int, max_rows: int) -> None:
        """Export so many rows; the S3 client tries each request three times."""
        self.before = self.runner().objects()
        self.runner().run(
            sql=f"select row from generate_series(1, {rows}) as row",
            s3_key=PREFIX + "_{chunk:04d}.csv",
            max_rows_per_file=max_rows,
        )

    def runner(self) -> ExportRunner:
        """Exports with the connections that the environment gives."""
        return export_runner(self.monkeypatch, self.bucket, self.environment, s3_attempts=3)


@pytest.fixture
def proxy(stack: Stack) -> Iterator[S3Proxy]:
    """A proxy in front of the S3 server, at first without faults."""
    with s3_proxy(stack.s3_url) as running:
        yield running
    assert running.errors == []


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, bucket: Bucket, proxy: S3Proxy) -> Uploads:
    """Uploads through the proxy to an empty bucket."""
    return Uploads(monkeypatch, bucket, empty_warehouse.environment | bucket.environment | {"BDA_S3_URL": proxy.url})


@pytest.fixture
def role(uploads: Uploads) -> Iterator[RoleCredentials]:
    """An endpoint that gives the credentials which the bucket knows."""
    known = uploads.bucket.environment
    with role_credentials(known["BDA_S3_ACCESS_KEY"], known["BDA_S3_SECRET_ACCESS_KEY"]) as credentials:
        yield credentials


@given(parsers.parse("S3 beantwortet die nächsten {times:d} Teile mit dem Fehler {status:d}"))
def next_parts_fail(proxy: S3Proxy, times: int, status: int) -> None:
    proxy.faults.append(Fault(PART, status, times=times))


@given(parsers.parse("S3 beantwortet jeden Teil mit dem Fehler {status:d}"))
def every_part_fails(proxy: S3Proxy, status: int) -> None:
    proxy.requests.clear()
    proxy.faults.append(Fault(PART, status))


@given("der geheime Schlüssel ist falsch")
def secret_is_wrong(uploads: Uploads) -> None:
    uploads.environment["BDA_S3_SECRET_ACCESS_KEY"] = "falsch"


@given("es sind keine Schlüssel gesetzt")
def no_keys_are_set(uploads: Uploads) -> None:
    for name in ("BDA_S3_ACCESS_KEY", "BDA_S3_SECRET_ACCESS_KEY"):
        del uploads.environment[name]


@given("die Umgebung gibt der Rolle Zugangsdaten")
def environment_gives_credentials(monkeypatch: pytest.MonkeyPatch, role: RoleCredentials) -> None:
    monkeypatch.setenv(VARIABLE, role.url)


@given("bei jedem Teil wird nachgesehen, was im Bucket liegt")
def bucket_is_looked_at(uploads: Uploads, proxy: S3Proxy) -> None:
    def look(operation: str) -> None:
        if operation == PART:
            uploads.seen.append(uploads.bucket.keys())

    proxy.before = look


@given("ein abgebrochener Versuch hat ein Hochladen offen gelassen")
def upload_is_left_open(bucket: Bucket) -> None:
    bucket.client.create_multipart_upload(Bucket=bucket.name, Key=f"{PREFIX}_0003.csv")


@given(parsers.parse("ich habe {rows:d} Zeilen in Dateien zu {max_rows:d} Zeilen hochgeladen"))
@when(parsers.parse("ich {rows:d} Zeilen in Dateien zu {max_rows:d} Zeilen hochlade"))
def upload(uploads: Uploads, rows: int, max_rows: int) -> None:
    uploads.start(rows, max_rows)


@when(parsers.parse("ich {rows:d} Zeilen in Dateien zu {max_rows:d} Zeilen hochzuladen versuche"))
def try_to_upload(uploads: Uploads, rows: int, max_rows: int) -> None:
    with pytest.raises(AirflowException) as raised:
        uploads.start(rows, max_rows)
    uploads.error = raised.value


@then("sollten im Bucket diese Dateien liegen:")
def bucket_holds(uploads: Uploads, datatable: list[list[str]]) -> None:
    assert uploads.bucket.keys() == [key for (key,) in datatable[1:]]


@then("das Manifest sollte Zeilen, Bytes und SHA-256 jeder Datei richtig nennen")
def manifest_is_right(uploads: Uploads) -> None:
    manifest = json.loads(uploads.bucket.read(f"{PREFIX}.manifest.json"))
    found = {key: content for key, content in uploads.runner().objects().items() if key.endswith(".csv")}

    assert [(file["key"], file["rows"], file["bytes"], file["sha256"]) for file in manifest["files"]] == [
        (key, content.count(b"\n") - 1, len(content), hashlib.sha256(content).hexdigest())
        for key, content in found.items()
    ]


@then(parsers.parse('jede CSV-Datei sollte den Typ "{content_type}" haben'))
def files_have_type(bucket: Bucket, content_type: str) -> None:
    keys = [key for key in bucket.keys() if key.endswith(".csv")]

    assert {bucket.client.head_object(Bucket=bucket.name, Key=key)["ContentType"] for key in keys} == {content_type}


@then("sollte das Hochladen gelingen")
def upload_succeeds(uploads: Uploads) -> None:
    assert f"{PREFIX}.manifest.json" in uploads.bucket.keys()


@then(parsers.parse("der Teil sollte {times:d}-mal gesendet worden sein"))
def part_is_sent(proxy: S3Proxy, times: int) -> None:
    assert len(proxy.seen(PART)) == times


@then("sollte das Hochladen scheitern und von Airflow wiederholt werden")
def airflow_retries(uploads: Uploads) -> None:
    assert uploads.error is not None
    assert not isinstance(uploads.error, AirflowFailException)


@then("sollte das Hochladen sofort scheitern")
def airflow_does_not_retry(uploads: Uploads) -> None:
    assert isinstance(uploads.error, AirflowFailException)


@then(parsers.parse('der Fehler sollte "{text}" enthalten'))
def error_holds(uploads: Uploads, text: str) -> None:
    assert text in str(uploads.error)


@then("alle Dateien sollten unverändert sein")
def nothing_has_changed(uploads: Uploads) -> None:
    assert uploads.before
    assert uploads.runner().objects() == uploads.before


@then("es sollte kein Hochladen offen bleiben")
def no_upload_is_open(bucket: Bucket) -> None:
    assert bucket.open_uploads() == []


@then("die Zugangsdaten sollten von der Umgebung geholt worden sein")
def credentials_are_fetched(role: RoleCredentials) -> None:
    assert role.requests


@then("beim Nachsehen sollte jedes Mal nichts zu sehen gewesen sein")
def nothing_was_seen(uploads: Uploads) -> None:
    assert uploads.seen == [[], [], []]
