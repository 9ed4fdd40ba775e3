"""The exports folder is as the bucket is, after each update."""

from __future__ import annotations

from pathlib import Path

from local.airflow.runs.exports_folder import ExportsFolder
from tests.support.bucket import Bucket


def files(folder: ExportsFolder) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder.path)): path.read_bytes()
        for path in sorted(folder.path.rglob("*"))
        if path.is_file()
    }


def put(bucket: Bucket, key: str, body: bytes) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=key, Body=body)


def test_an_update_downloads_every_object_under_its_key(bucket: Bucket, tmp_path: Path) -> None:
    put(bucket, "prod/a.csv", b"1\n")
    put(bucket, "prod/archive/b.csv", b"2\n")
    folder = ExportsFolder(bucket.client, bucket.name, tmp_path)

    assert sorted(folder.update()) == ["prod/a.csv", "prod/archive/b.csv"]
    assert folder.path == tmp_path / bucket.name
    assert files(folder) == {"prod/a.csv": b"1\n", "prod/archive/b.csv": b"2\n"}


def test_the_next_update_downloads_what_has_changed_and_removes_what_is_gone(bucket: Bucket, tmp_path: Path) -> None:
    for key in ("same.csv", "changed.csv", "gone/deep/gone.csv"):
        put(bucket, key, b"old\n")
    folder = ExportsFolder(bucket.client, bucket.name, tmp_path)
    folder.update()

    put(bucket, "changed.csv", b"new\n")
    bucket.client.delete_object(Bucket=bucket.name, Key="gone/deep/gone.csv")

    assert folder.update() == ["changed.csv"]
    assert files(folder) == {"changed.csv": b"new\n", "same.csv": b"old\n"}
    assert not (folder.path / "gone").exists()
    assert folder.update() == []


def test_files_of_an_earlier_command_that_the_bucket_does_not_hold_are_removed(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / bucket.name).mkdir()
    (tmp_path / bucket.name / "left.csv").touch()
    (tmp_path / "mine.txt").touch()
    put(bucket, "a.csv", b"1\n")
    folder = ExportsFolder(bucket.client, bucket.name, tmp_path)

    folder.update()

    assert files(folder) == {"a.csv": b"1\n"}
    assert (tmp_path / "mine.txt").exists()


def test_an_empty_bucket_gives_no_folder_and_no_error(bucket: Bucket, tmp_path: Path) -> None:
    assert ExportsFolder(bucket.client, bucket.name, tmp_path).update() == []
