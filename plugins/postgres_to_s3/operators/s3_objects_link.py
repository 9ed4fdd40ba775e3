"""The link from a task to the objects it wrote, shown in Airflow's UI."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey
    from mypy_boto3_s3 import S3Client

CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


class S3ObjectsLink(BaseOperatorLink):
    """A button of the task instance that opens the folder of its objects in the S3 console."""

    name = "S3 objects"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """The URL that the operator found when it ran; Airflow keeps it as an XCom. Empty where nothing was written."""
        return getattr(operator, "objects_url", None) or ""


def is_aws(endpoint_url: str) -> bool:
    """Whether an S3 server is that of AWS, so that the console shows its objects."""
    return (urlsplit(endpoint_url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))


def objects_url(client: S3Client, bucket: str, folder: str) -> str:
    """Where a person sees the objects of a folder: the S3 console, or ``s3://`` for a server other than that of AWS.

    :param client: tells which server, partition and region the bucket is in
    :param folder: what the keys begin with, closing slash included
    """
    console = CONSOLES.get(client.meta.partition)
    if console is None or not is_aws(client.meta.endpoint_url):
        return f"s3://{bucket}/{folder}"
    region = client.meta.region_name
    return f"https://{region}.{console}/s3/buckets/{bucket}?region={region}&prefix={quote(folder)}"
