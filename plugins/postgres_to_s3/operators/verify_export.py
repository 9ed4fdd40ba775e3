"""The operator that reads a published export again and fails if it is not what its manifest says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.operators.retry_or_fail import retry_or_fail
from postgres_to_s3.options.kinds import BOOLEAN
from postgres_to_s3.options.problems import RefusedValueError

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client


class VerifyExportOperator(BaseOperator):
    """Reads every file of an export from S3 and compares bytes, checksums, rows and sums with its manifest.

    :param s3_bucket: the bucket (templated)
    :param manifest_key: the manifest's key, such as ``{{ ti.xcom_pull('export')['manifest'] }}`` (templated)
    :param aws_conn_id: the AWS connection (templated)
    :param measure_only: the export was a dry run: there is nothing to read (templated)
    """

    template_fields: Sequence[str] = ("s3_bucket", "manifest_key", "aws_conn_id", "measure_only")
    ui_color = "#e4f3e1"

    def __init__(
        self,
        *,
        s3_bucket: str,
        manifest_key: str,
        aws_conn_id: str | None = "aws_default",
        measure_only: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.s3_bucket = s3_bucket
        self.manifest_key = manifest_key
        self.aws_conn_id = aws_conn_id
        self.measure_only = measure_only

    def execute(self, context: Context) -> None:  # noqa: ARG002
        """Verify the export."""
        name = f"s3://{self.s3_bucket}/{self.manifest_key}"
        with retry_or_fail(f"verification of {name}"):
            if self._is_dry_run():
                self.log.info("Dry run: nothing was written, so there is nothing to read")
                return
            # Not at the top: reading a DAG file would load pyarrow, which takes 60 MB.
            from airflow.providers.amazon.aws.hooks.s3 import S3Hook

            from postgres_to_s3.checks.verification import verify_export

            client: S3Client = S3Hook(self.aws_conn_id).get_conn()
            problems = verify_export(client, self.s3_bucket, self.manifest_key)
            if problems:
                raise PermanentError("the files are not those that were exported:\n- " + "\n- ".join(problems))
        self.log.info("All files of %s are as they were exported", name)

    def _is_dry_run(self) -> bool:
        try:
            return bool(BOOLEAN.read(self.measure_only))
        except RefusedValueError as error:
            raise PermanentError(f"'measure_only' {error}, found {error.found}") from None
