"""Where a run reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from billing_aggregator.scripts.session import SESSION_OPTIONS


@dataclass(frozen=True)
class Endpoints:
    """Where a run reads and writes.

    :param sql_conn_id: Airflow connection of the warehouse
    :param aws_conn_id: Airflow connection of the bucket
    :param s3_bucket: the bucket
    :param s3_prefix: the folder of all results, without a closing slash: ``<client>/<environment>``
    :param script_options: settings of the sessions that run scripts, as libpq takes them
    :param has_console: a person can look at the bucket in the S3 console of AWS
    """

    sql_conn_id: str
    aws_conn_id: str
    s3_bucket: str
    s3_prefix: str
    script_options: str = SESSION_OPTIONS
    has_console: bool = True

    def key(self, name: str) -> str:
        """The key of an object in the folder of all results."""
        return f"{self.s3_prefix}/{name}" if self.s3_prefix else name
