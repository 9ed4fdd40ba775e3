"""A dry run describes the files as a publication would, and writes nothing."""

from __future__ import annotations

from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.s3.bucket_publication import BucketPublication
from postgres_to_s3.s3.dry_run import DryRun
from postgres_to_s3.s3.publication import Publication
from tests.support.bucket import Bucket

KEYS = ExportKeys("x/results_{chunk:04d}.csv")


def write_files(publication: Publication) -> None:
    """Three files, in another order than that of their chunks."""
    for chunk in (2, 0, 1):
        file = publication.open(chunk, {})
        file.send(b"a\n" + b"1\n" * chunk)
        file.finish(rows=chunk)


def test_the_files_are_described_as_they_would_be(bucket: Bucket) -> None:
    with BucketPublication(bucket.client, bucket.name, KEYS) as publication, DryRun("any-bucket", KEYS) as dry_run:
        write_files(publication)
        write_files(dry_run)
        dry_run.wait_for_parts()

        assert dry_run.publish_files() == publication.publish_files()


def test_there_is_no_manifest_before_and_none_after() -> None:
    with DryRun("any-bucket", KEYS) as dry_run:
        dry_run.publish_manifest(b"{}")

        assert dry_run.last_manifest() is None
        assert (dry_run.bucket, dry_run.name) == ("any-bucket", "s3://any-bucket/x/results.manifest.json")
